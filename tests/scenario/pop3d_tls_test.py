# SPDX-License-Identifier: MIT
"""letterbox-pop3d and TLS: by STLS and from the first octet, several certificates, new ones without
a restart, client certificates, and nothing that came before TLS counts afterwards."""
import base64
import os
import shutil
import signal
import socket
import ssl
import time
import unittest
import warnings

from support import letterbox, pop3
from support.auth import Authd, add_user
from support.certificates import Authority

MESSAGE = b'Subject: x\n\nbody\n'


class TlsCase(letterbox.ScratchTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = letterbox.ScratchTest('setUp')
        cls.shared.setUp()
        cls.addClassCleanup(cls.shared.doCleanups)
        os.chmod(cls.shared.dir, 0o755)
        cls.authority = Authority(cls.shared)
        cls.names = {name: cls.authority.certificate(name)
                     for name in ('mail.example.org', 'pop.example.com')}

    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))
        self.maildir.add(MESSAGE)

    def control(self, **settings):
        for name, text in settings.items():
            self.write('control/' + name, text)

    def serve(self, *options, certificates=('mail.example.org', 'pop.example.com'), **kwargs):
        lines = [' '.join(self.names.get(each, [each])) for each in certificates]
        self.control(tlscertificates=''.join(line + '\n' for line in lines))
        return pop3.Server(self, self.maildir.path, *options, home=self.dir, tls=True, **kwargs)

    def context(self, **kwargs):
        context = ssl.create_default_context(cafile=self.authority.path)
        for name, value in kwargs.items():
            setattr(context, name, value)
        return context

    def wrap(self, raw, name='mail.example.org', context=None):
        wrapped = (context or self.context()).wrap_socket(raw, server_hostname=name)
        self.addCleanup(wrapped.close)
        client = pop3.Client(wrapped.sendall, lambda: wrapped.recv(1 << 16), wrapped.close)
        client.socket = wrapped
        return client

    def raw(self, port):
        raw = socket.create_connection(('127.0.0.1', port), timeout=pop3.WAIT)
        self.addCleanup(raw.close)
        return raw

    def tls_client(self, server, name='mail.example.org', context=None):
        return self.wrap(self.raw(server.tls_port), name, context)

    def plain_client(self, server):
        raw = self.raw(server.port)
        client = pop3.Client(raw.sendall, lambda: raw.recv(1 << 16), raw.close)
        client.socket = raw
        self.assertTrue(client.line().startswith(b'+OK'))
        return client

    def by_stls(self, server):
        plain = self.plain_client(server)
        self.assertTrue(plain.ask(b'STLS').startswith(b'+OK'))
        return self.wrap(plain.socket)

    def use(self, client):
        self.assertEqual(client.ask(b'USER bob'), b'+OK \r\n')
        self.assertEqual(client.ask(b'PASS secret'), b'+OK \r\n')
        self.assertEqual(client.ask(b'STAT'), b'+OK 1 20\r\n')
        self.assertEqual(client.multi(b'RETR 1'), MESSAGE.replace(b'\n', b'\r\n'))


