# SPDX-License-Identifier: MIT
"""Sizes, ids and the files that keep them, as clients of the real server see them."""
import os
import subprocess
import time
from unittest import mock

from support import letterbox, pop3
from support.odd_messages import MESSAGES, wire


class SizesTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))

    def log_in(self, **settings):
        for name, value in settings.items():
            self.write('home/control/' + name, value + '\n')
        with mock.patch.dict(os.environ, LETTERBOX_HOME=self.path('home')):
            return pop3.Server(self, self.maildir.path).log_in()

    def sizes(self, client):
        return [int(line.split()[1]) for line in client.multi(b'LIST').splitlines()]

    def add_liars(self):
        """Every odd message under a name whose sizes could be, and are not, those of it."""
        for number, stored in enumerate(MESSAGES.values()):
            size = len(wire(stored)) + 1
            self.maildir.add(stored, '%d.M1P1.h,S=%d,W=%d' % (1000 + number, size, size))

    def right(self):
        return [len(wire(stored)) for stored in MESSAGES.values()]

    def test_a_lie_in_a_name_is_never_announced_twice(self):
        self.add_liars()
        first = self.log_in()
        self.assertEqual(self.sizes(first), [size + 1 for size in self.right()])
        for number, stored in enumerate(MESSAGES.values(), 1):
            self.assertEqual(first.multi(b'RETR %d' % number), wire(stored))
        self.assertEqual(self.sizes(first), self.right())
        first.close()  # without QUIT
        kept = os.path.join(self.maildir.path, 'letterbox-pop3-index')
        pop3.until(lambda: os.path.exists(kept))
        self.assertEqual(self.sizes(self.log_in()), self.right())

    def test_where_names_are_not_trusted_no_lie_is_announced_at_all(self):
        self.add_liars()
        self.assertEqual(self.sizes(self.log_in(pop3trustnames='no')), self.right())

    def test_sizes_beyond_32_bits_are_right(self):
        for number in range(3):
            self.maildir.add(b'', '%d.M1P1.h,S=%d,W=%d' % (1000 + number, 3 << 40, (3 << 40) + 7))
        client = self.log_in()
        self.assertEqual(client.ask(b'STAT'), b'+OK 3 %d\r\n' % (3 * ((3 << 40) + 7)))
        self.assertEqual(client.ask(b'LIST 2'), b'+OK 2 %d\r\n' % ((3 << 40) + 7))

    def test_a_copy_without_our_files_has_the_same_ids_and_sizes(self):
        for number, stored in enumerate(MESSAGES.values()):
            self.maildir.add(stored, '%d.x y%d' % (1000 + number, number))
        client = self.log_in()
        before = client.multi(b'UIDL'), client.multi(b'LIST')
        client.ask(b'QUIT')
        for name in ('letterbox-pop3-index', 'letterbox-pop3-ids'):
            os.unlink(os.path.join(self.maildir.path, name))
        client = self.log_in()
        self.assertEqual((client.multi(b'UIDL'), client.multi(b'LIST')), before)

    def test_a_copy_with_our_files_says_what_is_in_it_and_not_what_was_in_the_other(self):
        for number in range(70):
            self.maildir.add(b'a\nb\n', '%d.M1P1.h,S=4,W=6' % (1000 + number), 'cur')
        long_name = '2000.M1P1.' + 'h' * 80
        self.maildir.add(b'a\n', long_name)
        until_settled = time.time() + 4
        client = self.log_in()
        ids, sizes = client.multi(b'UIDL'), client.multi(b'LIST')
        client.close()
        time.sleep(max(0, until_settled - time.time()))
        self.log_in().close()  # now the index says all
        copy = self.path('copy')
        subprocess.run(['cp', '-a', self.maildir.path, copy], check=True)
        os.rename(copy + '/new/' + long_name, copy + '/cur/' + long_name + ':2,S')
        self.maildir.path = copy
        client = self.log_in()
        self.assertEqual((client.multi(b'UIDL'), client.multi(b'LIST')), (ids, sizes))
        client.close()
        os.unlink(copy + '/cur/1000.M1P1.h,S=4,W=6')
        self.assertEqual(len(self.sizes(self.log_in())), 70)

    def test_ids_are_those_of_qmail_pop3d(self):
        names = ('1000000001.4711.host', '1000000002.M2P3V4I5.host', '1000000003.a.b,S=6:2,RS',
                 '1000000004.%s' % ('x' * 59))
        for number, name in enumerate(names):
            self.maildir.add(b'a\nb\n', name, 'cur', mtime=1000000001 + number)
        ours = self.log_in().multi(b'UIDL')
        qmail = pop3.start_piped(self, 'qmail-pop3d', self.maildir.path)
        qmail.line()
        self.assertEqual(qmail.multi(b'UIDL'), ours)
        self.assertEqual(sorted(line.split()[1].decode() for line in ours.splitlines()),
                         [name.split(':')[0] for name in names])

    def test_a_second_session_is_refused_where_the_site_wants_that(self):
        first = self.log_in(pop3lock='yes')
        with mock.patch.dict(os.environ, LETTERBOX_HOME=self.path('home')):
            second = pop3.start_piped(self, 'letterbox-pop3d', '--login-file', self.path('login'))
        second.line()
        second.ask(b'USER bob')
        self.assertTrue(second.ask(b'PASS secret').startswith(b'-ERR [IN-USE] '))
        self.assertEqual(first.ask(b'QUIT'), b'+OK \r\n')
        first.rest()
        second.ask(b'USER bob')
        self.assertEqual(second.ask(b'PASS secret'), b'+OK \r\n')

    def test_who_logs_in_too_soon_is_told_so_and_the_password_was_right(self):
        self.assertEqual(self.log_in(pop3logindelay='3600').ask(b'STAT'), b'+OK 0 0\r\n')
        client = pop3.start_piped(self, 'letterbox-pop3d', '--login-file', self.path('login'))
        client.line()
        client.ask(b'USER bob')
        self.assertEqual(client.ask(b'PASS secret'), b'+OK \r\n')  # another home: no delay there
        with mock.patch.dict(os.environ, LETTERBOX_HOME=self.path('home')):
            client = pop3.start_piped(self, 'letterbox-pop3d', '--login-file', self.path('login'))
        client.line()
        self.assertEqual(client.ask(b'PASS secret'), b'-ERR USER first\r\n')
        client.ask(b'USER bob')
        self.assertTrue(client.ask(b'PASS secret').startswith(b'-ERR [LOGIN-DELAY] '))
        client.ask(b'USER bob')
        self.assertTrue(client.ask(b'PASS wrong').startswith(b'-ERR [AUTH] '))
