# SPDX-License-Identifier: MIT
"""SIGKILL at random moments of an import, again and again until a run comes to its end: the Maildir
is then what an undisturbed run makes, byte for byte and name for name, and before nothing that is
not in it was ever to be seen. The number of moments is LBX_KILLS, 15 without it."""
import os
import random
import shutil
import subprocess
import time
import unittest
import zipfile

from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program

KILLS = int(os.environ.get('LBX_KILLS', '15'))
MESSAGES = 1500


def mbox_of(count):
    parts = []
    for number in range(count):
        state = ('', 'Status: RO\n', 'Status: RO\nX-Status: F\n')[number % 3]
        size = 1_200_000 if number % 500 == 250 else 200 + number % 700
        parts.append('From a@b Mon Jan  2 03:%02d:%02d 2006\nA: %d\n%s\n%s\n\n' % (
            number // 60 % 60, number % 60, number // 2, state, 'x' * size))
    return ''.join(parts).encode()


class ConvertKillTest(ScratchTest):
    SUBCOMMAND = 'mbox2maildir'
    MESSAGES = MESSAGES

    def make_source(self):
        return self.write('mbox', mbox_of(MESSAGES))

    def prepare(self, target):
        """A Maildir that exists before the import."""
        Maildir(target)

    def command(self, target, *options):
        return [program('letterbox-convert'), self.SUBCOMMAND, '--quiet', '--checkpoint', '50',
                *options, self.source, target]

    def undisturbed(self, target, *options):
        begin = time.monotonic()
        subprocess.run(self.command(target, *options), check=True, stdout=subprocess.DEVNULL,
                       **as_ordinary())
        return self.visible(target), time.monotonic() - begin

    def visible(self, target):
        if not os.path.isdir(os.path.join(target, 'cur')):
            return {}
        return Maildir(target, create=False).messages()

    def kill_until_done(self, target, right, took, rng, kills, disturb):
        """Runs until one comes to its end. -> how many were killed."""
        killed = 0
        while True:
            process = subprocess.Popen(self.command(target), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, **as_ordinary())
            try:
                _, error = process.communicate(timeout=rng.random() * took if killed < kills else 120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
                for name, content in self.visible(target).items():
                    self.assertEqual(content, right.get(name), name)
                disturb(target)
                continue
            self.assertEqual(process.returncode, 0, error)
            return killed

    def check(self, exists, disturb=lambda target: None):
        rng = random.Random(exists)
        self.source = self.make_source()
        before = os.listdir(self.dir)
        right, took = {}, 0
        killed = rounds = 0
        while killed < KILLS:
            target = self.path('m%d' % rounds)
            if not right:
                if exists:
                    self.prepare(self.path('right'))
                right, took = self.undisturbed(self.path('right'))
                self.assertEqual(len(right), self.MESSAGES)
            if exists:
                self.prepare(target)
            killed += self.kill_until_done(target, right, took, rng, min(6, KILLS - killed), disturb)
            rounds += 1
            self.assertEqual(self.visible(target), right)
            self.assertEqual(os.listdir(target + '/tmp'), [])
            self.at_the_end(target)
            shutil.rmtree(target)
            self.assertEqual(sorted(os.listdir(self.dir)), sorted(before + ['right']))

    def at_the_end(self, target):
        """What else must hold."""

    def test_a_new_maildir(self):
        self.check(False)

    def test_an_existing_maildir(self):
        self.check(True)


class FolderKillTest(ConvertKillTest):
    """The same with folders: of mailboxes, of single messages, of an archive."""
    SUBCOMMAND = 'import'

    def make_source(self):
        share = MESSAGES // 4
        self.write('mail/Inbox', mbox_of(share))
        self.write('mail/Work.sbd/Old', mbox_of(share))
        with zipfile.ZipFile(self.path('mail/t.zip'), 'w') as archive:
            archive.writestr('Zip.mbox', mbox_of(share))
        for number in range(share):
            self.write('mail/mh/%d' % (number + 1), b'Subject: %d\n\n%d\n' % (number, number))
        own(self.dir)
        return self.path('mail')

    def prepare(self, target):
        super().prepare(target)
        Maildir(target + '/.Zip')  # one folder exists, the others do not

    def is_left_over(self, target, folder):
        """A run that died while it made a folder may leave `.NAME.<unique>`, with no mail in it."""
        path = os.path.join(target, folder)
        if os.path.isdir(os.path.join(path, 'new')): return False
        self.assertRegex(folder, r'^\..*\.[0-9a-f]{16}$')
        self.assertEqual([names for _, _, names in os.walk(path) if names], [])
        return True

    def visible(self, target):
        found = super().visible(target)
        folders = os.listdir(target) if found or os.path.isdir(target) else []
        for folder in folders:
            if folder.startswith('.') and not self.is_left_over(target, folder):
                messages = Maildir(os.path.join(target, folder), create=False).messages()
                found.update((folder + '/' + name, content) for name, content in messages.items())
        return found


class FullDiskTest(ConvertKillTest):
    """The same, and in between the disk is full."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest('a small file system of its own needs root to mount')
        self.dir = self.path('small')
        os.mkdir(self.dir)
        made = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=200m,mode=1777', 'tmpfs', self.dir],
                              capture_output=True, check=False)
        if made.returncode != 0:
            self.skipTest('cannot mount here: ' + made.stderr.decode())
        self.addCleanup(subprocess.run, ['umount', self.dir], check=True)
        own(self.dir)

    def check(self, exists, disturb=lambda target: None):
        super().check(exists, self.run_on_a_full_disk)

    def run_on_a_full_disk(self, target):
        filler = self.path('filler')
        free = os.statvfs(self.dir)
        with open(filler, 'wb') as file:
            try:
                file.write(bytes(max(0, free.f_bavail * free.f_frsize - 300_000)))
            except OSError:
                pass
        full = subprocess.run(self.command(target), capture_output=True, check=False, **as_ordinary())
        self.assertIn(full.returncode, (0, 75), full.stderr)
        os.remove(filler)


if __name__ == '__main__':
    unittest.main()
