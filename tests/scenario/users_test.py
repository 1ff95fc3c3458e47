# SPDX-License-Identifier: MIT
"""Who delivers: users/assign, qmail-newu, explain and check, as one site."""
import json
import os
import unittest

from support import letterbox
from support.letterbox import ORDINARY, Maildir, ScratchTest, own

MAX_USERS = 100_000  # admin/check.h
MAX_FILES = 50_000
MAX_FINDINGS = 10_000


class SiteTest(ScratchTest):
    def setUp(self):
        super().setUp()
        for name in ('joe', 'ann'):
            os.mkdir(self.path(name), 0o755)
        os.makedirs(self.path('site/users'))
        own(self.dir)
        self.env = {'PATH': os.environ['PATH'], 'LETTERBOX_HOME': self.path('site')}

    def run_program(self, name, *args, **kwargs):
        return letterbox.run(name, *args, env=self.env, **kwargs)

    def ids(self):
        return f'{ORDINARY.pw_uid}:{ORDINARY.pw_gid}'

    def assign(self, *lines):
        self.write('site/users/assign', ''.join(line + '\n' for line in (*lines, '.')))
        made = self.run_program('qmail-newu')
        self.assertEqual((made.returncode, made.stderr), (0, b''))

    def lines_of(self, name):
        home = self.path(name)
        return (f'={name}:{name}:{self.ids()}:{home}:::', f'+{name}-:{name}:{self.ids()}:{home}:-::')

    def explain(self, address):
        ran = self.run_program('letterbox', 'explain', '--json', address)
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))
        return json.loads(ran.stdout)

    def check(self, *args):
        ran = self.run_program('letterbox', 'check', '--json', *args)
        self.assertEqual(ran.stderr, b'')
        said = json.loads(ran.stdout)
        self.assertEqual(ran.returncode, 1 if said['findings'] else 0)
        return said


class ExplainSiteTest(SiteTest):
    def setUp(self):
        super().setUp()
        self.assign(*self.lines_of('joe'), f'+:ann:{self.ids()}:{self.path("ann")}:-::')
        self.write('site/control/locals', 'here.example\n')
        self.write('site/control/virtualdomains', 'shop.example:joe-shop\n.far.example:\n')
        self.write('site/control/delimiters', '-+\n')
        self.write('joe/.qmail-shop-default', '&a@b.example\n')
        self.write('joe/.qmail-list', './list\n')

    def test_each_kind_of_address_has_its_way(self):
        for address, domain, line, home, chosen in (
                ('Info@Shop.example', 'virtual', '+joe-', 'joe', '.qmail-shop-default'),
                ('joe-list@here.example', 'local', '+joe-', 'joe', '.qmail-list'),
                ('joe+list@here.example', 'local', '+joe-', 'joe', '.qmail-list'),
                ('JOE@here.example', 'local', '=joe', 'joe', ''),
                ('whoever@here.example', 'local', '+', 'ann', '')):
            with self.subTest(address):
                said = self.explain(address)
                self.assertEqual(said['address'], address)
                route = said['route']
                self.assertEqual((route['domain'], route['source'], route['assignment']),
                                 (domain, 'assignment', line))
                self.assertEqual((said['home'], said['file']), (self.path(home), chosen))

    def test_an_address_of_nobody_here_is_no_failure(self):
        for address in ('a@other.example', 'a@x.far.example'):
            self.assertEqual(self.explain(address)['result']['verdict'], 'elsewhere')

    def test_unknown_users_are_refused_wildcards_taken(self):
        self.assertEqual(self.explain('joe-none@here.example')['result']['verdict'], 'never')
        self.assertEqual(self.explain('any-thing@shop.example')['result']['verdict'], 'deliver')

    def test_what_nobody_can_tell_waits(self):
        self.assign('=big:root:0:0:/root:::')
        said = self.explain('big@here.example')['result']
        self.assertEqual((said['verdict'], said['exit'], said['text']),
                         ('later', 111, 'Not allowed to perform deliveries as root.'))
        self.write('site/users/cdb', 'x')
        self.assertEqual(self.explain('joe@here.example')['result']['text'],
                         'Trouble reading users/cdb in qmail-lspawn.')

    def test_a_mistake_in_assign_leaves_everything_as_it_was(self):
        self.write('site/users/assign', '=joe:too:few\n.\n')
        made = self.run_program('qmail-newu')
        self.assertEqual((made.returncode, made.stdout), (111, b''))
        self.assertIn(b'qmail-newu: fatal: users/assign, line 1: ', made.stderr)
        self.assertEqual(self.explain('joe@here.example')['route']['assignment'], '=joe')


class ConfigSiteTest(SiteTest):
    def test_what_is_set_can_be_read_by_all_who_deliver(self):
        self.env['LETTERBOX_HOME'] = self.path('fresh')
        ran = self.run_program('letterbox', 'config', 'overquota', 'never', umask=0o077)
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))
        for name, mode in (('', 0o755), ('control', 0o755), ('control/overquota', 0o644)):
            self.assertEqual(os.stat(self.path('fresh', name)).st_mode & 0o777, mode, name)


