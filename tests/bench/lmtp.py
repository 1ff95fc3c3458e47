#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Messages a second by LMTP, 4 kB each, to one user, at 1, 10 and 50 connections, and what they
cost: CPU of all our processes, and the share of a floor that only creates, syncs and publishes the
files one after the other. Another server can be measured beside ours in the same rounds.

usage: lmtp.py [COUNT [ROUNDS [SOCKET RECIPIENT NEWDIR PIDFILE]]]
  SOCKET RECIPIENT: a running server's Unix socket and a recipient of it, whose messages arrive in
  NEWDIR; its CPU is that of the pid in PIDFILE and all processes below it.
  LBX_BIN: the folder of the release programs. LBX_BENCH_DIR: where the mailbox lies."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get('LBX_BIN') or os.path.join(
    os.path.dirname(os.path.realpath(__file__)), '../../build/release/bin')


def tree(pid):
    """A process and all below it."""
    below = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                with open('/proc/%s/stat' % entry, encoding='utf-8', errors='replace') as file:
                    fields = file.read().rsplit(')', 1)[1].split()
            except OSError:
                continue
            below.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += below.get(found[-1], [])
    return found


def cpu(pid):
    """Seconds of processor time of the tree, from the scheduler's nanoseconds per thread."""
    total = 0
    for each in tree(pid):
        try:
            for thread in os.listdir('/proc/%d/task' % each):
                with open('/proc/%d/task/%s/schedstat' % (each, thread), encoding='ascii') as file:
                    total += int(file.read().split()[0])
        except OSError:
            continue
    return total / 1e9


def start_ours(home, user):
    """letterbox-lmtpd for one user -> (process, socket, recipient, new/)."""
    maildir_home = os.path.join(home, 'joe')
    for each in ('users', 'control'):
        os.makedirs(os.path.join(home, each), exist_ok=True)
    os.makedirs(maildir_home, exist_ok=True)
    with open(os.path.join(home, 'users/assign'), 'w', encoding='ascii') as file:
        file.write('=joe:joe:%d:%d:%s:::\n.\n' % (user[0], user[1], maildir_home))
    with open(os.path.join(home, 'control/deliverlinger'), 'w', encoding='ascii') as file:
        file.write('600\n')
    for folder, _, names in os.walk(home):
        os.chown(folder, *user)
        for name in names:
            os.chown(os.path.join(folder, name), *user)
    as_user = {'user': user[0], 'group': user[1], 'extra_groups': []} if os.geteuid() == 0 else {}
    environment = dict(os.environ, LETTERBOX_HOME=home)
    subprocess.run([BIN + '/qmail-newu'], env=environment, check=True, **as_user)
    path = os.path.join(home, 'lmtp.sock')
    server = subprocess.Popen([BIN + '/letterbox-lmtpd', '--listen', 'unix:' + path], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **as_user)
    server.stdout.readline()
    return server, path, 'joe@x', os.path.join(maildir_home, 'Maildir/new')


def floor(home, count):
    """Messages a second of open, write, fsync, link, fsync of the directory, in one process."""
    maildir = os.path.join(home, 'floor')
    for each in ('tmp', 'new'):
        os.makedirs(os.path.join(maildir, each), exist_ok=True)
    new = os.open(os.path.join(maildir, 'new'), os.O_RDONLY)
    text = b'x' * 4200
    begin = time.monotonic()
    for i in range(count):
        path = os.path.join(maildir, 'tmp/%d' % i)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, text)
        os.fsync(fd)
        os.close(fd)
        os.rename(path, os.path.join(maildir, 'new/%d' % i))
        os.fsync(new)
    rate = count / (time.monotonic() - begin)
    os.close(new)
    shutil.rmtree(maildir)
    return rate


def measure(pid, path, recipient, new, connections, count):
    subprocess.run([BIN + '/lmtp_load', path, str(connections), '10', recipient], check=True,
                   stdout=subprocess.DEVNULL)
    before, spent = len(os.listdir(new)), cpu(pid)
    run = subprocess.run([BIN + '/lmtp_load', path, str(connections), str(count), recipient],
                         stdout=subprocess.PIPE, check=True)
    spent = cpu(pid) - spent
    arrived = len(os.listdir(new)) - before
    if arrived != count:
        print('%d of %d arrived' % (arrived, count))
    return float(run.stdout), 1000 * spent / count


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    user = (65534, 65534) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    with tempfile.TemporaryDirectory(prefix='lbx-lmtp.', dir=os.environ.get('LBX_BENCH_DIR')) as home:
        os.chmod(home, 0o755)
        server, path, recipient, new = start_ours(home, user)
        servers = {'letterbox-lmtpd': (server.pid, path, recipient, new)}
        if len(sys.argv) > 6:
            with open(sys.argv[6], encoding='ascii') as file:
                servers['the other'] = (int(file.read()), *sys.argv[3:6])
        figures, floors = {}, []
        try:
            for _ in range(rounds):
                floors.append(floor(home, min(count, 1000)))
                for connections in (1, 10, 50):
                    for name, where in servers.items():
                        figures.setdefault((connections, name), []).append(
                            measure(*where, connections, count))
        finally:
            server.terminate()
            server.wait()
        least = statistics.median(floors)
        print('floor, one after the other: %.0f/s' % least)
        for (connections, name), values in figures.items():
            rate = statistics.median(each[0] for each in values)
            print('%2d connections: %-16s %6.0f/s  %.3f ms CPU a message  %3.0f %% of the floor' % (
                connections, name, rate, statistics.median(each[1] for each in values),
                100 * rate / least))


if __name__ == '__main__':
    main()
