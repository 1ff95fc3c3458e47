# SPDX-License-Identifier: MIT
"""A mailing list with qmail's interface: one message for all its subscribers, each of whom gets it
once, from a sender of its own (VERP), while the queue needs hardly more memory than when it idles.

LBX_LIST: how many subscribers (2,000 unless it says so; issue 6 asks for 10,000)."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from support import letterbox
from support.mail_queue import QueueHome

SUBSCRIBERS = int(os.environ.get('LBX_LIST', '2000'))
PATIENCE = 30 + SUBSCRIBERS / 20
MOST_MORE_KIB = 8 * 1024
CONTENT = b'From: ann@example.org\nTo: list@example.org\nSubject: news\n\n' + b'Dear all,\n' * 400
# What comes before a subscriber's name and after it, the wildcard that serves him, and what the
# local part is behind a virtual domain's prepend.
PLACES = (('joe-north-', 'example.org', 'north', ''),
          ('joe-south-', 'example.org', 'south', ''),
          ('', 'east.example', 'east', 'joe-east-'),
          ('', 'west.example', 'west', 'joe-west-'))


class Subscriber:
    def __init__(self, number):
        before, domain, self.folder, prepend = PLACES[number % len(PLACES)]
        name = '%sS%05d' % (before, number)
        self.address = '%s@%s' % (name, domain)
        self.delivered_to = '%s%s@%s' % (prepend, name, domain)
        self.sender = 'list-%s%s=%s@lists.example' % (prepend, name, domain)


def memory_of(pids):
    """PSS in KiB."""
    total = 0
    for pid in pids:
        try:
            with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as file:
                total += int(re.search(r'^Pss: +(\d+)', file.read(), re.M)[1])
        except (OSError, TypeError):
            pass  # it has just ended
    return total


class Watch:
    """The most memory that the queue's processes have together, looked at all the time."""

    def __init__(self, home):
        self.home, self.most, self.looks = home, 0, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        pids, asked = [], 0
        while not self.ended.wait(0.05):
            if time.monotonic() > asked + 0.5:  # the user's own process comes with the first order
                pids, asked = self.home.processes(), time.monotonic()
            self.most = max(self.most, memory_of(pids))
            self.looks += 1

    def stop(self):
        self.ended.set()
        self.thread.join()


class ListTest(unittest.TestCase):
    def setUp(self):
        self.home = QueueHome(self)
        self.home.control(virtualdomains='east.example:joe-east\nwest.example:joe-west')
        self.maildirs = {}
        for _, _, name, _ in PLACES:
            path = os.path.join(self.home.user_home, 'Maildir-' + name)
            self.maildirs[name] = letterbox.Maildir(path)
            self.home.qmail('-%s-default' % name, './Maildir-%s/\n' % name)

    def submit(self, subscribers):
        """By qmail-queue, as list managers do: the message on descriptor 0, the envelope on 1."""
        with tempfile.TemporaryFile() as message, tempfile.TemporaryFile() as envelope:
            message.write(CONTENT)
            envelope.write(b'Flist-@lists.example-@[]\0')
            envelope.writelines(b'T%s\0' % each.address.encode() for each in subscribers)
            envelope.write(b'\0')
            for each in (message, envelope):
                each.seek(0)
            done = subprocess.run([letterbox.program('qmail-queue')], stdin=message,
                                  stdout=envelope, env=self.home.environment(), check=False,
                                  timeout=60, **letterbox.as_ordinary())
        self.assertEqual(done.returncode, 0)

    def deliver(self, subscribers):
        """-> the most memory meanwhile, in KiB; seconds."""
        begun = time.monotonic()
        watch = Watch(self.home)
        try:
            self.submit(subscribers)
            deadline = begun + PATIENCE
            while not re.search('^end msg', self.home.log(), re.M):
                self.assertLess(time.monotonic(), deadline, self.home.log()[-500:])
                time.sleep(0.2)
        finally:
            watch.stop()
        self.assertGreater(watch.looks, 2)
        return watch.most, time.monotonic() - begun

    def test_each_subscriber_gets_it_once_from_a_sender_of_his_own(self):
        self.home.start()
        self.home.wait_until(lambda: len(self.home.processes()) == 3, 'processes')
        idle = memory_of(self.home.processes())
        subscribers = [Subscriber(i) for i in range(SUBSCRIBERS)]
        most, seconds = self.deliver(subscribers)
        print('%d subscribers: %.1f s, %.1f MiB idle, %.1f MiB at most'
              % (SUBSCRIBERS, seconds, idle / 1024, most / 1024), file=sys.stderr)

        for name, maildir in self.maildirs.items():
            got = sorted(self.envelope(each) for each in maildir.messages().values())
            self.assertEqual(got, sorted((each.sender, each.delivered_to)
                                         for each in subscribers if each.folder == name))
        self.assertEqual(self.home.counters()['delivered'], SUBSCRIBERS)
        self.assertLess(most - idle, MOST_MORE_KIB)
        self.assertEqual(self.home.stop(signal.SIGTERM), 0)

    def envelope(self, content):
        head, _, _ = content.partition(b'\nReceived: ')
        self.assertTrue(content.endswith(CONTENT))
        got = re.fullmatch(r'Return-Path: <(.*)>\nDelivered-To: (.*)', head.decode())
        return got[1], got[2]


if __name__ == '__main__':
    unittest.main()
