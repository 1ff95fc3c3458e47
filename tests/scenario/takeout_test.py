# SPDX-License-Identifier: MIT
"""Archives as Google Takeout makes them, one for each language of Gmail that letterbox-convert
knows: folders, flags and keywords are the same whatever the language of the account was."""
import collections
import email.header
import json
import os
import unittest
import zipfile

from support.letterbox import Maildir, ScratchTest, run

# inbox, sent, drafts, trash, spam, archived, starred, important, unread, opened; and the file.
WORDS = {
    'en': 'Inbox|Sent|Drafts|Trash|Spam|Archived|Starred|Important|Unread|Opened|'
          'All mail Including Spam and Trash',
    'de': 'Posteingang|Gesendet|Entwürfe|Papierkorb|Spam|Archiviert|Markiert|Wichtig|Ungelesen|'
          'Geöffnet|Alle Nachrichten einschließlich Spam und Papierkorb',
    'fr': 'Boîte de réception|Messages envoyés|Brouillons|Corbeille|Spam|Messages archivés|Suivis|'
          'Importants|Non lus|Ouvert|Tous les messages, y compris ceux du dossier Spam',
    'es': 'Recibidos|Enviados|Borradores|Papelera|Spam|Archivados|Destacados|Importante|No leídos|'
          'Abiertos|Todo el correo, incluido Spam y Papelera',
    'it': 'Posta in arrivo|Posta inviata|Bozze|Cestino|Spam|Archiviati|Speciali|Importanti|Da leggere|'
          'Aperti|Tutti i messaggi, inclusi Spam e Cestino',
    'nl': 'Postvak IN|Verzonden|Concepten|Prullenbak|Spam|Gearchiveerd|Met ster|Belangrijk|Ongelezen|'
          'Geopend|Alle berichten inclusief Spam en Prullenbak',
    'pt': 'Caixa de entrada|Enviadas|Rascunhos|Lixeira|Spam|Arquivadas|Com estrela|Importante|'
          'Não lidas|Abertas|Todos os e-mails, incluindo Spam e Lixeira',
    'ca': "Safata d'entrada|Enviats|Esborranys|Paperera|Correu brossa|Arxivats|Destacats|Important|"
          'No llegits|Oberts|Tots els correus',
    'ro': 'Mesaje primite|Mesaje trimise|Mesaje nefinalizate|Coș de gunoi|Spam|Arhivate|Cu stea|'
          'Importante|Necitite|Deschise|Toate mesajele',
    'pl': 'Odebrane|Wysłane|Wersje robocze|Kosz|Spam|Zarchiwizowane|Oznaczone gwiazdką|Ważne|'
          'Nieprzeczytane|Otwarte|Wszystkie łącznie ze spamem i koszem',
    'cs': 'Doručené|Odeslané|Koncepty|Koš|Spam|Archivováno|S hvězdičkou|Důležité|Nepřečtené|Otevřeno|'
          'Všechny zprávy včetně spamu a koše',
    'sk': 'Doručená pošta|Odoslané|Koncepty|Kôš|Spam|Archivované|S hviezdičkou|Dôležité|Neprečítané|'
          'Otvorené|Všetky správy vrátane spamu a koša',
    'hu': 'Beérkező levelek|Elküldött levelek|Piszkozatok|Kuka|Spam|Archivált|Csillagozott|Fontos|'
          'Olvasatlan|Megnyitott|Az összes levél',
    'sv': 'Inkorgen|Skickat|Utkast|Papperskorgen|Skräppost|Arkiverade|Stjärnmärkt|Viktigt|Olästa|'
          'Öppnade|Alla mejl inklusive skräppost',
    'da': 'Indbakke|Sendt|Kladder|Papirkurv|Spam|Arkiveret|Stjernemarkeret|Vigtigt|Ulæst|Åbnet|'
          'Alle mails',
    'nb': 'Innboks|Sendt|Utkast|Papirkurv|Søppelpost|Arkivert|Stjernemerket|Viktig|Ulest|Åpnet|'
          'All e-post',
    'fi': 'Postilaatikko|Lähetetyt|Luonnokset|Roskakori|Roskaposti|Arkistoidut|Tähdellä merkityt|'
          'Tärkeät|Lukemattomat|Avatut|Kaikki viestit',
    'tr': 'Gelen Kutusu|Gönderilmiş Postalar|Taslaklar|Çöp Kutusu|Spam|Arşivlenmiş|Yıldızlı|Önemli|'
          'Okunmamış|Açılmış|Spam ve Çöp Kutusu Dahil Tüm Postalar',
    'el': 'Εισερχόμενα|Απεσταλμένα|Πρόχειρα|Κάδος απορριμμάτων|Ανεπιθύμητα|Αρχειοθετημένα|Με αστέρι|'
          'Σημαντικά|Μη αναγνωσμένα|Ανοιγμένα|Όλα τα μηνύματα',
    'ru': 'Входящие|Отправленные|Черновики|Корзина|Спам|Архивированные|Помеченные|Важное|'
          'Непрочитанные|Открытые|Вся почта, включая Спам и Корзину',
    'uk': 'Вхідні|Надіслані|Чернетки|Кошик|Спам|Архівовані|Із зірочкою|Важливі|Непрочитані|Відкриті|'
          'Уся пошта зі спамом і кошиком',
    'ja': '受信トレイ|送信済み|下書き|ゴミ箱|迷惑メール|アーカイブ済み|スター付き|重要|未読|開封済み|'
          'すべてのメール（迷惑メール、ゴミ箱のメールを含む）',
    'ko': '받은편지함|보낸편지함|임시보관함|휴지통|스팸함|보관됨|별표편지함|중요편지함|읽지 않음|열림|'
          '모든 메일(스팸 및 휴지통 포함)',
    'zh-CN': '收件箱|已发邮件|草稿|已删除邮件|垃圾邮件|已归档|已加星标|重要|未读|已打开|所有邮件',
    'zh-TW': '收件匣|寄件備份|草稿|垃圾桶|垃圾郵件|已封存|已加星號|重要郵件|未讀|已開啟|所有郵件',
}
OWN = 'Büro & Co/Größe'
# What stands in X-Gmail-Labels of a message -> the folder it must be in, its flags and keywords.
MESSAGES = (
    ('inbox opened starred', '', {'F', 'S'}),
    ('important inbox unread', '', {'$Important'}),
    ('sent opened', '.Sent', {'S'}),
    ('sent inbox opened', '', {'S', 'Sent'}),
    ('drafts opened', '.Drafts', {'D', 'S'}),
    ('trash unread', '.Trash', set()),
    ('spam unread', '.Junk', set()),
    ('archived opened starred', '.Archive', {'F', 'S'}),
    ('archived opened own', '.B&APw-ro &- Co.Gr&APYA3w-e', {'S'}),
    ('own inbox opened', '', {'S', 'B&APw-ro_&-_Co/Gr&APYA3w-e'}),
)
NAMES = ('inbox', 'sent', 'drafts', 'trash', 'spam', 'archived', 'starred', 'important', 'unread',
         'opened', 'file')


