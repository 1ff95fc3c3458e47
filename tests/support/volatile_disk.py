# SPDX-License-Identifier: MIT
"""A disk with a cache that a power cut empties: a file that the kernel takes for a disk (FUSE, by
its protocol as linux/fuse.h has it), with a log of what was written and flushed. From the log come
the disks that a power cut may have left. Root only."""
import ctypes
import itertools
import mmap
import os
import random
import shutil
import struct
import subprocess
import time
import unittest

SECTOR = 4096
READ, WRITE, STATFS, FSYNC, INIT, DESTROY = 15, 16, 17, 20, 26, 38
GETATTR, OPEN, RELEASE, FLUSH, INTERRUPT = 3, 14, 18, 25, 36
ENOSYS = 38
MAX_WRITE = 128 * 1024
RECORD = struct.Struct('<QI')
FLUSHED = (1 << 64) - 1  # in place of an offset


def mount(source, target, kind, options):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), 6, options.encode()) != 0:
        raise unittest.SkipTest('mount: ' + os.strerror(ctypes.get_errno()))


class Server:
    """Answers the kernel, in a process of its own: whoever uses the disk waits for it."""

    def __init__(self, fuse, content, log, written):
        self.fuse, self.log, self.written = fuse, log, written
        self.content = os.open(content, os.O_RDWR)
        self.size = os.fstat(self.content).st_size

    def run(self):
        while True:
            try:
                request = os.read(self.fuse, MAX_WRITE + 65536)
            except OSError:
                return  # unmounted
            _, code, unique = struct.unpack_from('<IIQ', request)
            answer = self.answer(code, request[40:])
            if answer is not None:
                error = answer if isinstance(answer, int) else 0
                body = b'' if error else answer
                os.write(self.fuse, struct.pack('<IiQ', 16 + len(body), -error, unique) + body)
            if code == DESTROY:
                return

    def answer(self, code, body):
        if code == INIT:
            return struct.pack('<IIIIHHIIHHI28x', 7, 31, 0, 0, 12, 9, MAX_WRITE, 1, 32, 0, 0)
        if code == GETATTR:
            return struct.pack('<QII', 3600, 0, 0) + self.attributes()
        if code == OPEN:
            return struct.pack('<QIi', 1, 0, 0)
        if code == READ:
            _, offset, size = struct.unpack_from('<QQI', body)
            return os.pread(self.content, size, offset)
        if code == WRITE:
            _, offset, size = struct.unpack_from('<QQI', body)
            self.record(offset, body[40:40 + size])
            return struct.pack('<II', size, 0)
        if code == FSYNC:
            self.record(FLUSHED, b'')
            return b''
        if code == STATFS:
            return struct.pack('<QQQQQIIII24x', 1 << 20, 1 << 20, 1 << 20, 1, 1, SECTOR, 255, SECTOR, 0)
        if code in (RELEASE, FLUSH, DESTROY):
            return b''
        return None if code == INTERRUPT else ENOSYS

    def attributes(self):
        size = self.size
        return struct.pack('<QQQQQQIIIIIIIIII', 1, size, size // 512, 0, 0, 0, 0, 0, 0, 0o100600, 1, 0,
                           0, 0, SECTOR, 0)

    def record(self, offset, data):
        self.log.write(RECORD.pack(offset, len(data)) + data)
        if data:
            os.pwrite(self.content, data, offset)
        count, = struct.unpack('<Q', self.written[:8])
        self.written[:8] = struct.pack('<Q', count + 1)


def copy_sparse(source, target):
    subprocess.run(['cp', '--sparse=always', source, target], check=True)


class LoopDevice:
    """A device of one file. It is bound by name, and the wait for its end sees to it that none of
    before is taken again: `mount -o loop` goes by inode numbers, which file systems use again."""

    PATIENCE = 20

    def __init__(self, test, file):
        for _ in range(10):  # somebody else may take the same one
            ran = subprocess.run(['losetup', '--find', '--show', file], capture_output=True, text=True)
            if ran.returncode == 0:
                self.path = ran.stdout.strip()
                self.file = file
                return
            time.sleep(0.1)
        test.skipTest('no loop device: ' + ran.stderr)

    def bound_to(self):
        try:
            with open('/sys/block/%s/loop/backing_file' % os.path.basename(self.path)) as file:
                return file.read().strip()
        except FileNotFoundError:
            return ''

    def end(self):
        subprocess.run(['losetup', '--detach', self.path], check=True, capture_output=True)
        deadline = time.monotonic() + self.PATIENCE
        while self.bound_to().startswith(self.file):
            if time.monotonic() > deadline:
                raise AssertionError('%s is still there' % self.path)
            time.sleep(0.01)


