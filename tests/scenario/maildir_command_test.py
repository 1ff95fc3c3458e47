# SPDX-License-Identifier: MIT
"""letterbox maildir copy, merge, check and repair."""
import json
import os
import time
import unittest

from support.letterbox import Maildir, ScratchTest, own, run


class MaildirCommandTest(ScratchTest):
    def maildir_command(self, *args, status=0):
        result = run('letterbox', 'maildir', *args)
        self.assertEqual(result.returncode, status, (result.stdout + result.stderr).decode())
        return (result.stdout + result.stderr).decode()

    def put(self, *parts, text):
        with open(self.path(*parts), 'w', encoding='utf-8') as file:
            file.write(text)
        own(self.path(*parts))

    def read(self, *parts):
        with open(self.path(*parts), encoding='utf-8') as file:
            return file.read()

    def folder(self, *parts):
        made = Maildir(self.path(*parts))
        if os.path.basename(made.path).startswith('.'):
            self.put(*parts, 'maildirfolder', text='')
        os.chmod(made.path, 0o700)
        return made

    def source(self, name='a'):
        inbox = self.folder(name)
        inbox.add(b'A: 1\n\nx\n', '1000000000.a.host,S=8,W=11:2,Sa', 'cur', mtime=1000000000)
        inbox.add(b'A: 2\n\nx\n', '1000000001.a.host', mtime=1000000001)
        lists = self.folder(name, '.Lists')
        lists.add(b'A: 3\n\nx\n', '1000000002.a.host:2,F', 'cur', mtime=1000000002)
        self.put(name, 'dovecot-keywords', text='0 $Label1\n')
        self.put(name, 'dovecot-uidlist',
                 text='3 V1275660208 N26\n4 P0abc :1000000000.a.host,S=8,W=11\n25 :1000000001.a.host\n')
        self.put(name, 'subscriptions', text='Lists\n')
        return inbox

    def everything(self, maildir):
        """path -> (seconds, octets) of every message."""
        found = {}
        for folder in ('', '.Lists', '.Other'):
            if os.path.isdir(os.path.join(maildir, folder, 'cur')):
                for name, content in Maildir(os.path.join(maildir, folder), create=False).messages().items():
                    path = os.path.join(folder, name)
                    found[path] = (int(os.stat(os.path.join(maildir, path)).st_mtime), content)
        return found

    def test_a_copy_has_names_times_flags_folders_keywords_and_ids(self):
        source = self.source()
        before = self.everything(source.path)
        self.maildir_command('copy', source.path, self.path('b'))
        self.assertEqual(self.everything(self.path('b')), before)
        self.assertEqual(len(before), 3)
        for name in ('dovecot-keywords', 'dovecot-uidlist', 'subscriptions', '.Lists/maildirfolder'):
            self.assertEqual(self.read('b', name), self.read('a', name))
        self.assertEqual(os.listdir(self.path('b', 'tmp')), [])
        self.assertEqual([name for name in os.listdir(self.path()) if name.startswith('.')], [])
        self.assertIn('exists', self.maildir_command('copy', source.path, self.path('b'), status=1))

    def test_a_second_merge_adds_nothing_whatever_users_have_done(self):
        source = self.source()
        target = self.folder('b')
        self.assertIn('2 added, 0 known', self.maildir_command('merge', source.path, target.path))
        os.rename(self.path('b', 'new', '1000000001.a.host'),
                  self.path('b', 'cur', '1000000001.a.host:2,RS'))
        before = self.everything(target.path)
        self.assertEqual(len(before), 3)
        said = self.maildir_command('merge', source.path, target.path)
        self.assertIn('0 added, 2 known', said)
        self.assertEqual(self.everything(target.path), before)

    def test_doubles_are_known_by_their_octets_and_as_often_as_they_are(self):
        source = self.folder('a')
        for number in range(3):
            source.add(b'A: same\n\n', '%d.a.host' % number, mtime=1000000000)
        target = self.folder('b')
        target.add(b'A: same\n\n', '9.other.name:2,S', 'cur', mtime=5)
        self.assertIn('2 added, 1 known', self.maildir_command('merge', source.path, target.path))
        self.assertEqual(len(target.messages()), 3)

    def test_any_folder_looks_for_doubles_everywhere(self):
        source = self.folder('a')
        source.add(b'A: 1\n\n', '1.a.host', mtime=1)
        target = self.folder('b')
        archive = self.folder('b', '.Archive')
        archive.add(b'A: 1\n\n', '7.a.host:2,S', 'cur', mtime=1)
        said = self.maildir_command('merge', '--any-folder', source.path, target.path)
        self.assertIn('0 added, 1 known', said)
        self.assertIn('1 added', self.maildir_command('merge', source.path, target.path))

    def test_several_sources_become_one_and_taken_names_are_not_written_over(self):
        one, two = self.folder('a'), self.folder('b')
        one.add(b'A: 1\n\n', '1.same.name:2,S', 'cur', mtime=1)
        two.add(b'A: 2\n\n', '1.same.name:2,F', 'cur', mtime=2)
        two.add(b'A: 1\n\n', '2.else:2,', 'cur', mtime=2)
        result = json.loads(self.maildir_command('copy', '--json', one.path, two.path, self.path('c')))
        self.assertEqual([(each['added'], each['known'], each['renamed'])
                          for each in result['folders']], [(1, 0, 0), (1, 1, 1)])
        got = Maildir(self.path('c'), create=False).messages()
        self.assertEqual(sorted(got.values()), [b'A: 1\n\n', b'A: 2\n\n'])
        self.assertEqual(got['cur/1.same.name:2,S'], b'A: 1\n\n')

    def test_keywords_get_the_letters_of_the_target(self):
        source = self.source()
        target = self.folder('b')
        self.put('b', 'dovecot-keywords', text='0 theirs\n')
        self.maildir_command('merge', source.path, target.path)
        self.assertIn('cur/1000000000.a.host,S=8,W=11:2,Sb', target.messages())
        self.assertEqual(self.read('b', 'dovecot-keywords'), '0 theirs\n1 $Label1\n')

    def test_numbers_that_a_server_has_given_stay(self):
        source = self.source()
        target = self.folder('b')
        self.put('b', 'dovecot-uidlist', text='3 V7 N1\n')
        self.maildir_command('merge', source.path, target.path)
        self.assertEqual(self.read('b', 'dovecot-uidlist'), '3 V7 N1\n')

    def test_an_interrupted_copy_goes_on(self):
        source = self.source()
        half = self.folder('.b.letterbox-copy')
        half.add(b'A: 2\n\nx\n', '1000000001.a.host', mtime=1000000001)
        half.add(b'A: 1', '1000000000.a.host,S=8,W=11', 'tmp')
        own(half.path)
        said = self.maildir_command('copy', source.path, self.path('b'))
        self.assertIn('1 added, 1 known', said)
        self.assertEqual(self.everything(self.path('b')), self.everything(source.path))
        self.assertFalse(os.path.exists(half.path))

    def test_a_dry_run_changes_nothing(self):
        source = self.source()
        target = self.folder('b')
        for args in (('copy', '--dry-run', source.path, self.path('c')),
                     ('merge', '--dry-run', source.path, target.path)):
            self.assertIn('2 added', self.maildir_command(*args))
        self.assertEqual(sorted(os.listdir(self.path('b'))), ['cur', 'new', 'tmp'])
        self.assertFalse(os.path.exists(self.path('c')))

    def test_what_is_no_maildir_is_refused(self):
        os.mkdir(self.path('dir'))
        target = self.folder('b')
        for args in (('merge', self.path('dir'), target.path), ('check', self.path('dir')),
                     ('merge', target.path, self.path('dir'))):
            self.assertIn('is not a Maildir', self.maildir_command(*args, status=1))
        self.assertEqual(os.listdir(self.path('dir')), [])

    def test_a_folder_of_the_source_is_no_target(self):
        source = self.folder('a')
        source.add(b'A: 1\n\nx\n', '1.a.host', 'new')
        self.folder('a', '.Old')
        for verb, target in (('copy', '.Inner'), ('merge', '.Old')):
            self.assertIn('lies in', self.maildir_command(verb, source.path, self.path('a', target),
                                                          status=1))
        self.assertEqual(len(source.messages()), 1)
        self.assertFalse([each for each in os.listdir(source.path) if 'Inner' in each])

    def broken(self):
        inbox = self.folder('a')
        inbox.add(b'A: 1\n\nx\n', '1.a.host,S=9,W=11:2,S', 'cur')
        inbox.add(b'A: 2\n\nx\n', '2.a.host,S=8', 'cur')
        inbox.add(b'A: 3\n\nx\n', '3.a.host', 'new')
        inbox.add(b'A: 4\n\nx\n', '3.a.host:2,S', 'cur')
        inbox.add(b'A: 5\n\nx\n', '5.a.host', 'tmp', mtime=time.time() - 37 * 3600)
        os.utime(self.path('a', 'tmp', '5.a.host'), (1, 1))
        inbox.add(b'A: 6\n\nx\n', '6.a.host', 'tmp')
        self.put('a', 'dovecot-uidlist', text='3 V7 N9\n4 W11 :1.a.host,S=9,W=11\n8 :2.a.host,S=8:2,\n')
        self.put('a', 'maildirsize', text='1000S\n7 1\n')
        sub = self.folder('a', '.Sub')
        os.unlink(self.path('a', '.Sub', 'maildirfolder'))
        os.rmdir(self.path('a', '.Sub', 'new'))
        os.chmod(sub.path, 0o700)
        return inbox

    def problems(self, *args, status=1):
        report = json.loads(self.maildir_command(*args, '--json', status=status))[0]
        return report, sorted(each['problem'] for each in report['findings'])

    ALL = ['duplicate-name', 'missing-directory', 'missing-folder-mark', 'no-info', 'quota',
           'stale-tmp', 'wrong-size']

    def test_check_finds_everything_and_changes_nothing(self):
        inbox = self.broken()
        before = sorted(inbox.messages())
        report, problems = self.problems('check', inbox.path)
        self.assertEqual(problems, self.ALL)
        self.assertEqual((report['folders'], report['messages']), (2, 4))
        self.assertFalse(any(each['mended'] for each in report['findings']))
        self.assertEqual(self.problems('repair', '--dry-run', inbox.path)[1], self.ALL)
        self.assertEqual(sorted(inbox.messages()), before)

    def test_repair_mends_it_and_keeps_every_message_and_number(self):
        inbox = self.broken()
        before = sorted(inbox.messages().values())
        report, problems = self.problems('repair', inbox.path, status=0)
        self.assertEqual(problems, self.ALL)
        self.assertTrue(all(each['mended'] for each in report['findings']))
        self.assertEqual(self.problems('check', inbox.path, status=0)[1], [])
        self.assertEqual(sorted(inbox.messages().values()), before)
        names = inbox.messages()
        self.assertEqual(names['cur/1.a.host,S=8,W=11:2,S'], b'A: 1\n\nx\n')
        self.assertEqual(names['cur/2.a.host,S=8:2,'], b'A: 2\n\nx\n')
        self.assertEqual(names['cur/3.a.host:2,S'], b'A: 4\n\nx\n')
        self.assertEqual(self.read('a', 'dovecot-uidlist'),
                         '3 V7 N9\n4 W11 :1.a.host,S=8,W=11\n8 :2.a.host,S=8:2,\n')
        self.assertEqual(os.listdir(self.path('a', 'tmp')), ['6.a.host'])
        self.assertEqual(self.read('a', 'maildirsize').split('\n')[0], '1000S')
        self.assertFalse(os.path.exists(self.path('a', 'dovecot-uidlist.lock')))

    def test_what_only_people_can_mend_is_said_and_left(self):
        inbox = self.folder('a')
        inbox.add(b'A: 1\n\n', '1.a.host')
        os.chmod(self.path('a', 'new', '1.a.host'), 0)
        os.symlink('/nowhere', self.path('a', 'new', '2.a.host'))
        os.mkdir(self.path('a', 'cur', 'directory'))
        os.chmod(self.path('a', 'tmp'), 0o777)
        report, problems = self.problems('repair', inbox.path)
        self.assertEqual(problems, ['bad-name', 'permissions', 'unreadable', 'unreadable'])
        self.assertFalse(any(each['remedy'] for each in report['findings']))


if __name__ == '__main__':
    unittest.main()
