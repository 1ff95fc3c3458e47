# SPDX-License-Identifier: MIT
"""The clients that people use fetch every odd message unchanged, and a second run fetches nothing.

Where a client changes messages by itself, whatever server it talks to, its own habit is named and
undone here; nothing else may differ."""
import os
import poplib
import shutil
import unittest

from support import letterbox, odd_messages
from support.pop3_server import PASSWORD, USER, Pop3Test


def needs(program):
    return unittest.skipUnless(shutil.which(program), program + ' is not installed')


# What clients do to a message by themselves, whichever server it came from (the other clients show
# that the octets on the wire were right).
CURL = {'empty': 'writes a CR LF for no octets at all'}
LONG = 'splits lines beyond 8,192 octets'
NO_HEADER = 'makes a header of its own, or drops the message, where the first line is no field'
FETCHMAIL = {
    'long_line': LONG, 'megabyte_line': LONG, 'megabyte_of_dots': LONG,
    'body_only': NO_HEADER, 'empty': NO_HEADER, 'no_header': NO_HEADER,
    'from_line_first': NO_HEADER, 'only_crlf': NO_HEADER, 'only_newline': NO_HEADER,
    'header_only': 'adds an empty line', 'header_only_newline': 'adds an empty line',
    'nul_in_header': 'drops a NUL in the header',
}
BODY = 'puts an empty line in front of what is no header field'
GETMAIL = {
    'cr_cr_lf': 'takes CR CR LF for one line end', 'dot_alone_first': BODY, 'no_header': BODY,
    'from_line_first': 'drops a From_ line', 'empty': 'adds an empty line',
    'header_only': 'adds an empty line', 'header_only_newline': 'adds an empty line',
}
FETCHMAIL.update({name: LONG for name in odd_messages.NAMES if '_655' in name})


def as_lf(octets):
    """What a client that stores with the line ends of Unix makes of a message on the wire."""
    return octets.replace(b'\r\n', b'\n')


class ClientsTest(Pop3Test):
    def setUp(self):
        super().setUp()
        self.stored = odd_messages.fill(self.maildir)
        self.wire = [odd_messages.on_wire(each) for each in self.stored]
        self.start()

    def assert_same(self, got, expected, habits=()):
        """Messages by name, so that a failure says which one it is. Exactly those differ that the
        client changes by habit: a list that is too long is a failure too."""
        self.assertEqual(len(got), len(expected))
        wrong = [name for name, a, b in zip(odd_messages.NAMES, got, expected) if a != b]
        self.assertEqual(wrong, sorted(habits))

    def assert_same_set(self, got, expected, habits=()):
        """For clients that store under names of their own."""
        missing = [odd_messages.NAMES[i] for i, each in enumerate(expected) if each not in got]
        self.assertEqual(missing, sorted(habits))

    def test_poplib(self):
        # Its own limit of 2,048 octets a line is lifted: messages may have longer ones.
        self.addCleanup(setattr, poplib, '_MAXLINE', poplib._MAXLINE)
        poplib._MAXLINE = 10_000_000
        client = poplib.POP3('127.0.0.1', self.port, timeout=60)
        client.user(USER)
        client.pass_(PASSWORD)
        count, octets = client.stat()
        sizes = [int(line.split()[1]) for line in client.list()[1]]
        got = [b''.join(line + b'\r\n' for line in client.retr(n)[1]) for n in range(1, count + 1)]
        client.quit()
        self.assert_same(got, self.wire)
        self.assertEqual(sizes, [len(each) for each in self.wire])
        self.assertEqual(octets, sum(sizes))

    @needs('curl')
    def test_curl(self):
        got = []
        for number in range(1, len(self.wire) + 1):
            done = self.run_client('curl', '-sS', '--user', USER + ':' + PASSWORD,
                                   'pop3://127.0.0.1:%d/%d' % (self.port, number))
            self.assertEqual(done.returncode, 0, done.stdout[-500:])
            got.append(done.stdout)
        self.assert_same(got, self.wire, CURL)

    @needs('mpop')
    def test_mpop(self):
        folder = letterbox.Maildir(self.path('fetched'))

        def fetch():
            return self.run_client(
                'mpop', '--host=127.0.0.1', '--port=%d' % self.port, '--user=' + USER, '--auth=user',
                '--passwordeval=echo ' + PASSWORD, '--tls=off', '--keep=on',
                '--received-header=off', '--uidls-file=' + self.path('uidls'),
                '--delivery=maildir,' + folder.path)
        done = fetch()
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        self.assert_same_set(list(folder.messages().values()), [as_lf(each) for each in self.wire])
        again = fetch()
        self.assertEqual(again.returncode, 0, again.stdout[-2000:])
        self.assertEqual(len(folder.messages()), len(self.wire))

    @needs('fetchmail')
    def test_fetchmail(self):
        self.write('take', '#!/bin/sh\nexec cat >"$(mktemp %s/mail.XXXXXX)"\n' % self.path('got'),
                   mode=0o755)
        os.mkdir(self.path('got'))
        letterbox.own(self.path('got'))
        # `invisible`: no Received line of its own; `no rewrite`: addresses stay as they are; `no
        # stripcr`: what comes is stored as it came.
        self.write('.fetchmailrc', (
            'poll 127.0.0.1 protocol POP3 port %d uidl no dns bad-header accept\n'
            '  user "%s" password "%s" is "%s" here\n'
            '  keep no rewrite no stripcr pass8bits no mimedecode sslproto ""\n'
            '  mda "%s"\n') % (self.port, USER, PASSWORD, letterbox.ORDINARY.pw_name,
                               self.path('take')), mode=0o600)

        def fetch(*options):
            return self.run_client('fetchmail', '--invisible', '--fetchmailrc',
                                   self.path('.fetchmailrc'), '--idfile', self.path('ids'),
                                   '--pidfile', self.path('pid'), *options)
        done = fetch()
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        got = []
        for name in os.listdir(self.path('got')):
            with open(self.path('got', name), 'rb') as file:
                got.append(file.read())
        self.assert_same_set(got, self.wire, FETCHMAIL)
        again = fetch()
        self.assertEqual(again.returncode, 1, again.stdout[-2000:])  # 1: no new mail
        self.assertEqual(len(os.listdir(self.path('got'))), len(got))

    @needs('getmail')
    def test_getmail(self):
        folder = letterbox.Maildir(self.path('fetched'))
        self.write('getmailrc', (
            '[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = %d\n'
            'username = %s\npassword = %s\n'
            '[destination]\ntype = Maildir\npath = %s/\n'
            '[options]\nread_all = false\ndelivered_to = false\nreceived = false\nverbose = 0\n')
            % (self.port, USER, PASSWORD, folder.path), mode=0o600)

        def fetch():
            return self.run_client('getmail', '--getmaildir', self.dir, '--rcfile', 'getmailrc')
        done = fetch()
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        # getmail puts a Return-Path in front and takes a bare CR for a line end.
        self.assert_same_set(
            list(folder.messages().values()),
            [b'Return-Path: <unknown>\n' + as_lf(each).replace(b'\r', b'\n') for each in self.wire],
            GETMAIL)
        fetch()
        self.assertEqual(len(folder.messages()), len(self.wire))


if __name__ == '__main__':
    unittest.main()
