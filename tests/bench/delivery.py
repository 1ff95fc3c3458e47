#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Deliveries a second, a process per message, 4 kB each, beside a floor program and whichever of
the other delivery agents are installed (maildrop, procmail). All in turns in one run, so that the
ratios hold whatever the machine does meanwhile.

usage: delivery.py [COUNT [ROUNDS]]     LBX_BIN: the folder of the release programs"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

BIN = os.environ.get('LBX_BIN') or os.path.join(
    os.path.dirname(os.path.realpath(__file__)), '../../build/release/bin')


def commands(home):
    maildir = os.path.join(home, 'Maildir')
    yield 'floor', [BIN + '/floor_deliver', maildir]
    yield 'qmail-local', [BIN + '/qmail-local', 'joe', home, 'joe', '', '', 'example.org',
                          'src@example.org', './Maildir/']
    if os.geteuid() != 0:
        yield 'letterbox-deliver', [BIN + '/letterbox-deliver', '--user', 'joe', '--home', home,
                                    '--recipient', 'joe@example.org', '--sender', 's@example.org']
    if shutil.which('maildrop'):
        with open(os.path.join(home, '.mailfilter'), 'w', encoding='ascii') as file:
            file.write('to "%s"\n' % maildir)
        os.chmod(file.name, 0o600)
        yield 'maildrop', [shutil.which('maildrop'), file.name]
    if shutil.which('procmail'):
        with open(os.path.join(home, '.procmailrc'), 'w', encoding='ascii') as file:
            file.write('DEFAULT=%s/\n' % maildir)
        yield 'procmail', [shutil.which('procmail'), '-m', file.name]


def main():
    count = sys.argv[1] if len(sys.argv) > 1 else '1000'
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix='lbx-bench.', dir=os.environ.get('LBX_BENCH_DIR')) as home:
        os.chmod(home, 0o755)
        message = os.path.join(home, 'message')
        with open(message, 'w', encoding='ascii') as file:
            file.write('Subject: bench\n\n' + ('x' * 71 + '\n') * 57)
        rates = {}
        for _ in range(rounds):
            for parallel in ('1', '8'):
                for name, command in commands(home):
                    maildir = os.path.join(home, 'Maildir')
                    shutil.rmtree(maildir, ignore_errors=True)
                    for each in ('tmp', 'new', 'cur'):
                        os.makedirs(os.path.join(maildir, each))
                    run = subprocess.run([BIN + '/spawn_rate', count, parallel, message, *command],
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
                    arrived = len(os.listdir(os.path.join(maildir, 'new')))
                    if run.returncode or arrived != int(count):
                        print('%s: %d of %s arrived' % (name, arrived, count))
                    rates.setdefault((name, parallel), []).append(float(run.stdout))
    for parallel in ('1', '8'):
        floor = statistics.median(rates['floor', parallel])
        for (name, at_once), values in rates.items():
            if at_once == parallel:
                rate = statistics.median(values)
                print('%s at once: %-18s %6.0f/s  %3.0f %% of the floor' % (
                    parallel, name, rate, 100 * rate / floor))


if __name__ == '__main__':
    main()
