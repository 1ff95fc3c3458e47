#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mails a second, 4 kB each, by LMTP over 1, 10 and 50 connections: letterbox-lmtpd, Dovecot's
LMTP, and a floor program that only creates, syncs and publishes the files; in turns in one run,
each connection with a user of its own. CPU time is that of the whole server, in the kernel too; the
floor program's is what the file system takes for itself, and a server's less that is its own. (ext4
without a journal takes several times as much while files have been removed within seconds.) Runs as
an ordinary user (nobody, where root starts it), ours and theirs in the same view of the machine.

usage: lmtp_peers.py [COUNT [ROUNDS]]     LBX_BENCH_DIR: on the disk to be measured"""
import grp
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..')]

import delivery  # noqa: E402
from support import letterbox, peers  # noqa: E402

CONNECTIONS = (1, 10, 50)
FLUSHES = 'fsync,fdatasync,sync,syncfs,msync'  # sync_file_range flushes no device

DOVECOT = '''base_dir = {home}/run
state_dir = {home}/state
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
protocols = lmtp
ssl = no
log_path = {home}/dovecot.log
mail_location = maildir:~/Maildir
service anvil {{
  chroot =
}}
service lmtp {{
  unix_listener {home}/dovecot.sock {{
  }}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/users/%n allow_all_users=yes
}}
passdb {{
  driver = static
  args = nopassword=yes
}}
'''


def dovecot(home):
    """-> the command line of a server, and its socket"""
    user = letterbox.ORDINARY
    config = os.path.join(home, 'dovecot.conf')
    with open(config, 'w', encoding='ascii') as file:
        file.write(DOVECOT.format(home=home, user=user.pw_name, uid=user.pw_uid, gid=user.pw_gid,
                                  group=grp.getgrgid(user.pw_gid).gr_name))
    return ['/usr/sbin/dovecot', '-F', '-c', config], os.path.join(home, 'dovecot.sock')


def letterbox_lmtpd(home):
    mail_home = os.path.join(home, 'letterbox')
    os.makedirs(mail_home + '/users', exist_ok=True)
    os.makedirs(mail_home + '/control', exist_ok=True)
    user = letterbox.ORDINARY
    with open(mail_home + '/control/me', 'w', encoding='ascii') as file:
        file.write('example.org\n')
    with open(mail_home + '/users/assign', 'w', encoding='ascii') as file:
        for number in range(max(CONNECTIONS)):
            file.write('=u%d:%s:%d:%d:%s/users/u%d:::\n' % (
                number, user.pw_name, user.pw_uid, user.pw_gid, home, number))
        file.write('.\n')
    os.environ['LETTERBOX_HOME'] = mail_home
    subprocess.run([delivery.BIN + '/qmail-newu'], check=True)
    socket = os.path.join(home, 'letterbox.sock')
    return [delivery.BIN + '/letterbox-lmtpd', '--listen', 'unix:' + socket], socket


def make_users(home):
    for number in range(max(CONNECTIONS)):
        delivery.make_maildir('%s/users/u%d/Maildir' % (home, number))


def arrived(home):
    """In new/; Dovecot puts nothing elsewhere."""
    return sum(len(os.listdir('%s/users/u%d/Maildir/new' % (home, number)))
               for number in range(max(CONNECTIONS)))


def cpu_ms(top):
    """What `top`, its descendants and those of them that have ended have used so far."""
    parents, used = {}, {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        fields = peers.read('/proc/%s/stat' % pid).rpartition(')')[2].split()
        if fields:
            parents[int(pid)] = int(fields[1])
            used[int(pid)] = sum(map(int, fields[11:15]))
    ours = {top}
    while more := {pid for pid in parents if parents[pid] in ours} - ours:
        ours |= more
    return sum(used.get(pid, 0) for pid in ours) * 1000 / os.sysconf('SC_CLK_TCK')


class Server:
    def __init__(self, command, socket, home):
        make_users(home)
        if os.path.exists(socket):
            os.remove(socket)
        with open(os.path.join(home, 'server.log'), 'ab') as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        peers.wait_until(lambda: os.path.exists(socket), 'no socket of ' + command[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(peers.WAIT)


def load(socket, connections, count, message):
    done = subprocess.run([delivery.BIN + '/lmtp_load', socket, str(connections), str(count),
                           message], capture_output=True, text=True, check=False)
    if done.returncode:
        print('%s: %s' % (socket, done.stderr.strip()))
    return float(done.stdout)


def measure(server, connections, home, message, count):
    """-> (mails a second, ms of CPU time for each)"""
    command, socket = server
    with Server(command, socket, home) as running:
        load(socket, connections, connections, message)  # starts what is started on demand
        before = cpu_ms(running.process.pid)
        rate = load(socket, connections, count, message)
        used = cpu_ms(running.process.pid) - before
        if arrived(home) != connections + count:
            print('%s: %d of %d arrived' % (socket, arrived(home), connections + count))
    return rate, used / count


def floor(connections, home, message, count):
    make_users(home)
    before = children_ms()
    done = subprocess.run([delivery.BIN + '/floor_publish', home + '/users', str(connections),
                           str(count), message], capture_output=True, text=True, check=True)
    return float(done.stdout), (children_ms() - before) / count


def children_ms():
    """CPU time of the processes that have been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def flushes(server, home, message):
    """How many flushes a mail costs, over 100 mails of one connection."""
    command, socket = server
    trace = os.path.join(home, 'trace')
    with Server(['strace', '-D', '-f', '-qq', '-o', trace, '-e', 'trace=' + FLUSHES, *command], socket,
                home):
        load(socket, 1, 100, message)
    return '%.1f' % (len(re.findall(r'(?:%s)\(' % FLUSHES.replace(',', '|'), peers.read(trace)))
                     / 100)


