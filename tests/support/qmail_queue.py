# SPDX-License-Identifier: MIT
"""A queue directory as qmail's own programs leave it (CONTRACT 1.7), built from Python."""
import os

BORN = 1_000_000_000
RECEIVED = b'Received: (qmail 4711 invoked by uid 501); 9 Sep 2001 01:46:40 -0000\n'


class QmailQueue:
    """A stopped queue; `split` parts, with todo/ and intd/ split too for big-todo."""

    def __init__(self, path, split=23, big_todo=False):
        self.path, self.split, self.big_todo = path, split, big_todo
        self.last = 0
        for folder in ('mess', 'info', 'local', 'remote', 'todo', 'intd'):
            os.makedirs(os.path.join(path, folder), exist_ok=True)
            if self.is_split(folder):
                for part in range(split):
                    os.makedirs(os.path.join(path, folder, str(part)), exist_ok=True)
        for folder in ('bounce', 'pid', 'lock'):
            os.makedirs(os.path.join(path, folder), exist_ok=True)
        with open(os.path.join(path, 'lock/sendmutex'), 'wb'):
            pass

    def is_split(self, folder):
        return folder != 'bounce' and (self.big_todo or folder not in ('todo', 'intd'))

    def name(self, folder, number):
        part = [str(number % self.split)] if self.is_split(folder) else []
        return os.path.join(self.path, folder, *part, str(number))

    def put(self, folder, number, content, mtime=BORN):
        with open(self.name(folder, number), 'wb') as file:
            file.write(content)
        os.utime(self.name(folder, number), (mtime, mtime))

    def message(self, body):
        """Puts it into mess/ as qmail-queue does: the number is the inode, but each message here
        has a higher one than those before. -> number"""
        draft = os.path.join(self.path, 'pid', 'draft')
        with open(draft, 'wb') as file:
            file.write(RECEIVED + body)
        os.utime(draft, (BORN, BORN))
        number = self.last = max(os.stat(draft).st_ino, self.last + 1)
        os.rename(draft, self.name('mess', number))
        return number

    def queued(self, body, recipients, sender=b's@x.example'):
        """In todo/: accepted, and not yet classified."""
        number = self.message(body)
        records = [b'u501', b'p4711', b'F' + sender] + [b'T' + each for each in recipients]
        envelope = b''.join(each + b'\0' for each in records)
        self.put('intd', number, envelope)
        os.link(self.name('intd', number), self.name('todo', number))
        return number

    def classified(self, body, local=(), remote=(), sender=b's@x.example', bounce=b'', due=BORN):
        """`local`, `remote`: records with their letter, b'Tjoe@example.org' or b'D...'."""
        number = self.message(body)
        self.put('info', number, b'F' + sender + b'\0')
        for folder, records in (('local', local), ('remote', remote)):
            if records:
                self.put(folder, number, b''.join(each + b'\0' for each in records), due)
        if bounce:
            self.put('bounce', number, bounce)
        return number

    def files(self):
        """Every file of the queue but the lock, as {path: content}."""
        found = {}
        for folder, _, names in os.walk(self.path):
            for name in names:
                path = os.path.join(folder, name)
                if not path.endswith('lock/sendmutex'):
                    with open(path, 'rb') as file:
                        found[os.path.relpath(path, self.path)] = file.read()
        return found
