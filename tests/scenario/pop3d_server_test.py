# SPDX-License-Identifier: MIT
"""letterbox-pop3d as its users meet it: many clients, slow ones, rude ones, and other programs
that use the Maildir at the same time."""
import crypt
import os
import socket
import subprocess
import time
import warnings

from support import letterbox, pop3

MESSAGE = b'Subject: x\n\nbody\n'
BIG = b'Subject: big\n\n' + b'0123456789' * 3_000_000


class ServerTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))

    def serve(self, *options):
        return pop3.Server(self, self.maildir.path, *options)

    def add(self, *names, folder='new', content=MESSAGE):
        for number, name in enumerate(names):
            self.maildir.add(content, name, folder, mtime=1000000000 + number)

    def rename(self, source, target):
        os.rename(self.path('Maildir', source), self.path('Maildir', target))


class RemovalTest(ServerTest):
    def test_dropped_connection_removes_nothing_and_moves_nothing(self):
        self.add('a', 'b')
        server = self.serve()
        client = server.log_in()
        client.ask(b'DELE 1')
        client.multi(b'RETR 2')
        before = self.maildir.messages()
        client.close()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.maildir.messages(), before)

    def test_quit_removes_the_marked_and_moves_the_others(self):
        self.add('a', 'b', 'c')
        client = self.serve().log_in()
        client.ask(b'DELE 2')
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(list(self.maildir.messages()), ['cur/a:2,', 'cur/c:2,'])
        self.assertEqual(client.rest(), b'')

    def test_quit_tells_the_truth_when_removing_fails(self):
        self.add('a', 'b')
        client = self.serve().log_in()
        client.ask(b'DELE 1')
        client.ask(b'DELE 2')
        os.chmod(self.path('Maildir', 'new'), 0o500)
        self.addCleanup(os.chmod, self.path('Maildir', 'new'), 0o700)
        self.assertEqual(client.ask(b'QUIT'), b'-ERR [SYS/TEMP] 2 of 2 messages not removed\r\n')
        self.assertEqual(len(self.maildir.messages()), 2)

    def test_removals_are_on_disk_before_the_answer(self):
        self.add('a')
        trace = self.path('trace')
        login = self.write('login', 'bob:{PLAIN}secret:Maildir\n', 0o600)
        commands = b'USER bob\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n'
        done = subprocess.run(
            ['strace', '-f', '-o', trace, '-e', 'trace=unlinkat,fsync,write,sendto,openat',
             letterbox.program('letterbox-pop3d'), '--login-file', login],
            input=commands, capture_output=True, timeout=60, **letterbox.as_ordinary())
        if not os.path.exists(trace) or b'ptrace' in done.stderr:
            self.skipTest('strace cannot trace here')
        with open(trace) as file:
            calls = [line.split(None, 1)[1] for line in file]
        gone = [n for n, call in enumerate(calls) if call.startswith('unlinkat(')][-1]
        synced = [n for n, call in enumerate(calls) if call.startswith('fsync(') and n > gone]
        written = [n for n, call in enumerate(calls) if call.startswith('write(1, "+OK')]
        self.assertEqual(len(synced), 2)
        self.assertGreater(written[-1], synced[-1])


