# SPDX-License-Identifier: MIT
"""What tests of whole programs share: where the programs are, scratch directories, Maildirs.

The standard library only, so that a test runs wherever the programs do."""
import atexit
import functools
import os
import pwd
import shutil
import subprocess
import tempfile
import unittest

BIN = os.environ.get('LBX_BIN', os.path.join(os.path.dirname(__file__), '../../build/release/bin'))
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), '../..'))

# Root's deliveries and mailboxes are refused by design: under root, programs run as nobody.
ORDINARY = pwd.getpwnam('nobody') if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def program(name):
    """The path of one of our programs."""
    return reachable(os.path.join(BIN, name))


@functools.lru_cache(maxsize=None)
def reachable(path):
    """`path`, a file or a folder, or a copy of it where the ordinary user cannot get at it: the
    checkout may lie in a home that is closed to others."""
    path = os.path.realpath(path)
    if os.geteuid() != 0 or everybody_reaches(os.path.dirname(path)):
        return path
    folder = tempfile.mkdtemp(dir=reachable_folder())
    os.chmod(folder, 0o755)
    copy = os.path.join(folder, os.path.basename(path))
    if os.path.isdir(path):
        shutil.copytree(path, copy)
    else:
        shutil.copy(path, copy)
    return copy


def everybody_reaches(folder):
    while folder != '/':
        if not os.stat(folder).st_mode & 0o001:
            return False
        folder = os.path.dirname(folder)
    return True


@functools.lru_cache(maxsize=None)
def reachable_folder():
    folder = tempfile.mkdtemp(prefix='lbx-bin.')
    os.chmod(folder, 0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def as_ordinary():
    """Keyword arguments for subprocess: an ordinary user, even when the tests run as root."""
    if os.geteuid() != 0:
        return {}
    return {'user': ORDINARY.pw_uid, 'group': ORDINARY.pw_gid, 'extra_groups': []}


def setpriv():
    """The same as words before a command line."""
    if os.geteuid() != 0:
        return []
    return ['setpriv', '--reuid', str(ORDINARY.pw_uid), '--regid', str(ORDINARY.pw_gid),
            '--clear-groups']


def run(name, *args, stdin=b'', **kwargs):
    """Runs one of our programs as an ordinary user. -> CompletedProcess with bytes."""
    options = dict(as_ordinary(), capture_output=True, timeout=120)
    options.update(kwargs)
    if 'stdin_file' in options:
        options['stdin'] = options.pop('stdin_file')
    else:
        options['input'] = stdin
    return subprocess.run([program(name), *args], **options)


class Maildir:
    """A Maildir with its messages as {name: bytes}."""

    def __init__(self, path, create=True):
        self.path = path
        if create:
            for each in ('', 'tmp', 'new', 'cur'):
                os.makedirs(os.path.join(path, each), exist_ok=True)
            own(path)

    def add(self, content, name='1000000001.1.host', folder='new', mtime=None):
        where = os.path.join(self.path, folder, name)
        with open(where, 'wb') as file:
            file.write(content)
        if mtime is not None:
            os.utime(where, (mtime, mtime))
        own(where)
        return where

    def messages(self):
        found = {}
        for folder in ('new', 'cur'):
            for name in sorted(os.listdir(os.path.join(self.path, folder))):
                with open(os.path.join(self.path, folder, name), 'rb') as file:
                    found[folder + '/' + name] = file.read()
        return found

    def tmp(self):
        return os.listdir(os.path.join(self.path, 'tmp'))


def own(path):
    """Gives a tree to the user that run() uses."""
    if os.geteuid() != 0:
        return
    os.chown(path, ORDINARY.pw_uid, ORDINARY.pw_gid, follow_symlinks=False)
    if os.path.isdir(path) and not os.path.islink(path):
        for each in os.listdir(path):
            own(os.path.join(path, each))


class ScratchTest(unittest.TestCase):
    """A test case with a directory of its own, self.dir, that belongs to the ordinary user."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='lbx-test.')
        os.chmod(self.dir, 0o755)
        own(self.dir)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, content, mode=0o644):
        where = self.path(name)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(where, mode)
        own(where)
        return where