def mbox(words):
    parts = []
    for number, (labels, _, _) in enumerate(MESSAGES):
        value = ','.join(words[each] for each in labels.split())
        field = email.header.Header(value, 'utf-8', header_name='X-Gmail-Labels').encode()
        parts.append('From %d@xxx Mon Apr 07 14:31:%02d +0000 2025\r\nX-GM-THRID: %d\r\n'
                     'X-Gmail-Labels: %s\r\nSubject: %d\r\n\r\nbody %d\r\n\r\n' % (
                         number, number, number, field.replace('\n', '\r\n'), number, number))
    return ''.join(parts).encode()


def found(maildir):
    """-> {subject: (folder, flags and keywords)}"""
    messages = {}
    for folder in [''] + [name for name in os.listdir(maildir) if name.startswith('.')]:
        where = os.path.join(maildir, folder)
        keywords = {}
        if os.path.exists(os.path.join(where, 'dovecot-keywords')):
            with open(os.path.join(where, 'dovecot-keywords'), encoding='ascii') as file:
                keywords = {chr(ord('a') + int(line.split(' ')[0])): line.rstrip('\n').split(' ')[1]
                            for line in file}
        for name, content in Maildir(where, create=False).messages().items():
            letters = {keywords.get(each, each) for each in name.partition(':2,')[2]}
            messages[content.partition(b'Subject: ')[2].split(b'\n')[0]] = (folder, letters)
    return messages


class TakeoutTest(ScratchTest):
    def test_every_language_gives_the_same_folders_flags_and_keywords(self):
        self.assertEqual(len(WORDS), 25)
        right = {str(number).encode(): (folder, flags)
                 for number, (_, folder, flags) in enumerate(MESSAGES)}
        counts = collections.Counter(folder for _, folder, _ in MESSAGES)
        for language, line in WORDS.items():
            with self.subTest(language):
                words = dict(zip(NAMES, line.split('|'), strict=True), own=OWN)
                archive, maildir = self.path(language + '.zip'), self.path(language)
                with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as file:
                    file.writestr('Takeout/archive_browser.html', '<html>')
                    file.writestr('Takeout/Mail/%s.mbox' % words['file'], mbox(words))
                done = run('letterbox-convert', 'import', '--json', '--verify', archive, maildir)
                self.assertEqual((done.returncode, done.stderr), (0, b''))
                summary = json.loads(done.stdout)
                self.assertEqual((summary['added'], summary['verified']), (len(right), len(right)))
                self.assertEqual({each['directory']: each['added'] for each in summary['folders']},
                                 counts)
                self.assertEqual(found(maildir), right)


if __name__ == '__main__':
    unittest.main()
