# SPDX-License-Identifier: MIT
"""A mail home with a running queue, and the queue's door as its clients see it."""
import fcntl
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

from support import letterbox

F_ADD_SEALS = 1033
ALL_SEALS = 0xf
PATIENCE = 30
MAX_DATAGRAM = 16384


def message_file(content):
    """A sealed memfd, as submitters send it."""
    fd = os.memfd_create('message', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    fcntl.fcntl(fd, F_ADD_SEALS, ALL_SEALS)
    return fd


class Door:
    """A connection to run/queue.sock."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    def ask(self, datagram, fd=None):
        if fd is None:
            self.socket.send(datagram)
        else:
            socket.send_fds(self.socket, [datagram], [fd])
        return self.socket.recv(MAX_DATAGRAM)

    def submit(self, sender, recipients, content, extra=b''):
        """-> the answer, b'K17'."""
        records = b'F' + sender.encode() + b'\0' + extra
        records += b''.join(b'T' + each.encode() + b'\0' for each in recipients)
        fd = message_file(content)
        try:
            return self.ask(b'E' + records, fd)
        finally:
            os.close(fd)


class QueueHome:
    """A mail home of its own. In single-user mode, as the ordinary user of letterbox.py, whose
    home is HOME/user: all mail is delivered by HOME/alias or that user's .qmail files."""

    def __init__(self, test, place=None, **control):
        self.test = test
        self.dir = tempfile.mkdtemp(prefix='lbx-queue.', dir=place)
        os.chmod(self.dir, 0o755)
        test.addCleanup(subprocess.run, ['rm', '-rf', self.dir], check=False)
        self.user_home = os.path.join(self.dir, 'user')
        os.mkdir(self.user_home)
        os.mkdir(os.path.join(self.dir, 'control'))
        os.mkdir(os.path.join(self.dir, 'users'))
        self.maildir = letterbox.Maildir(os.path.join(self.user_home, 'Maildir'))
        self.control(me='mail.example.org', locals='example.org', concurrencyremote='0', **control)
        self.assign('joe')
        letterbox.own(self.dir)
        self.process = None
        self.log_path = os.path.join(self.dir, 'log')
        self.log_seen = 0
        test.addCleanup(self.stop, signal.SIGKILL)

    def control(self, **settings):
        for name, text in settings.items():
            with open(os.path.join(self.dir, 'control', name), 'w', encoding='utf-8') as file:
                file.write(text + '\n')

    def assign(self, *names):
        """Whatever is for one of these users, with extension or not, is the ordinary user's."""
        who = letterbox.ORDINARY
        with open(os.path.join(self.dir, 'users', 'assign'), 'w', encoding='utf-8') as file:
            for name in names:
                row = '%s:%d:%d:%s' % (name, who.pw_uid, who.pw_gid, self.user_home)
                file.write('=%s:%s:::\n+%s-:%s:-::\n' % (name, row, name, row))
            file.write('.\n')
        letterbox.own(self.dir)
        done = subprocess.run([letterbox.program('qmail-newu')], env=self.environment(),
                              check=False, **letterbox.as_ordinary())
        self.test.assertEqual(done.returncode, 0)

    def qmail(self, extension, text):
        path = os.path.join(self.user_home, '.qmail' + extension)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(path, 0o644)
        letterbox.own(path)

    def environment(self, **more):
        return dict(os.environ, LETTERBOX_HOME=self.dir, PATH=os.environ['PATH'],
                    QMAILQUEUE=letterbox.program('qmail-queue'), **more)

    def start(self, *args, program='letterbox-queued', wrap=(), env=None, wait=True):
        log = open(self.log_path, 'ab')
        self.log_seen = log.tell()
        self.process = subprocess.Popen(
            [*wrap, letterbox.program(program), *args], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, env=env or self.environment(), start_new_session=True,
            **letterbox.as_ordinary())
        log.close()
        if wait:
            self.wait_for(r'status: local|"event":"status"')
        return self.process

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            if how == signal.SIGKILL:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        if how == signal.SIGKILL:
            time.sleep(0.05)
        self.process = None
        return status

    def log(self):
        """What this start has written, without what it says of a kernel that lacks Landlock."""
        with open(self.log_path, 'rb') as file:
            file.seek(self.log_seen)
            return re.sub(r'(?m)^.*sandbox lacks=.*\n', '', file.read().decode('utf-8', 'replace'))

    def wait_for(self, pattern, count=1):
        return self.wait_until(lambda: len(re.findall(pattern, self.log(), re.M)) >= count,
                               'no %r' % pattern)

    def wait_until(self, met, what):
        deadline = time.monotonic() + PATIENCE
        while not met():
            if time.monotonic() > deadline:
                self.test.fail('%s in: %s' % (what, self.log()[-3000:]))
            if self.process is not None and self.process.poll() is not None:
                time.sleep(0.1)
                if met():
                    return
                self.test.fail('ended (%s): %s' % (self.process.returncode, self.log()[-3000:]))
            time.sleep(0.01)

    def door(self):
        door = Door(os.path.join(self.dir, 'run', 'queue.sock'))
        self.test.addCleanup(door.close)
        return door

    def processes(self):
        """The pids of the first process and its children, in the order of their starts."""
        out = subprocess.run(['ps', '-o', 'pid=', '--ppid', str(self.process.pid)],
                             capture_output=True, check=False, text=True).stdout.split()
        return [self.process.pid] + sorted(int(each) for each in out)

    def counters(self):
        door = self.door()
        lines = door.ask(b'S')[1:].decode().split()
        door.close()
        return {name: int(value) for name, value in (each.split('=') for each in lines)}
