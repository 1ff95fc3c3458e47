# SPDX-License-Identifier: MIT
"""The queue's disk is full, or read-only, or has lost a page: new mail is refused with "later", the
log says why, nothing that was acknowledged is lost, and nothing is delivered twice. On a damaged
store letterbox queue check names what is wrong, and repair mends it."""
import errno
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import letterbox
from support.mail_queue import QueueHome

PAGE = 4096
LATER, WRITE_ERROR, NO_FILE = 71, 53, 65
LARGE = b'0123456789abcde\n' * 30_000


class TroubleTest(unittest.TestCase):
    def setUp(self):
        self.home = QueueHome(self)
        self.store = os.path.join(self.home.dir, 'queue/store')

    def submit(self, number, body=b'', recipient='joe@example.org'):
        """-> the exit status of qmail-queue"""
        with tempfile.TemporaryFile() as envelope, tempfile.TemporaryFile() as content:
            envelope.write(b'Fjoe-back@example.org\0T%s\0\0' % recipient.encode())
            content.write(b'X-Number: %d\n\n' % number + body)
            for each in (envelope, content):
                each.seek(0)
            return subprocess.run([letterbox.program('qmail-queue')], stdin=content,
                                  stdout=envelope, env=self.home.environment(), check=False,
                                  **letterbox.as_ordinary()).returncode

    def queue(self, *args):
        """letterbox queue -> its exit status and what it said"""
        ran = subprocess.run([letterbox.program('letterbox'), 'queue', *args], check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                             env=self.home.environment(), **letterbox.as_ordinary())
        return ran.returncode, ran.stdout.decode()

    def numbers(self):
        """Of the messages that were delivered, in order."""
        return sorted(int(re.search(rb'^X-Number: (\d+)$', each, re.M)[1])
                      for each in self.home.maildir.messages().values())

    def let_go(self):
        """What waits may be delivered from now on."""
        self.home.control(concurrencylocal='5')
        self.home.process.send_signal(signal.SIGHUP)

    def prepare(self, *mount):
        """Puts a file system of its own in the place of queue/store, with three messages that
        wait."""
        if os.geteuid() != 0:
            self.skipTest('only root can mount')
        self.home.control(concurrencylocal='0')
        os.makedirs(self.store)
        ran = subprocess.run(['mount', *mount, self.store], capture_output=True, check=False)
        if ran.returncode:
            self.skipTest('cannot mount: ' + ran.stderr.decode())
        self.addCleanup(subprocess.run, ['umount', '-l', self.store], check=False)
        os.chmod(self.store, 0o700)
        letterbox.own(os.path.join(self.home.dir, 'queue'))
        self.home.start()
        for number in range(3):
            self.assertEqual(self.submit(number), 0)


class FullDiskTest(TroubleTest):
    def setUp(self):
        super().setUp()
        self.prepare('-t', 'tmpfs', '-o', 'size=4m', 'none')
        self.ballast = os.path.join(self.store, 'ballast')
        self.fill()

    def fill(self):
        with open(self.ballast, 'wb', buffering=0) as file:
            try:
                while True:
                    file.write(b'x' * PAGE)
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)

    def test_mail_is_refused_until_there_is_room_again(self):
        self.assertEqual(self.submit(8, b'x' * 200_000), LATER)
        self.home.wait_for('warning: unable to take a message: queue.db: database or disk is full')
        self.assertIn(self.submit(9, LARGE), (WRITE_ERROR, NO_FILE, LATER))
        os.unlink(self.ballast)
        self.assertEqual(self.submit(3, LARGE), 0)
        self.let_go()
        self.home.wait_for('^end msg', 4)
        self.assertEqual(self.numbers(), [0, 1, 2, 3])
        self.assertEqual(self.queue('check'), (0, '0 faults\n'))

    def test_what_is_delivered_meanwhile_is_not_delivered_again(self):
        self.let_go()
        self.home.wait_for('warning: trouble marking recipients, will try later: queue.db: '
                           'database or disk is full')
        os.unlink(self.ballast)
        self.home.wait_for('^end msg', 3)
        self.assertEqual(self.numbers(), [0, 1, 2])

    def test_nor_where_the_queue_dies_before_there_is_room(self):
        self.let_go()
        self.home.wait_for('warning: trouble marking recipients')
        self.home.stop(signal.SIGKILL)
        os.unlink(self.ballast)
        self.home.start()
        self.home.wait_for('^end msg', 3)
        self.assertEqual(self.numbers(), [0, 1, 2])

    def test_a_start_without_room_refuses_and_delivers_when_there_is_some(self):
        self.home.stop()
        self.fill()
        self.home.start()
        self.assertEqual(self.submit(9, b'x' * 200_000), LATER)
        os.unlink(self.ballast)
        self.let_go()
        self.home.wait_for('^end msg', 3)
        self.assertEqual(self.numbers(), [0, 1, 2])


