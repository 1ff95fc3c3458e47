# SPDX-License-Identifier: MIT
"""Maildir++ quotas with real processes: the limit holds with sixteen deliveries at once, and the
file maildirsize says what a count says."""
import mailbox
import os
import re
import shutil
import subprocess
import unittest

from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program, run

PARALLEL = 16
BODY = b'Subject: x\n\n' + b'0123456789abcde\n' * 60


def count(path):
    """(octets, messages) of a Maildir and its folders, by the files themselves."""
    octets = messages = 0
    tops = [path] + [os.path.join(path, name) for name in os.listdir(path)
                     if name.startswith('.') and os.path.isdir(os.path.join(path, name, 'cur'))]
    for top in tops:
        for folder in ('new', 'cur'):
            for name in os.listdir(os.path.join(top, folder)):
                octets += os.path.getsize(os.path.join(top, folder, name))
                messages += 1
    return octets, messages


def maildirsize(path):
    """(limit, octets, messages) as any reader of Maildir++ would see it."""
    with open(os.path.join(path, 'maildirsize')) as file:
        limit, *lines = file.read().splitlines()
    pairs = [[int(word) for word in line.split()] for line in lines]
    return limit, sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


class DeliveryTest(ScratchTest):
    def setUp(self):
        super().setUp()
        self.home = self.path('home')
        self.maildir = Maildir(self.path('home/Maildir'))
        own(self.home)
        self.control('me', 'mx.example')

    def control(self, name, value):
        self.write('mail/control/' + name, value + '\n')

    def limit(self, text):
        self.write('home/Maildir/maildirsize', text + '\n')

    def environment(self, **more):
        return {'PATH': os.environ['PATH'], 'HOME': self.home, 'USER': 'joe',
                'RECIPIENT': 'joe@example.org', 'SENDER': 'a@b',
                'LETTERBOX_HOME': self.path('mail'), **more}

    def deliver(self, *args, message=BODY, **more):
        return run('letterbox-deliver', *args, stdin=message, env=self.environment(**more))

    def deliver_at_once(self, total, *args):
        """`total` deliveries, PARALLEL at a time. -> exit statuses"""
        message = self.write('message', BODY)
        running, statuses = [], []
        for number in range(total):
            if len(running) == PARALLEL:
                statuses.append(running.pop(0).wait())
            with open(message, 'rb') as stdin:
                running.append(subprocess.Popen(
                    [program('letterbox-deliver'), *args], stdin=stdin,
                    stdout=subprocess.DEVNULL, env=self.environment(), **as_ordinary()))
        return statuses + [each.wait() for each in running]

    def check_sum(self):
        limit, octets, messages = maildirsize(self.maildir.path)
        self.assertEqual((octets, messages), count(self.maildir.path))
        return limit, octets, messages


