# SPDX-License-Identifier: MIT
"""One port behind which the POP3 server changes, and the clients that fetch from it: fetchmail and
getmail, with a state that lasts as long as the test."""
import os
import shutil
import socket
import subprocess
import threading
import unittest

from support import letterbox, peers


class Front(threading.Thread):
    """A port behind which the server can change: `answer(connection)` has each connection."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.answer = None

    def run(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                self.answer(connection)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(peers.WAIT)


def log_in(connection, answers_pass=True):
    """Says what a login server says; any password is right. False: the client has gone. Some
    servers answer PASS themselves."""
    connection.sendall(b'+OK ready\r\n')
    line = b''
    while True:
        byte = connection.recv(1)
        if not byte: return False
        line += byte
        if byte != b'\n': continue
        word = line[:4].upper()
        if word != b'PASS' or answers_pass:
            connection.sendall(b'+OK\r\n' if word in (b'USER', b'PASS') else b'-ERR\r\n')
        if word == b'PASS': return True
        line = b''


def relay(connection, port):
    with socket.create_connection(('127.0.0.1', port)) as other:
        def copy(source, target):
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        back = threading.Thread(target=copy, args=(other, connection), daemon=True)
        back.start()
        try:
            copy(connection, other)
        except OSError:
            pass  # the client has hung up
        back.join(peers.WAIT)


@unittest.skipUnless(shutil.which('fetchmail') and shutil.which('getmail'), 'no clients')
class FetchingTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.front = Front()
        self.front.start()
        self.addCleanup(self.front.stop)
        for name in ('fetched', 'got'):
            letterbox.Maildir(self.path(name))

    def fetchmail(self):
        """-> how many messages it has fetched in all."""
        mda = self.write('mda', '#!/bin/sh\nexec cat > "$(mktemp %s/XXXXXX)"\n'
                         % self.path('fetched/new'), 0o755)
        config = self.write('fetchmailrc', 'poll 127.0.0.1 protocol pop3 port %d uidl user bob '
                            'password secret no rewrite sslproto "" mda "%s"\n'
                            % (self.front.port, mda), 0o600)
        os.chown(config, os.geteuid(), os.getegid())
        subprocess.run(['fetchmail', '-f', config, '--invisible', '--pidfile', self.path('pid'),
                        '-i', self.path('ids'), '--keep'], capture_output=True,
                       timeout=peers.WAIT, check=False, env=dict(os.environ, HOME=self.dir))
        return len(os.listdir(self.path('fetched/new')))

    def getmail(self):
        self.write('getmailrc', '[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\n'
                   'port = %d\ntimeout = 10\nusername = bob\npassword = secret\n'
                   '[destination]\ntype = Maildir\npath = %s/\n'
                   '[options]\nread_all = false\ndelivered_to = false\nreceived = false\n'
                   % (self.front.port, self.path('got')), 0o600)
        letterbox.own(self.path('got'))
        subprocess.run(['getmail', '--getmaildir=' + self.dir], capture_output=True,
                       timeout=peers.WAIT, check=False, **letterbox.as_ordinary())
        return len(os.listdir(self.path('got/new')))

    def getmail_first(self, messages):
        """Runs until there is nothing more to fetch: a run that has lost a child of its own (see
        pop3_clients_test.GetmailTest.first_run) forgets what it has fetched. -> how many there are."""
        before, got = -1, self.getmail()
        for _ in range(8):
            if got == before and got >= messages: return got
            before, got = got, self.getmail()
        return self.skipTest('getmail loses its children')
