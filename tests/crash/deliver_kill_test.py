# SPDX-License-Identifier: MIT
"""letterbox-deliver killed with SIGKILL before each of its system calls in turn.

strace numbers the calls of each name separately; a run for every name and every number is a run
for every call. The call that is named is not carried out."""
import collections
import os
import re
import shutil
import subprocess
import unittest

from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program

SMALL = b'Subject: small\n\nbody\n'
LARGE = b'Subject: large\n\n' + b'0123456789abcde\n' * 20_000  # several writes, a spool file
TRACE = b'Return-Path: <a@b>\nDelivered-To: joe@example.org\n'
# What a sanitizer does to its memory is not ours.
MEMORY = {'mmap', 'munmap', 'madvise', 'mprotect', 'brk', 'mremap'}


@unittest.skipUnless(shutil.which('strace'), 'strace is not installed')
class KillTest(ScratchTest):
    options = ()  # of letterbox-deliver, beyond the default delivery

    def setUp(self):
        super().setUp()
        with open(program('letterbox-deliver'), 'rb') as file:
            self.sanitized = b'__asan_init' in file.read()
        self.home = self.path('home')
        self.message = self.write('message', SMALL)

    def run_traced(self, default, *strace_args):
        env = {'PATH': os.environ['PATH'], 'HOME': self.home, 'USER': 'joe', 'TMPDIR': self.dir,
               'RECIPIENT': 'joe@example.org', 'SENDER': 'a@b',
               'LETTERBOX_HOME': self.path('mail'),
               'ASAN_OPTIONS': 'detect_leaks=0'}  # it cannot under ptrace
        with open(self.message, 'rb') as message:
            return subprocess.run(['strace', '-f', *strace_args, program('letterbox-deliver'),
                                   '--default', default, *self.options],
                                  stdin=message, capture_output=True, env=env, **as_ordinary())

    def calls(self, default):
        """How often each call is made in an undisturbed delivery."""
        log = self.path('log')
        self.fresh()
        ran = self.run_traced(default, '-o', log)
        if b'ptrace' in ran.stderr:
            self.skipTest('strace may not trace here')
        self.assertEqual((ran.returncode, ran.stdout), (0, b''))
        with open(log) as file:
            names = [re.match(r'\d+\s+(\w+)\(', line) for line in file]
        os.unlink(log)
        counts = collections.Counter(match.group(1) for match in names if match)
        counts.pop('execve')  # before it there is no delivery
        if self.sanitized:
            counts = {name: count for name, count in counts.items() if name not in MEMORY}
        return [(name, number) for name, count in counts.items()
                for number in range(1, count + 1)]

    def kill_before_each(self, default, check):
        killed = 0
        calls = self.calls(default)
        for name, number in calls:
            self.fresh()
            ran = self.run_traced(default, '-o', '/dev/null',
                                  '-e', f'inject={name}:signal=KILL:when={number}')
            killed += ran.returncode == -9
            with self.subTest(call=name, number=number):
                self.assertIn(ran.returncode, (-9, 0))
                self.assertEqual(ran.stdout, b'')
                check(ran.returncode == 0)
        # A few calls, such as retries of the loader, may differ from run to run.
        self.assertGreater(killed, 0.9 * len(calls))

    def deliver_again(self, default):
        ran = self.run_traced(default, '-o', '/dev/null')
        self.assertEqual((ran.returncode, ran.stdout), (0, b''))

    def fresh(self):
        raise NotImplementedError


class IntoMaildirTest(KillTest):
    def fresh(self):
        shutil.rmtree(self.home, ignore_errors=True)
        Maildir(self.path('home/Maildir'))
        own(self.home)

    def check(self, acknowledged):
        with open(self.message, 'rb') as file:
            whole = TRACE + file.read()
        maildir = Maildir(self.path('home/Maildir'), create=False)
        found = list(maildir.messages().values())
        self.assertIn(found, ([whole],) if acknowledged else ([], [whole]))
        self.assertEqual([each for each in maildir.tmp() if not each.endswith('.attempt')], [])
        self.assertLessEqual(len(maildir.tmp()), 1 if '--attempt' in self.options else 0)

    def test_the_whole_message_or_nothing(self):
        self.kill_before_each('./Maildir/', self.check)

    def test_the_whole_large_message_or_nothing(self):
        self.write('message', LARGE)
        self.kill_before_each('./Maildir/', self.check)


