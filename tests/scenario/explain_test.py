# SPDX-License-Identifier: MIT
"""letterbox explain: what it says is what delivery does."""
import json
import os
import random
import shutil
import unittest

from support import letterbox
from support.letterbox import ScratchTest, own

CASES = int(os.environ.get('LBX_EXPLAIN_CASES', '300'))
SEED = 20240229
MESSAGE = b'Subject: x\n\nbody\n'


class ExplainTest(ScratchTest):
    def explain(self, *args, **kwargs):
        return letterbox.run('letterbox', 'explain', *args, **kwargs)

    def test_says_for_people_what_happens(self):
        self.write('.qmail-list-default', './Maildir/\n|echo hi\n')
        ran = self.explain('joe-list-Foo@example.org', '--home', self.dir)
        text = ran.stdout.decode()
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))
        for part in ('.qmail-list-foo ', 'No such file or directory', 'this one answers',
                     'not looked at', 'DEFAULT=Foo', 'maildir  ./Maildir/', 'program  echo hi',
                     'not reached', 'Result: waits'):
            self.assertIn(part, text)

    def test_says_for_programs_the_same(self):
        self.write('.qmail', '&a@b\n')
        ran = self.explain('joe@example.org', '--home', self.dir, '--sender', 's@x', '--json')
        said = json.loads(ran.stdout)
        self.assertEqual(said['environment']['SENDER'], 's@x')
        self.assertEqual(said['lines'][0]['kind'], 'forward')
        self.assertEqual(said['result'], {'verdict': 'deliver', 'exit': 0, 'text': ''})

    def test_delivers_nothing(self):
        self.write('.qmail', '|touch touched\n./box\n./m/\n')
        self.explain('joe', '--home', self.dir)
        self.assertEqual(os.listdir(self.dir), ['.qmail'])

    def test_an_address_of_nobody_is_for_the_alias_user(self):
        ran = self.explain('no-such-user-at-all@x')
        text = (ran.stdout + ran.stderr).decode()
        self.assertTrue('alias' in text, text)

    def test_a_wrong_command_line_is_an_error(self):
        for args in (('explain',), ('explain', 'a', '--nonsense'), ('explode',), ()):
            ran = letterbox.run('letterbox', *args)
            self.assertEqual((ran.returncode, ran.stdout), (1, b''))
            self.assertTrue(ran.stderr.startswith(b'letterbox: '))

    def test_help_and_version(self):
        self.assertIn(b'explain', letterbox.run('letterbox', 'help').stdout)
        self.assertRegex(letterbox.run('letterbox', '--version').stdout, rb'^\d+\.\d+\.\d+\n$')


class DifferentialTest(ScratchTest):
    """Random trees: explain and letterbox-deliver must agree."""

    LINES = ('./m/', './absent/', './box', './nodir/box', '.', '|true', '|exit 0', '# nothing',
             '', '+list', 'a@b.example', '&c@d.example', '|cat >/dev/null', './m/ \t', '+x')
    EXTENSIONS = ('', 'a', 'a-b', 'A.b', 'a-default', 'default', 'x-y-z', 'a-')
    MODES = (0o644, 0o644, 0o644, 0o744, 0o666, 0o600)

    def tree(self, rng):
        home = self.path('home')
        os.mkdir(home, 0o755)
        for each in ('', '/tmp', '/new', '/cur'):
            os.mkdir(home + '/m' + each)
        for name in ('.qmail', '.qmaildefault', '.qmail-a', '.qmail-a-b', '.qmail-a:b',
                     '.qmail-a-default', '.qmail-default', '.qmail-x-default'):
            dice = rng.random()
            if dice < 0.25:
                lines = rng.choices(self.LINES, k=rng.randrange(5))
                mode = rng.choice(self.MODES)
                self.write('home/' + name, '\n'.join(lines) + rng.choice(['', '\n']), mode)
            elif dice < 0.3:
                os.mkdir(home + '/' + name)
            elif dice < 0.35:
                os.symlink('nowhere', home + '/' + name)
        self.write('home/bin/qmail-queue', '#!/bin/sh\ncat >/dev/null\ncat <&1 >queued\n', 0o755)
        own(home)
        os.chmod(home, rng.choice((0o755, 0o755, 0o755, 0o755, 0o755, 0o1755, 0o777)))
        return home

    def one(self, rng):
        home = self.tree(rng)
        ext = rng.choice(self.EXTENSIONS)
        default = rng.choice(('./Maildir/', './m/', './box', '|true', '../out/', 'x@y', '\n./m/'))
        address = 'joe' + ('-' + ext if ext else '') + '@example.org'
        said = json.loads(letterbox.run('letterbox', 'explain', address, '--home', home,
                                        '--default', default, '--json').stdout)
        env = {'PATH': os.environ['PATH'], 'LETTERBOX_HOME': home}
        ran = letterbox.run('letterbox-deliver', '--user', 'joe', '--home', home, '--ext', ext,
                            '--recipient', address, '--sender', '', '--default', default,
                            '--exit-codes', 'qmail', stdin=MESSAGE, env=env)
        self.assertEqual(ran.returncode, said['result']['exit'], (said, ran.stdout))
        if ran.returncode == 0:
            self.agree_on_effects(home, said)
        else:
            reason = said['result']['text'].split(' (#')[0].rstrip('.')
            self.assertIn(reason.encode(), ran.stdout, said)
        shutil.rmtree(home)

    def agree_on_effects(self, home, said):
        targets = [(line['kind'], line.get('target')) for line in said['lines']]
        for place in ('m', 'Maildir'):
            new = os.path.join(home, place, 'new')
            found = len(os.listdir(new)) if os.path.isdir(new) else 0
            self.assertEqual(found, targets.count(('maildir', f'./{place}/')), said)
        self.assertEqual(os.path.exists(home + '/box'), ('mbox', './box') in targets, said)
        forwards = [target for kind, target in targets if kind == 'forward']
        queued = b''
        if os.path.exists(home + '/queued'):
            with open(home + '/queued', 'rb') as file:
                queued = file.read()
        wanted = ''.join(f'T{each}\0' for each in forwards)
        self.assertEqual(queued.decode(), f'F\0{wanted}\0' if forwards else '', said)

    def test_random_trees(self):
        rng = random.Random(SEED)
        for number in range(CASES):
            with self.subTest(number):
                self.one(rng)


if __name__ == '__main__':
    unittest.main()
