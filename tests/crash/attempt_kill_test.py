# SPDX-License-Identifier: MIT
"""A delivery with --attempt, killed with SIGKILL before each of its system calls in turn, and then
made again: into a Maildir or an mbox the message comes exactly once. So it is with a queue that is
killed with all its processes, at any time; and it leaves nothing beside the mail."""
import os
import random
import shutil
import signal
import time
import unittest

import deliver_kill_test
from support import mail_queue
from support.letterbox import Maildir, own


class OnceIntoAnMboxTest(deliver_kill_test.IntoMboxTest):
    options = ('--attempt', 'message-1')
    # What the base class says of a delivery without a name is not asked here.
    test_what_was_there_stays_and_the_next_message_is_whole = None
    test_so_it_is_with_a_large_message = None

    def check(self, acknowledged):
        for _ in range(2):  # the caller of a killed one tries again, and may be killed itself
            lock = self.path('home/box.lock')
            if os.path.exists(lock):
                os.utime(lock, (0, 0))  # of a dead process, and old enough
            self.deliver_again('./box')
        with open(self.path('home/box'), 'rb') as file:
            box = file.read()
        self.assertTrue(box.startswith(self.OLD))
        tail = box[len(self.OLD):]
        self.assertTrue(tail.startswith(b'From a@b '), tail[:100])
        self.assertEqual(tail.partition(b'\n')[2], self.entry())

    def test_the_message_is_there_exactly_once(self):
        self.kill_before_each('./box', self.check)

    def test_so_it_is_with_a_large_one(self):
        self.write('message', deliver_kill_test.LARGE)
        self.kill_before_each('./box', self.check)


class OnceIntoAMaildirTest(deliver_kill_test.IntoMaildirTest):
    options = ('--attempt', 'message-1')
    # What the base class says of a delivery without a name is not asked here.
    test_the_whole_message_or_nothing = None
    test_the_whole_large_message_or_nothing = None

    def check(self, acknowledged):
        for _ in range(2):  # the caller of a killed one tries again, and may be killed itself
            self.deliver_again('./Maildir/')
        found = Maildir(self.path('home/Maildir'), create=False).messages().values()
        self.assertEqual(list(found), [deliver_kill_test.TRACE + deliver_kill_test.SMALL])

    def test_the_message_is_there_exactly_once(self):
        self.kill_before_each('./Maildir/', self.check)


class OnceIntoTwoTest(OnceIntoAnMboxTest):
    """Two mboxes of one file: the first one is done where the second one is cut off."""
    test_so_it_is_with_a_large_one = None

    def fresh(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.write('home/box', self.OLD)
        self.write('home/two', self.OLD)
        self.write('home/.qmail', './box\n./two\n')
        own(self.home)

    def check(self, acknowledged):
        for name in ('home/box.lock', 'home/two.lock'):
            if os.path.exists(self.path(name)):
                os.utime(self.path(name), (0, 0))
        super().check(acknowledged)
        with open(self.path('home/two'), 'rb') as file:
            two = file.read()
        self.assertEqual(two[len(self.OLD):].partition(b'\n')[2], self.entry())


class OnceByTheQueueTest(unittest.TestCase):
    MESSAGES = int(os.environ.get('LBX_KILLED_MESSAGES', '150'))

    def setUp(self):
        self.queue = mail_queue.QueueHome(self)
        self.queue.qmail('-box', './box\n')
        self.accepted = set()

    def submit(self, number):
        """As a sender does: until it is taken. One whose answer was lost is taken twice."""
        to = 'joe-box@example.org' if number % 5 == 0 else 'joe@example.org'
        try:
            answer = self.queue.door().submit('s@x', [to], b'Subject: %d-%d\n\nx\n' % (
                number, len(self.accepted)))
        except OSError:
            return False
        if answer[:1] != b'K':
            return False
        self.accepted.add(b'Subject: %d-%d\n' % (number, len(self.accepted)))
        return True

    def found(self):
        texts = list(self.queue.maildir.messages().values())
        with open(os.path.join(self.queue.user_home, 'box'), 'rb') as file:
            texts += file.read().split(b'\nFrom ')
        return [line + b'\n' for text in texts for line in text.split(b'\n')
                if line.startswith(b'Subject: ')]

    def kill_and_start(self):
        self.queue.stop(signal.SIGKILL)
        lock = os.path.join(self.queue.user_home, 'box.lock')
        if os.path.exists(lock):
            os.utime(lock, (0, 0))  # of a dead process, and old enough
        self.queue.start()

    def finish(self):
        self.queue.wait_until(lambda: self.queue.counters()['waiting'] == 0, 'it waits')
        self.assertEqual(self.queue.stop(), 0)

    def test_a_queue_that_is_killed_delivers_all_once(self):
        chance = random.Random(7)
        self.queue.start()
        kill_at = time.monotonic() + chance.uniform(0.02, 0.2)
        for number in range(self.MESSAGES):
            if time.monotonic() > kill_at:
                self.kill_and_start()
                kill_at = time.monotonic() + chance.uniform(0.02, 0.2)
            self.assertTrue(self.submit(number))
        self.finish()
        found = self.found()
        self.assertEqual(sorted(found), sorted(self.accepted))
        self.assertEqual(os.listdir(os.path.join(self.queue.maildir.path, 'tmp')), [])

    def test_a_queue_that_ends_leaves_no_notes(self):
        self.queue.start()
        for number in range(20):
            self.assertTrue(self.submit(number))
        self.finish()
        self.assertEqual(sorted(self.found()), sorted(self.accepted))
        self.assertEqual(sorted(os.listdir(self.queue.user_home)), ['.qmail-box', 'Maildir', 'box'])
        self.assertEqual(os.listdir(os.path.join(self.queue.maildir.path, 'tmp')), [])


if __name__ == '__main__':
    unittest.main()
