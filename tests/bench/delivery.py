#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Deliveries a second, a process per message, 4 kB each, beside a floor program. All in turns in
one run, so that the ratios hold whatever the machine does meanwhile. Run it as an ordinary user:
letterbox-deliver refuses root. delivery_peers.py has other people's delivery agents too.

usage: delivery.py [COUNT [ROUNDS]]     LBX_BIN: the folder of the release programs"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

BIN = os.environ.get('LBX_BIN') or os.path.join(
    os.path.dirname(os.path.realpath(__file__)), '../../build/release/bin')


def installed(home, program):
    """A copy, as an installation makes one, and other people's programs are: the file that the
    linker has written lies in small pieces in the page cache, and each start maps them singly."""
    os.makedirs(home + '/bin', exist_ok=True)
    return shutil.copy(os.path.join(BIN, program), home + '/bin')


def commands(home):
    yield 'floor', [installed(home, 'floor_deliver'), os.path.join(home, 'Maildir')]
    yield 'qmail-local', [installed(home, 'qmail-local'), 'joe', home, 'joe', '', '', 'example.org',
                          'src@example.org', './Maildir/']
    if os.geteuid() != 0:
        yield 'letterbox-deliver', [installed(home, 'letterbox-deliver'), '--user', 'joe', '--home',
                                    home, '--recipient', 'joe@example.org', '--sender',
                                    's@example.org']


def make_maildir(maildir):
    shutil.rmtree(maildir, ignore_errors=True)
    for each in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(maildir, each))


def measure(name, command, home, message, count, parallel):
    """-> (messages a second, ms of CPU time for each)"""
    maildir = os.path.join(home, 'Maildir')
    make_maildir(maildir)
    run = subprocess.run([BIN + '/spawn_rate', str(count), str(parallel), message, *command],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    arrived = len(os.listdir(os.path.join(maildir, 'new')))
    if run.returncode or arrived != count:
        print('%s: %d of %d arrived' % (name, arrived, count))
    return tuple(map(float, run.stdout.split()))


def in_turns(named_commands, home, message, count, rounds):
    """-> {(parallel, name): [(rate, cpu)]}; after a first round that only warms up."""
    found = {}
    for turn in range(rounds + 1):
        for parallel in (1, 8):
            for name, command in named_commands:
                values = measure(name, command, home, message, count, parallel)
                if turn:
                    found.setdefault((parallel, name), []).append(values)
    return found


def report(found, syncs=None):
    """The medians, as shares of the floor and of letterbox-deliver."""
    middle = {key: [statistics.median(column) for column in zip(*values)]
              for key, values in found.items()}
    print('at once  program            per s  spread       of floor  deliver is  CPU ms  syncs')
    for (parallel, name), (rate, cpu) in middle.items():
        rates = [each[0] for each in found[parallel, name]]
        ours = middle.get((parallel, 'letterbox-deliver'), [float('nan')])[0]
        print('%7d  %-17s %6.0f  %5.0f-%-6.0f %6.0f %%  %6.2f x    %6.2f  %5s' % (
            parallel, name, rate, min(rates), max(rates),
            100 * rate / middle[parallel, 'floor'][0], ours / rate, cpu, (syncs or {}).get(name, '')))


def write_message(home):
    """A message of 4 kB. -> its file"""
    message = os.path.join(home, 'message')
    with open(message, 'w', encoding='ascii') as file:
        file.write('From: <s@example.org>\nTo: <joe@example.org>\nSubject: bench\n\n'
                   + ('x' * 71 + '\n') * 56)
    return message


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix='lbx-bench.', dir=os.environ.get('LBX_BENCH_DIR')) as home:
        os.chmod(home, 0o755)
        report(in_turns(list(commands(home)), home, write_message(home), count, rounds))


if __name__ == '__main__':
    main()
