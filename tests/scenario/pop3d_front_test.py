# SPDX-License-Identifier: MIT
"""The processes of letterbox-pop3d: who they are, what they cannot do, what becomes of clients when
one of them or letterbox-authd ends, limits, proxies, and how the server may be started."""
import base64
import os
import pwd
import re
import resource
import signal
import socket
import ssl
import subprocess
import time
import unittest

from support import letterbox, pop3
from support.auth import Authd, add_user
from support.certificates import Authority

MESSAGE = b'Subject: x\n\nbody\n'
# 10000 for the whole of what is promised: connections that have not logged in.
IDLE = int(os.environ.get('LBX_IDLE_CONNECTIONS', '1000'))
# 2147483649 for the whole of it: octets of one command line.
LINE = int(os.environ.get('LBX_LONG_LINE', str(32 << 20)))


class FrontCase(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.control('authdelay', '0\n')

    def control(self, name, text):
        self.write('control/' + name, text)
        letterbox.own(self.path('control'))

    def mailbox(self, path='Maildir'):
        maildir = letterbox.Maildir(self.path(path))
        maildir.add(MESSAGE)
        return maildir

    def serve(self, *options, **kwargs):
        self.maildir = self.mailbox()
        return pop3.Server(self, self.maildir.path, *options, home=self.dir, **kwargs)

    def serve_accounts(self, *options, names=('joe',), **kwargs):
        """With letterbox-authd, and a mailbox for each name, whose password is `word`."""
        letterbox.own(self.dir)
        for name in names:
            self.assertEqual(add_user(self.dir, name, 'word').returncode, 0)
            self.mailbox('mail/%s/Maildir' % name)
        self.authd = Authd(self.dir)
        self.addCleanup(lambda: self.authd.process.poll() is None and self.authd.stop())
        return pop3.Server(self, None, *options, home=self.dir, login=False, **kwargs)

    def connect(self, server):
        client = server.connect()
        self.assertTrue(client.line().startswith(b'+OK'))
        return client

    def log_in(self, server, user, password='word'):
        client = self.connect(server)
        client.ask(b'USER ' + user.encode())
        return client, client.ask(b'PASS ' + password.encode())

    def status(self, pid, field):
        with open('/proc/%d/status' % pid) as file:
            return re.search(r'^%s:\s*(.*)$' % field, file.read(), re.M)[1]

    def front_of(self, server):
        """The process that no system call but those of its filter is allowed, before any login."""
        deadline = time.monotonic() + 10
        while True:  # it becomes one while others may already connect
            fronts = [pid for pid in server.processes() if self.status(pid, 'Seccomp') == '2']
            if fronts or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        self.assertEqual(len(fronts), 1)
        return fronts[0]


class ProcessTest(FrontCase):
    def test_the_front_is_in_its_sandbox_and_holds_no_file(self):
        self.needs_root_to_look()
        server = self.serve()
        self.connect(server)
        front = self.front_of(server)
        self.assertEqual(self.status(front, 'NoNewPrivs'), '1')
        for fd in os.listdir('/proc/%d/fd' % front):
            target = os.readlink('/proc/%d/fd/%s' % (front, fd))
            self.assertRegex(target, r'^(socket:|anon_inode:|pipe:|/dev/null$|%s$)'
                             % re.escape(server.errors.name), 'descriptor ' + fd)

    def test_each_maildir_has_a_process_of_its_own_that_is_used_again(self):
        server = self.serve_accounts(names=('joe', 'ann'))
        before = set(server.processes())
        clients = [self.log_in(server, name) for name in ('joe', 'joe', 'ann', 'joe')]
        self.assertEqual([answer for _, answer in clients], [b'+OK \r\n'] * 4)
        sessions = set(server.processes()) - before
        self.assertEqual(len(sessions), 2)
        for pid in sessions:
            self.assertEqual(self.status(pid, 'Seccomp'), '2')
            self.assertEqual(self.status(pid, 'NoNewPrivs'), '1')

    def test_a_session_reads_nothing_outside_its_maildir_though_its_user_may(self):
        server = self.serve_accounts(names=('joe', 'ann'))
        secret = letterbox.Maildir(self.path('mail/ann/Maildir')).add(b'Subject: y\n\nsecret\n', 'z')
        mine = self.path('mail/joe/Maildir/cur')
        os.symlink(secret, os.path.join(mine, '1000000002.link:2,'))
        os.link(secret, os.path.join(mine, '1000000003.own:2,'))
        client, answer = self.log_in(server, 'joe')
        self.assertEqual(answer, b'+OK \r\n')
        if 'lacks=Landlock' in server.log():
            self.skipTest('this kernel has no Landlock')
        self.assertIn(b'secret', client.multi(b'RETR 3'))  # in its Maildir, the same file may be read
        answer = client.ask(b'RETR 2')
        self.assertTrue(answer.startswith(b'-ERR'), answer)
        self.assertTrue(client.ask(b'NOOP').startswith(b'+OK'))

    def test_a_front_that_dies_is_replaced_and_plain_sessions_go_on(self):
        server = self.serve()
        client = server.log_in()
        os.kill(self.fronts(server)[0], signal.SIGKILL)
        self.assertEqual(client.ask(b'STAT'), b'+OK 1 20\r\n')
        pop3.until(lambda: 'front-gone' in server.log())
        again = server.log_in()
        self.assertEqual(again.ask(b'STAT'), b'+OK 1 20\r\n')
        client.ask(b'DELE 1')
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')

    def fronts(self, server):
        self.needs_root_to_look()
        return self.holders(server)

    def needs_root_to_look(self):
        if os.geteuid() != 0:
            self.skipTest('needs root: nobody else may look into the front')

    def holders(self, server):
        """The front is the child of the server that has its listening socket."""
        with open('/proc/net/tcp') as file:
            inode = [line.split()[9] for line in file
                     if line.split()[1] == '0100007F:%04X' % server.port and line.split()[3] == '0A'][0]
        held = []
        for pid in server.processes():
            try:
                links = [os.readlink('/proc/%d/fd/%s' % (pid, fd))
                         for fd in os.listdir('/proc/%d/fd' % pid)]
            except OSError:
                continue
            if 'socket:[%s]' % inode in links and pid != server.process.pid:
                held.append(pid)
        return held

    def test_a_session_process_that_dies_hangs_up_and_the_next_login_has_a_new_one(self):
        server = self.serve()
        before = set(server.processes())
        client = server.log_in()
        for pid in set(server.processes()) - before:
            os.kill(pid, signal.SIGKILL)
        with self.assertRaises((EOFError, ConnectionError)):
            client.ask(b'STAT')
            client.line()
        self.assertEqual(server.log_in().ask(b'STAT'), b'+OK 1 20\r\n')
        self.assertIn('end=failed', server.log())

    def test_many_sessions_that_end_at_once_are_all_told_of(self):
        self.control('pop3sessions', '1000\n')
        server = self.serve()
        before = set(server.processes())
        clients = [server.log_in() for _ in range(400)]
        for pid in set(server.processes()) - before:
            os.kill(pid, signal.SIGKILL)
        for client in clients:
            with self.assertRaises((EOFError, ConnectionError)):
                client.line()
        self.assertEqual(server.log_in().ask(b'STAT'), b'+OK 1 20\r\n')
        self.assertNotIn('front-gone', server.log())
        pop3.until(lambda: server.log().count('end=failed') == 400)

    def test_counters_come_with_a_signal(self):
        server = self.serve()
        client = server.log_in()
        client.multi(b'RETR 1')
        client.ask(b'QUIT')
        client.rest()
        pop3.until(lambda: 'session user=bob' in server.log())
        server.process.send_signal(signal.SIGUSR1)
        pop3.until(lambda: 'counters sessions=0 processes=1 logins=1 refused=0 retr=1' in server.log())

    def test_no_process_is_left_behind(self):
        server = self.serve()
        server.log_in()
        everyone = server.processes()
        server.stop()
        pop3.until(lambda: not any(os.path.exists('/proc/%d' % pid) for pid in everyone))

    def test_the_end_of_a_session_says_why(self):
        server = self.serve()
        server.log_in().close()
        pop3.until(lambda: 'end=hung-up' in server.log())


class AccountTest(FrontCase):
    def test_scram_and_plain_and_user_let_in(self):
        server = self.serve_accounts(names=('joe', 'ann'))
        client = self.connect(server)
        self.assertIn(b'SASL SCRAM-SHA-256 PLAIN LOGIN\r\n', client.multi(b'CAPA'))
        word = base64.b64encode(b'\0joe\0word')
        self.assertEqual(client.ask(b'AUTH PLAIN'), b'+ \r\n')
        self.assertEqual(client.ask(word), b'+OK \r\n')
        client = self.connect(server)
        self.assertEqual(client.ask(b'AUTH LOGIN'), b'+ VXNlcm5hbWU6\r\n')
        self.assertEqual(client.ask(base64.b64encode(b'joe')), b'+ UGFzc3dvcmQ6\r\n')
        self.assertEqual(client.ask(base64.b64encode(b'word')), b'+OK \r\n')
        self.assertEqual(self.log_in(server, 'ann')[1], b'+OK \r\n')

    def test_a_refused_exchange_leaves_the_session_as_it_was(self):
        client = self.connect(self.serve_accounts())
        self.assertTrue(client.ask(b'AUTH PLAIN ' + base64.b64encode(b'\0joe\0no')).startswith(b'-ERR [AUTH]'))
        self.assertEqual(client.ask(b'AUTH SCRAM-SHA-256'), b'+ \r\n')
        self.assertEqual(client.ask(b'*'), b'-ERR cancelled\r\n')
        self.assertEqual(client.ask(b'AUTH PLAIN rubbish'), b'-ERR not base64\r\n')
        self.assertEqual(client.ask(b'AUTH PLAIN ' + base64.b64encode(b'\0joe\0word')), b'+OK \r\n')
        self.assertTrue(client.ask(b'AUTH PLAIN').startswith(b'-ERR'))

    def test_a_name_that_saslprep_forbids_is_refused(self):
        client = self.connect(self.serve_accounts())
        for words in (b'\0\x01joe\0word', b'\0\xff\0word', b'ann\0joe\0word', b'\0\0word'):
            self.assertTrue(client.ask(b'AUTH PLAIN ' + base64.b64encode(words)).startswith(b'-ERR'))

    def test_authd_that_ends_is_found_again(self):
        server = self.serve_accounts()
        self.assertEqual(self.log_in(server, 'joe')[1], b'+OK \r\n')
        client = self.connect(server)
        self.authd.stop()
        client.ask(b'USER joe')
        self.assertTrue(client.ask(b'PASS word').startswith(b'-ERR [SYS/TEMP]'))
        self.authd = Authd(self.dir)
        pop3.until(lambda: self.log_in(server, 'joe')[1] == b'+OK \r\n')

    def test_one_account_has_so_many_sessions_and_no_more(self):
        self.control('pop3sessions', '2\n')
        server = self.serve_accounts(names=('joe', 'ann'))
        clients = [self.log_in(server, 'joe') for _ in range(3)]
        self.assertEqual([answer[:15] for _, answer in clients], [b'+OK \r\n', b'+OK \r\n', b'-ERR [SYS/TEMP]'])
        self.assertEqual(self.log_in(server, 'ann')[1], b'+OK \r\n')
        clients[0][0].ask(b'QUIT')
        pop3.until(lambda: self.log_in(server, 'joe')[1] == b'+OK \r\n')

    def test_who_is_refused_a_mailbox_may_log_in_as_somebody_else(self):
        server = self.serve_accounts(names=('joe', 'ann'))
        os.rename(self.path('mail/joe/Maildir'), self.path('elsewhere'))
        client, answer = self.log_in(server, 'joe')
        self.assertTrue(answer.startswith(b'-ERR [SYS/TEMP]'))
        client.ask(b'USER ann')
        self.assertEqual(client.ask(b'PASS word'), b'+OK \r\n')
        os.rename(self.path('elsewhere'), self.path('mail/joe/Maildir'))
        self.assertEqual(self.log_in(server, 'joe')[1], b'+OK \r\n')


class RootTest(FrontCase):
    """Started by root, as on a mail server."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest('needs root')
        super().setUp()

    def test_each_process_is_who_it_shall_be(self):
        self.control('pop3frontuser', 'daemon\n')
        letterbox.own(self.dir)
        mail = pwd.getpwnam('mail')
        for name, user in (('joe', letterbox.ORDINARY), ('ann', mail)):
            maildir = self.mailbox('mail/%s/Maildir' % name)
            subprocess.run(['chown', '-R', '%d:%d' % (user.pw_uid, user.pw_gid), maildir.path], check=True)
            os.chmod(maildir.path, 0o700)
            self.assertEqual(add_user(self.dir, name, 'word', '--owner',
                                      '%d/%d' % (user.pw_uid, user.pw_gid), '--home',
                                      self.path('mail/' + name)).returncode, 0)
        authd = Authd(self.dir)
        self.addCleanup(authd.stop)
        server = pop3.Server(self, None, home=self.dir, login=False, as_user={})
        self.assertEqual(self.status(self.front_of(server), 'Uid').split()[1],
                         str(pwd.getpwnam('daemon').pw_uid))
        before = set(server.processes())
        for name in ('joe', 'ann'):
            client, answer = self.log_in(server, name)
            self.assertEqual(answer, b'+OK \r\n', name)
            self.assertEqual(client.ask(b'STAT'), b'+OK 1 20\r\n')
        uids = {int(self.status(pid, 'Uid').split()[1]) for pid in set(server.processes()) - before}
        self.assertEqual(uids, {letterbox.ORDINARY.pw_uid, mail.pw_uid})

    def test_nobody_is_served_as_root(self):
        self.control('pop3frontuser', 'daemon\n')
        server = self.serve_accounts(as_user={})
        # An owner `self` means whoever runs the mail system, which is root here.
        self.assertEqual(self.log_in(server, 'joe')[1],
                         b'-ERR [SYS/PERM] the maildrop cannot be opened\r\n')


class LimitTest(FrontCase):
    def test_idle_connections_cost_little_and_a_new_client_is_served_at_once(self):
        server = self.serve('--max-connections', '20000', '--max-per-address', '20000')
        before = server.memory_kib()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        sources = ['127.0.0.%d' % (2 + n) for n in range(8)]  # the ports of one are too few for all
        idle = []
        for number in range(IDLE):
            connection = socket.create_connection(('127.0.0.1', server.port), pop3.WAIT,
                                                  (sources[number % 8], 0))
            self.addCleanup(connection.close)
            idle.append(connection)
        for connection in idle:
            self.assertTrue(connection.recv(100).startswith(b'+OK'))
        self.assertLess(server.memory_kib() - before, IDLE * 100)
        # From an address of its own (127.0.0.1). One of five: others may use this machine, too.
        self.assertLess(min(self.seconds_of_a_login(server) for _ in range(5)), 1)

    def seconds_of_a_login(self, server):
        began = time.monotonic()
        self.assertEqual(server.log_in().ask(b'STAT'), b'+OK 1 20\r\n')
        return time.monotonic() - began

    def test_a_flood_of_wrong_passwords_is_a_line_in_the_log(self):
        server = self.serve_accounts()
        for number in range(4):
            client = self.connect(server)
            for _ in range(5):
                client.ask(b'USER u%d' % number)
                self.assertTrue(client.ask(b'PASS no').startswith(b'-ERR [AUTH]'))
            self.assertEqual(client.rest(), b'')
        self.assertEqual(self.log_in(server, 'joe')[1], b'+OK \r\n')
        with open(self.path('authd.log')) as log:
            said = log.read()
        self.assertEqual((said.count('auth-failed'), said.count('auth-ok')), (1, 1), said)

    def test_a_flood_of_refusals_is_a_line_in_the_log(self):
        server = self.serve('--max-per-address', '1')
        self.connect(server)
        for _ in range(50):
            self.assertTrue(server.connect().rest().startswith(b'-ERR [SYS/TEMP]'))
        self.assertEqual(server.log().count('refused'), 1)

    def test_a_flood_of_clients_that_do_not_log_in_is_a_line_in_the_log(self):
        server = self.serve()
        for _ in range(50):
            client = self.connect(server)
            client.ask(b'QUIT')
            client.rest()
            client.close()
        pop3.until(lambda: 'no-login' in server.log())
        self.connect(server)
        self.assertEqual(server.log().count('no-login'), 1)

    def test_a_command_line_without_end_is_answered_once_and_costs_nothing(self):
        server = self.serve()
        for client in (self.connect(server), server.log_in()):
            before = server.memory_kib()
            sent = 0
            while sent < LINE:
                client.send(b'x' * (1 << 20))
                sent += 1 << 20
            client.send(b'\r\n')
            self.assertEqual(client.line(), b'-ERR line too long\r\n')
            self.assertLess(server.memory_kib() - before, 2048)
            self.assertTrue(client.ask(b'CAPA').startswith(b'+OK'))

    def test_who_takes_nothing_before_the_login_holds_up_nobody(self):
        server = self.serve()
        rude = self.connect(server)
        rude_socket = server.connections[-1]
        rude_socket.setblocking(False)
        before = server.memory_kib()
        try:
            for _ in range(200):
                rude_socket.send(b'CAPA\r\n' * 10000)
        except BlockingIOError:
            pass
        self.assertEqual(server.log_in().ask(b'STAT'), b'+OK 1 20\r\n')
        self.assertLess(server.memory_kib() - before, 8192)
        rude.close()


class ProxyTest(FrontCase):
    def from_proxy(self, server, header):
        connection = socket.create_connection(('127.0.0.1', server.port), timeout=pop3.WAIT)
        self.addCleanup(connection.close)
        for octet in header:
            connection.send(bytes([octet]))
        return pop3.Client(connection.sendall, lambda: connection.recv(1 << 16), connection.close)

    def log_in_from(self, server, header):
        client = self.from_proxy(server, header)
        client.line()
        client.ask(b'USER joe')
        return client, client.ask(b'PASS word')

    V1 = b'PROXY TCP4 192.0.2.7 192.0.2.1 4711 110\r\n'
    V2 = (b'\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24' + socket.inet_pton(socket.AF_INET6, '2001:db8::7')
          + socket.inet_pton(socket.AF_INET6, '2001:db8::1') + b'\x12\x34\0\x6e')

    def test_the_client_is_whom_the_proxy_names(self):
        self.control('proxynetworks', '127.0.0.1\n')
        self.control('plaintextlogin', 'always\n')
        server = self.serve_accounts()
        for header, address in ((self.V1, '192.0.2.7'), (self.V2, '2001:db8::7')):
            client, answer = self.log_in_from(server, header)
            self.assertEqual(answer, b'+OK \r\n')
            client.ask(b'QUIT')
            client.rest()
            pop3.until(lambda: 'session user=joe from=%s ' % address in server.log())

    def test_a_client_behind_a_proxy_is_not_from_this_machine(self):
        self.control('proxynetworks', '127.0.0.1\n')
        server = self.serve_accounts()
        client = self.from_proxy(server, self.V1)
        client.line()
        self.assertTrue(client.ask(b'USER joe').startswith(b'-ERR'))

    def test_limits_count_the_clients_and_not_the_proxy(self):
        self.control('proxynetworks', '127.0.0.1\n')
        server = self.serve_accounts('--max-per-address', '1')
        self.assertTrue(self.from_proxy(server, self.V1).line().startswith(b'+OK'))
        other = self.V1.replace(b'192.0.2.7', b'192.0.2.8')
        self.assertTrue(self.from_proxy(server, other).line().startswith(b'+OK'))
        self.assertTrue(self.from_proxy(server, self.V1).line().startswith(b'-ERR'))

    def test_a_proxy_that_says_nothing_of_the_kind_is_hung_up_on(self):
        self.control('proxynetworks', '127.0.0.1\n')
        server = self.serve_accounts()
        self.assertEqual(self.from_proxy(server, b'USER joe\r\n').rest(), b'')

    def test_from_others_a_header_is_a_bad_command(self):
        self.control('proxynetworks', '192.0.2.0/24\n')
        client = self.connect(self.serve_accounts())
        self.assertTrue(client.ask(self.V1.strip()).startswith(b'-ERR'))

    def test_xclient_is_believed_from_whom_the_site_trusts(self):
        self.control('xclientnetworks', '127.0.0.1\n')
        self.control('plaintextlogin', 'always\n')
        server = self.serve_accounts()
        client = self.connect(server)
        self.assertIn(b'XCLIENT', client.multi(b'CAPA'))
        self.assertEqual(client.ask(b'XCLIENT ADDR=192.0.2.9 PORT=99'), b'+OK updated\r\n')
        client.ask(b'USER joe')
        self.assertEqual(client.ask(b'PASS word'), b'+OK \r\n')
        client.ask(b'QUIT')
        pop3.until(lambda: 'from=192.0.2.9 ' in server.log())
        self.assertTrue(self.connect(server).ask(b'XCLIENT ADDR=nowhere').startswith(b'-ERR'))

    def test_xclient_is_unknown_to_everybody_else(self):
        client = self.connect(self.serve_accounts())
        self.assertNotIn(b'XCLIENT', client.multi(b'CAPA'))
        self.assertEqual(client.ask(b'XCLIENT ADDR=192.0.2.9'), b'-ERR unimplemented\r\n')


class StartTest(FrontCase):
    def command(self, *options):
        self.maildir = self.mailbox()
        login = self.write('login', 'bob:{PLAIN}secret:%s\n' % self.maildir.path, 0o600)
        return [letterbox.program('letterbox-pop3d'), '--login-file', login, *options]

    def test_one_connection_on_descriptor_0_as_under_inetd(self):
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        ours = socket.create_connection(listener.getsockname(), timeout=pop3.WAIT)
        theirs = listener.accept()[0]
        with ours, theirs:
            process = subprocess.Popen(self.command(), stdin=theirs, stdout=theirs,
                                       stderr=subprocess.DEVNULL, **letterbox.as_ordinary())
            theirs.close()
            client = pop3.Client(ours.sendall, lambda: ours.recv(1 << 16), ours.close)
            client.send(b'USER bob\r\nPASS secret\r\nSTAT\r\nQUIT\r\n')
            self.assertTrue(client.rest().endswith(b'+OK 1 20\r\n+OK \r\n'), client.buffer)
            self.assertEqual(process.wait(pop3.WAIT), 0)

    def test_sockets_that_systemd_has_opened(self):
        with socket.create_server(('127.0.0.1', 0)) as opened:
            said = self.inherit('pop3', opened)
            self.assertEqual(said, ['listening 127.0.0.1:%d\n' % opened.getsockname()[1]])
            with socket.create_connection(opened.getsockname(), timeout=pop3.WAIT) as connection:
                self.assertTrue(connection.recv(100).startswith(b'+OK'))

    def inherit(self, names, *sockets):
        """As systemd starts it, with these sockets by these names. -> what it says it listens on."""
        reader, writer = os.pipe()
        command = ['env', 'sh', '-c', 'exec env LISTEN_FDS=%d LISTEN_FDNAMES=%s LISTEN_PID=$$ "$@"'
                   % (len(sockets), names), 'sh', *self.command()]

        def take():
            for number, each in enumerate([os.dup(each.fileno()) for each in sockets]):
                os.dup2(each, 3 + number)

        process = subprocess.Popen(command, stdout=writer, stderr=subprocess.DEVNULL, close_fds=False,
                                   preexec_fn=take, env=dict(os.environ, LETTERBOX_HOME=self.dir),
                                   **letterbox.as_ordinary())
        os.close(writer)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        with open(reader) as said:
            return [said.readline() for _ in sockets]

    def test_a_socket_that_systemd_calls_tls_speaks_tls_from_the_first_octet(self):
        authority = Authority(self)
        self.control('tlscertificates', ' '.join(authority.certificate('mail.example.org')) + '\n')
        with socket.create_server(('127.0.0.1', 0)) as plain, \
                socket.create_server(('127.0.0.1', 0)) as encrypted:
            said = self.inherit('pop3:tls', plain, encrypted)
            self.assertEqual(said, ['listening 127.0.0.1:%d\n' % each.getsockname()[1]
                                    for each in (plain, encrypted)])
            with socket.create_connection(plain.getsockname(), timeout=pop3.WAIT) as connection:
                self.assertTrue(connection.recv(100).startswith(b'+OK'))
            context = ssl.create_default_context(cafile=authority.path)
            with socket.create_connection(encrypted.getsockname(), timeout=pop3.WAIT) as raw, \
                    context.wrap_socket(raw, server_hostname='mail.example.org') as connection:
                self.assertTrue(connection.recv(100).startswith(b'+OK'))

    def test_ipv6_is_listened_on(self):
        if not socket.has_ipv6:
            self.skipTest('no IPv6')
        try:
            socket.create_server(('::1', 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest('no IPv6')
        server = pop3.Server(self, self.mailbox().path, host='[::1]')
        with socket.create_connection(('::1', server.port), timeout=pop3.WAIT) as connection:
            self.assertTrue(connection.recv(100).startswith(b'+OK'))

    def test_several_addresses_are_listened_on(self):
        server = pop3.Server(self, self.mailbox().path, '--listen', '127.0.0.2:0')
        port = server.read_port(self)
        with socket.create_connection(('127.0.0.2', port), timeout=pop3.WAIT) as connection:
            self.assertTrue(connection.recv(100).startswith(b'+OK'))

    def test_pipes_need_a_login_file(self):
        done = letterbox.run('letterbox-pop3d', env=dict(os.environ, LETTERBOX_HOME=self.dir))
        self.assertEqual(done.returncode, 75)
        self.assertIn(b'no socket', done.stderr)


if __name__ == '__main__':
    unittest.main()
