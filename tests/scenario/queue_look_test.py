# SPDX-License-Identifier: MIT
"""letterbox queue, qmail-qread and qmail-qstat on a real store, without a daemon. What lies in it
has come from an old queue of qmail's."""
import fcntl
import json
import os
import re
import subprocess
import time

from support import letterbox
from support.qmail_queue import RECEIVED, QmailQueue


class QueueTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.home = self.path('home')
        os.makedirs(os.path.join(self.home, 'queue/store'), mode=0o700)
        self.write('home/control/me', 'mail.example.org\n')
        self.write('home/control/locals', 'example.org\n')
        self.write('home/control/virtualdomains', 'shop.example:joe-shop\n')
        self.old = QmailQueue(self.path('old'))

    def run_in(self, name, *args):
        letterbox.own(self.dir)
        return letterbox.run(name, *args, env=dict(os.environ, LETTERBOX_HOME=self.home))

    def queue(self, *args, status=0):
        done = self.run_in('letterbox', 'queue', *args)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()

    def take_over(self, *args, status=0):
        return json.loads(self.queue('import', self.old.path, '--json', *args, status=status))

    def listed(self, *args):
        return json.loads(self.queue('list', '--json', *args))

    def fill(self):
        """Two messages: numbers 1 and 2, for three and one recipients who still wait."""
        self.old.classified(b'\nfirst\n', [b'Tjoe@example.org', b'Dann@example.org'],
                            [b'Tx@far.example', b'Ty@near.example'])
        self.old.queued(b'\nsecond\n', [b'info@shop.example'], sender=b'')
        self.take_over()


class ImportTest(QueueTest):
    def test_everything_comes_over_once(self):
        self.old.classified(b'\nfirst\n', [b'Tjoe@example.org', b'Dann@example.org'],
                            [b'Dgone@far.example'], bounce=b'<gone@far.example>:\nno (#5.1.1)\n\n')
        self.old.queued(b'\nsecond\n', [b'info@shop.example'])
        self.old.classified(b'\ndone\n', [b'Djoe@example.org'])
        before = self.old.files()
        done = self.take_over()
        self.assertEqual((done['messages'], done['recipients'], done['failed'], done['finished']),
                         (2, 2, 1, 1))
        states = {each['address']: each['state'] for message in self.listed()
                  for each in message['recipients']}
        self.assertEqual(states, {'joe@example.org': 'waiting', 'gone@far.example': 'failed',
                                  'joe-shop-info@shop.example': 'waiting'})
        bodies = {self.queue('show', str(each['message']), '--body') for each in self.listed()}
        self.assertEqual(bodies, {RECEIVED.decode() + '\nfirst\n', RECEIVED.decode() + '\nsecond\n'})
        self.assertEqual(self.old.files(), before, 'the old queue is left as it was')
        again = self.take_over()
        self.assertEqual((again['messages'], again['known']), (0, 2))
        self.assertEqual(len(self.listed()), 2)

    def test_any_split_and_big_todo_are_read(self):
        for number, (split, big) in enumerate(((1, False), (7, True), (401, True))):
            self.old = QmailQueue(self.path('old%d' % number), split, big)
            self.old.classified(b'\nsplit\n', [b'Tjoe@example.org'])
            self.old.queued(b'\ntodo\n', [b'joe@example.org'])
            self.assertEqual(self.take_over()['messages'], 2)
        self.assertEqual(len(self.listed()), 6)

    def test_a_large_message_becomes_a_file_and_is_whole(self):
        body = b'\n' + os.urandom(300_000)
        number = self.old.classified(body, [b'Tjoe@example.org'])
        self.take_over('--remove')
        self.assertEqual(self.old.files(), {})
        [message] = self.listed()
        self.assertTrue(message['spool_file'])
        self.assertEqual(message['size'], len(RECEIVED + body))
        shown = self.run_in('letterbox', 'queue', 'show', str(message['message']), '--body')
        self.assertEqual(shown.stdout, RECEIVED + body, number)
        self.queue('delete', str(message['message']))
        self.assertEqual(os.listdir(os.path.join(self.home, 'queue/store/spool')), [])

    def test_a_dry_run_changes_nothing(self):
        self.old.classified(b'\nfirst\n', [b'Tjoe@example.org'])
        before = self.old.files()
        self.assertEqual(self.take_over('--dry-run', '--remove')['messages'], 1)
        self.assertEqual(self.old.files(), before)
        self.assertEqual(self.listed(), [])

    def test_a_running_qmail_send_is_left_alone(self):
        with open(os.path.join(self.old.path, 'lock/sendmutex'), 'wb') as mutex:
            fcntl.flock(mutex, fcntl.LOCK_EX)
            done = self.run_in('letterbox', 'queue', 'import', self.old.path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'qmail-send is running there', done.stderr)

    def test_a_damaged_message_is_named_and_the_others_come_over(self):
        good = self.old.classified(b'\ngood\n', [b'Tjoe@example.org'])
        bad = self.old.classified(b'\nbad\n', [b'Xjoe@example.org'])
        done = self.take_over('--remove', status=1)
        self.assertEqual(done['messages'], 1)
        self.assertIn('message %d' % bad, done['problems'][0])
        self.assertTrue(os.path.exists(self.old.name('mess', bad)))
        self.assertFalse(os.path.exists(self.old.name('mess', good)))


