#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast a POP3 server of ours is, and how much memory it takes: one Maildir, one client.

    pop3.py [--messages N] [--retr N] [--names plain|sized] PROGRAM...

Each PROGRAM is a letterbox-pop3d; give two to compare them, they take turns on the same Maildir.
Figures: login to STAT without files of ours (cold) and with them (warm), in milliseconds of wall
clock and of CPU; octets of private memory for each message; RETR one at a time and 64 in flight, in
messages a second and microseconds of CPU for each. The best of three runs counts: other work only
slows down."""
import argparse
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

USER = pwd.getpwnam('nobody') if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
BODY = (b'Received: from a by b\nFrom: a@example.org\nTo: b@example.org\nSubject: bench\n\n'
        + b'0123456789 0123456789 0123456789 0123456789 0123456789 01234\n' * 42)
RUNS = 3


def make_maildir(path, count, sized):
    for each in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(path, each))
    sizes = ',S=%d,W=%d' % (len(BODY), len(BODY) + BODY.count(b'\n')) if sized else ''
    for number in range(count):
        name = '%d.M%06dP%d.bench%s:2,S' % (1600000000 + number, number % 1000000, 4711, sizes)
        with open(os.path.join(path, 'cur', name), 'wb') as file:
            file.write(BODY)
    for folder, folders, files in os.walk(path):
        for each in [folder] + [os.path.join(folder, name) for name in files]:
            os.chown(each, USER.pw_uid, USER.pw_gid)


class Server:
    def __init__(self, program, login):
        options = {'user': USER.pw_uid, 'group': USER.pw_gid} if os.geteuid() == 0 else {}
        self.process = subprocess.Popen([program, '--listen', '127.0.0.1:0', '--login-file', login],
                                        stdout=subprocess.PIPE, **options)
        self.port = int(self.process.stdout.readline().decode().rsplit(':', 1)[1])
        self.socket = socket.create_connection(('127.0.0.1', self.port))
        self.file = self.socket.makefile('rb')
        self.file.readline()

    def ask(self, command):
        self.socket.sendall(command + b'\r\n')
        answer = self.file.readline()
        assert answer.startswith(b'+OK'), answer
        return answer

    def log_in(self):
        self.ask(b'USER b')
        self.ask(b'PASS x')
        self.ask(b'STAT')

    def cpu(self):
        with open('/proc/%d/stat' % self.process.pid) as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def private_kib(self):
        with open('/proc/%d/smaps_rollup' % self.process.pid) as file:
            return sum(int(line.split()[1]) for line in file if line.startswith('Private'))

    def read_message(self):
        while self.file.readline() != b'.\r\n':
            pass

    def close(self):
        self.socket.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stdout.close()


def timed(server, action):
    cpu, wall = server.cpu(), time.monotonic()
    action()
    return time.monotonic() - wall, server.cpu() - cpu


def forget(maildir):
    for name in ('letterbox-pop3-sizes', 'letterbox-pop3-ids'):
        if os.path.exists(os.path.join(maildir, name)):
            os.unlink(os.path.join(maildir, name))


def login(program, login_file):
    server = Server(program, login_file)
    before = server.private_kib()
    wall, cpu = timed(server, server.log_in)
    memory = server.private_kib() - before
    server.close()
    return wall * 1000, cpu * 1000, memory


def retrieve(program, login_file, count, flight):
    server = Server(program, login_file)
    server.log_in()

    def all_of_them():
        for first in range(1, count + 1, flight):
            last = min(first + flight, count + 1)
            server.socket.sendall(b''.join(b'RETR %d\r\n' % n for n in range(first, last)))
            for _ in range(first, last):
                server.file.readline()
                server.read_message()

    wall, cpu = timed(server, all_of_them)
    server.close()
    return count / wall, cpu / count * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--messages', type=int, default=100000)
    parser.add_argument('--retr', type=int, default=10000)
    parser.add_argument('--names', choices=('plain', 'sized'), default='plain')
    parser.add_argument('programs', nargs='+')
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    try:
        maildir = os.path.join(folder, 'Maildir')
        make_maildir(maildir, options.messages, options.names == 'sized')
        login_file = os.path.join(folder, 'login')
        with open(login_file, 'w', opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write('b:{PLAIN}x:%s\n' % maildir)
        os.chown(login_file, USER.pw_uid, USER.pw_gid)
        for program in options.programs:
            cold, warm = [], []
            for _ in range(RUNS):
                forget(maildir)
                cold.append(login(program, login_file))
                warm.append(login(program, login_file))
            alone = max(retrieve(program, login_file, options.retr, 1) for _ in range(RUNS))
            flight = max(retrieve(program, login_file, options.retr, 64) for _ in range(RUNS))
            memory = min(each[2] for each in warm) * 1024 / options.messages
            print('%s\n  cold %.0f ms, %.0f ms CPU; warm %.0f ms, %.0f ms CPU; %.0f octets a message\n'
                  '  RETR alone %.0f/s, %.0f us CPU; 64 in flight %.0f/s, %.0f us CPU'
                  % (program, *[min(each[i] for each in cold) for i in (0, 1)],
                     *[min(each[i] for each in warm) for i in (0, 1)], memory, *alone, *flight),
                  flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == '__main__':
    main()
