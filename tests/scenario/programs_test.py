# SPDX-License-Identifier: MIT
"""Programs and homes that mean no good: always an end within the limit, and the right code."""
import os
import signal
import subprocess
import time
import unittest

from deliver_test import MESSAGE, DeliverTest
from support import letterbox
from support.letterbox import Maildir, as_ordinary, own, program

GRACE = 5   # seconds between SIGTERM and SIGKILL
SLACK = 30  # seconds that a busy machine may take for anything


class LimitsTest(DeliverTest):
    def setUp(self):
        super().setUp()
        # A sanitizer needs more memory than any limit lets it have.
        self.control(programtimeout='1', programmemory='0')
        # Whoever is still alive holds its writing end.
        self.alive, self.held = os.pipe()
        self.addCleanup(os.close, self.alive)

    def control(self, **settings):
        for name, value in settings.items():
            self.write('mail/control/' + name, value + '\n')

    def environment(self, **more):
        return super().environment(LETTERBOX_HOME=self.path('mail'), **more)

    def start(self, script, name='letterbox-deliver', *args):
        self.dotqmail('|' + script + '\n')
        child = subprocess.Popen([program(name), *args], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=self.environment(), pass_fds=(self.held,), **as_ordinary())
        self.addCleanup(lambda: [each.close() for each in (child.stdout, child.stderr)])
        child.stdin.write(MESSAGE)
        child.stdin.close()
        child.stdin = None
        return child

    def everything_ends(self):
        """Blocks until nobody holds the pipe any more; the test's own time limit is the net."""
        os.close(self.held)
        self.assertEqual(os.read(self.alive, 1), b'')

    def ends(self, script, code, line, within):
        began = time.monotonic()
        child = self.start(script)
        out, err = child.communicate(timeout=within + SLACK)
        self.assertLess(time.monotonic() - began, within + SLACK)
        self.assertEqual((child.returncode, out, err), (code, line, b''))
        self.everything_ends()

    TIMED_OUT = b'4.3.0 A program ran for more than 1 seconds and was ended.\n'

    def test_one_that_runs_for_ever(self):
        self.ends('sleep 1000 & sleep 1000', 75, self.TIMED_OUT, 1)

    def test_one_that_ignores_sigterm(self):
        self.ends('trap "" TERM; (trap "" TERM; sleep 1000) & while :; do sleep 1; done', 75,
                  self.TIMED_OUT, 1 + GRACE)

    def test_one_that_fills_its_pipe(self):
        self.ends('yes', 75, b'4.3.0 A program ran for more than 1 seconds and was ended: y\n', 1)

    def test_one_that_closes_its_descriptors(self):
        self.ends('exec <&- >&- 2>&-; sleep 1000', 75, self.TIMED_OUT, 1)

    def test_one_that_leaves_a_daemon_behind_with_the_pipe(self):
        self.control(programtimeout='2')
        self.ends('sleep 1000 & exit 0', 0, b'', 0)

    def test_one_that_leaves_a_daemon_behind_and_fails(self):
        self.ends('sleep 1000 & echo "no (#5.7.1)"; exit 100', 77, b'5.7.1 no\n', 0)

    def test_one_that_forks_for_ever(self):
        self.control(programprocesses='300')
        self.start('while :; do sleep 1000 & done 2>/dev/null').communicate(timeout=1 + GRACE + SLACK)
        self.everything_ends()

    def test_a_fork_bomb_whose_first_process_ends(self):
        self.control(programprocesses='200')
        child = self.start('f() { f | f & }; f 2>/dev/null')
        child.communicate(timeout=1 + GRACE + SLACK)
        self.everything_ends()

    def test_a_program_has_no_more_memory_than_its_limit(self):
        self.control(programmemory='64', programtimeout='60')
        self.dotqmail('|perl -e \'$x = "x" x 300_000_000\' && echo had it >had\n')
        self.assertEqual(self.deliver().returncode, 75)
        self.assertFalse(os.path.exists(self.path('home/had')))

    def test_whatever_ends_us_ends_the_program(self):
        self.control(programtimeout='3600')
        for number in (signal.SIGTERM, signal.SIGKILL):
            child = self.start('echo >started; sleep 1000 & sleep 1000')
            while not os.path.exists(self.path('home/started')):
                time.sleep(0.01)
            child.send_signal(number)
            child.communicate(timeout=SLACK)
            self.assertEqual(child.returncode, -number)
            self.everything_ends()
            os.unlink(self.path('home/started'))
            os.close(self.alive)
            self.alive, self.held = os.pipe()
        os.close(self.held)

    def test_qmail_local_has_the_same_limits(self):
        self.dotqmail('|sleep 1000 & sleep 1000\n')
        with open(self.write('message', MESSAGE), 'rb') as file:
            ran = letterbox.run('qmail-local', '--', 'joe', self.home, 'joe', '', '', 'x.example',
                                'a@b', './m/', stdin_file=file, env=self.environment(),
                                pass_fds=(self.held,))
        self.assertEqual((ran.returncode, ran.stderr),
                         (111, b'A program ran for more than 1 seconds and was ended. (#4.3.0)\n'))
        self.everything_ends()

    def test_a_setting_that_makes_no_sense_waits(self):
        self.control(programtimeout='0')
        self.dotqmail('|true\n')
        ran = self.deliver()
        self.assertEqual(ran.returncode, 75)
        self.assertTrue(ran.stdout.startswith(b'4.3.5 Unable to use a setting: '), ran.stdout)
        self.assertIn(b'from 1 to 86400 seconds', ran.stdout)
        self.dotqmail('./Maildir/\n')
        Maildir(self.path('home/Maildir'))
        self.assertEqual(self.deliver().returncode, 0)  # it has nothing to do with this one
        os.close(self.held)