class VolatileDisk:
    """A file system on such a disk, mounted at `place`."""

    def __init__(self, test, mkfs, megabytes=24):
        if os.geteuid() != 0 or not os.path.exists('/dev/fuse') or not shutil.which(mkfs[0]):
            raise unittest.SkipTest('needs root, /dev/fuse and ' + mkfs[0])
        self.test = test
        self.image, self.log = test.path('image'), test.path('log-of-writes')
        self.disk, self.place = test.write('disk', ''), test.path('mounted')
        self.kind = mkfs[0].partition('.')[2]
        self.device = None
        os.mkdir(self.place)
        with open(self.image, 'wb') as file:
            file.truncate(megabytes << 20)
        subprocess.run([*mkfs, self.image], check=True, capture_output=True)
        self.written = mmap.mmap(-1, SECTOR)
        self.start_server()
        self.mount(self.disk)

    def start_server(self):
        content = self.test.path('content')
        copy_sparse(self.image, content)
        fuse = os.open('/dev/fuse', os.O_RDWR)
        mount('volatile', self.disk, 'fuse', 'fd=%d,rootmode=100000,user_id=0,group_id=0' % fuse)
        self.server = os.fork()
        if self.server == 0:
            with open(self.log, 'wb') as log:
                Server(fuse, content, log, self.written).run()
            os._exit(0)
        os.close(fuse)
        self.test.addCleanup(self.end)

    def mount(self, disk):
        self.device = LoopDevice(self.test, disk)
        options = ['-o', 'nouuid'] if self.kind == 'xfs' else []  # one of before may be ending
        ran = subprocess.run(['mount', '-t', self.kind, *options, self.device.path, self.place],
                             capture_output=True)
        if ran.returncode:
            self.device.end()
            self.device = None
            self.test.skipTest('no %s can be mounted: %s' % (self.kind, ran.stderr.decode()))

    def unmount(self):
        deadline = time.monotonic() + LoopDevice.PATIENCE
        while subprocess.run(['umount', self.place], capture_output=True).returncode:
            if time.monotonic() > deadline:  # a process that was told to end does so in a moment
                raise AssertionError('%s is busy' % self.place)
            time.sleep(0.05)
        self.device.end()
        self.device = None

    def end(self):
        if self.device:
            subprocess.run(['umount', self.place], capture_output=True)
            self.device.end()
            self.device = None
        if self.server:
            subprocess.run(['umount', self.disk], capture_output=True)
            os.waitpid(self.server, 0)
            self.server = 0

    def sync(self):
        folder = os.open(self.place, os.O_RDONLY)
        ctypes.CDLL(None).syncfs(folder)
        os.close(folder)

    def now(self):
        """How many writes and flushes the disk has seen."""
        return struct.unpack('<Q', self.written[:8])[0]

    def records(self):
        with open(self.log, 'rb') as file:
            while head := file.read(RECORD.size):
                offset, size = RECORD.unpack(head)
                yield offset, file.read(size)

    def after_power_cuts(self, moments, chance, lies_since=None):
        """For each of `moments`: mounts what a power cut then may have left, and yields the moment.
        What was flushed is there; of what was written since, each sector is, or is not. Since
        `lies_since` the disk forgets all, flushed or not."""
        durable = self.test.path('durable')
        copy_sparse(self.image, durable)
        records, pending, seen = self.records(), [], 0
        for number, moment in enumerate(sorted(moments)):
            for offset, data in itertools.islice(records, moment - seen):
                seen += 1
                if lies_since is not None and seen > lies_since:
                    continue
                if offset != FLUSHED:
                    pending.append((offset, data))
                    continue
                write_all(durable, pending)
                pending = []
            # A file of its own: the one before may still be somebody's.
            left = self.test.path('left%d' % number)
            copy_sparse(durable, left)
            write_all(left, self.lose_some(pending, chance))
            self.mount(left)
            try:
                yield moment
            finally:
                self.unmount()
                os.unlink(left)

    @staticmethod
    def lose_some(pending, chance):
        kept = chance.choice((0.0, 0.5, 0.9, 1.0))
        for at, written in pending:
            for start in range(0, len(written), SECTOR):
                if chance.random() < kept:
                    yield at + start, written[start:start + SECTOR]


def write_all(path, writes):
    with open(path, 'r+b') as file:
        for offset, data in writes:
            file.seek(offset)
            file.write(data)


def seeded():
    seed = int(os.environ.get('LBX_SEED') or random.randrange(1 << 32))
    print('LBX_SEED=%d' % seed, flush=True)
    return random.Random(seed)
