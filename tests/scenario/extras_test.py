# SPDX-License-Identifier: MIT
"""What users of delivery agents ask for: locks by setting, a hook, conditions, attempts."""
import fcntl
import os
import resource
import socket
import subprocess
import time
import unittest

from deliver_test import MESSAGE, DeliverTest
from support import letterbox
from support.letterbox import Maildir, own, program


class ExtrasTest(DeliverTest):
    def setUp(self):
        super().setUp()
        # A sanitizer needs more memory than any limit lets it have.
        self.control(programmemory='0')

    def control(self, **settings):
        for name, value in settings.items():
            self.write('mail/control/' + name, value + '\n')

    def environment(self, **more):
        return super().environment(LETTERBOX_HOME=self.path('mail'), **more)

    def local(self, *options, ext=''):
        with open(self.write('message', MESSAGE), 'rb') as file:
            return letterbox.run('qmail-local', *options, '--', 'joe', self.home,
                                 'joe' + ('-' + ext if ext else ''), '-' if ext else '', ext,
                                 'x.example', 'a@b', './Maildir/', stdin_file=file,
                                 env=self.environment())


class LockTest(ExtrasTest):
    def setUp(self):
        super().setUp()
        self.write('home/box', '')
        self.dotqmail('./box\n')
        self.control(mboxlocktimeout='1')

    def test_each_lock_holds_those_who_ask_for_it(self):
        cases = (('flock', True, False, False), ('fcntl', False, True, False),
                 ('dotlock', False, False, True), ('dotlock,fcntl', False, True, True),
                 ('dotlock,flock,fcntl', True, True, True), ('fcntl,dotlock', False, True, True))
        for words, flock, by_fcntl, dotlock in cases:
            self.control(mboxlocks=words)
            with open(self.path('home/box'), 'r+b') as box:
                fcntl.flock(box, fcntl.LOCK_EX)
                self.blocked(flock, words)
                fcntl.flock(box, fcntl.LOCK_UN)
                fcntl.lockf(box, fcntl.LOCK_EX)
                self.blocked(by_fcntl, words)
                fcntl.lockf(box, fcntl.LOCK_UN)
            self.write('home/box.lock', 'x')
            self.blocked(dotlock, words)
            os.unlink(self.path('home/box.lock'))

    def blocked(self, expected, words):
        ran = self.deliver()
        if not expected:
            self.assertEqual(ran.returncode, 0, (words, ran))
            return
        self.assertEqual((ran.returncode, ran.stdout),
                         (75, b'4.3.0 File has been locked for 1 seconds straight.\n'), words)

    def test_qmail_local_asks_for_flock_until_a_file_says_otherwise(self):
        with open(self.path('home/box'), 'r+b') as box:
            fcntl.lockf(box, fcntl.LOCK_EX)
            self.assertEqual(self.local().returncode, 0)
            self.control(mboxlocks='fcntl')
            self.assertEqual(self.local().returncode, 111)

    def test_a_word_that_is_no_lock_waits(self):
        self.control(mboxlocks='padlock')
        ran = self.deliver()
        self.assertEqual((ran.returncode, ran.stdout),
                         (75, b'4.3.5 Unable to use a setting: no way to lock an mbox: padlock\n'))