@unittest.skipUnless(os.geteuid() == 0, 'others look with their own rights anyway')
class RootLooksTest(SiteTest):
    """Root sees what the delivery will see, not more."""

    def setUp(self):
        super().setUp()
        self.assign(*self.lines_of('joe'))
        self.write('site/control/locals', 'here.example\n')
        Maildir(self.path('joe/Maildir'))
        for name, content in (('.qmail-secret', './Maildir/\n'), ('.qmail-in', '&joe@here.example\n')):
            os.chown(self.write('joe/' + name, content, 0o600), 0, 0)

    def run_program(self, name, *args, **kwargs):
        return super().run_program(name, *args, user=0, group=0, **kwargs)

    def test_a_file_that_its_user_cannot_read(self):
        said = self.explain('joe-secret@here.example')
        self.assertEqual((said['result']['exit'], said['candidates'][0]['found']),
                         (111, 'unreadable'))
        found = [os.path.basename(each['place']) for each in self.check()['findings']
                 if (each['problem'], each['user']) == ('unreadable', 'joe')]
        self.assertEqual(found, ['.qmail-in', '.qmail-secret'])

    def test_a_maildir_that_is_somebody_elses(self):
        os.chown(self.path('joe/Maildir'), 0, 0)
        os.chmod(self.path('joe/Maildir'), 0o700)
        said = self.explain('joe@here.example')
        self.assertEqual(said['result']['exit'], 111)
        self.assertIn('Permission denied', said['lines'][0]['note'])

    def test_a_home_that_cannot_be_listed_is_looked_at_all_the_same(self):
        os.chmod(self.path('joe'), 0o311)
        self.assertIn('.qmail-secret', [os.path.basename(each['place'])
                                        for each in self.check()['findings']])

    def test_nobody_delivers_as_root(self):
        ran = self.run_program('letterbox', 'explain', '--json', '--user', 'root', 'root')
        self.assertEqual(json.loads(ran.stdout)['result'], {
            'verdict': 'later', 'exit': 111, 'text': 'Not allowed to perform deliveries as root.'})


class CheckTest(SiteTest):
    def problems(self, said):
        return sorted({(each['problem'], os.path.relpath(each['place'], self.dir))
                       for each in said['findings']
                       # Accounts of this machine are none of the test's business.
                       if each['place'].startswith(self.dir)})

    def test_a_site_with_everything_wrong(self):
        self.assign(*self.lines_of('joe'), *self.lines_of('ann'))
        self.write('site/control/locals', 'here.example\n')
        self.write('joe/.qmail', '&ann@here.example\n|/no/such/program\n')
        self.write('ann/.qmail', 'joe@here.example\n./gone/\n')
        self.write('ann/.qmail-x', '\n')
        self.write('ann/.qmail-y', './box\n', 0o666)
        self.write('ann/.qmail-z', '&ann-none@here.example\n')
        os.mkfifo(self.path('ann/.qmail-fifo'))
        os.chmod(self.path('joe'), 0o1755)
        self.assertEqual(self.problems(self.check()), sorted([
            ('home', 'joe'), ('program', 'joe/.qmail'), ('maildir', 'ann/.qmail'),
            ('loop', 'joe/.qmail'), ('mistake', 'ann/.qmail-x'), ('unsafe', 'ann/.qmail-y'),
            ('address', 'ann/.qmail-z'), ('irregular', 'ann/.qmail-fifo')]))
        text = self.run_program('letterbox', 'check').stdout.decode()
        self.assertIn(f'{self.dir}/joe/.qmail:2: program: /no/such/program: No such file', text)

    def test_one_home_without_a_finding_is_success(self):
        Maildir(self.path('joe/Maildir'))
        self.write('joe/.qmail', './Maildir/\n|true\n')
        self.assertEqual(self.check('--home', self.path('joe')),
                         {'users': 1, 'files': 1, 'findings': []})

    def test_changes_nothing_and_runs_nothing(self):
        self.write('joe/.qmail', '|touch touched\n./new/\n./mbox\n')
        self.check('--home', self.path('joe'))
        self.assertEqual(os.listdir(self.path('joe')), ['.qmail'])

    def test_a_question_that_makes_no_sense_is_an_error(self):
        for args in (('--home', 'here'), ('--user', 'no-such-user-at-all'), ('--nonsense',)):
            ran = self.run_program('letterbox', 'check', *args)
            self.assertEqual((ran.returncode, ran.stdout), (1, b''))
            self.assertTrue(ran.stderr.startswith(b'letterbox: '))

    def test_ends_within_its_limits(self):
        line = f'=u%d:u:{self.ids()}:{self.dir}/none/%d:::'
        self.assign(*(line % (n, n) for n in range(MAX_USERS + 1)))
        said = self.check()
        self.assertLessEqual(said['users'], MAX_USERS)
        self.assertEqual(len(said['findings']), MAX_FINDINGS + 1)
        self.assertEqual(said['findings'][-1]['problem'], 'limit')

    def test_a_home_with_too_many_files(self):
        self.write('joe/.qmail-0', '#\n')
        for number in range(1, MAX_FILES + 1):
            os.link(self.path('joe/.qmail-0'), self.path(f'joe/.qmail-{number}'))
        said = self.check('--home', self.path('joe'))
        self.assertEqual(said['files'], MAX_FILES)
        self.assertEqual([each['problem'] for each in said['findings']], ['limit'])


if __name__ == '__main__':
    unittest.main()
