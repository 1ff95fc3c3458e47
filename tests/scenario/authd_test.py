# SPDX-License-Identifier: MIT
"""letterbox-authd and letterbox user: the real programs, a front that we script."""
import os
import select
import stat
import subprocess
import threading
import time
import unittest

from support.auth import Authd, Front, add_user, netstrings, outcome
from support.letterbox import ORDINARY, ScratchTest, as_ordinary, own, program, run

PAM_WRAPPER = 'libpam_wrapper.so'
MATRIX = '/usr/lib/x86_64-linux-gnu/pam_wrapper/pam_matrix.so'


class AuthTest(ScratchTest):
    """A mail home with joe in it; `settings` go to its control directory."""
    settings = {}

    def setUp(self):
        super().setUp()
        for name, text in {'authdelay': '0\n', **self.settings}.items():
            self.write('control/' + name, text.replace('@DIR@', self.dir))
        own(self.dir)
        added = add_user(self.dir, 'joe', 'secret word')
        self.assertEqual(added.returncode, 0, added.stderr)

    def start(self, **kwargs):
        authd = Authd(self.dir, **kwargs)
        self.addCleanup(lambda: authd.process.poll() is None and authd.stop())
        self.assertEqual(authd.ready, b'listening\n', self.log_text())
        return authd

    def front(self, **kwargs):
        if not hasattr(self, 'authd'):
            self.authd = self.start()
        front = Front(self.authd.path, **kwargs)
        self.addCleanup(front.close)
        return front

    def log_text(self):
        with open(self.path('authd.log')) as file:
            return file.read()

    def user(self, *args, stdin=b''):
        return run('letterbox', 'user', *args, stdin=stdin,
                   env=dict(os.environ, LETTERBOX_HOME=self.dir))

    def maildir(self, name='joe'):
        return self.path('mail', name, 'Maildir/')


