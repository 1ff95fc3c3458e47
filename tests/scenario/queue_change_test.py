# SPDX-License-Identifier: MIT
"""letterbox queue beside a running letterbox-queued: changes go through its door."""
import json
import os
import re
import subprocess
import unittest

from support import letterbox
from support.mail_queue import QueueHome

CONTENT = b'Subject: test\n\nhello\n'


class RunningTest(unittest.TestCase):
    def setUp(self):
        self.home = QueueHome(self)
        self.home.qmail('-later', '|echo not now; exit 111\n')
        self.home.start()
        self.door = self.home.door()
        self.addCleanup(self.door.close)

    def submit(self, *recipients, sender='s@send.example'):
        answer = self.door.submit(sender, recipients, CONTENT)
        self.assertEqual(answer[:1], b'K', answer)
        return int(answer[1:])

    def queue(self, *args, status=0):
        done = subprocess.run([letterbox.program('letterbox'), 'queue', *args],
                              env=self.home.environment(), capture_output=True, timeout=60,
                              check=False, **letterbox.as_ordinary())
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()

    def recipients(self, number):
        found = json.loads(self.queue('show', str(number), '--json'))['recipients']
        return {each['address']: each for each in found}

    def test_a_deferred_message_is_listed_with_its_report_and_tried_on_demand(self):
        number = self.submit('joe-later@example.org')
        self.home.wait_for('delivery 1: deferral: not_now/')
        self.home.wait_until(
            lambda: self.recipients(number)['joe-later@example.org']['attempts'] == 1,
            'the attempt is not recorded')
        self.assertIn('not now', self.queue('list'))
        self.home.qmail('-later', './Maildir/\n')
        self.assertEqual(self.queue('retry', str(number)),
                         'made due 1 recipients of 1 messages\n')
        self.home.wait_for('^end msg %d$' % number)
        self.assertEqual(len(self.home.maildir.messages()), 1)
        self.queue('show', str(number), status=1)

    def test_what_is_held_waits_until_it_is_released(self):
        number = self.submit('joe-later@example.org')
        self.home.wait_for('delivery 1: deferral')
        self.home.wait_until(
            lambda: self.recipients(number)['joe-later@example.org']['attempts'] == 1,
            'the attempt is not recorded')
        self.assertEqual(self.queue('hold', '--recipient', 'joe-later@*'),
                         'held 1 recipients of 1 messages\n')
        self.assertEqual(self.queue('retry', '--all'), 'made due 0 recipients of 0 messages\n')
        self.home.qmail('-later', './Maildir/\n')
        other = self.submit('joe@example.org')
        self.home.wait_for('^end msg %d$' % other)
        self.assertEqual(self.recipients(number)['joe-later@example.org']['state'], 'held')
        self.queue('release', '--all')
        self.home.wait_for('^end msg %d$' % number)
        self.assertEqual(len(self.home.maildir.messages()), 2)

    def test_what_is_deleted_is_gone_and_nobody_hears_of_it(self):
        number = self.submit('x@far.example', 'y@far.example', sender='joe@example.org')
        self.assertEqual(self.queue('delete', '--destination', 'far.example'),
                         'deleted 2 recipients of 1 messages\n')
        self.home.wait_for('^end msg %d$' % number)
        self.assertEqual(self.queue('list'), '0 messages, 0 recipients, 0 octets\n')
        self.assertEqual(self.home.maildir.messages(), {})

    def test_who_is_given_up_is_reported_with_the_reason(self):
        number = self.submit('x@far.example', sender='joe@example.org')
        self.queue('bounce', str(number), '--reason', 'We do not write to them. (#5.7.1)')
        self.home.wait_for('^end msg %d$' % number)
        self.home.wait_until(self.home.maildir.messages, 'no bounce has come')
        [bounce] = self.home.maildir.messages().values()
        self.assertIn(b'<x@far.example>:\nWe do not write to them. (#5.7.1)\n', bounce)

    def test_nobody_is_given_up_whose_delivery_begins_meanwhile(self):
        got = os.path.join(self.home.user_home, 'got')
        self.home.qmail('-quick-default', '|echo "$RECIPIENT" >>%s; sleep 0.01\n' % got)
        self.home.qmail('-back', './Maildir/\n')
        everybody = ['joe-quick-%d@example.org' % i for i in range(400)]
        for begin in range(0, len(everybody), 80):
            number = self.submit(*everybody[begin:begin + 80], sender='joe-back@example.org')
            self.queue('bounce', '--recipient', 'joe-quick-*', '--reason', 'gone')
            self.home.wait_for('^end msg %d$' % number)
        self.home.wait_until(lambda: self.queue('list').startswith('0 messages'), 'not empty')
        with open(got, encoding='utf-8') as file:
            delivered = file.read().split()
        told = []
        for each in self.home.maildir.messages().values():
            told += re.findall('^<(joe-quick-.*)>:$', each.decode(), re.M)
        self.assertTrue(told)
        self.assertEqual(sorted(delivered + told), sorted(everybody))

    def test_statistics_have_what_the_daemon_has_counted(self):
        number = self.submit('joe@example.org')
        self.home.wait_for('^end msg %d$' % number)
        stats = json.loads(self.queue('stats', '--json'))
        self.assertTrue(stats['running'])
        self.assertEqual((stats['counters']['accepted'], stats['counters']['delivered']), (1, 1))
        metrics = self.queue('stats', '--prometheus')
        self.assertIn('\n# TYPE letterbox_queued_delivered_total counter\n'
                      'letterbox_queued_delivered_total 1\n', metrics)
        self.assertIn('\nletterbox_queued_up 1\n', metrics)

    def test_an_import_waits_for_the_daemon_to_be_stopped(self):
        old = os.path.join(self.home.dir, 'old')
        for folder in ('mess', 'info', 'todo', 'lock'):
            os.makedirs(os.path.join(old, folder))
        with open(os.path.join(old, 'lock/sendmutex'), 'wb'):
            pass
        letterbox.own(old)
        done = subprocess.run([letterbox.program('letterbox'), 'queue', 'import', old],
                              env=self.home.environment(), capture_output=True, timeout=60,
                              check=False, **letterbox.as_ordinary())
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'letterbox-queued is running', done.stderr)