class ReadOnlyDiskTest(TroubleTest):
    """As an ext4 becomes when it meets an error."""

    def setUp(self):
        super().setUp()
        if not shutil.which('mkfs.ext4'):
            self.skipTest('there is no mkfs.ext4')
        image = tempfile.NamedTemporaryFile(prefix='lbx-image.')
        self.addCleanup(image.close)
        image.truncate(16 << 20)
        subprocess.run(['mkfs.ext4', '-q', '-F', image.name], check=True)
        self.image = image.name
        self.prepare('-t', 'ext4', '-o', 'loop', self.image)

    def test_mail_is_refused_and_what_was_taken_is_there_after_a_repair(self):
        ran = subprocess.run(['mount', '-o', 'remount,abort', self.store], check=False,
                             capture_output=True)
        if ran.returncode:
            self.skipTest('this ext4 cannot be aborted: ' + ran.stderr.decode())
        self.assertEqual(self.submit(9), LATER)
        self.home.wait_for('warning: unable to take a message: queue.db: ')
        self.home.stop(signal.SIGKILL)
        self.home.start(wait=False)
        self.assertEqual(self.home.process.wait(30), 111)
        self.assertRegex(self.home.log(), '^alert: cannot start: .*Read-only file system')
        self.home.process = None
        self.assertEqual(self.submit(9), LATER)
        subprocess.run(['umount', self.store], check=True)
        subprocess.run(['e2fsck', '-fy', self.image], check=False, capture_output=True)
        subprocess.run(['mount', '-o', 'loop', self.image, self.store], check=True)
        self.home.control(concurrencylocal='5')
        self.home.start()
        self.home.wait_for('^end msg', 3)
        self.assertEqual(self.numbers(), [0, 1, 2])


class DamageTest(TroubleTest):
    COUNT = 60

    def setUp(self):
        super().setUp()
        self.home.control(concurrencylocal='0')
        self.home.start()
        for number in range(self.COUNT):
            self.assertEqual(self.submit(number, b'body of %04d\n' % number * 180), 0)
        self.assertEqual(self.home.stop(), 0)
        self.home.control(concurrencylocal='5')

    def damage(self, text):
        """The last page that has it."""
        with open(os.path.join(self.store, 'queue.db'), 'r+b') as file:
            at = file.read().rfind(text) // PAGE * PAGE
            self.assertGreater(at, 0)
            file.seek(at)
            file.write(b'\xa5' * PAGE)

    def check_and_repair(self):
        """-> what was lost"""
        status, faults = self.queue('check')
        self.assertEqual(status, 1)
        self.assertRegex(faults, r'(?i)page|malformed')
        status, said = self.queue('repair')
        self.assertIn('the old file is ', said)
        self.assertEqual(self.queue('check'), (0, '0 faults\n'))
        lost = re.findall('^lost: (.*)$', said, re.M)
        self.assertEqual(status, 1 if lost else 0)
        return lost

    def start_and_end(self):
        self.home.start()
        self.home.wait_until(lambda: self.home.counters()['waiting'] == 0, 'something waits')
        self.assertEqual(self.home.stop(), 0)
        self.assertEqual(self.submit(self.COUNT), 0)
        self.home.start()
        self.home.wait_for('^end msg')
        self.assertEqual(self.home.stop(), 0)

    def test_one_page_of_texts_costs_what_stood_there_and_no_more(self):
        self.damage(b'body of 0030\n' * 50)
        self.home.start()
        self.home.wait_for('^end msg', self.COUNT - 5)
        self.home.wait_for(r'warning: unable to read message \d+, will try later: queue.db: '
                           'database disk image is malformed')
        self.home.stop()
        lost = self.check_and_repair()
        named = [int(each) for each in re.findall(r'message (\d+) from <joe-back@example.org> to '
                                                  'joe@example.org: its text cannot be read',
                                                  '\n'.join(lost))]
        self.start_and_end()
        gone = set(range(self.COUNT + 1)) - set(self.numbers())
        self.assertTrue(gone)
        self.assertEqual({each + 1 for each in gone}, set(named))

    def test_without_its_recipients_it_does_not_start(self):
        self.damage(b'joe@example.org')
        self.home.start(wait=False)
        self.assertEqual(self.home.process.wait(30), 111)
        self.assertRegex(self.home.log(), '^alert: cannot start: queue.db: .*malformed.*; '
                                          'try letterbox queue check, then repair$')
        self.home.process = None
        self.check_and_repair()
        self.start_and_end()


if __name__ == '__main__':
    unittest.main()
