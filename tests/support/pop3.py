# SPDX-License-Identifier: MIT
"""Our POP3 servers, started, and a client that sees every byte."""
import os
import select
import signal
import socket
import subprocess
import time

from support import letterbox

WAIT = 20


class Server:
    """letterbox-pop3d on a free port for the account bob with the password `secret`."""

    def __init__(self, test, maildir, *options):
        login = test.write('login', 'bob:{PLAIN}secret:%s\n' % maildir, 0o600)
        self.connections = []
        self.errors = open(test.path('server.log'), 'w+b')
        self.process = subprocess.Popen(
            [letterbox.program('letterbox-pop3d'), '--listen', '127.0.0.1:0', '--login-file', login,
             *options], stdout=subprocess.PIPE, stderr=self.errors, **letterbox.as_ordinary())
        test.addCleanup(self.stop)
        line = self.process.stdout.readline().decode()
        test.assertRegex(line, r'^listening 127\.0\.0\.1:\d+\n$')
        self.port = int(line.rsplit(':', 1)[1])

    def stop(self):
        """-> exit status after SIGTERM."""
        for connection in self.connections:
            connection.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT)
        self.process.stdout.close()
        self.errors.close()
        return status

    def connect(self):
        connection = socket.create_connection(('127.0.0.1', self.port), timeout=WAIT)
        self.connections.append(connection)
        return Client(connection.sendall, lambda: connection.recv(1 << 16), connection.close)

    def log_in(self):
        client = self.connect()
        client.line()
        for command in (b'USER bob', b'PASS secret'):
            client.ask(command)
        return client

    def memory_kib(self):
        with open('/proc/%d/status' % self.process.pid) as status:
            return int([each for each in status if each.startswith('VmRSS')][0].split()[1])


class Client:
    """Reads answers as they are: lines with their ends, messages with their dots."""

    def __init__(self, send, receive, close):
        self.send, self.receive, self.close = send, receive, close
        self.buffer = b''

    def line(self):
        while b'\n' not in self.buffer:
            got = self.receive()
            if not got:
                raise EOFError(self.buffer)
            self.buffer += got
        line, _, self.buffer = self.buffer.partition(b'\n')
        return line + b'\n'

    def ask(self, command):
        self.send(command + b'\r\n')
        return self.line()

    def multi(self, command):
        """-> the lines of a multi-line answer, unstuffed, as one string of bytes."""
        first = self.ask(command)
        assert first.startswith(b'+OK'), first
        lines = []
        while True:
            line = self.line()
            if line == b'.\r\n':
                return b''.join(lines)
            assert line.endswith(b'\r\n'), line[-20:]
            lines.append(line[1:] if line.startswith(b'.') else line)

    def rest(self):
        """Everything until the server hangs up."""
        while True:
            got = self.receive()
            if not got:
                return self.buffer
            self.buffer += got


def start_piped(test, name, *args, **kwargs):
    """A program on descriptors 0 and 1. -> Client; its `process` is the program."""
    options = dict(letterbox.as_ordinary(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    options.update(kwargs)
    process = subprocess.Popen([letterbox.program(name), *args], **options)

    def receive():
        if not select.select([process.stdout], [], [], WAIT)[0]:
            raise TimeoutError
        return os.read(process.stdout.fileno(), 1 << 16)

    def stop():
        process.kill()
        process.wait()
        for each in (process.stdin, process.stdout):
            each.close()

    test.addCleanup(stop)
    client = Client(process.stdin.write, receive, process.stdin.close)
    client.process = process
    return client


def until(holds):
    """Waits for what must come to be; for bytes one waits with a Client instead."""
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end, 'it did not come to be'
        time.sleep(0.01)
