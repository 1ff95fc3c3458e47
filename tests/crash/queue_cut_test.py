# SPDX-License-Identifier: MIT
"""The whole queue on a real file system whose disk loses power while ten submitters send. After each
cut it is started again: every message that was acknowledged is in the Maildir, or its sender has
heard of a real reason, once; nobody hears that mail was not delivered which was.

LBX_POWER_CUTS: cuts of each run; LBX_MESSAGES: messages in all; scripts/power_cuts has the full
form."""
import collections
import email
import itertools
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from support import letterbox, volatile_disk
from support.mail_queue import QueueHome

CUTS = int(os.environ.get('LBX_POWER_CUTS', '4'))
MESSAGES = int(os.environ.get('LBX_MESSAGES', '200'))
OF_ONE_RUN = 1000  # at most
SUBMITTERS = 10
PATIENCE = 120
EXT4 = ('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', '-J', 'size=8')
XFS = ('mkfs.xfs', '-q', '-f')
UNKNOWN = 'no mailbox here by that name'


class Mail:
    def __init__(self, number):
        self.number = number
        large = number % 50 == 7  # a file of its own
        self.content = b'X-Number: %d\n\n' % number + b'%d\n' % number * (60_000 if large else 800)
        self.sender = 'joe-back-%d@example.org' % number
        self.good = None if number % 10 == 3 else 'joe-box-%d@example.org' % number
        self.bad = 'joe-none-%d@example.org' % number if number % 10 in (3, 4) else None


class CutHome(QueueHome):
    """A mail home on a disk that will lose power."""

    def __init__(self, test, place):
        super().__init__(test, place)
        self.control(concurrencylocal='10')
        for name in ('Maildir', 'Bounces'):
            letterbox.Maildir(os.path.join(self.user_home, name))
        self.qmail('-box-default', './Maildir/\n')
        self.qmail('-back-default', './Bounces/\n')

    def submit(self, mail):
        recipients = [each for each in (mail.good, mail.bad) if each]
        with tempfile.TemporaryFile() as envelope, tempfile.TemporaryFile() as content:
            envelope.write(b'F' + mail.sender.encode() + b'\0')
            envelope.write(b''.join(b'T%s\0' % each.encode() for each in recipients) + b'\0')
            content.write(mail.content)
            for each in (envelope, content):
                each.seek(0)
            ran = subprocess.run([letterbox.program('qmail-queue')], stdin=content, stdout=envelope,
                                 check=False, env=self.environment(), **letterbox.as_ordinary())
        return ran.returncode

    def is_empty(self):
        database = sqlite3.connect('file:%s/queue/store/queue.db?mode=ro' % self.dir, uri=True,
                                   timeout=10)
        try:
            return database.execute('SELECT count(*) FROM message').fetchone()[0] == 0
        finally:
            database.close()

    def drain(self):
        deadline, turns = time.monotonic() + PATIENCE, itertools.count(1)
        while not self.is_empty():
            self.test.assertLess(time.monotonic(), deadline, self.log()[-3000:])
            self.test.assertIsNone(self.process.poll(), self.log()[-3000:])
            time.sleep(0.05)
            if next(turns) % 10 == 0:
                self.process.send_signal(signal.SIGALRM)

    def folder(self, name):
        maildir = letterbox.Maildir(os.path.join(self.user_home, name), create=False)
        return list(maildir.messages().values())

    def delivered(self, contents):
        """-> {number: how often}, and what is torn"""
        found, torn = collections.Counter(), []
        for content in self.folder('Maildir'):
            number = re.search(rb'^X-Number: (\d+)\n\n', content, re.M)
            if number is None or not content.endswith(contents[int(number[1])]):
                torn.append('half a message of %d octets' % len(content))
            else:
                found[int(number[1])] += 1
        return found, torn

    def bounces(self):
        """-> {recipient: {Message-ID: reason}}"""
        found = collections.defaultdict(dict)
        for content in self.folder('Bounces'):
            report = email.message_from_bytes(content)
            text = content.split(b'--- Below this line')[0].decode()
            for recipient, reason in re.findall(r'^<(.*?)>:\n(.*)$', text, re.M):
                found[recipient][report['Message-ID']] = reason
        return found


