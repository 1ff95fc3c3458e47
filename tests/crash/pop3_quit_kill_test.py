# SPDX-License-Identifier: MIT
"""A POP3 session that removes 20 messages, killed with SIGKILL before each of its system calls in
turn, from its start to its end: the taking over of ids and the file of sizes are part of it.

strace numbers the calls of each name separately; a run for every name and every number is a run
for every call. The call that is named is not carried out."""
import collections
import os
import re
import shutil
import subprocess
import unittest

from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program

MEMORY = {'mmap', 'munmap', 'madvise', 'mprotect', 'brk', 'mremap'}  # a sanitizer's are not ours
KEPT, MARKED = 5, 20
LOGIN = b'USER bob\r\nPASS x\r\n'
DELETIONS = b''.join(b'DELE %d\r\n' % number for number in range(1, MARKED + 1))


def message(number):
    return b'Subject: %d\n\nbody\n' % number


@unittest.skipUnless(shutil.which('strace'), 'strace is not installed')
class QuitKillTest(ScratchTest):
    def setUp(self):
        super().setUp()
        with open(program('letterbox-pop3d'), 'rb') as file:
            self.sanitized = b'__asan_init' in file.read()
        self.folder = self.path('home/Maildir')
        self.login = self.write('login', 'bob:{PLAIN}x:%s\n' % self.folder, 0o600)

    def fresh(self):
        """Messages 1 to 20 are in new/ or cur/, and so are the five behind them; the first and the
        last have ids of Dovecot, number 22 lies about its size."""
        shutil.rmtree(self.path('home'), ignore_errors=True)
        maildir = Maildir(self.folder)
        uidlist = b'3 V7 N9\n'
        for number in range(1, MARKED + KEPT + 1):
            name = '%d.M1P1.host' % (1000000000 + number) + (',S=3,W=4' if number == 22 else '')
            if number in (1, MARKED + KEPT):
                uidlist += b'%d :%s\n' % (number, name.encode())
            folder, flags = ('cur', ':2,S') if number % 2 else ('new', '')
            maildir.add(message(number), name + flags, folder)
        self.write('home/Maildir/dovecot-uidlist', uidlist)
        own(self.path('home'))

    def session(self, commands, *prefix):
        return subprocess.run(
            [*prefix, program('letterbox-pop3d'), '--login-file', self.login],
            input=LOGIN + commands, capture_output=True,
            env={'PATH': os.environ['PATH'], 'LETTERBOX_HOME': self.path('none'),
                 'ASAN_OPTIONS': 'detect_leaks=0'}, **as_ordinary())  # it cannot under ptrace

    def quit_session(self, *strace_args):
        return self.session(b'RETR 22\r\n' + DELETIONS + b'QUIT\r\n', 'strace', '-f', *strace_args)

    def calls(self):
        log = self.path('log')
        self.fresh()
        ran = self.quit_session('-o', log)
        if b'ptrace' in ran.stderr:
            self.skipTest('strace may not trace here')
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.check(ran)
        with open(log) as file:
            names = [re.match(r'\d+\s+(\w+)\(', line) for line in file]
        counts = collections.Counter(match.group(1) for match in names if match)
        counts.pop('execve')
        if self.sanitized:
            counts = {name: count for name, count in counts.items() if name not in MEMORY}
        self.assertGreaterEqual(counts['unlinkat'], MARKED)
        return [(name, number) for name, count in counts.items()
                for number in range(1, count + 1)]

    def listed(self):
        """-> {base name: (id, octets)} as a session after the crash has it."""
        answers = self.session(b'UIDL\r\nLIST\r\nRETR 1\r\nSTAT\r\n').stdout.split(b'\r\n')
        start = 3  # behind greeting, USER, PASS
        ids = [line.split()[1] for line in answers[start + 1:answers.index(b'.')]]
        start = answers.index(b'.') + 2
        sizes = [int(line.split()[1]) for line in answers[start:start + len(ids)]]
        count, octets = answers[-2].split()[1:]
        self.assertEqual((int(count), int(octets)), (len(ids), sum(sizes)))
        return dict(zip(ids, sizes))

    def check(self, ran):
        removed = ran.stdout.endswith(b'+OK \r\n') and ran.stdout.count(b'+OK ') == MARKED + 5
        left = collections.Counter(Maildir(self.folder, create=False).messages().values())
        for number in range(MARKED + 1, MARKED + KEPT + 1):
            self.assertEqual(left.pop(message(number)), 1)
        self.assertLessEqual(set(left), {message(number) for number in range(1, MARKED + 1)})
        if removed:
            self.assertEqual(left, {})
        ids = self.listed()
        for number in range(1, MARKED + KEPT + 1):
            own_id = b'%d.M1P1.host' % (1000000000 + number) + (b',S=3,W=4' if number == 22 else b'')
            here = number > MARKED or message(number) in left
            dovecots = number in (1, MARKED + KEPT)
            expected = b'%08x%08x' % (number, 7) if dovecots else own_id
            self.assertEqual(expected in ids, here, expected)
            if here and number != 22:  # that one has been lying until it was sent
                self.assertEqual(ids[expected], len(message(number)) + 3)
        self.assertEqual(len(ids), len(left) + KEPT)

    def test_no_unmarked_message_is_lost_and_no_id_changes(self):
        killed = 0
        calls = self.calls()
        for name, number in calls:
            self.fresh()
            ran = self.quit_session('-o', '/dev/null',
                                    '-e', f'inject={name}:signal=KILL:when={number}')
            killed += ran.returncode == -9
            with self.subTest(call=name, number=number):
                self.assertIn(ran.returncode, (-9, 0))
                self.check(ran)
        # A few calls, such as retries of the loader, may differ from run to run.
        self.assertGreater(killed, 0.9 * len(calls))