class LookTest(QueueTest):
    def test_a_home_without_a_queue_has_an_empty_one(self):
        os.rmdir(os.path.join(self.home, 'queue/store'))
        self.assertEqual(self.queue('list'), '0 messages, 0 recipients, 0 octets\n')
        self.assertEqual(self.run_in('qmail-qread').stdout, b'')
        self.assertEqual(self.run_in('qmail-qstat').stdout,
                         b'messages in queue: 0\nmessages in queue but not yet preprocessed: 0\n')
        self.assertEqual(self.queue('hold', '--all'), 'held 0 recipients of 0 messages\n')

    def test_qmails_forms_are_kept(self):
        self.fill()
        size = len(RECEIVED) + len('\nfirst\n')
        expected = (b'9 Sep 2001 01:46:40 GMT  #1  %d  <s@x.example> \n'
                    b'\tlocal\tjoe@example.org\n  done\tlocal\tann@example.org\n'
                    b'\tremote\tx@far.example\n\tremote\ty@near.example\n'
                    b'9 Sep 2001 01:46:40 GMT  #2  %d  <> \n\tlocal\tjoe-shop-info@shop.example\n'
                    % (size, size + 1))
        done = self.run_in('qmail-qread')
        self.assertEqual((done.stdout, done.stderr, done.returncode), (expected, b'', 0))
        self.assertEqual(self.run_in('sendmail', '-bp').stdout, expected)
        os.symlink(letterbox.program('sendmail'), self.path('mailq'))
        mailq = subprocess.run([self.path('mailq')], capture_output=True, timeout=60, check=False,
                               env=dict(os.environ, LETTERBOX_HOME=self.home),
                               **letterbox.as_ordinary())
        self.assertEqual((mailq.stdout, mailq.returncode), (expected, 0), mailq.stderr)
        self.assertEqual(self.run_in('qmail-qstat').stdout.splitlines()[0],
                         b'messages in queue: 2')

    def test_an_unreadable_queue_is_for_later(self):
        self.fill()
        os.chmod(os.path.join(self.home, 'queue/store/queue.db'), 0)
        done = letterbox.run('qmail-qread', env=dict(os.environ, LETTERBOX_HOME=self.home))
        self.assertEqual(done.returncode, 111)
        self.assertTrue(done.stderr)

    def test_filters_choose_messages_and_recipients(self):
        self.fill()

        def chosen(*args):
            return [(message['message'], [each['address'] for each in message['recipients']])
                    for message in self.listed(*args)]
        self.assertEqual(chosen('--destination', '*.EXAMPLE'),
                         [(1, ['x@far.example', 'y@near.example'])])
        self.assertEqual(chosen('--recipient', 'info@*'), [(2, ['joe-shop-info@shop.example'])])
        self.assertEqual(chosen('--sender', '<>'), [(2, ['joe-shop-info@shop.example'])])
        self.assertEqual(chosen('--state', 'done'), [(1, ['ann@example.org'])])
        self.assertEqual(chosen('--channel', 'local', '1'), [(1, ['joe@example.org'])])
        self.assertEqual(chosen('--younger', '1d'), [])
        self.assertEqual(len(chosen('--older', '10w')), 2)
        done = self.run_in('letterbox', 'queue', 'list', '77')
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'no message 77', done.stderr)
        for wrong in (['--older', 'x'], ['--state', 'x'], ['--channel', 'x'], ['x']):
            self.queue('list', *wrong, status=1)

    def test_list_and_show_are_for_people(self):
        self.fill()
        text = self.queue('list')
        self.assertRegex(text, r'#1 \d+d\d*h? \d+ octets from <s@x\.example>, 1 of 4 done\n')
        self.assertIn('    remote waiting x@far.example: not yet tried, due now\n', text)
        self.assertTrue(text.endswith('2 messages, 4 recipients, %d octets\n' % sum(
            each['size'] for each in self.listed())))
        shown = self.queue('show', '2')
        self.assertIn('joe-shop-info@shop.example (sent to info@shop.example)', shown)
        self.assertIn('uid 501, process 4711', shown)

    def test_nothing_hostile_reaches_the_terminal(self):
        self.old.classified(b'\n\x1b[2J\n', [b'Tj\x1b[2J\xc2\x9b@example.org'],
                            sender=b'e\x1b]0;vil\x07\n#9 forged\xff@h',
                            remote=[b'Dx@h'], bounce=b'<x@h>:\nno\x1b[2J\x00\n\n')
        self.take_over()
        for args in (['list'], ['show', '1'], ['stats'], ['stats', '--prometheus']):
            text = self.queue(*args)
            self.assertIsNone(re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f]', text), args)
            self.assertNotIn('\n#9', text)
        [message] = self.listed()
        self.assertEqual(message['sender'], 'e\x1b]0;vil\x07\n#9 forged\ufffd@h')
        self.assertNotIn(b'\x1b', self.run_in('qmail-qread').stdout)

    def test_statistics_have_three_forms(self):
        self.fill()
        stats = json.loads(self.queue('stats', '--json', '--top', '1'))
        self.assertEqual((stats['messages'], stats['local']['waiting'], stats['remote']['waiting'],
                          stats['running'], len(stats['destinations'])), (2, 2, 2, False, 1))
        metrics = self.queue('stats', '--prometheus')
        line = re.compile(r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? \d+')
        for each in metrics.splitlines():
            self.assertRegex(each, line)
        self.assertIn('letterbox_queue_recipients{channel="remote",state="waiting"} 2\n', metrics)
        self.assertIn('letterbox-queued is not running', self.queue('stats'))

    def test_a_sound_store_has_no_faults(self):
        self.fill()
        self.assertEqual(self.queue('check'), '0 faults\n')

    def test_a_damaged_store_is_found_out(self):
        self.fill()
        where = os.path.join(self.home, 'queue/store/queue.db')
        size = os.stat(where).st_size
        with open(where, 'r+b') as file:
            file.seek(4096)
            file.write(b'\xa5' * (size - 4096))
        done = self.run_in('letterbox', 'queue', 'check')
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout + done.stderr)

    def test_a_damaged_store_is_repaired(self):
        for number in range(200):
            self.old.classified(b'\n%d\n' % number + b'x' * 3000, [b'Tjoe@example.org'])
        self.take_over()
        where = os.path.join(self.home, 'queue/store/queue.db')
        with open(where, 'r+b') as file:
            file.seek(os.stat(where).st_size // 8192 * 4096)
            file.write(b'\xa5' * 4096)
        self.assertEqual(self.run_in('letterbox', 'queue', 'check').returncode, 1)
        said = self.run_in('letterbox', 'queue', 'repair').stdout.decode()
        kept = re.search(r'the old file is (.*)\n', said)[1]
        self.assertTrue(os.path.exists(kept))
        self.assertEqual(self.queue('check'), '0 faults\n')
        self.assertGreater(len(self.listed()), 150)


class ChangeTest(QueueTest):
    def states(self):
        return {each['address'].split('@')[0]: each['state']
                for message in self.listed() for each in message['recipients']}

    def test_changes_reach_those_that_are_chosen(self):
        self.fill()
        self.assertEqual(self.queue('hold', '--channel', 'remote'),
                         'held 2 recipients of 1 messages\n')
        self.assertEqual(self.states(), {'joe': 'waiting', 'x': 'held', 'y': 'held',
                                         'joe-shop-info': 'waiting'})
        self.assertEqual(self.queue('release', '--recipient', 'x@*'),
                         'released 1 recipients of 1 messages\n')
        self.assertEqual(self.queue('bounce', '--recipient', 'y@*', '--reason', 'No. (#5.7.1)'),
                         'given up 1 recipients of 1 messages\n')
        self.assertEqual(self.queue('delete', '2'), 'deleted 1 recipients of 1 messages\n')
        self.assertEqual(self.states(), {'joe': 'waiting', 'x': 'waiting', 'y': 'failed'})
        [message] = self.listed('--state', 'failed')
        self.assertEqual(message['recipients'][0]['report'], 'No. (#5.7.1)')

    def test_retry_makes_due(self):
        later = int(time.time()) + 5000
        self.old.classified(b'\nlater\n', [b'Tjoe@example.org'], due=later)
        self.take_over()
        self.assertEqual(self.listed()[0]['recipients'][0]['due'], later)
        self.queue('retry', '1')
        self.assertLessEqual(self.listed()[0]['recipients'][0]['due'], time.time())

    def test_the_whole_queue_has_to_be_meant(self):
        self.fill()
        for args in ([], ['--sender', '*'], ['--older', '0']):
            self.queue('delete', *args, status=1)
        self.assertEqual(len(self.listed()), 2)
        self.assertEqual(self.queue('delete', '--all'), 'deleted 4 recipients of 2 messages\n')
        self.assertEqual(self.listed(), [])

    def test_a_dry_run_lists_and_changes_nothing(self):
        self.fill()
        text = self.queue('delete', '--recipient', 'x@*', '--dry-run')
        self.assertIn('x@far.example', text)
        self.assertNotIn('y@near.example', text)
        self.assertTrue(text.endswith('would have deleted 1 recipients of 1 messages\n'))
        self.assertEqual(len(self.states()), 4)
        summary = json.loads(self.queue('hold', '--all', '--json', '--dry-run'))
        self.assertEqual((summary['chosen'], summary['changed']), (4, 0))


class OtherUserTest(QueueTest):
    def test_a_foreign_queue_is_not_shown(self):
        if os.geteuid() != 0:
            self.skipTest('needs a second user')
        self.fill()
        letterbox.own(self.dir)
        done = subprocess.run(
            [letterbox.program('letterbox'), 'queue', 'list'], capture_output=True, timeout=60,
            user=65533, group=65533, extra_groups=[],
            env=dict(os.environ, LETTERBOX_HOME=self.home))
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(b'example', done.stdout)
