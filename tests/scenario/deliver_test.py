# SPDX-License-Identifier: MIT
"""letterbox-deliver and qmail-local as mail systems meet them."""
import os
import re
import shutil
import socket
import subprocess
import unittest

from support import letterbox
from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program

MESSAGE = b'Subject: hello\n\nbody line\n'
STATUS_LINE = re.compile(rb'^([45])\.\d{1,3}\.\d{1,3} [ -~]+\n$')


class DeliverTest(ScratchTest):
    def setUp(self):
        super().setUp()
        self.home = self.path('home')
        os.mkdir(self.home, 0o755)
        own(self.home)

    def dotqmail(self, content, name='.qmail', mode=0o644):
        return self.write('home/' + name, content, mode)

    def read(self, name):
        with open(self.path('home', name), 'rb') as file:
            return file.read()

    def environment(self, **more):
        values = {'PATH': os.environ['PATH'], 'HOME': self.home, 'USER': 'joe',
                  'SENDER': 'src@send.example', 'RECIPIENT': 'joe@example.org'}
        values.update(more)
        return values

    def deliver(self, *args, message=MESSAGE, env=None, **kwargs):
        """-> CompletedProcess, after a look at what holds for every run."""
        ran = letterbox.run('letterbox-deliver', *args, stdin=message,
                            env=env or self.environment(), **kwargs)
        self.assertEqual(ran.stderr, b'')
        if ran.returncode == 0:
            self.assertEqual(ran.stdout, b'')
        else:
            self.assertRegex(ran.stdout, STATUS_LINE)
            never = ran.returncode not in (75, 111)
            self.assertEqual(ran.stdout[:1], b'5' if never else b'4', ran)
        return ran

    def inbox(self, name='Maildir'):
        return list(Maildir(os.path.join(self.home, name), create=False).messages().values())


class DefaultDeliveryTest(DeliverTest):
    def test_makes_the_maildir_and_delivers(self):
        self.assertEqual(self.deliver().returncode, 0)
        self.assertEqual(self.inbox(), [
            b'Return-Path: <src@send.example>\nDelivered-To: joe@example.org\n' + MESSAGE])
        self.assertEqual(sorted(os.listdir(self.home)), ['Maildir'])
        for each in ('Maildir', 'Maildir/new', 'Maildir/cur', 'Maildir/tmp'):
            self.assertEqual(os.stat(os.path.join(self.home, each)).st_mode & 0o777, 0o700)

    def test_default_may_be_several_lines(self):
        self.assertEqual(self.deliver('--default', './a/\n./box').returncode, 0)
        self.assertEqual(len(self.inbox('a')), 1)
        self.assertTrue(self.read('box').startswith(b'From src@send.example '))

    def test_default_is_a_setting_that_the_option_overrides(self):
        self.write('site/control/defaultdelivery', './set/\n')
        env = self.environment(LETTERBOX_HOME=self.path('site'))
        self.assertEqual(self.deliver(env=env).returncode, 0)
        self.assertEqual(len(self.inbox('set')), 1)
        self.assertEqual(self.deliver('--default', './box', env=env).returncode, 0)
        self.assertEqual(len(self.inbox('set')), 1)
        self.assertTrue(self.read('box').startswith(b'From src@send.example '))

    def test_delimiters_are_a_setting(self):
        self.dotqmail('./list\n', '.qmail-list-x')
        self.write('site/control/delimiters', '-+\n')
        env = {key: value for key, value in self.environment().items() if key != 'RECIPIENT'}
        env['LETTERBOX_HOME'] = self.path('site')
        for address in ('joe+list-x@example.org', 'joe-list-x@example.org'):
            self.assertEqual(self.deliver('--recipient', address, env=env).returncode, 0)
            self.assertIn(b'Delivered-To: ' + address.encode(), self.read('list'))

    def test_a_missing_home_is_not_made(self):
        shutil.rmtree(self.home)
        ran = self.deliver()
        self.assertEqual(ran.returncode, 75)
        self.assertIn(b'Unable to switch to', ran.stdout)
        self.assertFalse(os.path.exists(self.home))

    def test_maildirs_of_a_dotqmail_are_not_made(self):
        self.dotqmail('./Maildir/\n')
        ran = self.deliver()
        self.assertEqual(ran.returncode, 75)
        self.assertEqual(ran.stdout,
                         b'4.2.1 Unable to chdir to maildir: No such file or directory\n')
        self.assertEqual(os.listdir(self.home), ['.qmail'])

    def test_runs_without_any_option_or_variable(self):
        ran = letterbox.run('letterbox-deliver', '--home', self.home, stdin=MESSAGE, env={})
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, b'', b''))
        self.assertIn(b'Return-Path: <>\n', self.inbox()[0])