class PowerCutTest(letterbox.ScratchTest):
    def set_up_disk(self, mkfs, megabytes):
        self.dir = tempfile.mkdtemp(prefix='lbx-cut.')
        os.chmod(self.dir, 0o755)
        self.addCleanup(subprocess.run, ['rm', '-rf', self.dir], check=False)
        self.disk = volatile_disk.VolatileDisk(self, mkfs, megabytes)
        self.home = CutHome(self, self.disk.place)
        os.chmod(self.disk.place, 0o755)
        self.disk.sync()

    def send_all(self):
        """-> {number: when it was acknowledged}"""
        acknowledged = {}

        def some(mails):
            for mail in mails:
                if self.home.submit(mail) == 0:
                    acknowledged[mail.number] = self.disk.now()

        threads = [threading.Thread(target=some, args=(self.mails[n::SUBMITTERS],))
                   for n in range(SUBMITTERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return acknowledged

    def faults(self, acknowledged):
        """What there is that must not be, or is not there; the store is empty."""
        delivered, faults = self.home.delivered({each.number: each.content for each in self.mails})
        bounces = self.home.bounces()
        for mail in self.mails:
            said = bounces.pop(mail.bad, {})
            if any(UNKNOWN not in each for each in said.values()) or len(said) > 1:
                faults.append('bounces of %s: %s' % (mail.bad, said))
            if mail.number not in acknowledged:
                continue
            if mail.good and not delivered[mail.number]:
                faults.append('message %d is lost' % mail.number)
            if mail.bad and not said:
                faults.append('the bounce of message %d is lost' % mail.number)
        faults += ['bounced: %s, %s' % each for each in bounces.items()]
        self.doubles += sum(count - 1 for count in delivered.values() if count > 1)
        return faults

    def run_of(self, mkfs, megabytes, count):
        """-> faults after cuts, and how many there are where the disk lies."""
        self.set_up_disk(mkfs, megabytes)
        self.mails = [Mail(number) for number in range(count)]
        self.home.start()
        begin = self.disk.now()
        acknowledged = self.send_all()
        self.home.drain()
        end = self.disk.now()
        self.home.stop()
        self.assertEqual(len(acknowledged), count)
        self.assertEqual(self.faults(acknowledged), [])
        self.disk.unmount()
        self.disk.end()
        moments = [self.chance.randint(begin, end) for _ in range(CUTS // 2)]
        moments += self.chance.choices(sorted(acknowledged.values()), k=CUTS - len(moments))
        faults = []
        for moment in self.disk.after_power_cuts(moments, self.chance):
            found = self.after(moment, acknowledged)
            self.cuts += 1
            self.looked_at += sum(when <= moment for when in acknowledged.values())
            faults += ['cut at %d of %d: %s' % (moment, end, each) for each in found]
        lost = [self.after(moment, acknowledged)
                for moment in self.disk.after_power_cuts([end], self.chance, lies_since=begin)]
        self.assertGreaterEqual(len(lost[0]), count, 'these cuts show nothing')
        shutil.rmtree(self.dir)
        return faults

    def after(self, moment, acknowledged):
        there = {number for number, when in acknowledged.items() if when <= moment}
        self.home.start()
        self.home.drain()
        found = self.faults(there)
        self.home.stop()
        return found

    def check(self, mkfs, megabytes):
        self.chance = volatile_disk.seeded()
        self.looked_at = self.cuts = self.doubles = 0
        runs = -(-MESSAGES // OF_ONE_RUN)
        for _ in range(runs):
            faults = self.run_of(mkfs, megabytes, MESSAGES // runs)
            print('%s: %d cuts, %d acknowledged messages looked at, %d came twice, %d faults' % (
                mkfs[0], self.cuts, self.looked_at, self.doubles, len(faults)), flush=True)
            self.assertEqual(faults, [])

    def test_ext4(self):
        self.check(EXT4, 64)

    def test_xfs(self):
        self.check(XFS, 320)


if __name__ == '__main__':
    unittest.main()