class AccountFileTest(AuthTest):
    def test_lets_in_who_knows_the_password_and_nobody_else(self):
        front = self.front()
        self.assertEqual(front.plain('joe', 'secret word'), ('joe', self.maildir()))
        for user, password in (('joe', 'secret'), ('jim', 'secret word'), ('joe\n', 'secret word'),
                               ('joe', 'secret word '), ('joe', ''), ('', 'secret word'),
                               ('jo' * 4000, 'x')):
            self.assertEqual(front.plain(user, password), 'credentials', (user, password))

    def test_letters_have_no_case_in_names_and_one_form_in_all(self):
        self.assertEqual(add_user(self.dir, 'J\u00fcrgen@Example.org', 'p\u00e4ss').returncode, 0)
        front = self.front()
        decomposed = 'ju\u0308rgen@example.org'
        self.assertEqual(front.plain(decomposed, 'pa\u0308ss')[0], 'j\u00fcrgen@example.org')
        self.assertEqual(front.plain('JOE', 'secret word')[0], 'joe')

    def test_login_asks_twice_or_takes_the_name_with_the_command(self):
        front = self.front()
        self.assertEqual(front.start('LOGIN')[2], b'Username:')
        self.assertEqual(front.step('joe')[2], b'Password:')
        self.assertEqual(outcome(front.step('secret word'))[0], 'joe')
        self.assertEqual(front.start('login', 'joe')[2], b'Password:')
        self.assertEqual(outcome(front.step('wrong')), 'credentials')

    def test_scram_never_sends_the_password(self):
        front = self.front()
        self.assertEqual(front.scram('joe', 'secret word'), ('joe', self.maildir()))
        self.assertEqual(front.scram('joe', 'wrong'), 'credentials')
        self.assertEqual(front.scram('jim', 'secret word'), 'credentials')

    def test_scram_shows_an_unknown_user_the_same_salt_each_time(self):
        front = self.front()

        def salt(user):
            answer = front.start('SCRAM-SHA-256', 'n,,n=%s,r=abc' % user)
            return [each for each in answer[2].split(b',') if each[:2] in (b's=', b'i=')]
        self.assertEqual(salt('nobody'), salt('nobody'))
        self.assertNotEqual(salt('nobody'), salt('noone'))
        self.assertEqual([len(each) for each in salt('nobody')],
                         [len(each) for each in salt('joe')])
        before = salt('nobody')
        self.authd.stop()
        del self.authd
        front = self.front()
        self.assertEqual(before, salt('nobody'))

    def test_nobody_becomes_somebody_else(self):
        add_user(self.dir, 'jim', 'other')
        front = self.front()
        self.assertEqual(front.plain('joe', 'secret word', authzid='jim'), 'credentials')
        self.assertEqual(front.plain('joe', 'secret word', authzid='JOE')[0], 'joe')

    def test_a_certificate_is_enough_where_the_front_vouches_for_it(self):
        front = self.front()
        self.assertEqual(outcome(front.start('EXTERNAL', '', certificate='joe'))[0], 'joe')
        self.assertEqual(outcome(front.start('EXTERNAL', 'jim', certificate='joe')),
                         'credentials')
        self.assertEqual(outcome(front.start('EXTERNAL', '')), 'not-offered')
        self.assertEqual(outcome(front.start('EXTERNAL', '', certificate='joe', tls=0)),
                         'not-offered')

    def test_passwords_go_only_where_nobody_listens(self):
        front = self.front()
        self.assertEqual(front.offer(tls=1), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
        self.assertEqual(front.offer(tls=0, loopback=1), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
        self.assertEqual(front.offer(tls=0), ['SCRAM-SHA-256'])
        self.assertEqual(front.plain('joe', 'secret word', tls=0), 'not-offered')
        self.assertEqual(front.plain('joe', 'secret word', tls=0, loopback=1)[0], 'joe')
        self.assertEqual(outcome(front.start('CRAM-MD5')), 'not-offered')
        self.assertEqual(outcome(front.start('ANONYMOUS', '')), 'not-offered')

    def test_a_change_of_the_accounts_holds_at_once(self):
        front = self.front()
        self.assertEqual(front.plain('joe', 'secret word')[0], 'joe')
        self.assertEqual(self.user('passwd', 'joe', stdin=b'new\n').returncode, 0)
        self.assertEqual(front.plain('joe', 'secret word'), 'credentials')
        self.assertEqual(front.plain('joe', 'new')[0], 'joe')
        self.assertEqual(self.user('disable', 'joe').returncode, 0)
        self.assertEqual(front.plain('joe', 'new'), 'credentials')
        self.assertEqual(front.scram('joe', 'new'), 'credentials')
        self.assertEqual(outcome(front.start('EXTERNAL', '', certificate='joe')), 'credentials')
        self.assertEqual(self.user('enable', 'joe').returncode, 0)
        self.assertEqual(front.plain('joe', 'new')[0], 'joe')
        self.assertEqual(self.user('remove', 'joe').returncode, 0)
        self.assertEqual(front.plain('joe', 'new'), 'credentials')

    def test_a_broken_account_file_is_no_wrong_password(self):
        front = self.front()
        with open(self.path('users', 'accounts'), 'a') as file:
            file.write('nonsense\n')
        self.assertEqual(front.plain('joe', 'secret word'), 'temporary')
        self.assertIn('line 2', self.log_text())

    def test_an_account_file_that_others_may_read_is_refused(self):
        front = self.front()
        os.chmod(self.path('users', 'accounts'), 0o644)
        self.assertEqual(front.plain('joe', 'secret word'), 'temporary')

    def test_no_password_gets_into_the_log(self):
        front = self.front()
        front.plain('joe', 'secret word')
        front.plain('joe', 'sesame-open')
        front.scram('joe', 'sesame-open')
        text = self.log_text()
        self.assertIn('auth-ok user=joe mechanism=PLAIN protocol=pop3 from=local', text)
        self.assertIn('auth-failed user=joe mechanism=SCRAM-SHA-256', text)
        self.assertNotIn('secret word', text)
        self.assertNotIn('sesame', text)


    def test_an_account_for_tls_alone_is_refused_without_whatever_the_mechanism(self):
        front = self.front()
        self.assertEqual(self.user('tls-only', 'joe').returncode, 0)
        self.assertIn(b'tls-only', self.user('list').stdout)
        self.assertEqual(front.plain('joe', 'wrong', tls=0, loopback=1), 'credentials')
        self.assertEqual(front.plain('joe', 'secret word', tls=0, loopback=1), 'not-offered')
        self.assertEqual(front.scram('joe', 'secret word', tls=0), 'not-offered')
        self.assertEqual(front.scram('joe', 'secret word')[0], 'joe')
        self.assertEqual(front.plain('joe', 'secret word')[0], 'joe')
        self.assertEqual(self.user('tls-optional', 'joe').returncode, 0)
        self.assertEqual(front.plain('joe', 'secret word', tls=0, loopback=1)[0], 'joe')

    def test_a_flood_of_failures_is_a_line_in_the_log_for_each_place_and_mechanism(self):
        front = self.front()
        for number in range(30):
            front.plain('u%d' % number, 'x', address='192.0.2.1')
        front.plain('joe', 'x', address='2001:db8::1')
        front.plain('joe', 'x', address='2001:db8::2')
        front.scram('joe', 'x')
        failures = [line for line in self.log_text().splitlines() if 'auth-failed' in line]
        self.assertEqual(len(failures), 3, failures)
        self.assertIn('user=u0 mechanism=PLAIN protocol=pop3 from=192.0.2.1', failures[0])
        self.assertIn('before=0', failures[0])


class DelayTest(AuthTest):
    settings = {'authdelay': '1\n'}

    def test_a_failure_costs_the_same_time_for_known_and_unknown_users(self):
        front = self.front()
        times = []
        for user in ('joe', 'nobody-at-all'):
            began = time.monotonic()
            self.assertEqual(front.plain(user, 'wrong', address='192.0.2.1'), 'credentials')
            times.append(time.monotonic() - began)
        self.assertGreaterEqual(min(times), 0.99)
        self.assertLess(abs(times[0] - times[1]), 0.3)

    def test_who_fails_often_waits_longer_and_nobody_else_does(self):
        front = self.front()
        numbers = [front.begin('PLAIN', '\0u%d\0x' % i, address='192.0.2.1') for i in range(4)]
        for _ in numbers:
            front.receive()
        began = time.monotonic()
        front.plain('joe', 'secret word', address='192.0.2.1')
        self.assertGreaterEqual(time.monotonic() - began, 1.5)
        began = time.monotonic()
        front.plain('joe', 'secret word', address='192.0.2.2')
        self.assertLess(time.monotonic() - began, 0.9)


class ProtocolTest(AuthTest):
    def test_many_exchanges_go_on_over_one_socket(self):
        front = self.front()
        numbers = [front.begin('LOGIN') for _ in range(50)]
        self.assertEqual({int(front.receive()[1]) for _ in numbers}, set(numbers))
        for number in numbers:
            front.send('step', number, 'joe')
        for _ in numbers:
            self.assertEqual(front.receive()[2], b'Password:')
        self.assertEqual(outcome(front.step('secret word', numbers[7]))[0], 'joe')

    def test_one_front_has_a_limit_of_exchanges(self):
        front = self.front()
        numbers = [front.begin('LOGIN') for _ in range(300)]
        kinds = [front.receive()[0] for _ in numbers]
        self.assertEqual((kinds.count(b'challenge'), kinds.count(b'failure')), (256, 44))

    def test_who_talks_nonsense_is_hung_up_on_and_others_are_served(self):
        other = self.front()
        for nonsense in (b'x', b'5:hello,', netstrings('start', 1), netstrings('step', 'x', 'y'),
                         b'99999999999999999999:x,', netstrings('start', 1, 'PLAIN', 'pop3', '',
                                                                2, 0, '', '')):
            front = self.front()
            front.socket.send(nonsense)
            self.assertIsNone(front.receive(), nonsense)
        self.assertEqual(other.plain('joe', 'secret word')[0], 'joe')

    def test_a_message_that_is_too_long_ends_the_connection(self):
        front = self.front()
        front.socket.send(b'9' * 20000)
        self.assertIsNone(front.receive())

    def test_a_token_as_long_as_allowed_is_not_too_long(self):
        front = self.front()
        self.assertEqual(front.plain('joe', 'x' * 12000), 'credentials')
        self.assertEqual(front.plain('joe', 'x' * 13000), 'malformed')

    def test_two_steps_at_once_are_nonsense(self):
        front = self.front()
        number = front.begin('LOGIN')
        front.receive()
        front.send('step', number, 'joe')
        front.receive()
        for _ in range(2):
            front.send('step', number, 'secret word')
        answers = []
        try:
            while answers[-1:] != [None]:
                answers.append(front.receive())
        except ConnectionResetError:
            answers.append(None)
        self.assertLessEqual(len(answers), 2)

    def test_a_front_that_reads_nothing_holds_up_nobody(self):
        deaf = self.front()
        deaf.socket.setblocking(False)
        sent = 0
        try:
            while sent < 20000:
                deaf.send('offer', sent, 1, 0, '', '')
                sent += 1
                if sent % 500 == 0:
                    time.sleep(0.02)
        except BlockingIOError:
            pass
        self.assertLess(sent, 20000)
        self.assertEqual(self.front().plain('joe', 'secret word')[0], 'joe')

    def test_a_hundred_fronts_are_more_than_there_is_room_for(self):
        fronts = [self.front() for _ in range(64)]
        self.assertEqual(fronts[-1].plain('joe', 'secret word')[0], 'joe')
        late = self.front(timeout=1)
        with self.assertRaises(TimeoutError):
            late.offer()
        fronts[0].close()
        late.socket.settimeout(30)
        self.assertTrue(late.receive())

    def test_a_cancelled_exchange_gets_no_answer(self):
        front = self.front()
        front.send('cancel', front.begin('PLAIN', '\0joe\0secret word'))
        self.assertEqual(front.offer(), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])

    def test_exchanges_die_with_their_front(self):
        for _ in range(20):
            front = self.front()
            front.begin('PLAIN', '\0joe\0secret word')
            front.close()
        self.assertEqual(self.front().plain('joe', 'secret word')[0], 'joe')

    def test_terminates_and_leaves_a_socket_that_the_next_one_takes_over(self):
        self.front()
        self.assertEqual(self.authd.stop(), 0)
        del self.authd
        self.assertEqual(self.front().plain('joe', 'secret word')[0], 'joe')

    def test_a_second_one_does_not_take_the_socket(self):
        self.front()
        second = Authd(self.dir)
        self.assertEqual((second.ready, second.process.wait(30)), (b'', 111))
        second.process.stdout.close()
        second.log.close()

    @unittest.skipUnless(os.geteuid() == 0, 'needs another user')
    def test_another_user_is_not_served(self):
        self.front()
        code = ("import socket,sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);"
                "s.settimeout(10); s.connect(sys.argv[1]); sys.exit(len(s.recv(10)))")
        ran = subprocess.run(['python3', '-c', code, self.authd.path], user=12345, group=12345,
                             extra_groups=[], capture_output=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn('auth-refused uid=12345', self.log_text())

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_root_does_not_serve_an_account_file(self):
        ran = subprocess.run([program('letterbox-authd')], capture_output=True, timeout=60,
                             env=dict(os.environ, LETTERBOX_HOME=self.dir))
        self.assertEqual(ran.returncode, 111)
        self.assertIn(b'will not run as root', ran.stderr)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_root_gives_its_rights_away_before_it_serves(self):
        ran = subprocess.Popen([program('letterbox-authd'), '--user', ORDINARY.pw_name],
                               stdout=subprocess.PIPE, env=dict(os.environ,
                                                                LETTERBOX_HOME=self.dir))
        self.addCleanup(ran.stdout.close)
        self.assertEqual(ran.stdout.readline(), b'listening\n')
        with open('/proc/%d/status' % ran.pid) as file:
            status = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
        self.assertEqual(status['Uid'].split(), [str(ORDINARY.pw_uid)] * 4)
        self.assertEqual(status['NoNewPrivs'], '1')
        self.assertEqual(status['CapEff'], '0' * 16)
        ran.terminate()
        self.assertEqual(ran.wait(60), 0)


CHECKPASSWORD = '''#!/usr/bin/python3
import os, sys, time
login, password, stamp = os.read(3, 512).split(b'\\0')[:3]
if login == b'slow':
    time.sleep(60)
if login == b'broken':
    sys.exit(111)
if login == b'crash':
    os.kill(os.getpid(), 9)
if password != b'sesame' or login == b'joe':
    sys.exit(1)
os.close(3)
env = dict(os.environ, USER=login.decode(), HOME='@DIR@/virtual/' + login.decode())
if login == b'silent':
    sys.exit(0)
if login == b'homeless':
    del env['HOME']
os.execve(sys.argv[1], sys.argv[1:], env)
'''


class CheckpasswordTest(AuthTest):
    settings = {'authsources': 'file\ncheckpassword @DIR@/checkpw\n', 'authtimeout': '5\n'}

    def setUp(self):
        super().setUp()
        self.write('checkpw', CHECKPASSWORD.replace('@DIR@', self.dir), 0o755)

    def test_its_accounts_are_let_in_beside_those_of_the_file(self):
        front = self.front()
        answer = front.start('PLAIN', '\0jill\0sesame')
        self.assertEqual([each.decode() for each in answer[2:7]],
                         ['jill', str(ORDINARY.pw_uid), str(ORDINARY.pw_gid),
                          self.path('virtual', 'jill'), self.path('virtual', 'jill', 'Maildir/')])
        self.assertEqual(front.plain('jill', 'wrong'), 'credentials')
        self.assertEqual(front.plain('joe', 'secret word')[0], 'joe')

    def test_a_name_of_the_file_is_the_files(self):
        self.assertEqual(self.front().plain('joe', 'sesame'), 'credentials')

    def test_what_it_cannot_tell_is_temporary(self):
        front = self.front()
        for user in ('broken', 'crash', 'silent', 'homeless'):
            self.assertEqual(front.plain(user, 'sesame'), 'temporary', user)

    def test_no_more_than_512_octets_and_no_empty_password(self):
        front = self.front()
        self.assertEqual(front.plain('jill', 'x' * 600), 'credentials')
        self.assertEqual(front.plain('jill', ''), 'credentials')

    def test_a_slow_one_holds_up_nobody_and_is_ended(self):
        front = self.front()
        slow = [front.begin('PLAIN', '\0slow\0x') for _ in range(2)]
        self.assertEqual(self.front().plain('joe', 'secret word')[0], 'joe')
        self.assertEqual(select.select([front.socket], [], [], 0)[0], [])  # they still wait
        self.assertEqual({outcome(front.receive()) for _ in slow}, {'temporary'})

    def test_more_slow_ones_than_threads_are_told_to_come_again(self):
        front = self.front()
        slow = [front.begin('PLAIN', '\0slow\0x') for _ in range(20)]
        self.assertEqual({outcome(front.receive()) for _ in slow}, {'temporary'})
        self.assertIn('too many at once', self.log_text())


TOKEN_PROGRAM = '''#!/usr/bin/python3
import os, sys
name, token, address, mechanism = os.read(3, 20000).split(b'\\0')[:4]
if token == b'down':
    sys.exit(75)
if not token.startswith(b'token-of-'):
    sys.exit(1)
if not name or b'say' in token:
    print(token[9:].decode().replace('say-', ''))
elif token[9:] != name:
    sys.exit(1)
'''


class TokenTest(AuthTest):
    settings = {'tokenprogram': '@DIR@/token\n'}

    def setUp(self):
        super().setUp()
        self.write('token', TOKEN_PROGRAM, 0o755)

    def bearer(self, token, name='joe'):
        name = 'a=' + name if name else ''
        return self.front_.start('OAUTHBEARER', 'n,%s,\x01auth=Bearer %s\x01\x01' % (name, token))

    def test_tokens(self):
        self.front_ = front = self.front()
        self.assertEqual(front.offer(), ['SCRAM-SHA-256', 'OAUTHBEARER', 'XOAUTH2', 'PLAIN',
                                         'LOGIN'])
        self.assertEqual(outcome(self.bearer('token-of-joe'))[0], 'joe')
        self.assertEqual(outcome(self.bearer('token-of-joe', ''))[0], 'joe')
        self.assertEqual(outcome(self.bearer('token-of-say-joe', 'JOE'))[0], 'joe')
        self.assertEqual(outcome(self.bearer('down')), 'temporary')
        # RFC 7628 section 3.2.3: the client hears why, and answers with ^A.
        self.assertEqual(self.bearer('bad')[2], b'{"status":"invalid_token"}')
        self.assertEqual(outcome(front.step('\x01')), 'credentials')
        self.bearer('token-of-say-jim')
        self.assertEqual(outcome(front.step('\x01')), 'credentials')
        self.bearer('token-of-nobody', 'nobody')
        self.assertEqual(outcome(front.step('\x01')), 'credentials')
        answer = front.start('XOAUTH2', 'user=joe\x01auth=Bearer token-of-joe\x01\x01')
        self.assertEqual(outcome(answer)[0], 'joe')
        self.assertEqual(outcome(front.start('XOAUTH2', 'user=joe')), 'malformed')


@unittest.skipUnless(os.path.exists(MATRIX), 'libpam-wrapper is not installed')
class PamTest(AuthTest):
    settings = {'authsources': 'pam letterbox-test\n'}

    def setUp(self):
        super().setUp()
        self.write('pam/letterbox-test', 'auth required %s passdb=%s\naccount required %s '
                   'passdb=%s\n' % ((MATRIX, self.path('passdb')) * 2))
        self.write('passdb', '%s:sesame:letterbox-test\nghost:sesame:letterbox-test\n'
                             'root:sesame:letterbox-test\n' % ORDINARY.pw_name)
        self.authd = self.start(env={
            'LD_PRELOAD': PAM_WRAPPER, 'PAM_WRAPPER': '1',
            'PAM_WRAPPER_SERVICE_DIR': self.path('pam'), 'TMPDIR': self.dir,
            # Sanitizers do not go with libraries that are loaded first, nor with RTLD_DEEPBIND.
            'UID_WRAPPER_DISABLE_DEEPBIND': '1',
            'ASAN_OPTIONS': 'verify_asan_link_order=0:detect_leaks=0'})

    def test_system_accounts(self):
        front = self.front()
        name, home = ORDINARY.pw_name, ORDINARY.pw_dir
        answer = front.start('PLAIN', '\0%s\0sesame' % name)
        self.assertEqual([each.decode() for each in answer[2:7]],
                         [name, str(ORDINARY.pw_uid), str(ORDINARY.pw_gid), home,
                          home + '/Maildir/'], self.log_text())
        self.assertEqual(front.plain(name, 'wrong'), 'credentials')
        self.assertEqual(front.plain('no-such-user', 'sesame'), 'credentials')
        self.assertEqual(front.plain('root', 'sesame'), 'credentials')
        self.assertEqual(front.offer(), ['PLAIN', 'LOGIN'])

    def test_a_user_whom_only_pam_knows_is_temporary(self):
        self.assertEqual(self.front().plain('ghost', 'sesame'), 'temporary')


class UserCommandTest(AuthTest):
    def test_the_file_is_private_and_lists_what_was_added(self):
        mode = os.stat(self.path('users', 'accounts')).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(self.user('add', 'jim', '--owner', '1001/1002', '--home', '/home/jim',
                                   '--quota', '1000', '--disabled', stdin=b'x\n').returncode, 0)
        self.assertEqual(self.user('list').stdout.decode(),
                         'joe  self  %s\njim  1001/1002  /home/jim/Maildir/  quota=1000  disabled\n'
                         % self.maildir())
        self.assertTrue(os.path.isdir(self.path('mail', 'joe', 'Maildir', 'new')))
        self.assertFalse(os.path.exists('/home/jim/Maildir'))

    def test_refuses_with_a_reason(self):
        for args, stdin, why in ((('add', 'joe'), b'x\n', b'already'),
                                 (('add', 'a:b'), b'x\n', b"':'"),
                                 (('add', 'a/b'), b'x\n', b"'/'"),
                                 (('add', '..'), b'x\n', b"'.'"),
                                 (('add', 'a\x07b'), b'x\n', b'SASLprep'),
                                 (('add', 'jim'), b'', b'empty'),
                                 (('add', 'jim'), b'\xff\n', b'SASLprep'),
                                 (('add', 'jim'), b'x' * 2000, b'too long'),
                                 (('add', 'jim', '--owner', '0/0'), b'x\n', b'root'),
                                 (('add', 'jim', '--owner', 'no-such'), b'x\n', b'no-such'),
                                 (('add', 'jim', '--home', 'x'), b'x\n', b'absolute'),
                                 (('add', 'jim', '--maildir', '../up'), b'x\n', b'below'),
                                 (('add', 'jim', '--quota', '-1'), b'x\n', b'no number'),
                                 (('add', 'jim', '--quota', '9' * 20), b'x\n', b'no number'),
                                 (('add', 'jim'), b'x' * 512 + b'\n', b'longer than 511'),
                                 (('passwd', 'jim'), b'x\n', b'no account'),
                                 (('remove', 'jim'), b'', b'no account'),
                                 (('frobnicate',), b'', b'one of'), ((), b'', b'one of')):
            ran = self.user(*args, stdin=stdin)
            self.assertEqual(ran.returncode, 1, args)
            self.assertIn(why, ran.stderr, args)
        self.assertEqual(self.user('list').stdout.count(b'\n'), 1)

    def test_comments_and_other_lines_stay(self):
        with open(self.path('users', 'accounts'), 'r+') as file:
            text = file.read()
            file.seek(0)
            file.write('# ours\n\n' + text)
        self.user('disable', 'joe')
        with open(self.path('users', 'accounts')) as file:
            self.assertEqual(file.read(), '# ours\n\n' + text.rstrip('\n') + 'disabled\n')

    def test_twenty_at_once_all_get_in(self):
        threads = [threading.Thread(target=add_user, args=(self.dir, 'user%d' % i, 'x'))
                   for i in range(20)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(self.user('list').stdout.count(b'\n'), 21)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_root_leaves_the_file_to_its_owner(self):
        ran = subprocess.run([program('letterbox'), 'user', 'disable', 'joe'],
                             env=dict(os.environ, LETTERBOX_HOME=self.dir), capture_output=True)
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))
        self.assertEqual(os.stat(self.path('users', 'accounts')).st_uid, ORDINARY.pw_uid)

    def test_a_terminal_is_asked_twice_and_shows_nothing(self):
        for answers, status in ((b'new\nnew\n', 0), (b'one\ntwo\n', 1)):
            master, slave = os.openpty()
            ran = subprocess.Popen([program('letterbox'), 'user', 'passwd', 'joe'], stdin=slave,
                                   stdout=slave, stderr=slave, start_new_session=True,
                                   env=dict(os.environ, LETTERBOX_HOME=self.dir), **as_ordinary())
            os.close(slave)
            seen = b''
            first, second = answers.splitlines(True)
            for question, answer in ((b'Password of joe: ', first), (b'Again: ', second)):
                while not seen.endswith(question):
                    self.assertTrue(select.select([master], [], [], 60)[0], seen)
                    seen += os.read(master, 1024)
                os.write(master, answer)
            self.assertEqual(ran.wait(60), status)
            os.close(master)
            self.assertNotIn(first.strip(), seen)
        self.assertEqual(self.front().plain('joe', 'new')[0], 'joe')


if __name__ == '__main__':
    unittest.main()