def inside(home, count, rounds):
    message = delivery.write_message(home)
    servers = {'dovecot': dovecot(home)}
    if os.path.exists(delivery.BIN + '/letterbox-lmtpd'):
        servers['letterbox-lmtpd'] = letterbox_lmtpd(home)
    syncs = {name: flushes(server, home, message) for name, server in servers.items()}
    found = {}
    for _ in range(rounds):
        for connections in CONNECTIONS:
            found.setdefault((connections, 'floor'), []).append(
                floor(connections, home, message, count))
            for name, server in servers.items():
                found.setdefault((connections, name), []).append(
                    measure(server, connections, home, message, count))
    report(found, syncs)


def report(found, syncs):
    print('connections  program           per s  spread       of floor  of Dovecot  CPU ms  syncs')
    for (connections, name), values in found.items():
        rate, cpu = (statistics.median(column) for column in zip(*values))
        rates = [each[0] for each in values]
        base, other = (statistics.median(each[0] for each in found[connections, key])
                       for key in ('floor', 'dovecot'))
        print('%11d  %-15s %7.0f  %5.0f-%-6.0f %6.0f %%  %8.2f x  %6.2f  %5s' % (
            connections, name, rate, min(rates), max(rates), 100 * rate / base, rate / other, cpu,
            syncs.get(name, '')))


def main():
    count, rounds = (sys.argv[1:3] + ['1000', '5'][len(sys.argv) - 1:])[:2]
    if len(sys.argv) > 3:
        return inside(sys.argv[3], int(count), int(rounds))
    with tempfile.TemporaryDirectory(prefix='lbx-bench.', dir=os.environ.get('LBX_BENCH_DIR')) as home:
        os.chmod(home, 0o755)
        view = peers.View('dovecot', os.path.join(home, 'view'))
        letterbox.own(home)
        print('load average %.1f %.1f %.1f on %d processors' % (*os.getloadavg(), os.cpu_count()))
        command = view.command(*letterbox.setpriv(), '/usr/bin/python3', '-B', __file__, count,
                               rounds, home)
        return subprocess.run(command, cwd='/', check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