class DotQmailTest(DeliverTest):
    def test_every_kind_of_line(self):
        for each in ('bin', 'm'):
            os.mkdir(self.path('home', each))
            own(self.path('home', each))
        Maildir(self.path('home/m'))
        self.write('home/bin/qmail-queue', '#!/bin/sh\ncat >message\ncat <&1 >envelope\n', 0o755)
        self.dotqmail('# all of them\n./m/\n./box\n|cat >program\n&a@b.example\nc@d.example\n')
        ran = self.deliver(env=self.environment(LETTERBOX_HOME=self.home))
        self.assertEqual(ran.returncode, 0)
        self.assertEqual(len(self.inbox('m')), 1)
        read = {name: self.read(name) for name in ('box', 'program', 'message', 'envelope')}
        self.assertTrue(read['box'].endswith(b'Delivered-To: joe@example.org\n' + MESSAGE + b'\n'))
        self.assertEqual(read['program'], MESSAGE)
        self.assertEqual(read['message'], b'Delivered-To: joe@example.org\n' + MESSAGE)
        self.assertEqual(read['envelope'],
                         b'Fsrc@send.example\0Ta@b.example\0Tc@d.example\0\0')

    def test_extensions_and_wildcards(self):
        Maildir(self.path('home/m'))
        self.dotqmail('|echo "$DEFAULT,$EXT,$LOCAL" >said\n./m/\n', '.qmail-list-default')
        env = self.environment(EXTENSION='list-Foo.bar', RECIPIENT='joe+list-Foo.bar@example.org')
        self.assertEqual(self.deliver(env=env).returncode, 0)
        self.assertEqual(self.read('said'), b'Foo.bar,list-Foo.bar,joe+list-Foo.bar\n')

    def test_an_extension_without_a_file_is_no_such_user(self):
        ran = self.deliver('--ext', 'nothere')
        self.assertEqual(ran.returncode, 67)
        self.assertEqual(ran.stdout, b'5.1.1 Sorry, no mailbox here by that name.\n')
        self.assertEqual(self.deliver('--ext', 'nothere', '--exit-codes', 'qmail').returncode, 100)

    def test_a_dotqmail_that_is_a_directory_is_passed_over(self):
        os.mkdir(self.path('home/.qmail-x'))
        own(self.path('home/.qmail-x'))
        self.assertEqual(self.deliver('--ext', 'x').returncode, 67)
        os.mkdir(self.path('home/.qmail'))
        self.assertEqual(self.deliver().returncode, 0)
        self.assertEqual(len(self.inbox()), 1)

    def test_mistakes_wait_for_their_owner(self):
        for content, mode, reason in (('\n./m/\n', 0o644, b'4.2.1 Uh-oh: first line'),
                                      ('|true\n', 0o744, b'4.7.0 Uh-oh: .qmail has prog'),
                                      ('./m/\n', 0o744, b'4.7.0 Uh-oh: .qmail has file'),
                                      ('./m/\n', 0o666, b'4.7.0 Uh-oh: .qmail file is')):
            self.dotqmail(content, mode=mode)
            ran = self.deliver()
            self.assertEqual(ran.returncode, 75)
            self.assertTrue(ran.stdout.startswith(reason), ran.stdout)

    def test_a_home_at_work_waits(self):
        os.chmod(self.home, 0o1755)
        self.assertTrue(self.deliver().stdout.startswith(b'4.2.1 Home directory is sticky'))


