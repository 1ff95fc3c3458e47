# SPDX-License-Identifier: MIT
"""letterbox explain, the lookup socket, RCPT and delivery, over random homes and addresses: all of
them must say the same. LBX_AGREEMENT_CASES sets how many."""
import json
import os
import random
import shutil
import smtplib
import socket
import unittest

import lmtpd_test
from support.letterbox import ORDINARY, own, run

CASES = int(os.environ.get('LBX_AGREEMENT_CASES', '400'))
BATCH = 40  # homes that exist at once
SEED = 20261121

# What a line may be. Programs end with 0: only running them tells more.
LINES = ('./m/', './absent/', './box', './nodir/box', '.', '|true', '|exit 0', '# nothing', '',
         '+list', 'a@b.example', '&c@d.example', '|cat >/dev/null', './m/ \t', './m/.sub/', './full/')
EXTENSIONS = ('', '', 'a', 'a-b', 'A.b', 'a-default', 'default', 'x-y-z', 'a-', 'sub', 'a+b')
FILES = ('.qmail', '.qmaildefault', '.qmail-a', '.qmail-a-b', '.qmail-a:b', '.qmail-a-default',
         '.qmail-default', '.qmail-x-default', '.qmail-sub')
FULL = '100S\n5000 3\n'


def maildir(home, name):
    for each in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(home, name, each))


class AgreementTest(lmtpd_test.LmtpTest):
    settings = {'me': 'example.org\n', 'verdictseconds': '0\n', 'folderdelivery': 'existing\n',
                'delimiters': '-+\n'}

    def setUp(self):
        super().setUp()
        self.write('home/bin/qmail-queue', '#!/bin/sh\ncat >/dev/null\ncat <&1 >/dev/null\n', 0o755)
        self.rng = random.Random(SEED)

    def tree(self, name):
        rng = self.rng
        home = self.path('users', name)
        os.makedirs(home, 0o755)
        for each in ('m', 'm/.sub', 'full'):
            maildir(home, each)
        self.write('users/%s/full/maildirsize' % name, FULL)
        if rng.random() < 0.3:
            maildir(home, 'Maildir')
            if rng.random() < 0.3:
                maildir(home, 'Maildir/.sub')
            if rng.random() < 0.3:
                self.write('users/%s/Maildir/maildirsize' % name, FULL)
        for file in FILES:
            dice = rng.random()
            if dice < 0.25:
                lines = rng.choices(LINES, k=rng.randrange(5))
                self.write('users/%s/%s' % (name, file), '\n'.join(lines) + rng.choice(['', '\n']),
                           rng.choice((0o644, 0o644, 0o644, 0o744, 0o666, 0o600, 0o000)))
            elif dice < 0.29:
                os.mkdir(os.path.join(home, file))
            elif dice < 0.32:
                os.symlink('nowhere', os.path.join(home, file))
            elif dice < 0.34:
                os.mkfifo(os.path.join(home, file))
        own(home)
        os.chmod(home, rng.choice((0o755, 0o755, 0o755, 0o755, 0o755, 0o1755, 0o777)))

    def batch(self, names):
        """Homes, assignments and virtual domains for these users; an address for each."""
        ids = '%d:%d' % (ORDINARY.pw_uid, ORDINARY.pw_gid)
        assign, virtual, addresses = [], [], []
        for name in names:
            self.tree(name)
            home = self.path('users', name)
            wildcard = '+%s-:%s:%s:%s:-::' % (name, name, ids, home)
            assign += ['=%s:%s:%s:%s:::' % (name, name, ids, home)] + [wildcard] * (
                self.rng.random() < 0.9)
            virtual.append('v-%s.example:%s' % (name, name))
            ext = self.rng.choice(EXTENSIONS)
            dice = self.rng.random()
            if dice < 0.15:
                addresses.append('%s@v-%s.example' % (ext or 'info', name))
            elif dice < 0.2:
                addresses.append('%s@elsewhere.example' % name)
            else:
                delimiter = self.rng.choice('--+')
                addresses.append(name + (delimiter + ext if ext else '') + '@example.org')
        self.write('home/users/assign', '\n'.join(assign) + '\n.\n')
        self.write('home/control/virtualdomains', '\n'.join(virtual) + '\n')
        self.assertEqual(run('qmail-newu', env=self.environment).returncode, 0)
        return addresses

    def explained(self, address):
        ran = run('letterbox', 'explain', address, '--json', env=self.environment)
        result = json.loads(ran.stdout)['result']
        word = {'deliver': 'yes', 'never': 'no', 'elsewhere': 'no'}.get(result['verdict'], 'later')
        return word, result['text']

    def asked(self, address):
        self.door.send(address.encode())
        word, _, text = self.door.recv(4096).decode().partition(' ')
        return word, text

    def delivered(self, address):
        """What RCPT says, and what the delivery after it says."""
        self.client.mail('')
        code, text = self.client.rcpt(address)
        word = {2: 'yes', 4: 'later', 5: 'no'}[code // 100]
        if word == 'yes':
            code, text = self.client.data(b'Subject: x\r\n\r\nbody\r\n')
            word = {2: 'yes', 4: 'later', 5: 'no'}[code // 100]
        self.client.rset()
        return word, text.decode()

    def one(self, name, address):
        explained, reason = self.explained(address)
        asked = self.asked(address)
        delivered = self.delivered(address)
        said = (address, explained, reason, asked, delivered)
        self.assertEqual((explained, asked[0]), (asked[0], delivered[0]), said)
        if explained == 'yes' or address.endswith('@elsewhere.example'):
            return
        # The mailbox refuses by itself, too, and for the reason that was foreseen.
        self.assertIn(reason.split(' (#')[0].rstrip('.'), asked[1], said)
        request = json.loads(run('letterbox', 'explain', address, '--json',
                                 env=self.environment).stdout)
        if 'ext' not in request:  # nobody's address
            return
        ran = run('letterbox-deliver', '--user', name, '--home', self.path('users', name), '--ext',
                  request['ext'], '--recipient', address, '--sender', '', '--exit-codes', 'qmail',
                  stdin=b'Subject: x\n\nbody\n', env=self.environment)
        self.assertEqual(ran.returncode, {'no': 100, 'later': 111}[explained], (said, ran))

    def test_they_all_say_the_same(self):
        server = lmtpd_test.Server(self, '--lookup-socket', self.path('lookup.sock'))
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.door.close)
        self.door.settimeout(60)
        self.door.connect(self.path('lookup.sock'))
        for first in range(0, CASES, BATCH):
            self.client = smtplib.LMTP(server.path)  # anew: a session has its limits
            self.client.ehlo('test')
            names = ['u%d' % number for number in range(first, min(first + BATCH, CASES))]
            for name, address in zip(names, self.batch(names)):
                with self.subTest(address):
                    self.one(name, address)
            self.client.quit()
            shutil.rmtree(self.path('users'))


if __name__ == '__main__':
    unittest.main()
