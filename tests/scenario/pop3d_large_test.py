# SPDX-License-Identifier: MIT
"""The size of things: many messages, messages and maildrops beyond 32 bits of octets, in files that
are mostly holes.

LBX_MESSAGES: how many messages, 1000000 for the full form. LBX_SPARSE: octets of the message that
is fetched, 8589934592 (8 GiB) for the full form."""
import os

from support import letterbox, pop3

MESSAGES = int(os.environ.get('LBX_MESSAGES', '3000'))
SPARSE = int(os.environ.get('LBX_SPARSE', str(64 << 20)))
TIB = 1 << 40
LINKS = 60000  # ext4 has no more for one file


class LargeTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))

    def log_in(self):
        client = pop3.Server(self, self.maildir.path).connect()
        client.line()
        client.ask(b'USER bob')
        self.assertEqual(client.ask(b'PASS secret'), b'+OK \r\n')
        return client

    def add_sparse(self, size, name):
        """A header, a hole, a last line."""
        where = self.maildir.add(b'Subject: hole\n\n', name)
        with open(where, 'r+b') as file:
            file.seek(size - 5)
            file.write(b'last\n')

    def test_many_messages_are_counted_and_listed_and_the_next_session_finds_them_so(self):
        for number in range(MESSAGES):
            name = '%d.M1P1.h:2,S' % (1000000000 + number)
            if number % LINKS == 0:
                first = self.maildir.add(b'a\nb\n', name, 'cur')
            else:
                os.link(first, os.path.join(self.maildir.path, 'cur', name))
        for _ in range(2):
            client = self.log_in()
            self.assertEqual(client.ask(b'STAT'), b'+OK %d %d\r\n' % (MESSAGES, 6 * MESSAGES))
            self.assertEqual(client.ask(b'LIST %d' % MESSAGES), b'+OK %d 6\r\n' % MESSAGES)
            listed = client.multi(b'LIST').splitlines()
            self.assertEqual(listed[-1], b'%d 6' % MESSAGES)
            self.assertEqual(len(listed), MESSAGES)
            ids = client.multi(b'UIDL').splitlines()
            self.assertEqual(ids[-1], b'%d %d.M1P1.h' % (MESSAGES, 1000000000 + MESSAGES - 1))
            self.assertEqual(client.multi(b'RETR %d' % MESSAGES), b'a\r\nb\r\n')
            self.assertEqual(client.ask(b'DELE 4294967297')[:5], b'-ERR ')
            client.ask(b'QUIT')

    def test_a_message_of_holes_is_measured_and_sent_to_its_last_octet(self):
        self.add_sparse(SPARSE, '1000000001.M1P1.h')
        client = self.log_in()
        self.assertEqual(client.ask(b'STAT'), b'+OK 1 %d\r\n' % (SPARSE + 3))
        client.ask(b'RETR 1')
        received, tail = len(client.buffer), client.buffer
        while not tail.endswith(b'\r\n.\r\n'):
            piece = client.receive()
            received += len(piece)
            tail = (tail + piece)[-16:]
        client.buffer = b''
        self.assertEqual(received, SPARSE + 3 + 3)
        self.assertTrue(tail.endswith(b'last\r\n.\r\n'), tail)
        self.assertEqual(client.ask(b'NOOP'), b'+OK \r\n')
        self.assertEqual(client.multi(b'TOP 1 0'), b'Subject: hole\r\n\r\n')

    def test_a_maildrop_of_five_tebibytes_has_right_sums(self):
        for number in range(5):
            try:
                self.add_sparse(TIB, '%d.M1P1.h,S=%d,W=%d' % (1000000001 + number, TIB, TIB + 3))
            except OSError as error:
                self.skipTest('no file of that size here: %s' % error)
        client = self.log_in()
        self.assertEqual(client.ask(b'STAT'), b'+OK 5 %d\r\n' % (5 * (TIB + 3)))
        self.assertEqual(client.multi(b'LIST').splitlines(),
                         [b'%d %d' % (number + 1, TIB + 3) for number in range(5)])
        client.ask(b'DELE 3')
        self.assertEqual(client.ask(b'STAT'), b'+OK 4 %d\r\n' % (4 * (TIB + 3)))
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(sum(len(os.listdir(self.path("Maildir", each))) for each in ("new", "cur")), 4)