class TlsTest(TlsCase):
    def test_implicit_tls_serves_a_session(self):
        server = self.serve()
        client = self.tls_client(server)
        self.assertTrue(client.line().startswith(b'+OK'))
        self.use(client)
        self.assertEqual(client.ask(b'QUIT'), b'+OK \r\n')
        self.assertEqual(client.rest(), b'')
        pop3.until(lambda: 'session user=bob from=127.0.0.1 tls="TLSv1.3' in server.log())
        self.assertRegex(server.log(), 'mechanism=PLAIN retr=1 top=0 octets=20 removed=0 left=0 '
                         r'seconds=\d+ end=quit')

    def test_stls_serves_a_session(self):
        server = self.serve()
        client = self.by_stls(server)
        self.assertNotIn(b'STLS', client.multi(b'CAPA'))
        self.assertTrue(client.ask(b'STLS').startswith(b'-ERR'))
        self.use(client)
        client.ask(b'QUIT')

    def test_stls_is_announced_where_there_is_a_certificate_and_only_there(self):
        self.assertIn(b'STLS\r\n', self.plain_client(self.serve()).multi(b'CAPA'))
        os.unlink(self.path('control/tlscertificates'))
        server = pop3.Server(self, self.maildir.path, home=self.dir)
        client = self.plain_client(server)
        self.assertNotIn(b'STLS', client.multi(b'CAPA'))
        self.assertTrue(client.ask(b'STLS').startswith(b'-ERR'))

    def test_capa_is_the_same_in_both_states_inside_tls(self):
        client = self.by_stls(self.serve())
        before = client.multi(b'CAPA')
        self.assertIn(b'SASL PLAIN LOGIN', before)
        client.ask(b'USER bob')
        client.ask(b'PASS secret')
        self.assertEqual(client.multi(b'CAPA'), before)

    def test_pipelined_input_over_the_login_is_answered_in_order(self):
        for client in (self.tls_client(server := self.serve()), self.plain_client(server)):
            client.send(b'CAPA\r\nUSER bob\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nNOOP\r\nQUIT\r\nSTAT\r\n')
            answer = client.rest()
            self.assertTrue(answer.endswith(
                b'.\r\n+OK \r\n+OK \r\n+OK 1 20\r\n+OK \r\nSubject: x\r\n\r\nbody\r\n.\r\n'
                b'+OK \r\n+OK \r\n'), answer)

    def test_a_large_message_comes_whole_and_a_slow_reader_costs_little(self):
        big = b'Subject: big\n\n' + b'0123456789' * 300_000 + b'\n'
        self.maildir.add(big, '1000000002.big')
        server = self.serve()
        client = self.tls_client(server)
        client.line()
        self.use_login(client)
        self.assertEqual(client.multi(b'RETR 2'), big.replace(b'\n', b'\r\n'))
        before = server.memory_kib()
        client.send(b'RETR 2\r\n' * 20)
        client.line()
        other = self.tls_client(server)
        other.line()
        self.use_login(other)
        self.assertLess(server.memory_kib() - before, 8192)

    def use_login(self, client):
        client.ask(b'USER bob')
        self.assertEqual(client.ask(b'PASS secret'), b'+OK \r\n')

    def test_tls_below_1_2_is_refused(self):
        server = self.serve()
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            context = self.context(minimum_version=ssl.TLSVersion.TLSv1,
                                   maximum_version=ssl.TLSVersion.TLSv1_1)
        context.set_ciphers('ALL:@SECLEVEL=0')
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.tls_client(server, context=context)
        context = self.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        client = self.tls_client(server, context=context)
        self.assertEqual(client.socket.version(), 'TLSv1.2')
        client.line()
        self.use(client)

    def test_garbage_instead_of_a_handshake_ends_the_connection_and_no_other(self):
        server = self.serve()
        raw = self.raw(server.tls_port)
        raw.sendall(b'USER bob\r\nPASS secret\r\n')
        self.assertNotIn(b'+OK', pop3.Client(None, lambda: raw.recv(1 << 16), None).rest())
        client = self.tls_client(server)
        self.assertTrue(client.line().startswith(b'+OK'))

    def test_passwords_need_tls_where_the_site_says_so(self):
        self.control(plaintextlogin='tls\n')
        server = self.serve()
        plain = self.plain_client(server)
        capa = plain.multi(b'CAPA')
        self.assertNotIn(b'USER', capa)
        self.assertNotIn(b'PLAIN', capa)
        self.assertTrue(plain.ask(b'USER bob').startswith(b'-ERR'))
        self.use(self.by_stls(server))

    def test_every_login_needs_tls_where_the_site_says_so(self):
        self.control(pop3needtls='yes\n')
        server = self.serve()
        self.assertTrue(self.plain_client(server).ask(b'USER bob').startswith(b'-ERR'))
        self.use(self.by_stls(server))

    def test_a_handshake_in_single_octets_does_not_last_for_ever(self):
        server = self.serve('--login-timeout', '1')
        raw = self.raw(server.tls_port)
        began = time.monotonic()
        with self.assertRaises(OSError):
            for octet in b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(100):
                raw.sendall(bytes([octet]))
                raw.settimeout(0.2)
                try:
                    if raw.recv(1) == b'':
                        raise ConnectionError
                except TimeoutError:
                    pass
        self.assertLess(time.monotonic() - began, 10)


