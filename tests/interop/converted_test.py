# SPDX-License-Identifier: MIT
"""Dovecot, Debian's, serves what letterbox-convert made of an mbox: by IMAP flags, keywords, folder
names, dates and numbers are those that the mbox had, and clients of POP3 that have fetched the mail
from the mbox (served by Dovecot, too) fetch nothing again, neither from Dovecot nor from ours."""
import imaplib
import os
import re
import subprocess
import unittest

from support import letterbox, peers, pop3, pop3_front
import dovecot_test

DOVECOT_POP3 = '/usr/lib/dovecot/pop3'
SYNTH = letterbox.reachable(os.path.join(letterbox.ROOT, 'tests/data/mbox/synth'))
TAKEOUT = '''\
From 1@xxx Mon Apr 07 14:31:02 +0000 2025
X-GM-THRID: 1
X-Gmail-Labels: =?UTF-8?Q?Archiviert,Ge=C3=B6ffnet,B=C3=BCro_&_Co/Gr=C3=B6=C3=9Fe.1,Sp=C3=A4ter?=
Subject: one

one

From 2@xxx Tue Apr 08 14:31:02 +0000 2025
X-Gmail-Labels: Posteingang,Ungelesen,Markiert
Subject: two

two

From 3@xxx Wed Apr 09 14:31:02 +0000 2025
X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=
Subject: three

three

'''


def convert(*args):
    return letterbox.run('letterbox-convert', *args)


class ImapTest(letterbox.ScratchTest):
    def serve(self):
        """Dovecot shows the Maildir home/Maildir. -> a client that has logged in."""
        view = peers.View('dovecot', self.path('view'))
        user, port = letterbox.ORDINARY, peers.free_port()
        config = self.write('dovecot.conf', dovecot_test.CONFIG.format(
            dir=self.dir, user=user.pw_name, group=dovecot_test.group_name(user.pw_gid),
            uid=user.pw_uid, gid=user.pw_gid, home=self.path('home'), port=port, quota=1 << 30))
        view.start(self, *letterbox.setpriv(), '/usr/sbin/dovecot', '-F', '-c', config,
                   log=self.path('output'))
        peers.wait_until(lambda: peers.answers(port), 'no greeting')
        imap = imaplib.IMAP4('127.0.0.1', port, timeout=peers.WAIT)
        self.addCleanup(imap.shutdown)
        imap.login('joe', 'secret')
        return imap

    def convert(self, command, *sources):
        os.mkdir(self.path('home'))
        letterbox.own(self.path('home'))
        done = convert(command, *sources, self.path('home/Maildir'))
        self.assertEqual(done.returncode, 0, done.stderr)

    def messages(self, imap, folder='INBOX'):
        """-> {UID: (flags, internal date)}"""
        self.assertEqual(imap.select('"%s"' % folder, readonly=True)[0], 'OK', folder)
        found = {}
        for each in imap.uid('FETCH', '1:*', '(FLAGS INTERNALDATE)')[1]:
            text = each.decode()
            flags = set(re.search(r'FLAGS \(([^)]*)\)', text)[1].split()) - {r'\Recent'}
            found[int(re.search(r'UID (\d+)', text)[1])] = (
                flags, re.search(r'INTERNALDATE "([^"]*)"', text)[1].strip())
        return found

    def numbers(self, imap):
        return (imap.response('UIDVALIDITY')[1], imap.response('UIDNEXT')[1])

    def complaints(self):
        return [line for line in peers.read(self.path('dovecot.log')).splitlines()
                if re.search('Error|Warning|Panic', line)]

    def test_numbers_keywords_and_dates_are_those_of_the_mbox(self):
        self.convert('mbox2maildir', os.path.join(SYNTH, 'x_keywords.mbox'))
        imap = self.serve()
        found = self.messages(imap)
        self.assertEqual(self.numbers(imap), ([b'1136214245'], [b'43']))
        self.assertEqual({uid: each[0] for uid, each in found.items()},
                         {17: {r'\Seen', 'work', 'NonJunk'}, 41: {r'\Flagged', '$Label1'}})
        dates = {uid: imaplib.Internaldate2tuple(b'INTERNALDATE "%s"' % each[1].rjust(26).encode())
                 for uid, each in found.items()}
        self.assertEqual(dates[17][:3], (2006, 1, 2))
        self.assertEqual(dates[41][:3], (2012, 2, 28))
        self.assertEqual(self.complaints(), [])

    def test_numbers_that_go_on_are_kept_while_dovecot_shows_the_maildir(self):
        def mbox(*numbers):
            return ''.join('From a@b Mon Jan  2 03:04:%02d 2006\n%sX-UID: %d\nX-Keywords: k%d\n'
                           'Status: RO\nSubject: %d\n\n%d\n\n' % (
                               number, 'X-IMAPbase: 77 %d\n' % number if number == numbers[0] else '',
                               number, number, number, number) for number in numbers)
        self.convert('mbox2maildir', self.write('one.mbox', mbox(3, 5)))
        imap = self.serve()
        self.assertEqual(self.messages(imap), {
            number: ({r'\Seen', 'k%d' % number}, '02-Jan-2006 03:04:0%d +0000' % number)
            for number in (3, 5)})
        letterbox.Maildir(self.path('home/Maildir'), create=False).add(b'Subject: new\n\nnew\n')
        letterbox.own(self.path('home'))
        imap.noop()
        self.assertIn(6, self.messages(imap))
        done = convert('mbox2maildir', self.write('two.mbox', mbox(8, 12)), self.path('home/Maildir'))
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        imap.noop()
        found = self.messages(imap)
        self.assertEqual(sorted(found), [3, 5, 6, 8, 12])
        self.assertEqual(found[12][0], {r'\Seen', 'k12'})
        self.assertEqual(self.numbers(imap), ([b'77'], [b'13']))
        self.assertEqual(self.complaints(), [])

    def test_labels_are_folders_flags_and_keywords(self):
        self.convert('import', self.write('all.mbox', TAKEOUT))
        imap = self.serve()
        # '.' cannot stand in the name of a folder of a Maildir.
        listed = {line.decode().rsplit('"." ', 1)[-1].strip('"') for line in imap.list()[1]}
        deep = 'B&APw-ro &- Co.Gr&APYA3w-e_1'
        self.assertGreaterEqual(listed, {'INBOX', 'Drafts', deep})
        self.assertEqual({line.decode().rsplit('"." ', 1)[-1].strip('"') for line in imap.lsub()[1]},
                         {'Drafts', deep})
        self.assertEqual([each[0] for each in self.messages(imap).values()], [{r'\Flagged'}])
        self.assertEqual([each[0] for each in self.messages(imap, deep).values()],
                         [{r'\Seen', 'Sp&AOQ-ter'}])
        self.assertEqual([each[0] for each in self.messages(imap, 'Drafts').values()],
                         [{r'\Seen', r'\Draft'}])
        self.assertEqual(self.complaints(), [])


