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
    """letterbox-pop3d on free ports for the account bob with the password `secret`; `port`, and
    with tls=True `tls_port` too, where TLS comes first. `home`: its mail home. With login=False the
    accounts are those of the letterbox-authd of that home."""

    def __init__(self, test, maildir, *options, home=None, tls=False, login=True, host='127.0.0.1',
                 as_user=None):
        words = ['--listen', '%s:0' % host] + (['--listen-tls', '%s:0' % host] if tls else [])
        if login:
            words += ['--login-file',
                      test.write('login', 'bob:{PLAIN}secret:%s\n' % maildir, 0o600)]
        self.connections = []
        self.errors = open(test.path('server.log'), 'w+b')
        environment = dict(os.environ, LETTERBOX_HOME=home) if home else None
        self.process = subprocess.Popen(
            [letterbox.program('letterbox-pop3d'), *words, *options], stdout=subprocess.PIPE,
            stderr=self.errors, env=environment,
            **(letterbox.as_ordinary() if as_user is None else as_user))
        test.addCleanup(self.stop)
        self.port = self.read_port(test)
        self.tls_port = self.read_port(test) if tls else None

    def read_port(self, test):
        line = self.process.stdout.readline().decode()
        test.assertRegex(line, r'^listening .*:\d+\n$', self.log())
        return int(line.rsplit(':', 1)[1])

    def log(self):
        with open(self.errors.name, errors='backslashreplace') as file:
            return file.read()

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

    def processes(self):
        """The process numbers of the server and of all that it has started."""
        parents = {}
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/stat' % pid) as file:
                    parents[int(pid)] = int(file.read().rsplit(')', 1)[1].split()[1])
            except OSError:
                pass  # it has just ended
        found = {self.process.pid}
        while True:
            more = {pid for pid, parent in parents.items() if parent in found} - found
            if not more:
                return sorted(found)
            found |= more

    def memory_kib(self):
        """What they have in memory: the proportional size, where we may see that of a process."""
        total = 0
        for pid in self.processes():
            for name, field in (('smaps_rollup', 'Pss:'), ('status', 'VmRSS:')):
                try:
                    with open('/proc/%d/%s' % (pid, name)) as file:
                        total += [int(line.split()[1]) for line in file if line.startswith(field)][0]
                    break
                except (OSError, IndexError):
                    pass  # it is nobody's to look at, or has just ended
        return total


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
