# SPDX-License-Identifier: MIT
"""Octets: for every form of a stored message, LIST is what RETR sends, STAT is their sum, RETR is
the message, and TOP is its front; alone in the mailbox and all together, from both servers."""
from support import letterbox, pop3
from support.odd_messages import MESSAGES, qmail_top, top, wire


class OddMessagesTest(letterbox.ScratchTest):
    def check(self, client, number, stored, front):
        whole = client.multi(b'RETR %d' % number)
        self.assertEqual(whole, wire(stored))
        self.assertEqual(client.ask(b'LIST %d' % number), b'+OK %d %d\r\n' % (number, len(whole)))
        for lines in (0, 1, 2, 10 ** 6):
            self.assertEqual(client.multi(b'TOP %d %d' % (number, lines)), front(stored, lines))

    def check_all(self, start, messages, front):
        maildir = letterbox.Maildir(self.path('Maildir'))
        for number, stored in enumerate(messages.values()):
            maildir.add(stored, '%d.x' % number, mtime=1000000000 + number)
        client = start(maildir)
        octets = 0
        for number, (name, stored) in enumerate(messages.items(), 1):
            with self.subTest(name):
                self.check(client, number, stored, front)
            octets += len(wire(stored))
        self.assertEqual(client.ask(b'STAT'), b'+OK %d %d\r\n' % (len(messages), octets))
        sizes = [int(line.split()[1]) for line in client.multi(b'LIST').splitlines()]
        self.assertEqual(sizes, [len(wire(each)) for each in messages.values()])
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')

    def qmail_pop3d(self, maildir):
        client = pop3.start_piped(self, 'qmail-pop3d', maildir.path)
        client.line()
        return client

    def letterbox_pop3d(self, maildir):
        return pop3.Server(self, maildir.path).log_in()

    def test_all_together_from_letterbox_pop3d(self):
        self.check_all(self.letterbox_pop3d, MESSAGES, top)

    def test_all_together_from_qmail_pop3d(self):
        self.check_all(self.qmail_pop3d, MESSAGES, qmail_top)

    def test_each_alone(self):
        for name, stored in MESSAGES.items():
            with self.subTest(name):
                self.setUp()
                self.check_all(self.qmail_pop3d, {name: stored}, qmail_top)
                self.doCleanups()

    def test_sizes_in_names_are_not_believed(self):
        maildir = letterbox.Maildir(self.path('Maildir'))
        stored = b'Subject: x\n\nbody\n'
        for number, hint in enumerate(('S=%d,W=%d' % (len(stored), len(stored)), 'S=1,W=2',
                                       'W=99999999999999999999999', 'S=-1,W=x')):
            maildir.add(stored, '%d.M1P1R0123456789abcdef.h,%s' % (number, hint), 'cur', 1000)
        client = self.qmail_pop3d(maildir)
        self.assertEqual(client.ask(b'STAT'), b'+OK 4 %d\r\n' % (4 * len(wire(stored))))

    def test_a_message_of_a_gigabyte_streams_in_bounded_memory(self):
        maildir = letterbox.Maildir(self.path('Maildir'))
        where = maildir.add(b'Subject: huge\n\n', mtime=1000000000)
        with open(where, 'r+b') as file:
            file.truncate(1 << 30)  # a hole: NULs
        server = pop3.Server(self, maildir.path)
        client = server.log_in()
        client.send(b'RETR 1\r\n')
        total, tail = 0, b''
        while not tail.endswith(b'\r\n.\r\n'):
            got = client.receive()
            total, tail = total + len(got), (tail + got)[-8:]
        self.assertEqual(total, len(b'+OK \r\n') + (1 << 30) + 2 + 2 + len(b'.\r\n'))
        self.assertEqual(client.ask(b'LIST 1'), b'+OK 1 %d\r\n' % ((1 << 30) + 4))
        self.assertLess(server.memory_kib(), 128 * 1024)