class QuotaTest(DeliveryTest):
    def test_sixteen_at_once_never_exceed_the_octets(self):
        self.limit('20000S')
        statuses = self.deliver_at_once(80)
        self.assertEqual(set(statuses), {0, 75})
        _, octets, messages = self.check_sum()
        self.assertEqual(messages, statuses.count(0))
        self.assertLessEqual(octets, 20000)
        self.assertGreater(octets, 20000 - 1100)  # and all the room was used
        self.assertEqual(self.maildir.tmp(), [])

    def test_sixteen_at_once_never_exceed_the_messages(self):
        self.control('maildirquota', '25C')  # the file is made by whoever comes first
        self.control('overquota', 'never')
        statuses = self.deliver_at_once(64)
        self.assertEqual((statuses.count(0), statuses.count(69)), (25, 39))
        self.assertEqual(self.check_sum()[2], 25)

    def test_many_messages_into_folders_and_a_file_that_is_made_anew(self):
        for name in ('a', 'b'):
            Maildir(self.path('home/Maildir/.' + name))
            self.write('home/Maildir/.%s/maildirfolder' % name, '')
            self.write('home/.qmail-' + name, './Maildir/.%s/\n' % name)
        self.write('home/.qmail', './Maildir/\n./Maildir/.a/\n./Maildir/.b/\n')
        self.limit('100000000S')
        # 400 deliveries of three lines each are more than 5120 octets of maildirsize.
        self.assertEqual(set(self.deliver_at_once(400)), {0})
        _, _, messages = self.check_sum()
        self.assertEqual(messages, 1200)
        self.assertLess(os.path.getsize(self.path('home/Maildir/maildirsize')), 5120 + 16 * 20)
        self.assertFalse(os.path.exists(self.path('home/Maildir/.a/maildirsize')))

    def test_the_count_is_right_while_a_reader_moves_and_deletes(self):
        self.limit('1000000S')
        message = self.write('message', BODY)
        deleted = 0
        for _ in range(10):
            self.deliver_at_once(16)
            for name in os.listdir(self.path('home/Maildir/new')):
                where = self.path('home/Maildir/new', name)
                os.rename(where, self.path('home/Maildir/cur', name + ':2,S'))
            for name in os.listdir(self.path('home/Maildir/cur'))[:8]:
                os.unlink(self.path('home/Maildir/cur', name))
                deleted += 1
        self.assertTrue(os.path.exists(message))
        # A reader without quota tells nobody; the next count does.
        self.assertEqual(maildirsize(self.maildir.path)[2],
                         count(self.maildir.path)[1] + deleted)
        with open(self.path('home/Maildir/maildirsize'), 'a') as file:
            file.write('torn')
        self.assertEqual(self.deliver().returncode, 0)
        self.check_sum()

    def test_both_answers_have_their_code(self):
        self.limit('10S')
        ran = self.deliver()
        self.assertEqual((ran.returncode, ran.stdout), (75, b'4.2.2 The mailbox is full.\n'))
        self.control('overquota', 'never')
        ran = self.deliver()
        self.assertEqual((ran.returncode, ran.stdout), (69, b'5.2.2 The mailbox is full.\n'))
        ran = run('letterbox', 'explain', '--home', self.home, '--user', 'joe', 'joe@example.org',
                  env=self.environment())
        self.assertIn(b'(exit 100): The mailbox is full. (#5.2.2)', ran.stdout)

    def test_sixteen_at_once_send_one_warning(self):
        self.control('quotawarning', '50')
        self.limit('200000S')
        self.assertEqual(set(self.deliver_at_once(160)), {0})
        warnings = [each for each in self.maildir.messages().values()
                    if b'\nSubject: Your mailbox is nearly full\n' in each]
        self.assertEqual(len(warnings), 1)
        self.assertTrue(warnings[0].startswith(b'Return-Path: <>\nDate: '))
        self.check_sum()

    def test_other_readers_understand_all_of_it(self):
        self.limit('100000S')
        self.control('folderdelivery', 'existing')
        Maildir(self.path('home/Maildir/.Lists'))
        self.write('home/Maildir/.Lists/maildirfolder', '')
        self.assertEqual(self.deliver().returncode, 0)
        ran = self.deliver(EXTENSION='lists')
        self.assertEqual((ran.returncode, ran.stdout), (0, b''))
        reader = mailbox.Maildir(self.maildir.path, create=False)
        self.assertEqual(reader.list_folders(), ['Lists'])
        self.assertEqual([each['Subject'] for each in reader], ['x'])
        self.assertEqual([each['Subject'] for each in reader.get_folder('Lists')], ['x'])
        self.check_sum()

    def test_files_and_keywords_of_dovecot_stay_as_they_are(self):
        kept = {'dovecot-uidlist': b'3 V1 N7\n1 :a\n', 'dovecot-keywords': b'0 $Junk\n1 work\n',
                'dovecot-uidvalidity': b'', 'subscriptions': b'V\t2\n',
                'dovecot.index.log': b'\0\1'}
        for name, content in kept.items():
            self.write('home/Maildir/' + name, content)
        self.maildir.add(b'x', name='1.host,S=1:2,Sab', folder='cur')
        before = {name: os.stat(self.path('home/Maildir', name)) for name in kept}
        self.limit('5C\nbroken')
        for _ in range(4):
            self.assertEqual(self.deliver('--attempt', 'q').returncode, 0)
            self.assertEqual(self.deliver().returncode in (0, 75), True)
        for name, content in kept.items():
            with open(self.path('home/Maildir', name), 'rb') as file:
                self.assertEqual(file.read(), content)
            after = os.stat(self.path('home/Maildir', name))
            self.assertEqual((after.st_ino, after.st_mtime_ns),
                             (before[name].st_ino, before[name].st_mtime_ns))
        self.assertEqual(os.listdir(self.path('home/Maildir/cur')), ['1.host,S=1:2,Sab'])
        self.check_sum()

    def test_nothing_is_kept_without_a_quota(self):
        self.assertEqual(self.deliver().returncode, 0)
        self.assertEqual(sorted(os.listdir(self.maildir.path)), ['cur', 'new', 'tmp'])


class FolderTest(DeliveryTest):
    """Folders by name, by setting, and by default delivery."""

    def test_a_line_may_name_a_folder_that_exists(self):
        self.write('home/.qmail', './Maildir/.f/\n')
        self.assertEqual(self.deliver().returncode, 75)
        self.assertFalse(os.path.exists(self.path('home/Maildir/.f')))
        folder = Maildir(self.path('home/Maildir/.f'))
        self.assertEqual(self.deliver().returncode, 0)
        self.assertEqual(len(folder.messages()), 1)

    def test_the_default_delivery_makes_its_folder_below_a_maildir(self):
        self.assertEqual(self.deliver('--default', './Maildir/.f/').returncode, 0)
        self.assertEqual(sorted(os.listdir(self.path('home/Maildir/.f'))),
                         ['cur', 'maildirfolder', 'new', 'tmp'])
        self.assertEqual(self.deliver('--default', './Missing/.f/').returncode, 75)
        self.assertEqual(sorted(os.listdir(self.home)), ['Maildir'])

    def test_explain_and_delivery_agree_on_the_folder_of_an_extension(self):
        Maildir(self.path('home/Maildir/.Lists'))
        self.write('home/.qmail-default', './Maildir/\n')

        def explained():
            ran = run('letterbox', 'explain', '--home', self.home, '--user', 'joe', '--ext',
                      'lists', '--json', 'joe-lists@example.org', env=self.environment())
            return re.findall(rb'"target": "([^"]*)"', ran.stdout)

        for setting, target in (('off', b'./Maildir/'), ('existing', b'./Maildir/.Lists/')):
            self.control('folderdelivery', setting)
            self.assertEqual(explained(), [target])
            place = Maildir(os.path.join(self.home, target.decode()), create=False)
            before = len(place.messages())
            self.assertEqual(self.deliver(EXTENSION='lists').returncode, 0)
            self.assertEqual(len(place.messages()), before + 1)

    def test_the_mount_guard_holds_mail_until_the_volume_is_there(self):
        shutil.rmtree(self.maildir.path)
        self.control('mailhomeguard', '.letterbox-no-such-volume')
        ran = self.deliver()
        self.assertEqual(ran.returncode, 75)
        self.assertIn(b'4.3.0 The volume with the mailboxes is not mounted', ran.stdout)
        self.assertFalse(os.path.exists(self.maildir.path))


del DeliveryTest  # it has no tests of its own

if __name__ == '__main__':
    unittest.main()
