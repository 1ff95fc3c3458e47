# SPDX-License-Identifier: MIT
"""SIGKILL at random moments of letterbox queue import --remove. Afterwards every message of the old
queue is in ours exactly once, and whole. The full form: LBX_KILLS=100."""
import json
import os
import random
import subprocess
import time

from support import letterbox
from support.qmail_queue import RECEIVED, QmailQueue

KILLS = int(os.environ.get('LBX_KILLS', '6'))
MESSAGES = 250


class ImportKillTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.home = self.path('home')
        os.makedirs(os.path.join(self.home, 'queue/store'), mode=0o700)
        self.old = QmailQueue(self.path('old'))
        self.bodies = {}
        for number in range(MESSAGES):
            sender = b'%d@x.example' % number
            body = b'\n%d\n' % number
            if number % 50 == 0:
                body += os.urandom(300_000)  # these become files
            self.bodies[sender.decode()] = RECEIVED + body
            if number % 2:
                self.old.queued(body, [b'a@h'], sender)
            else:
                self.old.classified(body, [b'Ta@h', b'Db@h'], sender=sender)
        letterbox.own(self.dir)
        self.environment = dict(os.environ, LETTERBOX_HOME=self.home)

    def queue(self, *args):
        return letterbox.run('letterbox', 'queue', *args, env=self.environment)

    def start(self):
        return subprocess.Popen(
            [letterbox.program('letterbox'), 'queue', 'import', '--remove', self.old.path],
            stdout=subprocess.DEVNULL, env=self.environment, **letterbox.as_ordinary())

    def test_nothing_is_lost_and_nothing_comes_twice(self):
        moment = random.Random(4711)
        killed = 0
        for _ in range(KILLS):
            run = self.start()
            time.sleep(moment.uniform(0, 0.15))
            run.kill()
            killed += run.wait() != 0
        self.assertGreater(killed, 0)
        last = self.queue('import', '--remove', self.old.path)
        self.assertEqual(last.returncode, 0, last.stderr)
        # What a kill leaves of a removal is no message any more: qmail-clean sweeps it up.
        left = sorted(self.old.files())
        self.assertLessEqual(len(left), 2 * killed)
        self.assertEqual([each for each in left if not each.startswith(('mess/', 'intd/'))], [])
        found = json.loads(self.queue('list', '--json').stdout)
        self.assertEqual(sorted(each['sender'] for each in found), sorted(self.bodies))
        for message in found[::10]:
            shown = self.queue('show', str(message['message']), '--body').stdout
            self.assertEqual(shown, self.bodies[message['sender']])
        files = os.listdir(os.path.join(self.home, 'queue/store/spool'))
        self.assertEqual(sorted(files), sorted(each['spool_file'] for each in found
                                               if 'spool_file' in each))
        self.assertEqual(len(files), MESSAGES // 50)
