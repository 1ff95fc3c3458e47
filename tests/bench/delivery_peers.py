#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""delivery.py with other people's delivery agents (scripts/peers unpacks them), each with its
shortest configuration that delivers into a Maildir, and with the flushes that each makes for a
message, as strace counts them: who does not flush is not comparable. Runs as an ordinary user
(nobody, where root starts it), ours and theirs in the same view of the machine.

usage: delivery_peers.py [COUNT [ROUNDS]]     LBX_BENCH_DIR: on the disk to be measured"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..')]

import delivery  # noqa: E402
from support import letterbox, peers  # noqa: E402

PEERS = 'dovecot fdm maildrop procmail'
FLUSHES = 'fsync,fdatasync,sync,syncfs,msync'  # sync_file_range flushes no device


def write(home, name, text):
    with open(os.path.join(home, name), 'w', encoding='ascii') as file:
        file.write(text)
    os.chmod(file.name, 0o600)
    return file.name


def commands(home):
    maildir = os.path.join(home, 'Maildir')
    yield from delivery.commands(home)
    yield 'maildrop', ['/usr/bin/maildrop', write(home, '.mailfilter', 'to "%s"\n' % maildir)]
    yield 'procmail', ['/usr/bin/procmail', '-m',
                       write(home, '.procmailrc', 'DEFAULT=%s/\n' % maildir)]
    yield 'fdm', ['/usr/bin/fdm', '-f', write(home, '.fdm.conf', '''set lock-wait
set lock-file "%s/.fdm.lock"
account "in" stdin
action "keep" maildir "%s"
match all action "keep"
''' % (home, maildir)), '-a', 'in', 'fetch']
    yield 'dovecot-lda', ['/usr/lib/dovecot/dovecot-lda', '-f', 's@example.org', '-c',
                          write(home, 'dovecot.conf', '''mail_location = maildir:%s
log_path = %s/dovecot.log
ssl = no
first_valid_uid = 1
''' % (maildir, home))]


def flushes(command, home, message):
    """How often one delivery flushes; of which kind."""
    delivery.make_maildir(os.path.join(home, 'Maildir'))
    with open(message, 'rb') as file:
        done = subprocess.run(['strace', '-f', '-qq', '-e', 'trace=' + FLUSHES, *command],
                              stdin=file, capture_output=True, text=True, check=False)
    return len(re.findall(r'^(?:\[pid[^]]*\] )?(?:%s)\(' % FLUSHES.replace(',', '|'), done.stderr, re.M))


def inside(home, count, rounds):
    os.environ.update(HOME=home, USER='joe', LOGNAME='joe', PATH='/usr/bin:/bin')
    message = delivery.write_message(home)
    everything = list(commands(home))
    syncs = {name: flushes(command, home, message) for name, command in everything}
    delivery.report(delivery.in_turns(everything, home, message, count, rounds), syncs)


def main():
    count, rounds = (sys.argv[1:3] + ['300', '5'][len(sys.argv) - 1:])[:2]
    if len(sys.argv) > 3:
        return inside(sys.argv[3], int(count), int(rounds))
    with tempfile.TemporaryDirectory(prefix='lbx-bench.', dir=os.environ.get('LBX_BENCH_DIR')) as home:
        os.chmod(home, 0o755)
        view = peers.View(PEERS, os.path.join(home, 'view'))
        letterbox.own(home)
        print('load average %.1f %.1f %.1f on %d processors' % (*os.getloadavg(), os.cpu_count()))
        command = view.command(*letterbox.setpriv(), '/usr/bin/python3', '-B', __file__, count,
                               rounds, home)
        return subprocess.run(command, cwd='/', check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