class MakingTheMaildirTest(KillTest):
    def fresh(self):
        shutil.rmtree(self.home, ignore_errors=True)
        os.mkdir(self.home)
        own(self.home)

    def check(self, acknowledged):
        place = self.path('home/Maildir')
        if os.path.exists(place):
            self.assertEqual(sorted(os.listdir(place)), ['cur', 'new', 'tmp'])
        self.assertTrue(all(each == 'Maildir' or each.startswith('.Maildir.')
                            for each in os.listdir(self.home)))
        if not acknowledged:
            self.deliver_again('./Maildir/')
        self.assertIn(TRACE + SMALL,
                      Maildir(place, create=False).messages().values())

    def test_there_is_never_half_a_maildir_and_the_next_delivery_succeeds(self):
        self.kill_before_each('./Maildir/', self.check)


class IntoMboxTest(KillTest):
    """An append can stop half-way where the process is killed (no other process is there to cut
    it off): what was in the mbox stays, and what comes next does not suffer from the tail."""

    OLD = b'From old@x Thu Jan  1 00:00:00 1970\nSubject: old\n\nold\n\n'

    def fresh(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.write('home/box', self.OLD)
        own(self.home)

    def entry(self):
        with open(self.message, 'rb') as file:
            return TRACE + file.read() + b'\n'

    def check(self, acknowledged):
        with open(self.path('home/box'), 'rb') as file:
            box = file.read()
        self.assertTrue(box.startswith(self.OLD))
        tail = box[len(self.OLD):]
        without_from = tail.partition(b'\n')[2]
        if acknowledged:
            self.assertEqual(without_from, self.entry())
            return
        self.assertTrue(self.entry().startswith(without_from), without_from[:100])
        # A dot-lock of a dead process is broken once it is old enough.
        lock = self.path('home/box.lock')
        if os.path.exists(lock):
            os.utime(lock, (0, 0))
        self.deliver_again('./box')
        with open(self.path('home/box'), 'rb') as file:
            after = file.read()
        self.assertTrue(after.startswith(box))
        self.assertTrue(after.endswith(b'\n' + self.entry()))
        self.assertRegex(after[len(box):len(box) + 8], rb'^\n{0,2}From ')

    def test_what_was_there_stays_and_the_next_message_is_whole(self):
        self.kill_before_each('./box', self.check)

    def test_so_it_is_with_a_large_message(self):
        self.write('message', LARGE)
        self.kill_before_each('./box', self.check)


class RepeatedAttemptTest(IntoMaildirTest):
    """With a name over all attempts, a message comes exactly once whatever the first one did."""
    options = ('--attempt', 'queue-id-1')

    def check(self, acknowledged):
        super().check(acknowledged)
        self.deliver_again('./Maildir/')
        super().check(True)


class CountedAttemptTest(RepeatedAttemptTest):
    """The same with a quota: what a killed attempt leaves is a line too many at most, and the next
    count sets it right."""

    size_before = '1000000S\n0 0\n'
    test_the_whole_large_message_or_nothing = None  # the quota does not see its parts

    def fresh(self):
        super().fresh()
        self.write('home/Maildir/maildirsize', self.size_before)

    def counted(self):
        with open(self.path('home/Maildir/maildirsize')) as file:
            lines = file.read().splitlines()[1:]
        return sum(int(line.split()[1]) for line in lines)

    def check(self, acknowledged):
        tmp = self.path('home/Maildir/tmp')
        for name in os.listdir(tmp):  # half of a new maildirsize, which readers clear by its age
            if not name.endswith('.attempt'):
                os.unlink(os.path.join(tmp, name))
        super().check(acknowledged)
        self.assertIn(self.counted(), (1, 2))
        with open(self.path('home/Maildir/maildirsize'), 'a') as file:
            file.write('torn')
        self.options = ()
        self.deliver_again('./Maildir/')
        self.options = RepeatedAttemptTest.options
        self.assertEqual(self.counted(), 2)


class RecountedAttemptTest(CountedAttemptTest):
    size_before = '1000000S\ntorn'


del KillTest  # it has no tests of its own

if __name__ == '__main__':
    unittest.main()
