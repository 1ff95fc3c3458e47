# SPDX-License-Identifier: MIT
"""qmail-lspawn as qmail-send meets it. Without root it delivers as whoever runs it; what needs root
stands in the recorded vectors, users-0253 to users-0347."""
import os
import subprocess
import threading
import time
import unittest

from support.letterbox import ORDINARY, ScratchTest, as_ordinary, own, program, run


class Spawner:
    """A running qmail-lspawn: commands go in, reports come out one by one."""

    def __init__(self, words, environment):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment, **as_ordinary())
        self.timer = threading.Timer(30, self.process.kill)
        self.timer.start()
        self.capacity = self.process.stdout.read(1)

    def command(self, slot, message, sender, recipient):
        parts = [part.encode() + b'\0' for part in (message, sender, recipient)]
        self.send(bytes([slot]) + b''.join(parts))

    def send(self, octets):
        self.process.stdin.write(octets)
        self.process.stdin.flush()

    def report(self):
        out = b''
        while len(out) < 2 or not out.endswith(b'\0'):
            octet = self.process.stdout.read(1)
            if not octet:
                return None
            out += octet
        return out[0], out[1:-1].decode()

    def end(self):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.stdout.close()
        status = self.process.wait()
        self.timer.cancel()
        return status, rest


class LspawnTest(ScratchTest):
    def setUp(self):
        super().setUp()
        self.uid = ORDINARY.pw_uid
        self.home = self.path('mail')
        self.mine = self.path('mine')
        self.environment = {'PATH': os.environ['PATH'], 'LETTERBOX_HOME': self.home}
        for each in ('mine/Maildir/tmp', 'mine/Maildir/new', 'mine/Maildir/cur', 'mail/queue/mess/0',
                     'mail/users'):
            os.makedirs(self.path(each), 0o755, exist_ok=True)
        self.write('mail/queue/mess/0/23', 'Subject: hello\n\nbody\n')
        lines = ['=joe:me:%d:%d:%s:::' % (self.uid, self.uid, self.mine),
                 '+joe-:me:%d:%d:%s:-::' % (self.uid, self.uid, self.mine),
                 '=admin:root:0:0:%s:::' % self.mine,
                 '=other:other:%d:%d:%s:::' % (self.uid + 1, self.uid + 1, self.mine), '.', '']
        self.write('mail/users/assign', '\n'.join(lines))
        subprocess.run([program('qmail-newu')], env=self.environment, check=True)
        own(self.path(''))

    def dot_qmail(self, ext, text):
        path = self.write('mine/.qmail-' + ext, text)
        os.chmod(path, 0o644)
        own(path)

    def spawner(self, **variables):
        started = Spawner([program('qmail-lspawn'), './Maildir/'], {**self.environment, **variables})
        self.addCleanup(lambda: started.process.returncode is None and started.end())
        return started

    def delivered(self):
        return len(os.listdir(os.path.join(self.mine, 'Maildir/new')))

    def test_delivers_and_says_so(self):
        spawner = self.spawner()
        self.assertEqual(spawner.capacity, bytes([120]))
        spawner.command(3, '0/23', 's@x', 'joe@h')
        self.assertEqual(spawner.report(), (3, 'Kdid 1+0+0\n'))
        self.assertEqual(self.delivered(), 1)
        self.assertEqual(spawner.end(), (0, b''))

    def test_commands_may_come_in_pieces(self):
        spawner = self.spawner()
        for octet in b'\0000/23\0s@x\0joe@h\0':
            spawner.send(bytes([octet]))
        self.assertEqual(spawner.report()[1], 'Kdid 1+0+0\n')

    def test_deliveries_of_all_slots_at_once(self):
        self.dot_qmail('wait', '|cat >/dev/null; sleep 0.3\n')
        spawner = self.spawner()
        for slot in range(120):
            spawner.command(slot, '0/23', 's@x', 'joe-wait@h')
        spawner.command(120, '0/23', 's@x', 'joe-wait@h')
        reports = dict(spawner.report() for _ in range(121))
        self.assertTrue(reports.pop(120).startswith('Z'), reports)
        self.assertEqual(set(reports.values()), {'Kdid 0+0+1\n'})
        self.assertEqual(len(reports), 120)

    def test_a_slow_delivery_holds_up_nobody(self):
        self.dot_qmail('slow', '|while [ ! -e go ]; do sleep 0.05; done\n')
        spawner = self.spawner()
        spawner.command(1, '0/23', 's@x', 'joe-slow@h')
        spawner.command(2, '0/23', 's@x', 'joe@h')
        self.assertEqual(spawner.report(), (2, 'Kdid 1+0+0\n'))
        self.write('mine/go', '')
        self.assertEqual(spawner.report(), (1, 'Kdid 0+0+1\n'))

    def test_what_a_delivery_leaves_behind_holds_up_no_report(self):
        self.dot_qmail('left', '|sleep 20 & echo here\n')
        spawner = self.spawner()
        begun = time.monotonic()
        spawner.command(1, '0/23', 's@x', 'joe-left@h')
        self.assertEqual(spawner.report(), (1, 'Khere\ndid 0+0+1\n'))
        self.assertEqual(spawner.end()[0], 0)
        self.assertLess(time.monotonic() - begun, 10)

    def test_the_end_of_commands_waits_for_deliveries(self):
        self.dot_qmail('wait', '|sleep 0.3\n')
        spawner = self.spawner()
        spawner.command(9, '0/23', 's@x', 'joe-wait@h')
        self.assertEqual(spawner.end(), (0, b'\x09Kdid 0+0+1\n\0'))

    def test_only_regular_files_of_the_queue_are_messages(self):
        os.mkfifo(self.path('mail/queue/mess/0/1'))
        os.symlink('23', self.path('mail/queue/mess/0/2'))
        os.mkdir(self.path('mail/queue/mess/0/3'))
        spawner = self.spawner()
        own(self.path('mail/queue'))
        for name in ('0/1', '0/2', '0/3', '0/4'):
            spawner.command(1, name, 's@x', 'joe@h')
            self.assertEqual(spawner.report()[1][0], 'Z', name)
        for name in ('../mine/.qmail', '/0/23', ''):
            spawner.command(1, name, 's@x', 'joe@h')
            self.assertEqual(spawner.report()[1][0], 'D', name)
        self.assertEqual(self.delivered(), 0)

    def test_nobody_delivers_as_root_or_without_root_as_another(self):
        spawner = self.spawner()
        spawner.command(1, '0/23', 's@x', 'admin@h')
        self.assertEqual(spawner.report()[1], 'ZNot allowed to perform deliveries as root.\n')
        spawner.command(1, '0/23', 's@x', 'other@h')
        self.assertEqual(spawner.report()[1], 'ZTemporary failure in qmail-lspawn.\n')
        self.assertEqual(self.delivered(), 0)

    def test_a_delivery_that_is_killed_is_later(self):
        self.dot_qmail('kill', '|kill -9 $PPID; sleep 5\n')
        spawner = self.spawner()
        spawner.command(1, '0/23', 's@x', 'joe-kill@h')
        self.assertEqual(spawner.report(), (1, 'Zqmail-local crashed.\n'))

    def test_a_program_may_deliver_instead(self):
        path = self.write('local', '#!/bin/sh\npwd; printf "%s\\n" "$@"; head -n 1; exit 99\n')
        os.chmod(path, 0o755)
        spawner = self.spawner(QMAILLOCAL=path)
        spawner.command(1, '0/23', 's@x', 'joe-A@H')
        said = ''.join(each + '\n' for each in [
            self.home, '--', 'me', self.mine, 'joe-A', '-', 'A', 'H', 's@x', './Maildir/',
            'Subject: hello'])
        self.assertEqual(spawner.report(), (1, 'D' + said))
        self.assertEqual(spawner.end()[0], 0)
        spawner = self.spawner(QMAILLOCAL=self.path('missing'))
        spawner.command(1, '0/23', 's@x', 'joe@h')
        self.assertEqual(spawner.report()[1], 'DUnable to run qmail-local.\n')

    def test_a_new_database_counts_at_once(self):
        spawner = self.spawner()
        spawner.command(1, '0/23', 's@x', 'joe@h')
        self.assertEqual(spawner.report()[1][0], 'K')
        self.write('mail/users/assign', '=joe:root:0:0:%s:::\n.\n' % self.mine)
        subprocess.run([program('qmail-newu')], env=self.environment, check=True)
        spawner.command(1, '0/23', 's@x', 'joe@h')
        self.assertEqual(spawner.report()[1], 'ZNot allowed to perform deliveries as root.\n')

    def test_nobody_to_report_to_is_the_end(self):
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            [program('qmail-lspawn'), './Maildir/'], stdin=subprocess.PIPE, stdout=write_end,
            stderr=subprocess.PIPE, env=self.environment, **as_ordinary())
        os.close(write_end)
        os.read(read_end, 1)
        os.close(read_end)
        process.stdin.write(b'\0000/23\0s@x\0joe@h\0')
        process.stdin.flush()
        self.assertEqual(process.wait(30), 111)
        process.stdin.close()
        process.stderr.close()

    def test_without_an_argument_or_a_queue_nothing_begins(self):
        self.assertEqual(run('qmail-lspawn', env=self.environment).returncode, 100)
        os.rename(self.path('mail/queue'), self.path('mail/away'))
        self.assertEqual(run('qmail-lspawn', './Maildir/', env=self.environment).returncode, 111)


if __name__ == '__main__':
    unittest.main()
