#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Goals B7 to B12 of the POP3 server: letterbox-pop3d beside Dovecot and Courier in the same run, in
turns, each with a Maildir of its own of the same messages, 2.7 kB each.

    pop3.py [--quick] [--only B7]... [--rounds N] [--programs PROGRAM...]

  B7   login to STAT, 100,000 messages, each server's own files in place
  B8   the same without these files: names that tell nothing, names with ,S= and ,W=
  B9   RETR, the next after the last has come: an ordinary client, one that acknowledges at once
  B10  RETR, 64 in flight; the first one of a session in a small and in a large mailbox
  B11  memory: what a session has of its own, its files not counted, which another one of the same
       mailbox shares; a session of ours that cannot have an index, with names of 33 octets and of
       75, as our deliveries make them; a connection before its login
  B12  whole sessions: login, STAT, UIDL, QUIT; 10 messages; one and four at a time

CPU time is that of the whole server. The median of the rounds counts. Everything runs as an ordinary
user, in one view of the machine with the packages of scripts/peers. `qmail-pop3d` is ours, started
by the bench for a user who is let in already. --quick: a tenth of the messages, two rounds."""
import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..')]

import pop3_servers as servers  # noqa: E402
from support import letterbox, peers  # noqa: E402

BODY = (b'Received: from a by b\nFrom: a@example.org\nTo: b@example.org\nSubject: bench\n\n'
        + b'0123456789 0123456789 0123456789 0123456789 0123456789 01234\n' * 42)
SETTLED = 3  # seconds after which no server takes a folder for one that has just changed
IDLE = 50
FIRSTS = 300  # sessions of ours, in turns
# What a goal asks for: (its value of ours, the server compared with, at most or at least, factor).
BARS = {
    'B7 warm login, ms': ('dovecot', '<=', 0.5), 'B7 warm login, CPU ms': ('dovecot', '<=', 0.5),
    'B8 cold login, plain names, ms': ('best', '<=', 0.6),
    'B8 cold login, plain names, CPU ms': ('best', '<=', 0.6),
    'B8 cold login, names with sizes, ms': ('dovecot', '<=', 0.5),
    'B8 cold login, names with sizes, CPU ms': ('dovecot', '<=', 0.5),
    'B9 RETR alone, ordinary client, /s': ('dovecot', '>=', 1.0),
    'B9 RETR alone, quickack, /s': ('dovecot', '>=', 1.2),
    'B10 RETR in flight, /s': ('best', '>=', 1.3),
    'B10 RETR in flight, CPU us': ('number', '<=', 15),
    'B10 first RETR, large mailbox, us': ('B10 first RETR, small mailbox, us', '<=', 1.1),
    'B11 session, memory of its own, KiB': ('number', '<=', 1024),
    'B11 without index, plain names, private KiB': ('number', '<=', 6144),
    'B11 without index, long names, private KiB': ('number', '<=', 6144),
    'B11 before login, PSS KiB': ('number', '<=', 100),
    'B12 sessions, 1 at a time, /s': ('courier', '>=', 1.3),
    'B12 sessions, 4 at a time, /s': ('courier', '>=', 1.3),
}


class Client:
    """One connection, until STAT is answered."""

    def __init__(self, server, user=None):
        self.socket = server.connect()
        self.file = self.socket.makefile('rb')
        self.line()
        if user:
            self.log_in(user)

    def line(self):
        answer = self.file.readline()
        assert answer.startswith(b'+OK'), answer
        return answer

    def ask(self, command):
        self.socket.sendall(command + b'\r\n')
        return self.line()

    def log_in(self, user):
        self.ask(b'USER ' + user.encode())
        self.ask(b'PASS x')
        return self.ask(b'STAT')

    def retr(self, number):
        self.ask(b'RETR %d' % number)
        while self.file.readline() != b'.\r\n':
            pass

    def quit(self):
        self.ask(b'QUIT')
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()


class Bench:
    def __init__(self, options, all_servers):
        self.options, self.servers = options, all_servers
        self.found = {}  # row -> server -> values

    def note(self, row, server, value):
        self.found.setdefault(row, {}).setdefault(server.name, []).append(value)

    def login(self, server, user, times=1):
        """-> (ms, CPU ms) of one."""
        wall, cpu = 0.0, server.cpu()
        for _ in range(times):
            client = Client(server)
            begin = time.monotonic()
            client.log_in(user)
            wall += time.monotonic() - begin
            client.quit()
        time.sleep(0.05)  # its processes end
        return wall * 1000 / times, (server.cpu() - cpu) * 1000 / times

    @staticmethod
    def load(*words):
        done = subprocess.run([os.path.join(letterbox.BIN, 'pop3_load'), *map(str, words)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError('pop3_load %s: %s' % (words, done.stderr))
        return float(done.stdout)

    @staticmethod
    def retrieve(server, user, count, flight, quickack):
        """-> seconds, CPU seconds of the server between the login and the last answer: nobody ends
        meanwhile, so that these are exact."""
        words = ['retr', server.port, user, count, flight, quickack]
        with subprocess.Popen([os.path.join(letterbox.BIN, 'pop3_load'), *map(str, words)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            def say(line):
                load.stdin.write(line)
                load.stdin.flush()

            assert load.stdout.readline() == 'ready\n', words
            cpu = server.cpu()
            say('\n')
            seconds = float(load.stdout.readline())
            cpu = server.cpu() - cpu
            say('\n')
        if load.returncode:
            raise AssertionError('pop3_load %s' % words)
        return seconds, cpu

    def b7(self, server):
        self.login(server, 'plain')
        time.sleep(SETTLED)
        self.login(server, 'plain')
        wall, cpu = self.login(server, 'plain', 5)
        self.note('B7 warm login, ms', server, wall)
        self.note('B7 warm login, CPU ms', server, cpu)

    def b8(self, server):
        # Logins into less than the goal's mailbox are short: several, so that ticks do not count.
        times = max(1, min(10, 100000 // self.options.messages))
        for user, names in (('plain', 'plain names'), ('sized', 'names with sizes')):
            found = [0.0, 0.0]
            for _ in range(times):
                server.forget(user)
                found = [a + b for a, b in zip(found, self.login(server, user))]
            self.note('B8 cold login, %s, ms' % names, server, found[0] / times)
            self.note('B8 cold login, %s, CPU ms' % names, server, found[1] / times)

    def b9(self, server):
        # A server that waits for acknowledgements takes 40 ms for each.
        few = min(self.options.retr, 200)
        for quickack, client in ((0, 'ordinary client'), (1, 'quickack')):
            seconds, _ = self.retrieve(server, 'ten', few, 1, quickack)
            count = few if few / seconds < 500 else self.options.retr
            if count > few:
                seconds, _ = self.retrieve(server, 'ten', count, 1, quickack)
            self.note('B9 RETR alone, %s, /s' % client, server, count / seconds)

    def b10(self, server):
        count = self.options.retr
        seconds, cpu = self.retrieve(server, 'ten', count, 64, 0)
        self.note('B10 RETR in flight, /s', server, count / seconds)
        self.note('B10 RETR in flight, CPU us', server, cpu / count * 1e6)
        # The least of many, in turns, where it is ours that counts.
        # A wake-up of another process takes from 30 to 200 us: what differs shows only in many.
        rows = {'ten': 'B10 first RETR, small mailbox, us', 'plain': 'B10 first RETR, large mailbox, us'}
        took = {user: [] for user in rows}
        for turn in range(FIRSTS if server.ours else 4):
            for user in sorted(rows, reverse=turn % 2 == 0):
                took[user].append(self.first_retr(server, user))
        for user, row in rows.items():
            self.note(row, server, statistics.median(took[user]))

    @staticmethod
    def first_retr(server, user):
        client = Client(server, user)
        begin = time.monotonic()
        client.retr(1)
        microseconds = (time.monotonic() - begin) * 1e6
        client.quit()
        return microseconds

    def b11(self, server):
        row = 'B11 session, memory of its own, KiB'
        self.login(server, 'plain')
        if server.ours:
            time.sleep(SETTLED)
            self.login(server, 'plain')  # its index says all now
        self.memory(server, row, 'Anonymous')
        if server.ours:
            for user in ('plain', 'long'):
                server.forbid_index(user)
                self.memory(server, 'B11 without index, %s names, private KiB' % user, 'Private',
                            user=user)
                server.forget(user)
        base = server.memory('Pss:')
        idle = [Client(server) for _ in range(IDLE)]
        self.note('B11 before login, PSS KiB', server, (server.memory('Pss:') - base) / IDLE)
        for client in idle:
            client.close()

    def memory(self, server, row, *what, user='plain'):
        base = server.memory(*what)
        client = Client(server, user)
        self.note(row, server, server.memory(*what) - base)
        client.quit()

    def b12(self, server):
        for parallel in (1, 4):
            seconds = self.load('poll', server.port, 'small', self.options.polls, parallel)
            self.note('B12 sessions, %d at a time, /s' % parallel, server,
                      self.options.polls / seconds)

    def run(self):
        goals = self.options.only or ['B7', 'B8', 'B9', 'B10', 'B11', 'B12']
        for goal in goals:
            for _ in range(self.options.rounds):
                for server in self.servers:
                    if hasattr(server, 'only') and goal not in server.only:
                        continue
                    getattr(self, goal.lower())(server)
            self.report(goal)

    def report(self, goal):
        names = [server.name for server in self.servers]
        print('%-42s' % goal + ''.join('%14s' % name[-13:] for name in names) + '  bar')
        for row, values in self.found.items():
            if not row.startswith(goal + ' '):
                continue
            medians = {name: statistics.median(values[name]) for name in names if name in values}
            print('%-42s' % row[len(goal) + 1:] + ''.join(
                '%14.1f' % medians[name] if name in medians else '%14s' % '-' for name in names)
                + '  ' + self.verdict(row, medians), flush=True)

    def verdict(self, row, medians):
        if row not in BARS or self.servers[0].name not in medians:
            return ''
        against, sense, factor = BARS[row]
        ours = medians[self.servers[0].name]
        others = [value for name, value in medians.items()
                  if not any(each.name == name and each.ours for each in self.servers)]
        if against == 'number':
            other = 1.0
        elif against in self.found:
            other = statistics.median(self.found[against][self.servers[0].name])
        elif not others:
            return ''
        else:
            best = min if sense == '<=' else max
            other = medians[against] if against in medians else best(others)
        ratio = ours / other if other else 0.0
        holds = ratio <= factor if sense == '<=' else ratio >= factor
        return '%s %s %g: %.2f %s' % (against if against in ('number', 'best') else 'x ' + against,
                                      sense, factor, ratio, 'holds' if holds else 'MISSED')


def make_template(path, count, kind):
    for each in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(path, each))
    chance = random.Random(path)
    sizes = ',S=%d,W=%d' % (len(BODY), len(BODY) + BODY.count(b'\n'))
    for number in range(count):
        name = '%d.M%06dP%d.bench:2,S' % (1600000000 + number, number % 1000000, 4711)
        if kind == 'sized':
            name = name.replace(':', sizes + ':')
        if kind == 'long':
            name = '%d.M%06dP%dR%016x.mx.example.org%s:2,S' % (
                1600000000 + 37 * number, chance.randrange(10 ** 6), chance.randrange(10000, 32768),
                chance.getrandbits(64), sizes)
        with open(os.path.join(path, 'cur', name), 'wb') as file:
            file.write(BODY)


def inside(options, home):
    all_servers = []
    for number, program in enumerate(options.programs):
        all_servers.append(servers.Letterbox('letterbox' + str(number or ''),
                                             os.path.join(home, 'ours%d' % number), program))
    if not options.alone:
        all_servers += [servers.Dovecot('dovecot', os.path.join(home, 'dovecot')),
                        servers.Courier('courier', os.path.join(home, 'courier'))]
        all_servers.append(servers.QmailPop3d('qmail-pop3d', os.path.join(home, 'qmail')))
    users = {'plain': options.messages, 'sized': options.messages,
             'long': options.messages, 'ten': options.retr, 'small': 10}
    for user, count in users.items():
        make_template(os.path.join(home, 'template', user), count, user)
        for server in all_servers:
            if user == 'long' and not isinstance(server, servers.Letterbox):
                continue
            servers.make_maildir(os.path.join(home, 'template', user), server.maildir(user))
    print('load average %.1f %.1f %.1f on %d processors; %d messages, %d to RETR' % (
        *os.getloadavg(), os.cpu_count(), options.messages, options.retr), flush=True)
    try:
        for server in all_servers:
            server.start(users)
        Bench(options, all_servers).run()
    finally:
        for server in all_servers:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--messages', type=int)
    parser.add_argument('--retr', type=int)
    parser.add_argument('--polls', type=int)
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--only', action='append')
    parser.add_argument('--alone', action='store_true', help='without the others')
    parser.add_argument('--programs', nargs='+',
                        default=[os.path.join(letterbox.BIN, 'letterbox-pop3d')])
    parser.add_argument('--inside', help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name, full, quick in (('messages', 100000, 10000), ('retr', 10000, 1000),
                              ('polls', 400, 40), ('rounds', 5, 2)):
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else full)
    if options.inside:
        return inside(options, options.inside)
    with tempfile.TemporaryDirectory(prefix='lbx-bench.', dir=os.environ.get('LBX_BENCH_DIR')) as home:
        os.chmod(home, 0o755)
        view = peers.View('courier dovecot', os.path.join(home, 'view'))
        servers.Courier.prepare(view, os.path.join(home, 'courier'))
        for folder, _, _ in os.walk(home):
            letterbox.own(folder)
        command = view.command(*letterbox.setpriv(), '/usr/bin/python3', '-B', __file__,
                               *sys.argv[1:], '--inside', home)
        return subprocess.run(command, cwd='/', check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
