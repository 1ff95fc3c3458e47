# SPDX-License-Identifier: MIT
"""`letterbox-convert import`: the archives that people have, made here as their programs make them,
arrive in the folders that a user would expect, message for message; and bad input is an error that
says so, with nothing lost."""
import bz2
import gzip
import io
import json
import os
import resource
import subprocess
import tarfile
import unittest
import zipfile

from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program, run

FROM = 'From ann@example.org Mon Jan  2 03:04:%02d 2006\n'
# Octets of the single line of test_one_line_of_any_length_needs_no_memory.
LINE = int(os.environ.get('LBX_LONG_LINE', '200000000'))
MEMORY = 64 * 1024 * 1024


def message(text):
    return 'Subject: %s\n\n%s\n' % (text, text)


def mbox(*texts, first=0):
    return ''.join(FROM % ((first + number) % 60) + message(text) + '\n'
                   for number, text in enumerate(texts))


class ImportTest(ScratchTest):
    def convert(self, *args, **kwargs):
        return run('letterbox-convert', 'import', *args, **kwargs)

    def folders(self, path):
        """{folder: [subject, ...]} with the subjects in the order of the names; '' is the inbox."""
        found = {}
        for name in sorted(os.listdir(path)):
            if name.startswith('.'):
                self.assertEqual(sorted(os.listdir(os.path.join(path, name)))[:4],
                                 ['cur', 'maildirfolder', 'new', 'tmp'])
                found[name[1:]] = self.subjects(os.path.join(path, name))
        found[''] = self.subjects(path)
        return {name: subjects for name, subjects in found.items() if subjects}

    def subjects(self, path):
        messages = Maildir(path, create=False).messages()
        return [messages[name].decode().split('\n')[0].partition(': ')[2]
                for name in sorted(messages, key=lambda name: name.split('/')[1])]

    def check(self, expected, *args, code=0):
        """An import gives these folders, and a second one adds nothing."""
        target = self.path('m')
        result = self.convert(*args, target)
        self.assertEqual(result.returncode, code, result.stderr.decode())
        self.assertEqual(self.folders(target), expected)
        again = self.convert('--json', *args, target)
        self.assertEqual(again.returncode, code, again.stderr.decode())
        self.assertEqual(json.loads(again.stdout)['added'], 0)
        self.assertEqual(self.folders(target), expected)
        self.assertEqual(os.listdir(target + '/tmp'), [])
        return result

    def tree(self, files):
        for name, content in files.items():
            self.write(name, content)
        own(self.dir)

    # What people have.

    def test_a_thunderbird_profile_gives_its_folders(self):
        account = 'profile/ImapMail/imap.example.org/'
        local = 'profile/Mail/Local Folders/'
        self.tree({
            'profile/prefs.js': 'user_pref("x", 1);\n',
            'profile/logins.json': '{}',
            account + 'INBOX': mbox('one', 'two'),
            account + 'INBOX.msf': '// <!-- <mdb:mork:z v="1.4"/> -->\n',
            account + 'msgFilterRules.dat': 'version="9"\n',
            account + 'INBOX.sbd/Work': mbox('three'),
            account + 'Entw\u00fcrfe': mbox('four'),
            account + 'Lists.sbd/a.b': mbox('five'),
            account + 'Empty': '',
            local + 'Trash': mbox('six'),
            'profile/Mail/pop.unused.example/popstate.dat': '# POP3 State File\n',
        })
        self.check({'': ['one', 'two'], 'INBOX.Work': ['three'], 'Entw&APw-rfe': ['four'],
                    'Lists.a_b': ['five'], 'Local Folders.Trash': ['six']}, self.path('profile'))

    def test_several_accounts_of_thunderbird_stay_apart(self):
        self.tree({'p/prefs.js': '', 'p/Mail/pop.a.example/Inbox': mbox('a'),
                   'p/ImapMail/imap.b.example/INBOX': mbox('b')})
        self.check({'pop_a_example.Inbox': ['a'], 'imap_b_example.INBOX': ['b']}, self.path('p'))

    def takeout(self):
        return {'Takeout/archive_browser.html': '<html>',
                'Takeout/Mail/Inbox.mbox': mbox('one', 'two').replace('\n', '\r\n'),
                'Takeout/Mail/Gel\u00f6scht.mbox': mbox('three'),
                'Takeout/Mail/Work/2020.mbox': mbox('four'),
                'Takeout/Drive/picture.jpg': '\xff\xd8' * 5000}

    TAKEN_OUT = {'': ['one', 'two'], 'Gel&APY-scht': ['three'], 'Work.2020': ['four']}

    def test_takeout_as_zip(self):
        with zipfile.ZipFile(self.path('t.zip'), 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.takeout().items():
                archive.writestr(name, content)
        self.check(self.TAKEN_OUT, self.path('t.zip'))

    def test_takeout_as_tgz_and_unpacked(self):
        with tarfile.open(self.path('t.tgz'), 'w:gz') as archive:
            for name, content in self.takeout().items():
                info = tarfile.TarInfo(name)
                info.size = len(content.encode())
                archive.addfile(info, io.BytesIO(content.encode()))
        self.check(self.TAKEN_OUT, self.path('t.tgz'))
        self.tree(self.takeout())
        result = self.convert(self.path('Takeout'), self.path('n'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.folders(self.path('n')), self.TAKEN_OUT)

    def test_single_messages_in_an_archive(self):
        with zipfile.ZipFile(self.path('t.zip'), 'w') as archive:
            archive.writestr('mail/a.eml', message('one'))
            archive.writestr('mail/big.eml', message('two' * 200_000))
            archive.writestr('mail/2001-May.txt.gz', gzip.compress(mbox('three').encode()))
            archive.writestr('__MACOSX/mail/._a.eml', message('none'))
        result = self.convert(self.path('t.zip'), self.path('m'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.folders(self.path('m'))['mail']), 3)

    def test_mailman_archives_are_taken_once_and_in_order(self):
        months = {'list/2001-December.txt.gz': gzip.compress(mbox('three', first=3).encode()),
                  'list/2001-May.txt': mbox('one').encode(),
                  'list/2001-May.txt.gz': gzip.compress(mbox('one').encode()),
                  'list/2001-June.txt.bz2': bz2.compress(mbox('two', first=2).encode()),
                  'list/2001-May/000000.html': b'<html>', 'list/index.html': b'<html>'}
        self.tree(dict(months, **{'other.mbox/other.mbox': mbox('four').encode(),
                                  'other/2001-May.txt': mbox('four').encode()}))
        for name in months:
            os.utime(self.path(name), (1, 1))
        self.check({'list': ['one', 'two', 'three'], 'other': ['four']}, self.path())

    def test_a_hyperkitty_export(self):
        self.tree({'x/list@example.org-2024-11.mbox.gz': gzip.compress(mbox('one').encode())})
        self.check({'': ['one']}, self.path('x/list@example.org-2024-11.mbox.gz'))

    def test_apple_mail(self):
        number = len(message('emlx').encode())
        emlx = '%-10d\n%s<?xml version="1.0"?><plist><dict><key>flags</key><integer>%d</integer>'
        self.tree({'a/INBOX.mbox/mbox': mbox('one'), 'a/INBOX.mbox/table_of_contents': '\0\1',
                   'a/Sent Messages.mbox/mbox': mbox('two'),
                   'a/Work.mbox/Sub.mbox/mbox': mbox('three'),
                   'a/New.mbox/%s/Data/1/Messages/12.emlx' % ('0-0-0-0-' + '1' * 28):
                       emlx % (number, message('emlx'), 17)})
        self.check({'': ['one'], 'Sent Messages': ['two'], 'Work.Sub': ['three'], 'New': ['emlx']},
                   self.path('a'))
        self.assertEqual([name.partition(':')[2] for name in os.listdir(self.path('m/.New/cur'))],
                         ['2,FS'])

    def test_mh_folders_with_their_sequences(self):
        self.tree({'Mail/inbox/1': message('one'), 'Mail/inbox/2': message('two'),
                   'Mail/inbox/10': message('ten'), 'Mail/inbox/,9': message('deleted'),
                   'Mail/inbox/.mh_sequences': 'cur: 1\nunseen: 2-9 10\nflagged: 1\n',
                   'Mail/lists/x/7': message('seven')})
        self.check({'': ['one', 'two', 'ten'], 'lists.x': ['seven']}, self.path('Mail'))
        flags = {name.partition(':')[2]: content
                 for name, content in Maildir(self.path('m'), create=False).messages().items()}
        self.assertEqual(flags['2,FS'], message('one').encode())
        self.assertEqual(len([name for name in os.listdir(self.path('m/cur'))
                              if name.endswith(':2,')]), 2)

    def test_a_directory_of_eml_files(self):
        date = 'Received: by b; Mon, 2 Jan 2006 03:04:05 +0000\nDate: Sun, 1 Jan 2006 00:00:00 +0000\n'
        self.tree({'e/a.eml': (date + message('one')).replace('\n', '\r\n'),
                   'e/B.EML': message('two'), 'e/notes.txt': 'hello\n'})
        result = self.convert(self.path('e'), self.path('m'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b'1 files without mail', result.stderr)
        messages = Maildir(self.path('m'), create=False).messages()
        self.assertEqual(sorted(messages.values()),
                         sorted([(date + message('one')).encode(), message('two').encode()]))
        dated = [name for name in messages if messages[name].startswith(b'Received')]
        self.assertEqual(int(os.stat(self.path('m', dated[0])).st_mtime), 1136171045)

    def test_pine_folders_and_mmdf(self):
        pseudo = ('From MAILER-DAEMON Mon Jan  2 03:04:05 2006\nSubject: DON\'T DELETE THIS MESSAGE '
                  '-- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\nThis text is part of the format.\n\n')
        self.tree({'mail/sent-mail': pseudo + mbox('one'), 'mail/saved/recipes': mbox('two'),
                   'mail/old': '\1\1\1\1\n' + message('three') + '\1\1\1\1\n'})
        self.check({'sent-mail': ['one'], 'saved.recipes': ['two'], 'old': ['three']},
                   self.path('mail'))

    # Where it goes.

    def test_the_user_chooses_the_folder(self):
        self.tree({'mail/a': mbox('one'), 'mail/b/c': mbox('two', first=1)})
        for options, expected in (
                (['--folder', 'Alt/Mail'], {'Alt.Mail.a': ['one'], 'Alt.Mail.b.c': ['two']}),
                (['--no-folders'], {'': ['one', 'two']}),
                (['--no-folders', '--folder', 'x'], {'x': ['one', 'two']})):
            with self.subTest(options):
                target = self.path('-'.join(options).replace('/', '_'))
                result = self.convert(*options, self.path('mail'), target)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(self.folders(target), expected)
        result = run('letterbox-convert', 'mbox2maildir', '--folder', 'x y', self.path('mail/a'),
                     self.path('z'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.folders(self.path('z')), {'x y': ['one']})

    def test_folders_are_added_to_a_maildir_that_exists(self):
        Maildir(self.path('m'))
        Maildir(self.path('m/.a'))
        self.write('m/.a/maildirfolder', '')
        self.tree({'mail/a': mbox('one'), 'mail/b': mbox('two')})
        self.check({'a': ['one'], 'b': ['two']}, self.path('mail'))
        result = self.convert(self.path('mail'), self.path('m/.a'))
        self.assertEqual(result.returncode, 65)
        self.assertIn(b'is a folder itself', result.stderr)

    def test_what_only_has_the_name_of_a_folder_stops_it_before_anything_moves(self):
        Maildir(self.path('m'))
        self.tree({'mail/a': mbox('one'), 'mail/Inbox': mbox('two'), 'm/.a/x': ''})
        result = self.convert(self.path('mail'), self.path('m'))
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn(b'm/.a: is not a Maildir', result.stderr)
        self.assertEqual(self.subjects(self.path('m')), [])
        os.rename(self.path('m/.a'), self.path('old'))
        self.check({'': ['two'], 'a': ['one']}, self.path('mail'))

    def test_the_target_is_no_source(self):
        self.tree({'mail/a': mbox('one')})
        for _ in range(2):
            result = self.convert(self.path('mail'), self.path('mail/m'))
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.folders(self.path('mail/m')), {'a': ['one']})

    def test_the_summary_counts_folders(self):
        self.tree({'mail/a': mbox('one', 'two'), 'mail/b/1': message('three')})
        result = self.convert('--json', '--verify', self.path('mail'), self.path('m'))
        summary = json.loads(result.stdout)
        self.assertEqual(summary['verified'], 3)
        self.assertEqual([(each['name'], each['added'], each['failed'])
                          for each in summary['folders']], [('a', 2, 0), ('b', 1, 0)])
        again = self.convert(self.path('mail'), self.path('m'))
        self.assertRegex(again.stdout, rb'1 +0 +1 +0  b\n')

    def test_sources_are_removed_when_all_is_verified(self):
        self.tree({'mail/a': mbox('one'), 'mail/b/1': message('two'), 'mail/b/2': message('three'),
                   'mail/b/x.txt': 'hello'})
        with zipfile.ZipFile(self.path('mail/t.zip'), 'w') as archive:
            archive.writestr('c.mbox', mbox('four'))
        own(self.dir)
        result = self.convert('--remove-source', self.path('mail'), self.path('m'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.folders(self.path('m')),
                         {'a': ['one'], 'b': ['two', 'three'], 'c': ['four']})
        left = [name for _, _, names in os.walk(self.path('mail')) for name in names]
        self.assertEqual(left, ['x.txt'])

    # Bad input.

    def test_a_directory_of_binaries_is_no_mail(self):
        self.tree({'bin/a': b'\x7fELF' + bytes(5000), 'bin/b.zip': b'PK\3\4' + bytes(30),
                   'bin/c': bytes(100_000), 'bin/d.docx': b'PK\3\4xx', 'bin/key': 'a: b\nc: d\n'})
        os.remove(self.path('bin/b.zip'))
        result = self.convert(self.path('bin'), self.path('m'))
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn(b'no mail was found', result.stderr)
        self.assertFalse(os.path.exists(self.path('m')))
        self.assertEqual(self.convert(self.path('bin/a'), self.path('m')).returncode, 65)

    def test_mail_that_cannot_be_read_is_named_and_the_rest_arrives(self):
        whole = gzip.compress(mbox(*['x%d' % number for number in range(2000)]).encode())
        self.tree({'mail/a': mbox('one'), 'mail/uw': '*mbx*\r\n' + ' ' * 2000,
                   'mail/cut.gz': whole[:len(whole) // 2], 'mail/secret': mbox('two')})
        os.chmod(self.path('mail/secret'), 0)
        result = self.convert(self.path('mail'), self.path('m'))
        self.assertEqual(result.returncode, 75)
        for text in (b'uw: this is a UW mbx', b'cut.gz: ', b'too early', b'secret: '):
            self.assertIn(text, result.stderr)
        self.assertEqual(self.folders(self.path('m')), {'a': ['one']})

    def test_a_damaged_archive_gives_what_stands_before_the_damage(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode='w') as archive:
            for name, content in (('a.mbox', mbox('one')), ('b.mbox', mbox('two' * 5000))):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content.encode()))
        self.write('t.tar', buffer.getvalue()[:6000])
        result = self.convert(self.path('t.tar'), self.path('m'))
        self.assertEqual(result.returncode, 75)
        self.assertIn(b'b.mbox: the archive is damaged', result.stderr)
        self.assertEqual(self.folders(self.path('m')), {'a': ['one']})

    def test_damage_that_only_the_checksum_of_gzip_shows_is_damage(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode='w') as archive:
            for number in range(60):
                content = mbox('n%dn' % number + 'x' * 5000).encode()
                info = tarfile.TarInfo('%d.mbox' % number)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        packed = gzip.compress(buffer.getvalue(), 0)
        source = self.write('t.tgz', packed.replace(b'Subject: n50n', b'Subject: n05n'))
        result = self.convert('--remove-source', source, self.path('m'))
        self.assertEqual(result.returncode, 75)
        self.assertIn(b'damaged', result.stderr)
        self.assertTrue(os.path.exists(source))

    def test_what_stands_before_the_damage_arrives_verified_and_the_source_stays(self):
        good = self.write('good', mbox('three'))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w') as archive:
            archive.writestr('a.mbox', mbox('one'))
            archive.writestr('b.mbox', mbox('two' * 5000))
        self.write('t.zip', buffer.getvalue()[:6000])
        result = self.convert('--remove-source', self.path('t.zip'), good, self.path('m'))
        self.assertEqual(result.returncode, 75, result.stderr)
        self.assertEqual(self.folders(self.path('m')), {'a': ['one'], '': ['three']})
        self.assertTrue(os.path.exists(self.path('t.zip')))
        self.assertFalse(os.path.exists(good))

    def test_an_empty_tmpdir_is_none(self):
        self.write('a.gz', gzip.compress(mbox('one').encode()))
        result = self.convert(self.path('a.gz'), self.path('m'), env={'TMPDIR': ''})
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_bombs_are_stopped(self):
        with zipfile.ZipFile(self.path('b.zip'), 'w', zipfile.ZIP_DEFLATED) as archive:
            archive.writestr('a.mbox', mbox('one'))
            archive.writestr('b.mbox', FROM % 1 + 'A: b\n\n' + 'x' * 100_000_000)
        result = self.convert(self.path('b.zip'), self.path('m'))
        self.assertEqual(result.returncode, 75)
        self.assertIn(b'times its size', result.stderr)
        self.assertEqual(self.folders(self.path('m')), {'a': ['one']})
        result = self.convert('--max-expanded', '50MB', self.path('b.zip'), self.path('n'))
        self.assertIn(b'expands to more than', result.stderr)

    def test_names_are_never_paths(self):
        with zipfile.ZipFile(self.path('t.zip'), 'w') as archive:
            archive.writestr('../../evil.mbox', mbox('one'))
            archive.writestr('/etc/../abs.mbox', mbox('two'))
            archive.writestr('x/..%2f.\\y/\n.mbox', mbox('three'))
        before = sorted(os.listdir(self.dir))
        result = self.convert(self.path('t.zip'), self.path('m'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(os.listdir(self.dir)), sorted(before + ['m']))
        found = self.folders(self.path('m'))
        self.assertEqual((found['evil'], found['etc.abs']), (['one'], ['two']))
        self.assertEqual(sum(map(len, found.values())), 3)

    def test_links_are_not_followed(self):
        self.tree({'mail/a': mbox('one'), 'other/b': mbox('two')})
        os.symlink(self.path('other'), self.path('mail/other'))
        os.symlink(self.path('mail'), self.path('mail/loop'))
        os.symlink(self.path('mail'), self.path('link'))
        self.check({'a': ['one']}, self.path('link'))

    def test_a_maildir_is_named_as_what_it_is(self):
        Maildir(self.path('old')).add(b'A: b\n')
        result = self.convert(self.path('old'), self.path('m'))
        self.assertEqual(result.returncode, 65)
        self.assertIn(b'is a Maildir', result.stderr)

    def limited(self, *args):
        with open(program('letterbox-convert'), 'rb') as file:
            if b'__asan_init' in file.read():
                self.skipTest('a sanitizer takes what memory it likes')
        limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        return subprocess.run([program('letterbox-convert'), *args], capture_output=True,
                              preexec_fn=limit, timeout=600, check=False, **as_ordinary())

    def test_one_line_of_any_length_needs_no_memory(self):
        source = self.write('mbox', FROM % 1 + 'Subject: long\n\n')
        with open(source, 'r+b') as file:
            file.seek(0, os.SEEK_END)
            file.truncate(file.tell() + LINE)  # a line of NULs, as a sparse file
            file.seek(0, os.SEEK_END)
            file.write(b'\n\n' + mbox('after').encode())
        result = self.limited('import', '--quiet', source, self.path('m'))
        self.assertEqual(result.returncode, 0, result.stderr)
        sizes = sorted(os.stat(self.path('m/new', name)).st_size
                       for name in os.listdir(self.path('m/new')))
        self.assertEqual(sizes, [len(message('after')), LINE + len('Subject: long\n\n\n')])


if __name__ == '__main__':
    unittest.main()
