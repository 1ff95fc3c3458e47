# SPDX-License-Identifier: MIT
"""A Maildir that Dovecot or Courier has served: its clients find the ids that they know, so they
fetch nothing twice. Their own programs for a session run as an ordinary user, without their masters
and logins."""
import os
import subprocess
import unittest
from unittest import mock

from support import letterbox, peers, pop3
from support.letterbox import as_ordinary, own

DOVECOT = '/usr/lib/dovecot/pop3'
NAMES = ('cur/1000000001.M1P1.host:2,S', 'new/1000000002.M2P2.host',
         'cur/1000000003.M3P3.host,S=14,W=17:2,')


@unittest.skipUnless(os.path.exists(DOVECOT), 'dovecot-pop3d is not installed')
class DovecotTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))
        for name in NAMES:
            folder, _, file_name = name.partition('/')
            self.maildir.add(b'Subject: x\n\nx\n', file_name, folder)
        own(self.dir)

    def dovecot(self, uidl_format, *options):
        """-> its UIDL listing."""
        user = letterbox.ORDINARY.pw_name
        config = self.write('dovecot.conf', '\n'.join([
            'protocols = pop3', 'base_dir = ' + self.path('run'), 'log_path = /dev/stderr',
            'ssl = no', 'default_internal_user = ' + user, 'default_login_user = ' + user,
            'mail_location = maildir:' + self.maildir.path,
            'pop3_uidl_format = ' + uidl_format, *options, '']))
        process = subprocess.Popen(
            [DOVECOT, '-c', config], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={'USER': user, 'HOME': self.dir, 'IP': '192.0.2.1'},
            **as_ordinary())
        client = pop3.Client(lambda data: os.write(process.stdin.fileno(), data),
                             lambda: os.read(process.stdout.fileno(), 1 << 16), process.kill)
        try:
            ids = client.multi(b'UIDL')
            client.ask(b'QUIT')
        finally:
            process.stdin.close()
            process.wait(pop3.WAIT)
            process.stdout.close()
        return sorted(line.split()[1] for line in ids.splitlines())

    def ours(self, uidl_format):
        self.write('home/control/pop3uidlformat', uidl_format + '\n')
        with mock.patch.dict(os.environ, LETTERBOX_HOME=self.path('home')):
            client = pop3.Server(self, self.maildir.path).log_in()
        ids = client.multi(b'UIDL')
        client.ask(b'QUIT')
        return sorted(line.split()[1] for line in ids.splitlines())

    def test_every_form_of_id_is_taken_over(self):
        for uidl_format in ('%08Xu%08Xv', '%v.%u', '%g', '%f', '%Mf', 'x%-8Xu.%04u.%Uf.%3v'):
            with self.subTest(uidl_format):
                self.setUp()
                self.assertEqual(self.ours_after_dovecot(uidl_format), [])

    def ours_after_dovecot(self, uidl_format):
        theirs = self.dovecot(uidl_format)
        self.assertEqual(len(theirs), len(NAMES))
        return [each for each in self.ours(uidl_format) if each not in theirs]

    def test_ids_that_dovecot_saved_come_before_the_format(self):
        theirs = self.dovecot('%v.%u', 'pop3_save_uidl = yes')
        self.assertEqual(self.ours('%08Xu%08Xv'), theirs)

    def test_what_comes_later_has_our_ids_and_the_old_ones_stay(self):
        theirs = self.dovecot('%08Xu%08Xv')
        self.ours('%08Xu%08Xv')
        self.maildir.add(b'new\n', '1000000004.M4P4.host')
        self.dovecot('%08Xu%08Xv')
        self.assertEqual(self.ours('%08Xu%08Xv'), sorted(theirs + [b'1000000004.M4P4.host']))


class CourierTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))
        for name in NAMES + ('cur/with blank:2,S',):
            folder, _, file_name = name.partition('/')
            self.maildir.add(b'Subject: x\n\nx\n', file_name, folder)
        own(self.dir)
        self.view = peers.View('courier', self.path('view'))

    def courier(self):
        """-> its UIDL listing, without the numbers."""
        environment = dict(os.environ, AUTHENTICATED='bob', MAILDIRPATH='Maildir', HOME=self.dir)
        done = subprocess.run(
            self.view.command(*letterbox.setpriv(), '/usr/bin/env', '--chdir', self.dir,
                              '/usr/lib/courier/courier/courierpop3d', 'Maildir'),
            input=b'UIDL\r\nQUIT\r\n', capture_output=True, env=environment, check=False)
        listing = done.stdout.split(b'\r\n.\r\n')[0].split(b'\r\n')[2:]
        return sorted(line.split()[1] for line in listing)

    def test_the_ids_of_courier_are_taken_over_and_stay(self):
        theirs = self.courier()
        self.assertEqual(len(theirs), len(NAMES) + 1)
        for _ in range(2):
            client = pop3.Server(self, self.maildir.path).log_in()
            ids = client.multi(b'UIDL')
            client.ask(b'QUIT')
            self.assertEqual(sorted(line.split()[1] for line in ids.splitlines()), theirs)
            for name in os.listdir(self.path('Maildir')):
                if name == 'letterbox-pop3-index' or name.startswith('courier'):
                    os.unlink(self.path('Maildir', name))
