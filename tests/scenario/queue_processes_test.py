# SPDX-License-Identifier: MIT
"""What each process of the queue may do, and what qmail-start does otherwise than
letterbox-queued."""
import fcntl
import os
import re
import signal
import subprocess
import time
import unittest

from support import letterbox
from support.mail_queue import QueueHome

CONTENT = b'Subject: test\n\nhello\n'


class ProcessesTest(unittest.TestCase):
    def setUp(self):
        self.home = QueueHome(self)

    def submit(self, recipient='joe@example.org', content=CONTENT):
        door = self.home.door()
        answer = door.submit('s@send.example', [recipient], content)
        door.close()
        self.assertEqual(answer[:1], b'K', answer)

    def status(self, pid, field):
        with open('/proc/%d/status' % pid, encoding='ascii') as file:
            return re.search(r'^%s:\s*(.*)$' % field, file.read(), re.M)[1]

    def queue_process(self):
        """The one that owns the store, among three."""
        found = [pid for pid in self.home.processes() if self.status(pid, 'Seccomp') == '2']
        self.assertEqual(len(found), 1)
        return found[0]


class SandboxTest(ProcessesTest):
    def test_the_process_of_the_store_is_in_its_sandbox_and_the_others_run_programs(self):
        self.home.control(concurrencyremote='5')
        remote = os.path.join(self.home.dir, 'bin', 'qmail-remote')
        os.mkdir(os.path.dirname(remote))
        with open(remote, 'w', encoding='ascii') as file:
            file.write('#!/bin/sh\ncat >/dev/null; printf "r\\0Kok\\n\\0"\n')
        os.chmod(remote, 0o755)
        self.home.qmail('-program', '|cat >got\n')
        self.home.start()
        queue = self.queue_process()
        for pid in self.home.processes()[1:]:
            self.assertEqual(self.status(pid, 'NoNewPrivs'), '1')
        for thread in os.listdir('/proc/%d/task' % queue):
            self.assertEqual(self.status(int(thread), 'Seccomp'), '2')
        self.submit('joe-program@example.org')
        self.submit('x@far.example')
        self.home.wait_for('^end msg', 2)
        with open(os.path.join(self.home.user_home, 'got'), 'rb') as file:
            self.assertTrue(file.read().endswith(CONTENT))

    def test_every_way_of_a_message_goes_within_the_sandbox(self):
        """Large and small ones, bounces of both, the start and the end of the store."""
        self.home.qmail('-none', '|echo no; exit 100\n')
        self.home.control(bouncemaxbytes='0')  # the large one comes back whole
        self.home.start()
        sent = [CONTENT, b'Subject: large\n\n' + b'0123456789\n' * 100_000]
        for content in sent:
            self.by_program('joe@example.org', content)
            self.by_program('joe-none@example.org', content)
        self.home.wait_for('^end msg', 6)
        mails = self.home.maildir.messages().values()
        self.assertEqual(len(mails), 4)
        self.assertEqual(sum(len(each) > 1_000_000 for each in mails), 2)
        self.assertNotRegex(self.home.log(), 'warning|alert')
        self.assertEqual(self.home.stop(), 0)
        self.home.start()  # what it has written can be read
        self.submit()
        self.home.wait_for('^end msg')

    def by_program(self, recipient, content):
        envelope, writer = os.pipe()
        os.write(writer, b'Fjoe@example.org\0T%s\0\0' % recipient.encode())
        os.close(writer)
        done = subprocess.run([letterbox.program('qmail-queue')], input=content, stdout=envelope,
                              env=self.home.environment(), check=False, timeout=60,
                              **letterbox.as_ordinary())
        os.close(envelope)
        self.assertEqual(done.returncode, 0)

    def test_settings_that_are_links_are_read_again(self):
        outside = os.path.join(self.home.user_home, 'domains')
        inside = os.path.join(self.home.dir, 'control', 'locals')
        os.remove(inside)
        with open(outside, 'w', encoding='ascii') as file:
            file.write('example.org\n')
        os.symlink(outside, inside)
        self.home.control(concurrencylocal='0')
        self.home.start()
        self.submit('joe@example.org')
        with open(outside, 'a', encoding='ascii') as file:
            file.write('new.example\n')
        self.home.control(concurrencylocal='3')
        self.home.process.send_signal(signal.SIGHUP)
        self.home.wait_for('^status: local 1/3')
        self.submit('joe@new.example')
        self.home.wait_for('to local joe@new.example')
        self.assertNotIn('alert', self.home.log())


class QmailStartTest(ProcessesTest):
    def start(self, program, **more):
        args = ['./Maildir/'] if program == 'qmail-start' else []
        self.home.start(*args, program=program, env=self.home.environment(**more))

    def test_programs_get_its_environment_as_qmail_locals_do(self):
        self.home.qmail('-env', '|env >variables\n')
        for program, passed in (('qmail-start', True), ('letterbox-queued', False)):
            with self.subTest(program=program):
                self.start(program, SITE_WORD='for all programs')
                self.submit('joe-env@example.org')
                self.home.wait_for('^end msg')
                with open(os.path.join(self.home.user_home, 'variables'), encoding='utf-8') as file:
                    variables = file.read()
                self.assertEqual('SITE_WORD=for all programs\n' in variables, passed)
                self.assertIn('\nEXT=env\n', '\n' + variables)
                self.assertEqual(self.home.stop(), 0)

    def test_an_mbox_is_locked_as_qmail_local_locks_it(self):
        """By flock, and no dot-lock counts."""
        self.home.qmail('-box', './box\n')
        box = os.path.join(self.home.user_home, 'box')
        for path in (box, box + '.lock'):
            with open(path, 'wb'):
                pass
            letterbox.own(path)
        self.start('qmail-start')
        with open(box, 'rb') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.submit('joe-box@example.org')
            self.home.wait_for('starting delivery 1')
            time.sleep(0.3)
            self.assertNotRegex(self.home.log(), r'(?m)^delivery 1: ')
            self.assertEqual(file.read(), b'')
        self.home.wait_for('delivery 1: success')
        with open(box, 'rb') as file:
            self.assertIn(b'hello\n', file.read())


if __name__ == '__main__':
    unittest.main()