class ProgramTest(DeliverTest):
    def test_output_of_programs_never_breaks_the_only_line(self):
        self.dotqmail('|echo out; echo err >&2\n|echo "5.9.9 lies"\n./m/\n')
        ran = self.deliver()
        self.assertEqual(ran.stdout,
                         b'4.2.1 Unable to chdir to maildir: No such file or directory\n')

    def test_the_last_words_of_the_failing_program_are_the_reason(self):
        for script, code, line in (
                ('echo a; echo "Not today (#5.7.1)"; echo; exit 100', 77, b'5.7.1 Not today\n'),
                ('echo "5.2.2 full"; exit 77', 69, b'5.2.2 full\n'),
                ('echo oops >&2; exit 1', 75, b'4.3.0 oops\n'),
                ('exit 111', 75, b'4.3.0 a program of the .qmail file ended with 111\n'),
                ('printf "a\\033[2Jb\\0c"; exit 111', 75, b'4.3.0 a?[2Jb?c\n'),
                ('kill -9 $$', 75, b'4.3.0 Aack, child crashed.\n')):
            self.dotqmail('|' + script + '\n')
            ran = self.deliver()
            self.assertEqual((ran.returncode, ran.stdout), (code, line))

    def test_a_program_that_talks_for_ever_needs_little_memory(self):
        self.dotqmail('|yes | head -c 300000000; echo; echo the end; exit 111\n')
        ran = self.deliver()
        self.assertEqual(ran.stdout, b'4.3.0 the end\n')

    def test_a_program_left_behind_does_not_hold_us(self):
        # It waits for the gate to close, so that the test needs no clock.
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, write_end)
        self.dotqmail('|cat <&%d >/dev/null & echo started\n' % read_end)
        ran = self.deliver(pass_fds=(read_end,))
        os.close(read_end)
        self.assertEqual(ran.returncode, 0)

    def test_default_of_another_delivery_is_not_passed_on(self):
        self.dotqmail('|echo "${DEFAULT-unset}" >said\n')
        self.deliver(env=self.environment(DEFAULT='leaked'))
        self.assertEqual(self.read('said'), b'unset\n')

    def test_the_message_cannot_be_changed_by_a_program(self):
        Maildir(self.path('home/m'))
        self.dotqmail('|echo spoilt >&0 2>/dev/null; true\n./m/\n')
        self.assertEqual(self.deliver().returncode, 0)
        self.assertTrue(self.inbox('m')[0].endswith(MESSAGE))


class CallerTest(DeliverTest):
    def test_what_postfix_puts_before_the_message_is_no_loop(self):
        message = (b'From src@send.example  Mon Jan  1 00:00:00 2024\n'
                   b'Return-Path: <src@send.example>\nX-Original-To: joe@example.org\n'
                   b'Delivered-To: joe@example.org\n' + MESSAGE)
        self.assertEqual(self.deliver(message=message).returncode, 0)
        self.assertEqual(self.inbox(), [
            b'Return-Path: <src@send.example>\nDelivered-To: joe@example.org\n'
            b'X-Original-To: joe@example.org\n' + MESSAGE])

    def test_a_real_loop_is_refused(self):
        message = (b'Delivered-To: joe@example.org\nReceived: by elsewhere\n'
                   b'Delivered-To: joe@example.org\n' + MESSAGE)
        ran = self.deliver(message=message)
        self.assertEqual(ran.returncode, 65)
        self.assertTrue(ran.stdout.startswith(b'5.4.6 This message is looping'))
        self.assertFalse(os.path.exists(self.path('home/Maildir')))

    def test_what_is_fed_back_loops(self):
        # The second round: our own result, with the Received line of the way back.
        self.deliver()
        again = b'Received: by elsewhere\n' + self.inbox()[0]
        self.assertEqual(self.deliver(message=again).returncode, 65)

    def test_a_wrong_command_line_waits(self):
        self.assertEqual(self.deliver('--no-such-option').returncode, 75)
        self.assertEqual(self.deliver('--exit-codes', 'bsd').returncode, 75)
        self.assertEqual(self.deliver('--home', 'relative').returncode, 75)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try to deliver as root')
    def test_root_is_refused(self):
        ran = self.deliver(user=0, group=0)
        self.assertEqual((ran.returncode, ran.stdout), (75, b'4.3.5 will not deliver as root\n'))
        self.assertEqual(os.listdir(self.home), [])

    def test_standard_input_is_always_read_to_its_end(self):
        big = b'Subject: x\n\n' + b'x' * 3_000_000
        self.dotqmail('|exit 100\n', '.qmail-no')
        for args in ((), ('--ext', 'no'), ('--ext', 'nothere'), ('--no-such-option',),
                     ('--home', '/nonexistent')):
            ours, theirs = socket.socketpair()
            child = subprocess.Popen([program('letterbox-deliver'), *args], stdin=theirs,
                                     stdout=subprocess.DEVNULL, env=self.environment(),
                                     **as_ordinary())
            theirs.close()
            ours.sendall(big)  # a broken pipe would raise
            ours.shutdown(socket.SHUT_WR)
            self.assertEqual(ours.recv(1), b'')
            child.wait()
            ours.close()


