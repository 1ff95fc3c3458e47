#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Messages a second, 4 kB each, from submission to one Maildir, with 1, 10 and 50 submitters:
letterbox-queued (queue_load at its door) and Postfix's virtual (smtp-source), in turns, on one disk;
once plain and once with flushes that take 5 ms longer. Also CPU time for each message, memory,
flushes for each message, how fast is delivered while mail comes in at full speed, and what 100,000
messages for a dead destination cost. Each says which bar there is and whether it holds. Runs as root
(Postfix needs it); ours then runs as nobody.

usage: queue.py [COUNT [ROUNDS]]   LBX_BENCH_DIR: on the disk to be measured; LBX_BENCH: which, as
ours,postfix,plain,slow,flushes,accepting,dead; LBX_DEAD: messages for the last one"""
import os
import re
import signal
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, '..')]

from support import letterbox, mail_queue, peers  # noqa: E402

SUBMITTERS = (1, 10, 50)
TICKS = os.sysconf('SC_CLK_TCK')
PATIENCE = 600


def message():
    head = b'From: a@b.example\nTo: joe@example.org\nSubject: of four thousand octets\n\n'
    return head + (b'0123456789' * 7 + b'\n') * ((4096 - len(head)) // 71)


def bar(text, value, limit, least=False):
    """Prints whether a value is at least, or at most, what is asked for."""
    holds = value >= limit if least else value <= limit
    print('    bar: %s %s %g: %s' % (text, 'at least' if least else 'at most', limit,
                                     'holds' if holds else 'NOT MET, %.3g' % value), flush=True)


def members(first):
    """A process and all below it, with the fields of proc(5) from the state on."""
    all_fields = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name, encoding='utf-8', errors='replace') as file:
                    all_fields[int(name)] = file.read().rpartition(')')[2].split()
            except OSError:
                pass
    found = [first] if first in all_fields else []
    for pid in found:
        found += [each for each, fields in all_fields.items() if int(fields[1]) == pid]
        yield pid, all_fields[pid]


def cpu_of(first):
    """Seconds; of children that have ended, too."""
    return sum(sum(int(each) for each in fields[11:15]) for _, fields in members(first)) / TICKS


def memory_of(first):
    """PSS in MiB."""
    total = 0
    for pid, _ in members(first):
        try:
            with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as file:
                total += int(re.search(r'^Pss: +(\d+)', file.read(), re.M)[1])
        except (OSError, TypeError):
            pass
    return total / 1024


def wait_for_files(folder, count):
    deadline = time.monotonic() + PATIENCE
    while len(os.listdir(folder)) < count:
        if time.monotonic() > deadline:
            raise SystemExit('only %d of %d came' % (len(os.listdir(folder)), count))
        time.sleep(0.02)


class Ours:
    NAME = 'letterbox-queued'

    def __init__(self, test, slow, wrap=()):
        self.home = mail_queue.QueueHome(test)
        env = self.home.environment()
        if slow:
            env.update(LD_PRELOAD=letterbox.program('slow_sync.so'), SLOW_SYNC_MS='5')
        self.home.start(env=env, wrap=wrap)
        self.session = self.home.process.pid
        self.new = os.path.join(self.home.maildir.path, 'new')
        self.message = os.path.join(self.home.dir, 'message')
        with open(self.message, 'wb') as file:
            file.write(message())

    def load(self, submitters, count, to='joe@example.org'):
        return [letterbox.program('queue_load'), self.home.dir + '/run/queue.sock',
                str(submitters), str(count), self.message, to]

    def set(self, **control):
        self.home.control(**control)
        self.home.process.send_signal(signal.SIGHUP)

    def queue_memory(self):
        """PSS in MiB of the process that keeps the queue: the last one that the first one forks."""
        with open('/proc/%d/smaps_rollup' % self.home.processes()[2], encoding='ascii') as file:
            return int(re.search(r'^Pss: +(\d+)', file.read(), re.M)[1]) / 1024

    def stop(self):
        self.home.stop()


class Postfix:
    NAME = 'postfix virtual'
    MAIN = '''compatibility_level = 3.6
myhostname = mx.example.org
mydestination =
virtual_mailbox_domains = example.org
virtual_mailbox_base = /
virtual_mailbox_maps = static:{maildir}/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
mailbox_size_limit = 0
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
maillog_file = {log}
maillog_file_prefixes = /
smtpd_peername_lookup = no
'''
    MASTER = '''127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
'''

    def __init__(self, test, slow):
        self.dir = tempfile.mkdtemp(prefix='lbx-postfix.', dir=os.environ.get('LBX_BENCH_DIR'))
        os.chmod(self.dir, 0o755)
        test.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.view = peers.View('postfix', os.path.join(self.dir, 'view'))
        self.view.install(os.path.join(self.dir, 'homes'))
        self.port = peers.free_port()
        uid = peers.PEOPLE['alice']
        maildir = letterbox.Maildir(os.path.join(self.dir, 'Maildir'))
        subprocess.run(['chown', '-R', '%d:%d' % (uid, uid), maildir.path], check=True)
        self.new = os.path.join(maildir.path, 'new')
        values = {'maildir': maildir.path, 'uid': uid, 'gid': uid, 'port': self.port,
                  'log': os.path.join(self.dir, 'log')}
        self.view.write('etc/postfix/main.cf', self.MAIN.format(**values))
        self.view.write('etc/postfix/master.cf', self.MASTER.format(**values))
        spool = os.path.join(self.dir, 'view/var/spool/postfix')
        for each in ('', 'pid', 'public', 'private', 'maildrop', 'incoming', 'active', 'deferred',
                     'bounce', 'defer', 'corrupt', 'flush', 'trace', 'saved', 'hold'):
            os.makedirs(os.path.join(spool, each), exist_ok=True)
            os.chmod(os.path.join(spool, each), 0o700 if each else 0o755)
            if each not in ('', 'pid'):
                os.chown(os.path.join(spool, each), peers.SERVICES['postfix'],
                         peers.SERVICES['postfix'])
        data = os.path.join(self.dir, 'view/var/lib/postfix')
        os.mkdir(data)
        os.chown(data, peers.SERVICES['postfix'], peers.SERVICES['postfix'])
        if slow:
            with open(os.path.join(self.dir, 'view/etc/postfix/main.cf'), 'a',
                      encoding='ascii') as file:
                file.write('import_environment = LD_PRELOAD SLOW_SYNC_MS MAIL_CONFIG TZ\n')
        preload = ['env', 'LD_PRELOAD=' + letterbox.program('slow_sync.so'), 'SLOW_SYNC_MS=5']
        server = self.view.start(test, *(preload if slow else []),
                                 '/usr/lib/postfix/sbin/master', '-c',
                                 os.path.join(self.dir, 'view/etc/postfix'), '-d',
                                 log=os.path.join(self.dir, 'output'))
        self.session = server.pid
        peers.wait_until(lambda: peers.answers(self.port), 'no greeting')

    def load(self, submitters, count):
        return self.view.command('/usr/sbin/smtp-source', '-d', '-s', str(submitters), '-m', str(count),
                                 '-l', '4096', '-f', 'sender@example.net', '-t',
                                 'joe@example.org', '127.0.0.1:%d' % self.port)

    def stop(self):
        pass


class Bench(unittest.TestCase):
    """Only for its cleanups."""

    def runTest(self):
        """Nothing by itself."""


def measure(server, submitters, count):
    """-> messages a second, CPU milliseconds for each, MiB at the end"""
    before = len(os.listdir(server.new))
    cpu = cpu_of(server.session)
    start = time.monotonic()
    subprocess.run(server.load(submitters, count), check=True, stdout=subprocess.DEVNULL)
    wait_for_files(server.new, before + count)
    took = time.monotonic() - start
    return count / took, 1000 * (cpu_of(server.session) - cpu) / count, memory_of(server.session)


def compare(which, count, rounds, slow):
    test = Bench()
    servers = [kind(test, slow) for kind in which]
    print('%s, %d messages, %d rounds' % ('flushes of 5 ms' if slow else 'plain', count, rounds))
    for server in servers:
        idle = memory_of(server.session)
        print('  %-18s idle %.1f MiB' % (server.NAME, idle))
        if isinstance(server, Ours):
            bar('MiB idle', idle, 12)
    for submitters in SUBMITTERS:
        results = {server: [] for server in servers}
        for _ in range(rounds):
            for server in servers:
                results[server].append(measure(server, submitters, count))
        rates = {}
        for server in servers:
            rate, cpu, memory = (statistics.median(each) for each in zip(*results[server]))
            rates[type(server)] = rate
            print('  %-18s %3d submitters %7.0f a second %6.2f ms CPU %6.1f MiB' % (
                server.NAME, submitters, rate, cpu, memory), flush=True)
            if isinstance(server, Ours):
                bar('ms CPU', cpu, 0.6)
                bar('MiB', memory, 24)
        if len(rates) == 2:
            bar('times as fast', rates[Ours] / rates[Postfix], 4 if slow else 2, True)
    for server in servers:
        server.stop()
    test.doCleanups()


FLUSHES = 'fsync,fdatasync,syncfs'


def flushes_so_far(trace):
    """The queue's, which are SQLite's, and those of deliveries."""
    with open(trace, encoding='utf-8', errors='replace') as file:
        text = file.read()
    return len(re.findall(r'fdatasync\(', text)), len(re.findall(r'(?:fsync|syncfs)\(', text))


def flushes(count):
    """For each message, by strace. It stops a process at these calls only (--seccomp-bpf): whatever
    makes everything slow leaves less to be done together."""
    for submitters in SUBMITTERS:
        test = Bench()
        folder = tempfile.mkdtemp(prefix='lbx-trace.')
        test.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o777)
        trace = os.path.join(folder, 'trace')
        ours = Ours(test, False, ('strace', '-D', '-f', '--seccomp-bpf', '-qq', '-e',
                                  'trace=' + FLUSHES, '-o', trace))
        before = flushes_so_far(trace)
        subprocess.run(ours.load(submitters, count), check=True, stdout=subprocess.DEVNULL)
        wait_for_files(ours.new, count)
        time.sleep(1)
        queue, delivery = ((now - then) / count
                           for now, then in zip(flushes_so_far(trace), before))
        print('  %3d submitters: %.3f flushes in the queue, %.3f by deliveries, for each message' % (
            submitters, queue, delivery), flush=True)
        bar('flushes in the queue', round(queue, 2), 0.1 if submitters == 50 else 1)
        bar('flushes by deliveries', round(delivery, 2), 2)
        ours.stop()
        test.doCleanups()


def drain(ours, count):
    """How many messages a second leave a queue that was filled before."""
    before = len(os.listdir(ours.new))
    start = time.monotonic()
    ours.set(concurrencylocal='10')
    wait_for_files(ours.new, before + count)
    return count / (time.monotonic() - start)


def drain_beside(ours, count, flooded):
    """-> deliveries a second, accepted a second meanwhile"""
    ours.set(concurrencylocal='0')
    subprocess.run(ours.load(50, count), check=True, stdout=subprocess.DEVNULL)
    if not flooded:
        return drain(ours, count), 0
    with subprocess.Popen(ours.load(50, 10_000_000, 'x@dead.example'),
                          stdout=subprocess.DEVNULL) as flood:
        before, since = ours.home.counters()['accepted'], time.monotonic()
        rate = drain(ours, count)
        accepted = (ours.home.counters()['accepted'] - before) / (time.monotonic() - since)
        flood.kill()
    return rate, accepted


def accepting(count, rounds):
    """The rate of deliveries alone, and while 50 submitters hand in mail for elsewhere, in turns:
    each is a little slower than the one before, since the Maildir grows."""
    test = Bench()
    ours = Ours(test, False)
    alone = [drain_beside(ours, count, False)[0]]
    beside = []
    for _ in range(rounds):
        beside.append(drain_beside(ours, count, True))
        alone.append(drain_beside(ours, count, False)[0])
    print('  deliveries a second alone: %s; beside mail that comes in: %s' % (
        ', '.join('%.0f' % each for each in alone),
        ', '.join('%.0f (%.0f accepted)' % each for each in beside)))
    shares = [2 * rate / (alone[i] + alone[i + 1]) for i, (rate, _) in enumerate(beside)]
    bar('of the undisturbed rate', statistics.median(shares), 0.7, True)
    ours.stop()
    test.doCleanups()


def dead(count):
    """Many messages for a destination that is never reached: the start, memory, local mail."""
    test = Bench()
    ours = Ours(test, False)
    empty = measure(ours, 10, 1000)[0]
    # concurrencyremote is 0: it waits.
    subprocess.run(ours.load(50, count, 'x@dead.example'), check=True, stdout=subprocess.DEVNULL)
    full = measure(ours, 10, 1000)[0]
    ours.stop()
    start = time.monotonic()
    ours.home.start()
    took = time.monotonic() - start
    again = measure(ours, 10, 1000)[0]
    pss = ours.queue_memory()
    print('  local mail %.0f a second in an empty queue, %.0f beside %d messages, %.0f after a start '
          'of %.2f s; the queue process has %.1f MiB' % (empty, full, count, again, took, pss))
    bar('seconds for a start', took, 2)
    bar('MiB in the queue process', pss, 150)
    bar('of the rate in an empty queue', min(full, again) / empty, 0.9, True)
    ours.stop()
    test.doCleanups()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if 'LBX_BENCH_DIR' in os.environ:
        tempfile.tempdir = os.environ['LBX_BENCH_DIR']
    what = os.environ.get('LBX_BENCH', 'ours,postfix,plain,slow,flushes,accepting,dead').split(',')
    kinds = [kind for name, kind in (('ours', Ours), ('postfix', Postfix)) if name in what]
    for word, slow in (('plain', False), ('slow', True)):
        if kinds and word in what:
            compare(kinds, count, rounds, slow)
    if 'flushes' in what:
        print('flushes, %d messages' % count)
        flushes(count)
    if 'accepting' in what:
        print('deliveries while mail comes in, %d messages' % count)
        accepting(count, rounds)
    if 'dead' in what:
        print('many messages for a dead destination')
        dead(int(os.environ.get('LBX_DEAD', '100000')))


if __name__ == '__main__':
    main()
