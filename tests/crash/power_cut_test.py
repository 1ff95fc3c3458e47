# SPDX-License-Identifier: MIT
"""Deliveries onto a real ext4 whose disk loses power: what was acknowledged is there and whole, what
was not is whole or not there. LBX_POWER_CUTS: how many cuts are looked at."""
import os
import subprocess
import threading
import unittest

from support import volatile_disk
from support.letterbox import ORDINARY, Maildir, ScratchTest, as_ordinary, own, program

CUTS = int(os.environ.get('LBX_POWER_CUTS', '5'))
MESSAGES = 15
EXT4 = ('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', '-J', 'size=4')


def body_of(number):
    return b'Subject: %d\n\n' % number + b'%07d\n' % number * (200 + 900 * (number % 5))


def careless(place, content):
    """What must not be done: the name before the data."""
    with open(place + '/tmp/x', 'wb') as file:
        file.write(content)
    os.rename(place + '/tmp/x', place + '/new/' + str(len(os.listdir(place + '/new'))))
    folder = os.open(place + '/new', os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


class PowerCutTest(ScratchTest):
    """While messages arrive somebody else syncs the file system again and again, so that it commits
    at any moment of a delivery."""

    def setUp(self):
        super().setUp()
        self.chance = volatile_disk.seeded()
        self.disk = volatile_disk.VolatileDisk(self, EXT4)
        self.home = self.disk.place
        Maildir(self.home + '/Maildir')
        own(self.home)
        os.sync()

    def deliver(self, number):
        environment = {'PATH': os.environ['PATH'], 'HOME': self.home, 'USER': 'joe',
                       'LETTERBOX_HOME': self.path('mail'), 'SENDER': 's@t', 'RECIPIENT': 'joe@x'}
        ran = subprocess.run([program('letterbox-deliver')], input=body_of(number), env=environment,
                             capture_output=True, **as_ordinary())
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))

    def deliver_all(self, deliver):
        """-> for each message when it was acknowledged; and when the first one began"""
        acknowledged, begin, over = {}, self.disk.now(), threading.Event()
        syncer = threading.Thread(target=self.sync_until, args=(over,))
        syncer.start()

        def some(numbers):
            for number in numbers:
                deliver(number)
                acknowledged[number] = self.disk.now()

        threads = [threading.Thread(target=some, args=(range(n, MESSAGES, 3),)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        syncer.join()
        self.assertEqual(len(acknowledged), MESSAGES)
        return acknowledged, begin

    def sync_until(self, over):
        folder = os.open(self.home, os.O_RDONLY)
        libc = volatile_disk.ctypes.CDLL(None)
        while not over.wait(self.chance.random() / 50):
            libc.syncfs(folder)
        os.close(folder)

    def broken_after_cuts(self, acknowledged, begin):
        """-> what a cut has left that must not be"""
        end = self.disk.now()
        self.disk.unmount()
        self.disk.end()
        moments = [self.chance.randint(begin, end) for _ in range(CUTS)]  # at any time
        moments += self.chance.choices(sorted(acknowledged.values()), k=CUTS)  # right behind an exit 0
        whole = {body_of(number): number for number in range(MESSAGES)}
        broken = []
        for moment in self.disk.after_power_cuts(moments, self.chance):
            found = set()
            for content in Maildir(self.home + '/Maildir', create=False).messages().values():
                text = content[content.index(b'Subject:'):] if b'Subject:' in content else content
                if text in whole:
                    found.add(whole[text])
                else:
                    broken.append('cut %d: half a message, %d octets' % (moment, len(content)))
            missing = {number for number, when in acknowledged.items() if when <= moment} - found
            broken += ['cut %d: %d is lost' % (moment, number) for number in missing]
        return broken

    def check(self, **settings):
        for name, value in settings.items():
            self.write('mail/control/' + name, value)
        self.assertEqual(self.broken_after_cuts(*self.deliver_all(self.deliver)), [])

    def test_with_one_sync(self):
        self.check()

    def test_with_two_syncs(self):
        self.check(maildirsync='twice\n')

    def test_a_quota_changes_nothing(self):
        Maildir(self.home + '/Maildir', create=False)
        with open(self.home + '/Maildir/maildirsize', 'w') as file:
            file.write('1000000000S\n0 0\n')
        own(file.name)
        self.check()

    def test_these_cuts_show_who_is_careless(self):
        lock = threading.Lock()

        def deliver(number):
            with lock:
                careless(self.home + '/Maildir', body_of(number))

        self.assertNotEqual(self.broken_after_cuts(*self.deliver_all(deliver)), [])


if __name__ == '__main__':
    unittest.main()