class TroubleTest(DeliverTest):
    def test_a_maildir_that_cannot_be_written_waits(self):
        Maildir(self.path('home/Maildir'))
        os.chmod(self.path('home/Maildir/tmp'), 0o500)
        ran = self.deliver()
        self.assertEqual(ran.returncode, 75)
        self.assertIn(b'Permission denied', ran.stdout)
        os.chmod(self.path('home/Maildir/tmp'), 0o700)
        os.chmod(self.path('home/Maildir/new'), 0o500)
        self.assertEqual(self.deliver().returncode, 75)
        self.assertEqual(self.inbox(), [])
        self.assertEqual(Maildir(self.path('home/Maildir'), create=False).tmp(), [])

    def test_half_a_maildir_is_not_completed(self):
        os.mkdir(self.path('home/Maildir'))
        own(self.path('home/Maildir'))
        self.assertEqual(self.deliver().returncode, 75)
        self.assertEqual(os.listdir(self.path('home/Maildir')), [])

    def test_a_line_of_100_megabytes_needs_little_memory(self):
        child = subprocess.Popen([program('letterbox-deliver'), '--default',
                                  './Maildir/\n./box\n|cat >copy'],
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 env=self.environment(TMPDIR=self.dir,
                                                      ASAN_OPTIONS='quarantine_size_mb=1'),
                                 **as_ordinary())
        with child.stdin:
            child.stdin.write(b'Subject: ')
            for _ in range(100):
                child.stdin.write(b'x' * 1_000_000)
            child.stdin.write(b'\n\nbody\n')
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(child.returncode, 0)
        self.assertLess(usage.ru_maxrss, 60_000)  # KiB; the message has 100,000
        octets = 100_000_000 + len(b'Subject: \n\nbody\n')
        trace = b'Return-Path: <src@send.example>\nDelivered-To: joe@example.org\n'
        name, = os.listdir(self.path('home/Maildir/new'))
        self.assertEqual(os.stat(self.path('home/Maildir/new', name)).st_size,
                         octets + len(trace))
        self.assertEqual(os.stat(self.path('home/copy')).st_size, octets)
        self.assertGreater(os.stat(self.path('home/box')).st_size, octets + len(trace))

    @unittest.skipUnless(os.geteuid() == 0, 'mounting a small file system needs root')
    def test_a_limit_for_files_waits_and_leaves_nothing(self):
        """Postfix's mailbox_size_limit is one for the programs that it runs."""
        before = b'From a@b Mon Jan  2 03:04:05 2006\n\n' + b'x' * 80000 + b'\n\n'
        self.write('home/box', before)
        limit = ['prlimit', '--fsize=100000']
        for line, message in (('./box\n', MESSAGE + b'y' * 30000), ('./box\n', b'y' * 110000),
                              ('./Maildir/\n', b'y' * 110000), ('./box\n', b'y' * 400000)):
            self.dotqmail(line)
            Maildir(self.path('home/Maildir'))
            ran = subprocess.run(limit + [program('letterbox-deliver')], input=message,
                                 capture_output=True, env=self.environment(), **as_ordinary())
            self.assertEqual((ran.returncode, ran.stderr), (75, b''))
            self.assertIn(b'File too large', ran.stdout)
            self.assertEqual(self.read('box'), before)
            self.assertEqual(sorted(os.listdir(self.home)), ['.qmail', 'Maildir', 'box'])
            self.assertEqual((self.inbox(), Maildir(self.path('home/Maildir')).tmp()), ([], []))
        self.dotqmail('|yes >much\n')  # for which it is a signal as ever
        ran = subprocess.run(limit + [program('letterbox-deliver')], input=MESSAGE,
                             capture_output=True, env=self.environment(), **as_ordinary())
        self.assertEqual(ran.stdout, b'4.3.0 File size limit exceeded\n')

    def test_a_full_disk_waits_and_leaves_nothing(self):
        small = self.path('small')
        os.mkdir(small)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=300k,mode=755', 'none', small],
                          capture_output=True).returncode != 0:
            self.skipTest('mount is not permitted here')
        self.addCleanup(subprocess.run, ['umount', small], check=True)
        Maildir(os.path.join(small, 'Maildir'))
        with open(os.path.join(small, 'box'), 'wb') as file:
            file.write(b'From old\n\nold\n\n')
        own(small)
        for default, reason in (('./Maildir/', b'4.3.1 Temporary error on maildir delivery: '
                                 b'No space left on device\n'),
                                ('./box', b'4.3.1 Unable to write ./box: '
                                 b'No space left on device.\n')):
            ran = self.deliver('--home', small, '--default', default,
                               message=MESSAGE + b'x' * 1_000_000)
            self.assertEqual((ran.returncode, ran.stdout), (75, reason))
        maildir = Maildir(os.path.join(small, 'Maildir'), create=False)
        self.assertEqual((maildir.messages(), maildir.tmp()), ({}, []))
        with open(os.path.join(small, 'box'), 'rb') as file:
            self.assertEqual(file.read(), b'From old\n\nold\n\n')
        self.assertEqual(self.deliver('--home', small).returncode, 0)