class InjectionTest(TlsCase):
    """CVE-2011-0411 and its like: what is sent before the handshake is not answered after it."""

    def after(self, *pieces):
        """Sends pieces before the handshake, which must succeed. -> what is answered to CAPA."""
        server = self.serve()
        plain = self.plain_client(server)
        for piece in pieces:
            plain.socket.sendall(piece)
        answers = [plain.line() for _ in range(b''.join(pieces).split(b'STLS')[0].count(b'\n') + 1)]
        self.assertTrue(answers[-1].startswith(b'+OK'), answers)
        return self.wrap(plain.socket)

    def test_whole_lines_in_the_same_packet_are_dropped(self):
        client = self.after(b'STLS\r\nCAPA\r\nUSER bob\r\n')
        self.assertTrue(client.ask(b'PASS secret').startswith(b'-ERR'))
        self.use(client)

    def test_a_part_of_a_line_is_dropped(self):
        client = self.after(b'STLS\r\nUSER b')
        self.assertEqual(client.ask(b'NOOP'), b'-ERR authorization first\r\n')
        self.use(client)

    def test_a_user_given_before_is_forgotten(self):
        client = self.after(b'USER bob\r\nSTLS\r\n')
        self.assertTrue(client.ask(b'PASS secret').startswith(b'-ERR'))
        self.use(client)

    def test_an_overlong_line_behind_it_is_dropped(self):
        client = self.after(b'STLS\r\n' + b'x' * 3000)
        self.assertEqual(client.ask(b'NOOP'), b'-ERR authorization first\r\n')
        self.use(client)

    def test_what_comes_in_a_packet_of_its_own_is_no_command_either(self):
        server = self.serve()
        plain = self.plain_client(server)
        self.assertTrue(plain.ask(b'STLS').startswith(b'+OK'))
        plain.socket.sendall(b'CAPA\r\n')
        self.assertNotIn(b'+OK', plain.rest())


class CertificateTest(TlsCase):
    def shown(self, server, name):
        context = self.context(check_hostname=False)
        client = self.tls_client(server, name, context)
        return dict(each[0] for each in client.socket.getpeercert()['subject'])['commonName']

    def test_a_client_is_shown_the_certificate_of_the_name_it_asks_for(self):
        server = self.serve()
        for name in self.names:
            self.assertEqual(self.shown(server, name), name)
        self.assertEqual(self.shown(server, 'unknown.example.net'), 'mail.example.org')
        self.assertEqual(self.shown(server, None), 'mail.example.org')

    def test_a_new_certificate_is_shown_without_a_restart(self):
        chain, key = self.path('live/chain.pem'), self.path('live/key.pem')
        os.makedirs(self.path('live'))

        def install(name):
            for source, target in zip(self.names[name], (chain, key)):
                shutil.copy(source, target + '.new')
                letterbox.own(target + '.new')
            os.rename(key + '.new', key)
            os.rename(chain + '.new', chain)

        install('mail.example.org')
        server = self.serve(certificates=['%s %s' % (chain, key)])
        old = self.tls_client(server)
        old.line()
        install('pop.example.com')
        pop3.until(lambda: self.shown(server, None) == 'pop.example.com')
        self.use(old)
        self.write('live/chain.pem', 'rubbish')
        pop3.until(lambda: 'tls-unchanged' in server.log())
        self.assertEqual(self.shown(server, None), 'pop.example.com')

    def test_sighup_reads_what_lies_behind_a_link_and_nobody_is_hung_up_on(self):
        """As some programs install certificates: the folder of the setting never changes."""
        os.makedirs(self.path('live'))
        os.makedirs(self.path('archive'))
        for end in ('chain.pem', 'key.pem'):
            os.symlink(self.path('archive', end), self.path('live', end))

        def install(name):
            for source, end in zip(self.names[name], ('chain.pem', 'key.pem')):
                shutil.copy(source, self.path('archive', end))
            letterbox.own(self.path('archive'))

        install('mail.example.org')
        server = self.serve(certificates=['%s %s' % (self.path('live/chain.pem'),
                                                     self.path('live/key.pem'))])
        old = self.tls_client(server)
        old.line()
        install('pop.example.com')
        self.assertEqual(self.shown(server, None), 'mail.example.org')
        server.process.send_signal(signal.SIGHUP)
        pop3.until(lambda: self.shown(server, None) == 'pop.example.com')
        self.use(old)

    def test_a_certificate_that_is_none_is_said_at_the_start(self):
        self.write('rubbish.pem', 'rubbish')
        self.control(tlscertificates=self.path('rubbish.pem') + '\n')
        login = self.write('login', '', 0o600)
        done = letterbox.run('letterbox-pop3d', '--login-file', login, '--listen', '127.0.0.1:0',
                             env=dict(os.environ, LETTERBOX_HOME=self.dir))
        self.assertEqual((done.returncode, done.stdout), (75, b''))
        self.assertIn(b'tlscertificates', done.stderr)

    def test_tls_without_certificate_is_refused_at_the_start(self):
        login = self.write('login', '', 0o600)
        done = letterbox.run('letterbox-pop3d', '--login-file', login, '--listen-tls', '127.0.0.1:0')
        self.assertEqual((done.returncode, done.stdout), (75, b''))