def ends(pid, seconds):
    """Whether a process that is not ours is gone, or a zombie, within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with open('/proc/%d/stat' % pid) as file:
                if file.read().rpartition(')')[2].split()[0] == 'Z':
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


class HookTest(ExtrasTest):
    """The hook writes to a FIFO: reading it is waiting for it."""

    def setUp(self):
        super().setUp()
        self.fifo = self.path('fifo')
        os.mkfifo(self.fifo)
        own(self.fifo)

    def told(self, lines):
        with open(self.fifo, 'rb') as file:
            return [file.readline() for _ in range(lines)]

    def test_it_is_told_of_the_file_in_a_maildir(self):
        self.control(deliveryhook='{ cat; echo "$LETTERBOX_FILE,$USER,${SECRET-unset}"; pwd; } >'
                     + self.fifo)
        self.assertEqual(self.deliver(env=self.environment(SECRET='x')).returncode, 0)
        file, variables, where = self.told(3)
        name, = os.listdir(self.path('home/Maildir/new'))
        path = os.path.join(self.home, 'Maildir/new', name).encode()
        self.assertEqual(file, path + b'\n')
        self.assertEqual(variables, path + b',joe,unset\n')
        self.assertEqual(where, self.home.encode() + b'\n')

    def test_it_is_told_of_every_file_of_a_message(self):
        self.control(deliveryhook='cat >' + self.fifo)
        Maildir(self.path('home/m'))
        self.dotqmail('./m/\n./box\n|true\n')
        self.assertEqual(self.deliver().returncode, 0)
        maildir, box = self.told(2)
        self.assertTrue(maildir.startswith(self.path('home/m/new/').encode()))
        self.assertEqual(box, self.path('home/box').encode() + b'\n')

    def test_what_comes_while_it_runs_is_told_to_the_next_run(self):
        gate = self.path('gate')
        os.mkfifo(gate)
        own(gate)
        self.control(deliveryhook='cat <%s >/dev/null; wc -l >%s' % (gate, self.fifo))
        self.deliver()
        with open(gate, 'wb'):  # opens when the first run has begun
            for _ in range(5):
                self.deliver()
        self.assertEqual(self.told(1), [b'1\n'])
        with open(gate, 'wb'):
            pass
        self.assertEqual(self.told(1), [b'5\n'])
        self.assertEqual(len(self.inbox()), 6)

    def test_nothing_that_it_does_changes_the_delivery(self):
        for command in ('exit 1', 'kill -9 $$', '/nonexistent', 'echo noise; echo noise >&2',
                        'kill -9 $PPID'):
            self.control(deliveryhook=command)
            self.assertEqual(self.deliver().returncode, 0, command)
        self.assertEqual(len(self.inbox()), 5)

    def test_what_it_leaves_behind_holds_neither_a_delivery_nor_the_next_run(self):
        gate = self.path('gate')
        os.mkfifo(gate)
        own(gate)
        # In its own group, and out of it, with every descriptor that it had; both live until the
        # gate has been opened.
        self.control(deliveryhook='cat <%s & setsid cat <%s & echo "$LETTERBOX_FILE" >%s'
                     % (gate, gate, self.fifo))
        for _ in range(3):
            self.assertEqual(self.deliver(timeout=60).returncode, 0)  # its pipes are closed, too
            name, = self.told(1)
            self.assertTrue(os.path.exists(name.rstrip(b'\n')))
        with open(gate, 'wb'):
            pass

    def test_what_it_leaves_behind_ends_with_its_time(self):
        mark = self.path('pid')
        self.control(deliveryhook='sleep 1000 & echo $! >%s; echo >%s' % (mark, self.fifo),
                     programtimeout='1')
        self.assertEqual(self.deliver().returncode, 0)
        self.told(1)
        with open(mark) as file:
            left = int(file.read())
        self.assertTrue(ends(left, 60))

    def test_a_home_that_takes_no_list_takes_mail(self):
        self.write('home/.letterbox', 'in the way')
        self.control(deliveryhook='true')
        self.assertEqual(self.deliver().returncode, 0)

    def test_a_failed_delivery_tells_nothing_and_waits_for_nobody(self):
        self.control(deliveryhook='sleep 1000; echo >' + self.fifo)
        self.dotqmail('|exit 100\n')
        self.assertEqual(self.deliver().returncode, 69)
        self.assertFalse(os.path.exists(self.path('home/.letterbox')))

    @unittest.skipUnless(os.geteuid() == 0 and not os.path.exists('/dev/log'),
                         'the system log is somebody else\'s')
    def test_its_failure_stands_in_the_systems_log(self):
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(log.close)
        log.bind('/dev/log')
        self.addCleanup(os.unlink, '/dev/log')
        os.chmod('/dev/log', 0o666)
        log.settimeout(60)
        self.control(deliveryhook='echo "out of ink"; exit 7')
        self.assertEqual(self.deliver().returncode, 0)
        line = log.recv(4096)
        self.assertIn(b'delivery-hook', line)
        self.assertIn(b'ended with 7: out of ink', line)


class WhenTest(ExtrasTest):
    def when(self, args, files):
        """Whether the line below a condition was carried out, by both programs."""
        seen = []
        for deliver in (self.deliver, self.local):
            self.dotqmail('|%s %s\n./after\n' % (program('letterbox-when'), args))
            ran = deliver()
            self.assertEqual(ran.returncode, 0, ran)
            seen.append(os.path.exists(self.path('home/after')))
            if seen[-1]:
                os.unlink(self.path('home/after'))
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[0], files)

    def test_the_lines_below_are_for_what_matches(self):
        for args, files in (('Subject hello', True), ('subject "h?llo"', True),
                            ('Subject "hell"', False), ('Subject "hell*"', True),
                            ('--regex Subject "^h.l+o$"', True), ('--case Subject HELLO', False),
                            ('--not Subject hello', False), ('--not X-Missing "*"', True),
                            ('X-Missing "*"', False)):
            with self.subTest(args):
                self.when(args, files)

    def test_several_in_one_line_look_at_the_same_message(self):
        when = program('letterbox-when')
        for second, files in (('--not X-Missing "*"', True), ('--not Subject hello', False),
                              ('Subject hello', True)):
            with self.subTest(second):
                self.when('Subject hello && %s %s' % (when, second), files)

    def test_a_value_that_takes_too_much_memory_waits(self):
        with open(program('letterbox-when'), 'rb') as file:
            if b'__asan_init' in file.read():
                self.skipTest('a sanitizer takes what memory it likes')
        value = b'Subject: ' + b'a' * 65000 + b'\n\n'
        few = 256 << 20
        ran = letterbox.run('letterbox-when', '--regex', 'Subject', r'(a*)\1b', stdin=value,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (few, few)))
        self.assertEqual(ran.returncode, 111, ran)

    def test_forwards_above_it_are_sent_all_the_same(self):
        self.write('mail/bin/qmail-queue', '#!/bin/sh\ncat >/dev/null; cat <&1 >%s/envelope\n'
                   % self.home, 0o755)
        self.dotqmail('&a@b\n|%s Subject nothing\n&c@d\n' % program('letterbox-when'))
        self.assertEqual(self.deliver().returncode, 0)
        self.assertEqual(self.read('envelope'), b'Fsrc@send.example\0Ta@b\0\0')

    def test_what_makes_no_sense_waits(self):
        for args in ('--regex Subject "("', 'Subject', '', '--no-such Subject x'):
            self.dotqmail('|%s %s\n./after\n' % (program('letterbox-when'), args))
            self.assertEqual(self.deliver().returncode, 75, args)

    def test_exit_statuses_are_those_that_condredirect_reads(self):
        for args, status in ((('Subject', 'hello'), 0), (('Subject', 'bye'), 99),
                             (('Subject',), 111)):
            self.assertEqual(letterbox.run('letterbox-when', *args, stdin=MESSAGE).returncode,
                             status)


class AttemptTest(ExtrasTest):
    """One message that is tried again: what is done stays done."""

    def box(self):
        return self.read('box').count(b'\nSubject: hello\n')

    def test_lines_before_a_failing_one_are_not_repeated(self):
        self.dotqmail('./box\n|echo >>ran\n|test -e mended || exit 111\n./second\n')
        for _ in range(3):
            self.assertEqual(self.deliver('--attempt', 'q1').returncode, 75)
        self.write('home/mended', '')
        for _ in range(2):
            self.assertEqual(self.deliver('--attempt', 'q1').returncode, 0)
        self.assertEqual((self.box(), self.read('second').count(b'\nSubject: hello\n')), (1, 1))
        self.assertEqual(self.read('ran'), b'\n')

    def test_another_message_is_another_attempt(self):
        self.dotqmail('./box\n')
        for name in ('q1', 'q2', 'q1'):
            self.assertEqual(self.deliver('--attempt', name).returncode, 0)
        self.assertEqual(self.box(), 2)
        self.deliver()
        self.deliver()
        self.assertEqual(self.box(), 4)

    def test_a_forward_that_was_taken_is_not_sent_again(self):
        self.write('mail/bin/qmail-queue', '#!/bin/sh\necho >>%s/sent\ncat >/dev/null\n'
                   'cat <&1 >/dev/null\n' % self.home, 0o755)
        self.dotqmail('&a@b\n')
        for _ in range(2):
            self.assertEqual(self.deliver('--attempt', 'q1').returncode, 0)
        self.assertEqual(self.read('sent'), b'\n')
        self.dotqmail('&a@b\n&c@d\n')  # that is another forward
        self.assertEqual(self.deliver('--attempt', 'q1').returncode, 0)
        self.assertEqual(self.read('sent'), b'\n\n')

    def test_an_id_used_again_for_another_message_does_no_harm(self):
        self.write('mail/bin/qmail-queue', '#!/bin/sh\ncat >>%s/sent\ncat <&1 >/dev/null\n'
                   % self.home, 0o755)
        self.dotqmail('./box\n./Maildir/\n&a@b\n')
        Maildir(self.path('home/Maildir'))
        for text in (MESSAGE, MESSAGE, MESSAGE + b'more\n'):
            self.assertEqual(self.deliver('--attempt', 'q1', message=text).returncode, 0)
        self.assertEqual(self.box(), 2)
        self.assertEqual(self.read('sent').count(b'\nSubject: hello\n'), 2)
        self.assertEqual(len(Maildir(self.path('home/Maildir')).messages()), 2)

    def test_a_program_that_stopped_the_file_stops_it_again(self):
        self.dotqmail('./box\n|echo >>ran; exit 99\n|exit 100\n')
        for _ in range(2):
            self.assertEqual(self.deliver('--attempt', 'q1').returncode, 0)
        self.assertEqual((self.box(), self.read('ran')), (1, b'\n'))

    def test_an_attempt_that_is_at_work_is_not_doubled(self):
        self.write('home/box', '')
        self.dotqmail('./box\n|echo >%s; cat <%s >/dev/null\n'
                      % (self.path('started'), self.path('gate')))
        for each in ('started', 'gate'):
            os.mkfifo(self.path(each))
            own(self.path(each))
        first = subprocess.Popen([program('letterbox-deliver'), '--attempt', 'q1'],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 env=self.environment(), **letterbox.as_ordinary())
        first.stdin.write(MESSAGE)
        first.stdin.close()
        with open(self.path('started'), 'rb') as file:
            file.read()
        ran = self.deliver('--attempt', 'q1')
        self.assertEqual((ran.returncode, ran.stdout),
                         (75, b'4.3.0 Unable to use notes: another attempt of this delivery is at '
                              b'work\n'))
        with open(self.path('gate'), 'wb'):
            pass
        self.assertEqual(first.wait(), 0)
        first.stdout.close()
        self.assertEqual(self.box(), 1)

    def test_a_maildir_alone_needs_no_notes(self):
        self.deliver('--attempt', 'q1')
        self.assertEqual(os.listdir(self.home), ['Maildir'])

    def test_notes_in_the_way_do_not_stop_mail(self):
        self.write('home/.letterbox', 'in the way')
        self.dotqmail('./box\n')
        self.assertEqual(self.deliver('--attempt', 'q1').returncode, 0)
        self.assertEqual(self.box(), 1)


if __name__ == '__main__':
    unittest.main()