class QmailLocalTest(DeliverTest):
    """What the vectors do not ask."""

    def local(self, *args):
        with open(self.write('message', MESSAGE), 'rb') as file:
            return letterbox.run('qmail-local', *args, stdin_file=file)

    def test_a_program_killed_by_a_signal_waits(self):
        self.dotqmail('|kill -TERM $$\n')
        ran = self.local('--', 'joe', self.home, 'joe', '', '', 'x.example', '', './m/')
        self.assertEqual((ran.returncode, ran.stderr),
                         (111, b'Aack, child crashed. (#4.3.0)\n'))

    def test_a_relative_home_is_a_usage_error(self):
        ran = self.local('joe', 'home', 'joe', '', '', 'x.example', '', './m/')
        self.assertEqual(ran.returncode, 100)
        self.assertTrue(ran.stderr.startswith(b'qmail-local: usage: '))

    def test_the_default_maildir_is_not_made(self):
        ran = self.local('joe', self.home, 'joe', '', '', 'x.example', '', './Maildir/')
        self.assertEqual((ran.returncode, ran.stderr),
                         (111, b'Unable to chdir to maildir. (#4.2.1)\n'))
        self.assertEqual(os.listdir(self.home), [])


@unittest.skipUnless(shutil.which('strace'), 'strace is not installed')
class SystemCallTest(DeliverTest):
    def traced(self, *strace_args):
        """Delivers under strace. -> the calls, without process ids"""
        log = self.path('log')
        env = self.environment(ASAN_OPTIONS='detect_leaks=0',  # it cannot under ptrace
                               LETTERBOX_HOME=self.path('mail'))
        ran = subprocess.run(['strace', '-f', '-o', log, *strace_args,
                              program('letterbox-deliver')],
                             input=MESSAGE, capture_output=True, env=env, **as_ordinary())
        if b'ptrace' in ran.stderr or not os.path.exists(log):
            self.skipTest('strace may not trace here')
        self.assertEqual(ran.returncode, 0, ran)
        with open(log) as file:
            return [line.split(None, 1)[1] for line in file]

    def test_the_file_and_then_new_are_synced_before_success(self):
        self.write('mail/control/maildirsync', 'twice\n')
        self.are_synced('fsync', 2)  # DEFECTS 4.1

    def test_where_changes_keep_their_order_one_sync_is_enough(self):
        where = os.stat(self.dir).st_dev
        link = '/sys/dev/block/%d:%d' % (os.major(where), os.minor(where))
        name = os.path.basename(os.readlink(link)) if os.path.islink(link) else ''
        ordered = os.path.exists('/proc/fs/jbd2/%s-8' % name)  # ext4 with its journal inside
        self.are_synced('sync_file_range' if ordered else 'fsync', 1 if ordered else 2)

    def are_synced(self, how_the_file, syncs):
        Maildir(self.path('home/Maildir'))
        calls = self.traced('-e', 'trace=fsync,sync_file_range,openat,linkat,renameat2,exit_group')

        def index(start, text=''):
            return next(i for i, each in enumerate(calls)
                        if each.startswith(start) and text in each)

        published = index(('linkat(', 'renameat2('), '"new/')
        opened = index('openat(', '"new"')
        directory = re.search(r'= (\d+)$', calls[opened]).group(1)
        synced = index(f'fsync({directory})')
        self.assertTrue(index(how_the_file + '(') < published < opened < synced
                        < index('exit_group('), calls)
        self.assertEqual(sum(each.startswith('fsync(') for each in calls), syncs)

    def test_a_delivery_needs_few_system_calls(self):
        with open(program('letterbox-deliver'), 'rb') as file:
            if b'__asan_init' in file.read():
                self.skipTest('a sanitizer makes calls of its own')
        Maildir(self.path('home/Maildir'))
        calls = self.traced()
        self.assertLess(len(calls), 90, calls)


if __name__ == '__main__':
    unittest.main()