class AccountTest(TlsCase):
    def test_an_account_may_be_for_tls_alone(self):
        self.control(authdelay='0\n')
        letterbox.own(self.dir)
        for name, *flags in (('joe', '--tls-only'), ('ann',)):
            self.assertEqual(add_user(self.dir, name, 'word', *flags).returncode, 0)
            letterbox.Maildir(self.path('mail/%s/Maildir' % name)).add(MESSAGE)
        authd = Authd(self.dir)
        self.addCleanup(authd.stop)
        server = self.serve(login=False)

        def log_in(client, name, word='word'):
            client.ask(b'USER ' + name.encode())
            return client.ask(b'PASS ' + word.encode())

        plain = self.plain_client(server)
        self.assertTrue(log_in(plain, 'joe', 'guess').startswith(b'-ERR [AUTH]'))
        self.assertEqual(log_in(plain, 'joe'), b'-ERR no login without TLS\r\n')
        word = base64.b64encode(b'\0joe\0word')
        self.assertEqual(plain.ask(b'AUTH PLAIN ' + word), b'-ERR no login without TLS\r\n')
        self.assertEqual(log_in(plain, 'ann'), b'+OK \r\n')
        self.assertEqual(log_in(self.by_stls(server), 'joe'), b'+OK \r\n')
        environment = dict(os.environ, LETTERBOX_HOME=self.dir)
        done = letterbox.run('letterbox', 'user', 'tls-optional', 'joe', env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(log_in(self.plain_client(server), 'joe'), b'+OK \r\n')


class ClientCertificateTest(TlsCase):
    def setUp(self):
        super().setUp()
        self.control(authdelay='0\n', tlsclientca=self.authority.path + '\n')
        letterbox.own(self.dir)
        self.assertEqual(add_user(self.dir, 'joe', 'word').returncode, 0)
        self.authd = Authd(self.dir)
        self.addCleanup(self.authd.stop)
        self.maildir = letterbox.Maildir(self.path('mail/joe/Maildir'))
        self.maildir.add(MESSAGE)

    def client_with(self, server, certificate):
        context = self.context()
        context.load_cert_chain(*certificate)
        client = self.tls_client(server, context=context)
        client.line()
        return client

    def test_external_lets_in_whom_the_certificate_names(self):
        server = self.serve(login=False)
        for certificate in (self.authority.certificate('joe-cn', 'DNS:x', common_name='joe'),
                            self.authority.certificate('joe-mail', 'email:joe', common_name='eve')):
            client = self.client_with(server, certificate)
            self.assertIn(b'EXTERNAL', client.multi(b'CAPA'))
            self.assertEqual(client.ask(b'AUTH EXTERNAL ='), b'+OK \r\n')
            self.assertEqual(client.ask(b'STAT'), b'+OK 1 20\r\n')
            client.ask(b'QUIT')

    def test_without_certificate_there_is_no_external_and_passwords_go_on(self):
        client = self.tls_client(self.serve(login=False))
        client.line()
        self.assertNotIn(b'EXTERNAL', client.multi(b'CAPA'))
        self.assertTrue(client.ask(b'AUTH EXTERNAL =').startswith(b'-ERR'))
        word = base64.b64encode(b'\0joe\0word')
        self.assertEqual(client.ask(b'AUTH PLAIN ' + word), b'+OK \r\n')

    def test_a_certificate_of_nobody_we_trust_ends_the_connection(self):
        stranger = Authority(self, 'stranger').certificate('joe', common_name='joe')
        server = self.serve(login=False)
        with self.assertRaises((ssl.SSLError, OSError, EOFError)):
            self.client_with(server, stranger)

    def test_a_certificate_lets_nobody_in_by_itself(self):
        server = self.serve(login=False)
        client = self.client_with(server, self.authority.certificate('joe', common_name='joe'))
        self.assertTrue(client.ask(b'STAT').startswith(b'-ERR'))


if __name__ == '__main__':
    unittest.main()
