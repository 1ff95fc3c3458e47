#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mbox to Maildir, side by side: ours, a floor program that only writes, renames and syncs once,
and whichever of mb2md, mutt, formail with procmail, Python's mailbox and doveadm is installed. The
runs are interleaved, in another order each round, each into a directory of its own below a parent
of its own, and nothing is removed before the last one has ended. For each: messages a second, peak
memory, and how many messages are exact in bytes, flags and time, by the list that
tests/bench/mbox_corpus writes beside its mbox. The peers are the rows `bench` of
scripts/dependencies.txt; whichever is not installed is named. Dovecot's does nothing for root: run
this as an ordinary user.

usage: conversion.py [--rounds N] [--only NAME[,NAME]] [--check] MBOX
       --only   ours,floor,mb2md are the three that the bars are about: with 250,000 messages they
                take less than 6 minutes
       --check  say of each how exact it is, and exit 1 unless ours is all exact, at least 80 % of the floor, twice mb2md (where it
                is installed) and below 64 MiB
environment: LBX_BIN, where the programs are; TMPDIR, where Maildirs are made: with room for every
             run, 1.3 GB each for 250,000 messages"""
import argparse
import collections
import getpass
import hashlib
import mailbox
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get('LBX_BIN', os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                             '../../build/release/bin'))

def python_mailbox(mbox, target):
    box = mailbox.Maildir(target)
    for message in mailbox.mbox(mbox):
        box.add(mailbox.MaildirMessage(message))


def make(target):
    for each in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(target, each))


def commands(mbox, home):
    """name -> (command, must the Maildir exist before)."""
    target = os.path.join(home, 'Maildir')
    procmailrc = os.path.join(home, 'rc')
    with open(procmailrc, 'w', encoding='ascii') as file:
        file.write('MAILDIR=%s\nDEFAULT=%s/\n' % (home, target))
    muttrc = os.path.join(home, 'muttrc')
    with open(muttrc, 'w', encoding='ascii') as file:
        file.write('set mbox_type=Maildir\nset confirmappend=no\nset delete=no\nset confirmcreate=no\n'
                   'set copy=no\nset move=no\nset quit=yes\nset write_inc=0\nset read_inc=0\n'
                   'set sleep_time=0\n')
    all_ours = [os.path.join(BIN, 'letterbox-convert'), 'mbox2maildir', '--quiet', mbox, target]
    return {
        'ours': (all_ours, False),
        'ours into existing': (all_ours, True),
        'floor': ([os.path.join(BIN, 'floor_convert'), mbox, target], True),
        'floor in place': ([os.path.join(BIN, 'floor_convert'), '--in-place', mbox, target], True),
        'mb2md': (['mb2md', '-s', mbox, '-d', target], False),
        'mutt': (['env', 'TERM=xterm', 'script', '-qec', shlex.join([
            'mutt', '-n', '-F', muttrc, '-z', '-f', mbox, '-e',
            'push "<tag-pattern>~A<enter><tag-prefix><copy-message>%s<enter><exit>"' % target]),
                  '/dev/null'], True),
        'formail+procmail': (['sh', '-c', 'formail -s procmail %s < %s' % (procmailrc, mbox)], True),
        'python mailbox': ([sys.executable, os.path.realpath(__file__), '--python', mbox, target], False),
        'doveadm import': (['env', 'USER=' + getpass.getuser(), 'doveadm',
                            '-o', 'mail_uid=%d' % os.getuid(), '-o', 'mail_gid=%d' % os.getgid(),
                            '-o', 'mail_location=maildir:' + target, 'import',
                            'mbox:%s:INBOX=%s' % (home, mbox), '', 'ALL'], True),
    }


# Where it is not the first word that must be installed.
NEEDS = {'mutt': 'mutt', 'formail+procmail': 'procmail', 'doveadm import': 'doveadm'}


def expected(mbox):
    counts = collections.Counter()
    with open(mbox + '.expected', encoding='ascii') as file:
        for line in file:
            digest, folder, flags, stamp = line.split()
            counts[digest, (folder, flags.strip('-')), int(stamp)] += 1
    return counts


def found(target):
    for folder in ('new', 'cur'):
        with os.scandir(os.path.join(target, folder)) as entries:
            for entry in entries:
                with open(entry.path, 'rb') as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                flags = (folder, entry.name.partition(':2,')[2])
                yield digest, flags, int(entry.stat().st_mtime)


def exactness(target, right):
    """-> how many messages have the right (bytes, flags, time, all three)."""
    if not os.path.isdir(target + '/cur'):
        return [0, 0, 0, 0]
    have = collections.Counter(found(target))
    by = []
    for parts in ((0,), (0, 1), (0, 2), (0, 1, 2)):
        want, got = collections.Counter(), collections.Counter()
        for key, count in right.items():
            want[tuple(key[part] for part in parts)] += count
        for key, count in have.items():
            got[tuple(key[part] for part in parts)] += count
        by.append(sum((want & got).values()))
    return by


# A process's peak begins with that of the one it was forked from, and this one holds the list of
# all messages: so a small one in between starts it.
STARTER = '''
import os, sys
null = os.open(os.devnull, os.O_RDWR)
quiet, _ = os.pipe()  # what reads a terminal's keys would take an end for one
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_DUP2, quiet, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
'''


def run(command):
    """-> (seconds with a sync at the end, peak kilobytes, seconds of CPU, exit status)."""
    begin = time.monotonic()
    done = subprocess.run([sys.executable, '-S', '-c', STARTER, *command], check=True,
                          stdout=subprocess.PIPE)
    os.sync()  # what the others leave to the kernel is their work too
    status, peak, cpu = done.stdout.split()
    return time.monotonic() - begin, int(peak), float(cpu), int(status)


def measure(name, number, args, scratch):
    """-> (seconds, peak, CPU, exit status, the Maildir). Nothing is removed meanwhile, since ext4
    is slow to use inodes again that were freed in the last seconds."""
    parent = tempfile.mkdtemp(prefix='lbx-bench.%d.' % number, dir=scratch)
    home = os.path.join(parent, 'home')
    os.mkdir(home)
    line, needed = commands(args.mbox, home)[name]
    target = os.path.join(home, 'Maildir')
    if needed:
        make(target)
    os.sync()
    return (*run(line), target)


def order_of(names, number):
    """Everybody is first once, and last once."""
    names = names[number % len(names):] + names[:number % len(names)]
    return names if number % 2 == 0 else names[::-1]


def measure_all(chosen, args, right, scratch):
    """-> name -> [(rate, peak, CPU, status)], name -> exactness of its first run."""
    results, exact = {}, {}
    total = sum(right.values())
    for number in range(args.rounds):
        for name in order_of(list(chosen), number):
            seconds, peak, cpu, status, target = measure(name, number, args, scratch)
            results.setdefault(name, []).append((total / seconds, peak, cpu, status))
            print('round %d: %-18s %7.0f/s %6.1f s (CPU %.1f s) %6.1f MiB, exit %d' % (
                number + 1, name, total / seconds, seconds, cpu, peak / 1024, status), flush=True)
            if name not in exact:
                exact[name] = exactness(target, right)
    return results, exact


def table(results, exact, total):
    rate = {name: statistics.median(run[0] for run in runs) for name, runs in results.items()}
    print('%-18s %9s %8s %8s %9s %9s %9s %9s %9s  of %d' % (
        'program', 'msg/s', '/floor', '/mb2md', 'peak MiB', 'bytes', '+flags', '+time', 'exact', total))
    for name, value in sorted(rate.items(), key=lambda item: -item[1]):
        ratios = ['%.2f' % (value / rate[other]) if other in rate else '-'
                  for other in ('floor', 'mb2md')]
        peak = max(run[1] for run in results[name]) / 1024
        print('%-18s %9.0f %8s %8s %9.1f %9d %9d %9d %9d' % (name, value, *ratios, peak, *exact[name]))
    return rate


def judge(results, exact, rate, total):
    """What --check says. -> whether the bars hold."""
    for name, (octets, flagged, timed, whole) in exact.items():
        status = max(run[3] for run in results[name])
        print('%s: %s (%d of %d in bytes, %d in bytes and flags, %d in bytes and time; exit %d)' % (
            name, 'every message is exact' if whole == total else '%d are exact' % whole, octets,
            total, flagged, timed, status))
    peak = max(run[1] for run in results['ours'])
    status = max(run[3] for run in results['ours'])
    bars = {
        'ours ends with 0': status == 0,
        'every message is exact': exact['ours'][3] == total,
        'below 64 MiB': peak < 64 * 1024,
        '80 % of the floor': rate['ours'] >= 0.8 * rate['floor'],
        'twice mb2md': 'mb2md' not in rate or rate['ours'] >= 2 * rate['mb2md'],
    }
    for name, holds in bars.items():
        print('%-26s %s' % (name, 'holds' if holds else 'DOES NOT HOLD'))
    return all(bars.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--only')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--python', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('mbox')
    parser.add_argument('target', nargs='?')
    args = parser.parse_args()
    if args.python:
        python_mailbox(args.mbox, args.target)
        return 0
    args.mbox = os.path.realpath(args.mbox)
    right = expected(args.mbox)
    total = sum(right.values())
    with tempfile.TemporaryDirectory() as scratch:
        wanted = {name: line for name, line in commands(args.mbox, scratch).items()
                  if not args.only or name in args.only.split(',')}
    chosen = {name: line for name, line in wanted.items()
              if shutil.which(NEEDS.get(name, line[0][0])) and
              (os.geteuid() != 0 or name != 'doveadm import')}
    for name in sorted(set(wanted) - set(chosen)):
        print('not installed here, or not for root: ' + name)
    scratch = tempfile.mkdtemp(prefix='lbx-bench.')
    # Of such a directory, ext4 puts the subdirectories into different parts of the disk, so that no
    # run works where another has filled the tables of inodes.
    if shutil.which('chattr'):
        subprocess.run(['chattr', '+T', scratch], check=False, stderr=subprocess.DEVNULL)
    try:
        results, exact = measure_all(chosen, args, right, scratch)
        rate = table(results, exact, total)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if not args.check:
        return 0
    return 0 if judge(results, exact, rate, total) else 1


if __name__ == '__main__':
    sys.exit(main())
