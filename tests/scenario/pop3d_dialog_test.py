# SPDX-License-Identifier: MIT
"""Every file of dialogs/pop3d/ is a test: C: is what we send, S: is what must come back, where a
star stands for anything. Those of dialogs/pop3d/qmail/ are for qmail-pop3d, the others for
letterbox-pop3d on descriptors 0 and 1. `#` begins a comment; "S: (end)" is the end of output."""
import os
import re

from support import letterbox, pop3

DIALOGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'dialogs', 'pop3d')
MESSAGES = (b'From: a@b.example\nSubject: one\n\nfirst\n', b'Subject: two\r\n\r\n.dot\r\n..\r\n',
            b'Subject: three\n\nno end')


class Pop3dDialogTest(letterbox.ScratchTest):
    def play(self, path):
        maildir = letterbox.Maildir(self.path('Maildir'))
        for number, message in enumerate(MESSAGES, 1):
            maildir.add(message, '%d.M%d.host' % (1000000000 + number, number),
                        mtime=1000000000 + number)
        if os.path.basename(os.path.dirname(path)) == 'qmail':
            client = pop3.start_piped(self, 'qmail-pop3d', maildir.path)
        else:
            login = self.write('login', 'bob:{PLAIN}se cret:Maildir\n', 0o600)
            client = pop3.start_piped(self, 'letterbox-pop3d', '--login-file', login)
        with open(path) as file:
            for number, line in enumerate(file, 1):
                self.step(client, line.rstrip('\n'), '%s:%d' % (os.path.basename(path), number))

    def step(self, client, line, where):
        if line.startswith('C: '):
            client.send(line[3:].encode() + b'\r\n')
        elif line == 'S: (end)':
            self.assertEqual(client.rest(), b'', where)
        elif line.startswith('S: ') or line == 'S:':
            wanted = '.*'.join(re.escape(part) for part in line[3:].split('*'))
            self.assertRegex(client.line().decode(), '^' + wanted + '\r\n$', where)
        else:
            self.assertTrue(line.startswith('#') or not line, where)


def add_test(path):
    name = 'test_' + re.sub(r'\W', '_', os.path.relpath(path, DIALOGS)[:-4])
    setattr(Pop3dDialogTest, name, lambda self: self.play(path))


for folder, _, names in sorted(os.walk(DIALOGS)):
    for each in sorted(names):
        add_test(os.path.join(folder, each))