class EnvironmentTest(DeliverTest):
    NAMES = {'DTLINE', 'EXT', 'EXT2', 'EXT3', 'EXT4', 'HOME', 'HOST', 'HOST2', 'HOST3', 'HOST4',
             'LOCAL', 'NEWSENDER', 'RECIPIENT', 'RPLINE', 'SENDER', 'UFLINE', 'USER'}

    def names(self):
        text = self.read('seen').split(b'\0')
        return {each.partition(b'=')[0].decode() for each in text if each}

    def test_nothing_of_a_service_reaches_a_program(self):
        self.dotqmail('|env -0 >seen\n')
        self.deliver(env=self.environment(SECRET='x', DEFAULT='y', LD_LIBRARY_PATH='/nowhere',
                                          CREDENTIALS_DIRECTORY='/run', TZ='UTC', LC_ALL='C'))
        self.assertEqual(self.names() - {'PWD', '_', 'OLDPWD'},  # the shell's own
                         self.NAMES | {'PATH', 'SHELL', 'LOGNAME', 'TZ', 'LC_ALL'})

    def test_qmail_local_passes_on_what_it_has_but_default(self):
        self.dotqmail('|env -0 >seen\n')
        with open(self.write('message', MESSAGE), 'rb') as file:
            letterbox.run('qmail-local', '--', 'joe', self.home, 'joe', '', '', 'x.example', 'a@b',
                          './m/', stdin_file=file, env={'PATH': os.environ['PATH'], 'KEPT': '1',
                                                        'DEFAULT': 'leaked'})
        self.assertIn('KEPT', self.names())
        self.assertNotIn('DEFAULT', self.names())


class HostileFilesTest(DeliverTest):
    """What stands in the way is passed over, or makes the message wait; nothing hangs."""

    def waits(self):
        ran = self.deliver(timeout=SLACK)
        self.assertEqual(ran.returncode, 75)
        return ran.stdout

    def test_a_dotqmail_that_is_no_file_is_passed_over(self):
        os.mkfifo(self.path('fifo'))
        for target in (self.path('fifo'), '/dev/zero', '/dev/null', '/nonexistent', self.dir):
            os.symlink(target, self.path('home/.qmail'))
            self.assertEqual(self.deliver(timeout=SLACK).returncode, 0, target)
            os.unlink(self.path('home/.qmail'))
        os.mkfifo(self.path('home/.qmail'))
        self.assertEqual(self.deliver(timeout=SLACK).returncode, 0)
        self.assertEqual(len(self.inbox()), 6)

    def test_a_dotqmail_that_links_to_itself_is_passed_over(self):
        os.symlink('.qmail', self.path('home/.qmail'))
        self.assertIn(self.deliver().returncode, (0, 75))

    def test_a_dotqmail_of_10_megabytes_waits(self):
        self.dotqmail('# nothing\n' * 1_000_000)
        self.assertIn(b'is longer than', self.waits())
        self.dotqmail('x' * 10_000_000)
        self.assertIn(b'is longer than', self.waits())

    def test_a_dotqmail_of_many_lines_waits(self):
        self.dotqmail('#\n' * 200_000)
        self.waits()

    def test_an_mbox_that_is_no_file_waits(self):
        os.mkfifo(self.path('home/fifo'))
        os.mkdir(self.path('home/folder'))
        os.symlink('/dev/null', self.path('home/null'))
        os.symlink('loop', self.path('home/loop'))
        own(self.home)
        for name in ('./fifo', './folder', './null', './loop', '/dev/null', '/dev/full'):
            self.dotqmail(name + '\n')
            self.assertRegex(self.waits(), rb'^4\.[23]\.[0-9] Unable to (open|lock) ')

    def test_a_maildir_that_is_none_waits(self):
        os.mkfifo(self.path('home/fifo'))
        os.symlink('loop', self.path('home/loop'))
        self.write('home/file', 'x')
        own(self.home)
        for name in ('./fifo/', './file/', './loop/', '/dev/null/'):
            self.dotqmail(name + '\n')
            self.waits()
        Maildir(self.path('home/m'))
        os.rmdir(self.path('home/m/new'))
        os.mkfifo(self.path('home/m/new'))
        own(self.home)
        self.dotqmail('./m/\n')
        self.waits()

    def test_a_home_that_is_none_waits(self):
        os.mkfifo(self.path('fifo'))
        for home in (self.path('fifo'), '/dev/null', self.path('nothing')):
            self.assertEqual(self.deliver('--home', home, timeout=SLACK).returncode, 75)

    def test_a_forward_to_oneself_ends_at_the_second_round(self):
        self.write('home/bin/qmail-queue',
                   '#!/bin/sh\n(echo "Received: by loop"; cat) >round\ncat <&1 >/dev/null\n', 0o755)
        self.dotqmail('&joe@example.org\n')
        env = self.environment(LETTERBOX_HOME=self.home)
        self.assertEqual(self.deliver(env=env).returncode, 0)
        ran = self.deliver(env=env, message=self.read('round'))
        self.assertEqual(ran.returncode, 65)
        self.assertTrue(ran.stdout.startswith(b'5.4.6 '))


if __name__ == '__main__':
    unittest.main()