@unittest.skipUnless(os.path.exists(DOVECOT_POP3), 'dovecot-pop3d is not installed')
class Pop3Test(pop3_front.FetchingTest):
    def dovecot(self, location, *options):
        user = letterbox.ORDINARY.pw_name
        config = self.write('dovecot-pop3.conf', '\n'.join([
            'protocols = pop3', 'base_dir = ' + self.path('run'),
            'log_path = ' + self.path('dovecot.log'), 'ssl = no', 'default_internal_user = ' + user,
            'default_login_user = ' + user, 'mail_location = ' + location, *options, '']))

        def answer(connection):
            if not pop3_front.log_in(connection): return
            subprocess.run([DOVECOT_POP3, '-c', config], stdin=connection, stdout=connection,
                           stderr=subprocess.DEVNULL, timeout=peers.WAIT, check=False,
                           env={'USER': user, 'HOME': self.dir, 'IP': '192.0.2.1'},
                           **letterbox.as_ordinary())
        self.front.answer = answer

    def ours(self, maildir):
        server = pop3.Server(self, maildir)
        self.front.answer = lambda connection: pop3_front.relay(connection, server.port)

    def check(self, mbox, *options):
        self.dovecot('mbox:%s:INBOX=%s' % (self.path('mail'), mbox), *options)
        self.assertEqual(self.fetchmail(), 4)
        got = self.getmail_first(4)
        maildir = self.path('Maildir')
        done = convert('mbox2maildir', mbox, maildir)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, b'')
        with self.subTest('ours'):
            self.ours(maildir)
            self.assertEqual((self.fetchmail(), self.getmail()), (4, got))
        with self.subTest('Dovecot'):
            self.dovecot('maildir:' + maildir, *options)
            self.assertEqual((self.fetchmail(), self.getmail()), (4, got))
            self.assertNotIn('Error', peers.read(self.path('dovecot.log')))
        with self.subTest('and new mail is fetched'):
            letterbox.Maildir(maildir, create=False).add(b'Subject: new\n\nnew\n')
            letterbox.own(maildir)
            self.assertEqual((self.fetchmail(), self.getmail()), (5, got + 1))

    def mbox(self, *fields):
        return self.write('inbox', ''.join(
            'From a@b Mon Jan  2 03:04:0%d 2006\nSubject: %d\n%s\n%d\n\n'
            % (number, number, ''.join(field.replace('%d', str(number)) for field in fields), number)
            for number in range(4)), 0o666)

    def test_ids_made_of_imaps_numbers_are_known_again(self):
        self.check(self.mbox())

    def test_ids_in_x_uidl_are_known_again(self):
        self.check(self.mbox('X-UIDL: an!old"id-%d\n', 'Status: RO\n'), 'pop3_reuse_xuidl = yes')
