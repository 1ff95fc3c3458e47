# SPDX-License-Identifier: MIT
"""Other people's mail software, as scripts/peers unpacks it, in a view of the machine of its own:
mount and process namespaces in which the package is installed below /usr, in which passwd(5) has
our users and /var, /run and, from its folder etc.d, /etc what the caller put there. Nothing of the
machine itself changes, and what is started there dies with the test."""
import os
import signal
import socket
import subprocess
import time
import unittest

from support import letterbox

PEERS = os.environ.get('LBX_PEERS', os.path.join(letterbox.ROOT, 'build/peers'))
WAIT = 60  # seconds after which what should have come will not come any more

# The accounts of the packages and of letterbox-lmtpd, and three people whose homes the tests make.
SERVICES = {'postfix': 29901, 'postdrop': 29902, 'opensmtpd': 29903, 'opensmtpq': 29904,
            'Debian-exim': 29905, 'dovecot': 29906, 'dovenull': 29907, 'lbx-smtp': 29908}
PEOPLE = {'alice': 29911, 'bob': 29912, 'carol': 29913}

ENTER = r'''
layers=$1 view=$2; shift 2
mount -t overlay overlay -o "lowerdir=$layers:/usr" /usr
[ ! -d "$view/etc.d" ] || mount -t overlay overlay -o "lowerdir=$view/etc.d:/etc" /etc
for place in etc/passwd etc/group var/lib var/log var/spool run; do
  [ ! -e "$view/$place" ] || mount --bind "$view/$place" "/$place"
done
mount -t proc proc /proc
exec "$@"
'''


class View:
    """Peers in their own view of the machine; `folder` holds what the view has otherwise. Only root
    has many users in it: under an ordinary user everything runs as that user."""

    def __init__(self, names, folder):
        self.layers = [os.path.join(PEERS, name, 'usr') for name in names.split()]
        self.folder = folder
        for name in names.split():
            if not os.path.exists(os.path.join(PEERS, name, 'complete')):
                raise unittest.SkipTest('%s is not there: run scripts/peers' % name)
        os.makedirs(folder, exist_ok=True)
        if not self._works():
            raise unittest.SkipTest('no mount namespace with an overlay is to be had here')

    def install(self, homes):
        """passwd(5) and an empty /var and /run for whatever is started from now on. Root only."""
        accounts = {**SERVICES, **PEOPLE}
        passwd, group = others('/etc/passwd', accounts), others('/etc/group', accounts)
        for name, uid in accounts.items():
            home = os.path.join(homes, name) if name in PEOPLE else '/nonexistent'
            passwd += '%s:x:%d:%d::%s:/bin/sh\n' % (name, uid, uid, home)
            group += '%s:x:%d:\n' % (name, uid)
        for place in ('etc', 'run', 'var/lib', 'var/log', 'var/spool'):
            os.makedirs(os.path.join(self.folder, place), mode=0o755)
        self.write('etc/passwd', passwd)
        self.write('etc/group', group)

    def write(self, name, text):
        where = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, 'w', encoding='utf-8') as file:
            file.write(text)
        return where

    def command(self, *words):
        """`words` as a command line that runs inside."""
        enter = ['sh', '-ec', ENTER, 'enter', ':'.join(self.layers), self.folder]
        if os.geteuid() == 0:
            return ['unshare', '--mount', '--pid', '--fork', '--kill-child', *enter, *words]
        # Root of a namespace of its own may mount; then it is the ordinary user again.
        return ['unshare', '--user', '--map-root-user', '--mount', '--pid', '--fork',
                '--kill-child', *enter, 'unshare', '--user', '--map-user=%d' % os.getuid(),
                '--map-group=%d' % os.getgid(), *words]

    def run(self, *words, **kwargs):
        return subprocess.run(self.command(*words), capture_output=True, timeout=WAIT, text=True,
                              check=False, **kwargs)

    def start(self, test, *words, log):
        """Runs a server until `test` ends. Its output is appended to the file `log`."""
        with open(log, 'ab') as output:
            server = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=output,
                                      stderr=output, start_new_session=True)
        test.addCleanup(self._stop, server)
        return server

    @staticmethod
    def _stop(server):
        # unshare's child is the init of its namespace: with it everything ends.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(WAIT)

    def _works(self):
        done = subprocess.run(self.command('true'), capture_output=True, check=False)
        return done.returncode == 0


def others(path, names):
    """The lines of passwd(5) or group(5) that are not about `names`."""
    return ''.join(line for line in read(path).splitlines(True) if line.split(':')[0] not in names)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=WAIT):
    """Looks until `condition()` is true, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise AssertionError('waited %d s in vain: %s' % (seconds, what))
        time.sleep(0.05)


def answers(port):
    """Whether a server greets on `port`."""
    try:
        with socket.create_connection(('127.0.0.1', port), timeout=5) as probe:
            return bool(probe.recv(1))
    except OSError:
        return False


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ''