class NeighbourTest(ServerTest):
    """Another program in the same Maildir."""

    def test_a_renamed_message_is_still_read_and_removed(self):
        self.add('a', 'b')
        client = self.serve().log_in()
        self.rename('new/a', 'cur/a:2,S')
        self.rename('new/b', 'cur/b:2,FS')
        self.assertEqual(client.multi(b'RETR 1'), MESSAGE.replace(b'\n', b'\r\n'))
        client.ask(b'DELE 1')
        client.ask(b'DELE 2')
        self.rename('cur/a:2,S', 'cur/a:2,RS')
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(self.maildir.messages(), {})

    def test_a_removed_message_is_an_error_and_the_session_goes_on(self):
        self.add('a', 'b')
        client = self.serve().log_in()
        os.unlink(self.path('Maildir', 'new', 'a'))
        self.assertTrue(client.ask(b'RETR 1').startswith(b'-ERR'))
        self.assertEqual(client.multi(b'RETR 2'), MESSAGE.replace(b'\n', b'\r\n'))
        client.ask(b'DELE 1')
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(list(self.maildir.messages()), ['cur/b:2,'])

    def test_a_message_that_arrives_later_is_not_in_the_session(self):
        self.add('a')
        client = self.serve().log_in()
        self.add('b')
        self.assertTrue(client.ask(b'STAT').startswith(b'+OK 1 '))
        client.ask(b'DELE 1')
        client.ask(b'QUIT')
        self.assertEqual(list(self.maildir.messages()), ['new/b'])

    def test_two_sessions_do_not_hinder_each_other(self):
        self.add('a', 'b', 'c')
        server = self.serve()
        one, two = server.log_in(), server.log_in()
        one.ask(b'DELE 1')
        two.ask(b'DELE 1')
        two.ask(b'DELE 3')
        self.assertEqual(one.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(two.multi(b'RETR 2'), MESSAGE.replace(b'\n', b'\r\n'))
        self.assertEqual(two.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(list(self.maildir.messages()), ['cur/b:2,'])

    def test_ids_stay_when_messages_move(self):
        self.add('1000000001.M1P1.host', 'x' * 100)
        server = self.serve()
        before = server.log_in().multi(b'UIDL')
        self.rename('new/1000000001.M1P1.host', 'cur/1000000001.M1P1.host:2,FRS')
        self.assertEqual(server.log_in().multi(b'UIDL'), before)
        for line in before.splitlines():
            self.assertLessEqual(len(line.split()[1]), 70)


class ClientTest(ServerTest):
    def test_a_pipelined_session_gives_the_answers_in_order(self):
        self.add('a')
        client = self.serve().connect()
        client.send(b'USER bob\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\nNOOP\r\n')
        self.assertEqual(client.rest().split(b'ready\r\n', 1)[1],
                         b'+OK \r\n+OK \r\n+OK 1 20\r\n+OK \r\nSubject: x\r\n\r\nbody\r\n.\r\n'
                         b'+OK \r\n+OK \r\n')
        self.assertEqual(self.maildir.messages(), {})

    def test_a_long_line_is_answered_once_and_costs_nothing(self):
        self.add('a')
        server = self.serve()
        client = server.log_in()
        before = server.memory_kib()
        for _ in range(64):
            client.send(b'DELE 1 ' * 16384)
        client.send(b'\r\n')
        self.assertEqual(client.line(), b'-ERR line too long\r\n')
        self.assertEqual(client.ask(b'STAT'), b'+OK 1 20\r\n')
        self.assertLess(server.memory_kib() - before, 2048)

    def test_a_slow_reader_costs_little_memory_and_delays_nobody(self):
        self.add('a', content=BIG)
        server = self.serve('--threads', '1')
        slow = server.log_in()
        before = server.memory_kib()
        slow.send(b'RETR 1\r\n' * 50)
        self.assertEqual(slow.line(), b'+OK \r\n')
        for _ in range(3):
            self.assertTrue(server.log_in().ask(b'STAT').startswith(b'+OK 1 '))
        self.assertLess(server.memory_kib() - before, 4096)

    def test_two_hundred_idle_connections_cost_little_and_delay_nobody(self):
        self.add('a')
        server = self.serve()
        before = server.memory_kib()
        idle = [server.connect() for _ in range(200)]
        for client in idle:
            client.line()
        self.assertLess(server.memory_kib() - before, 200 * 64)
        self.assertEqual(server.log_in().ask(b'STAT'), b'+OK 1 20\r\n')

    def test_answers_do_not_wait_for_acknowledgements(self):
        self.add(*['m%03d' % number for number in range(100)], content=MESSAGE * 2000)
        client = self.serve().log_in()
        took = []
        for number in range(1, 101):
            began = time.monotonic()
            client.multi(b'RETR %d' % number)
            took.append(time.monotonic() - began)
        # A delayed acknowledgement would be 40 ms for each; others may use this machine, too.
        self.assertLess(sorted(took)[25], 0.04)


class LimitTest(ServerTest):
    def test_beyond_the_limit_of_an_address_one_is_told_so(self):
        server = self.serve('--max-per-address', '2')
        first, second = server.connect(), server.connect()
        first.line(), second.line()
        self.assertEqual(server.connect().rest(), b'-ERR [SYS/TEMP] too many connections\r\n')
        first.ask(b'QUIT')
        first.rest()
        first.close()
        pop3.until(lambda: server.connect().line().startswith(b'+OK'))

    def test_the_limit_in_all_holds_too(self):
        server = self.serve('--max-connections', '1')
        server.connect().line()
        self.assertTrue(server.connect().rest().startswith(b'-ERR [SYS/TEMP]'))

    def test_who_does_not_log_in_in_time_is_hung_up_on(self):
        self.add('a')
        server = self.serve('--login-timeout', '1')
        logged_in = server.log_in()
        self.assertTrue(server.connect().rest().startswith(b'+OK '))
        self.assertEqual(logged_in.ask(b'STAT'), b'+OK 1 20\r\n')

    def test_an_idle_limit_below_ten_minutes_is_refused(self):
        login = self.write('login', '', 0o600)
        done = letterbox.run('letterbox-pop3d', '--login-file', login, '--idle-timeout', '599')
        self.assertEqual(done.returncode, 75)

    def test_guessing_ends_the_connection(self):
        client = self.serve().connect()
        client.line()
        for _ in range(5):
            client.ask(b'USER bob')
            self.assertTrue(client.ask(b'PASS wrong').startswith(b'-ERR [AUTH]'))
        self.assertEqual(client.rest(), b'')

    def test_sigterm_ends_it_with_sessions_open(self):
        self.add('a')
        server = self.serve()
        server.log_in().ask(b'DELE 1')
        self.assertEqual(server.stop(), 0)
        self.assertEqual(list(self.maildir.messages()), ['new/a'])


class LoginTest(ServerTest):
    def log_in(self, login, user, password):
        client = pop3.start_piped(self, 'letterbox-pop3d', '--login-file', login)
        client.line()
        client.ask(b'USER ' + user)
        return client.ask(b'PASS ' + password)

    def test_hashes_of_crypt_are_understood(self):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            hashed = crypt.crypt('geheim', crypt.METHOD_SHA512)
        login = self.write('login', 'eve:%s:%s\n' % (hashed, self.maildir.path), 0o600)
        self.assertEqual(self.log_in(login, b'eve', b'geheim'), b'+OK \r\n')
        self.assertTrue(self.log_in(login, b'eve', b'geheim ').startswith(b'-ERR [AUTH]'))

    def test_a_missing_maildir_is_not_a_wrong_password(self):
        login = self.write('login', 'bob:{PLAIN}x:nowhere\n', 0o600)
        self.assertTrue(self.log_in(login, b'bob', b'x').startswith(b'-ERR [SYS/TEMP]'))
        self.assertFalse(os.path.exists(self.path('nowhere')))

    def test_a_file_that_others_may_read_is_refused_with_its_name(self):
        login = self.write('login', 'bob:{PLAIN}x:m\n', 0o644)
        done = letterbox.run('letterbox-pop3d', '--login-file', login)
        self.assertEqual((done.returncode, done.stdout), (75, b''))
        self.assertIn(login.encode() + b': others must not', done.stderr)

    def test_an_address_that_is_none_or_taken_is_an_error(self):
        login = self.write('login', '', 0o600)
        with socket.create_server(('127.0.0.1', 0)) as taken:
            for address in ('nowhere', '127.0.0.1:99999', 'x:1',
                            '127.0.0.1:%d' % taken.getsockname()[1]):
                done = letterbox.run('letterbox-pop3d', '--login-file', login, '--listen', address)
                self.assertEqual((done.returncode, done.stdout), (75, b''), address)

    def test_root_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest('needs root')
        login = self.write('login', 'bob:{PLAIN}x:m\n', 0o600)
        for name, *args in (('letterbox-pop3d', '--login-file', login),
                            ('qmail-pop3d', self.maildir.path)):
            done = subprocess.run([letterbox.program(name), *args], capture_output=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b'root', done.stderr)
