# SPDX-License-Identifier: MIT
"""The clients that people use fetch every odd message unchanged from letterbox-pop3d, and nothing
the second time. What a client itself cannot carry is said beside it; nothing else may differ."""
import os
import poplib
import shutil
import ssl
import subprocess

from support import letterbox, pop3
from support.auth import Authd, add_user
from support.certificates import Authority
from support.odd_messages import MESSAGES, wire


def as_stored(content):
    """What a client that keeps Unix files makes of the wire."""
    return wire(content).replace(b'\r\n', b'\n')


class ClientCase(letterbox.ScratchTest):
    # Messages that the client itself rewrites or leaves out, whatever server they come from. They
    # are fetched, so that they block nothing; what the client makes of them is not compared.
    REWRITES = frozenset()
    NEEDS = None

    def setUp(self):
        super().setUp()
        if self.NEEDS and not shutil.which(self.NEEDS):
            self.skipTest(self.NEEDS + ' is not installed')
        self.maildir = letterbox.Maildir(self.path('Maildir'))
        self.got = self.path('got')
        os.makedirs(self.got)

    def serve(self, messages=None):
        messages = MESSAGES if messages is None else messages
        for number, (name, stored) in enumerate(messages.items()):
            self.maildir.add(stored, '%d.%s' % (1000000000 + number, name),
                             mtime=1000000000 + number)
        return pop3.Server(self, self.maildir.path)

    def client(self, *command, **kwargs):
        done = subprocess.run(command, capture_output=True, timeout=120, env=dict(
            os.environ, HOME=self.dir, FETCHMAILHOME=self.dir, LC_ALL='C'), **kwargs)
        return done

    def fetched(self, folder='new'):
        """Messages of the client's own Maildir, in the order of arrival."""
        where = os.path.join(self.got, folder)
        files = [os.path.join(where, name) for name in os.listdir(where)]
        return [letterbox_read(path) for path in sorted(files, key=os.path.getmtime)]

    def make_target(self):
        for each in ('tmp', 'new', 'cur'):
            os.makedirs(os.path.join(self.got, each))

    def expect_same(self, got, makes):
        """All is fetched, once, and is what `makes` says of the stored form."""
        got = list(got)
        lost = []
        for name, stored in MESSAGES.items():
            if name in self.REWRITES:
                continue
            if makes(stored) in got:
                got.remove(makes(stored))
            else:
                lost.append(name)
        self.assertEqual(lost, [])
        self.assertEqual(len(got), len(self.REWRITES))


def letterbox_read(path):
    with open(path, 'rb') as file:
        return file.read()


class PoplibTest(ClientCase):
    # poplib refuses lines of more than 2048 octets, its own limit; raised here to see the rest.
    def test_fetches_everything_and_finds_the_same_ids_again(self):
        server = self.serve()
        limit, poplib._MAXLINE = poplib._MAXLINE, 1 << 21
        self.addCleanup(setattr, poplib, '_MAXLINE', limit)
        client = poplib.POP3('127.0.0.1', server.port, timeout=pop3.WAIT)
        client.user('bob')
        client.pass_('secret')
        count, octets = client.stat()
        self.assertEqual((count, octets), (len(MESSAGES), sum(len(wire(m)) for m in MESSAGES.values())))
        sizes = [int(line.split()[1]) for line in client.list()[1]]
        ids = client.uidl()[1]
        for number, (name, stored) in enumerate(MESSAGES.items(), 1):
            with self.subTest(name):
                lines = client.retr(number)[1]
                self.assertEqual(b''.join(line + b'\r\n' for line in lines), wire(stored))
                self.assertEqual(sizes[number - 1], len(wire(stored)))
        self.assertIn('UIDL', client.capa())
        client.quit()
        again = poplib.POP3('127.0.0.1', server.port, timeout=pop3.WAIT)
        again.user('bob')
        again.pass_('secret')
        self.assertEqual(again.uidl()[1], ids)
        again.quit()


class CurlTest(ClientCase):
    NEEDS = 'curl'
    REWRITES = frozenset(['empty'])  # becomes one empty line

    def curl(self, server, number, *more):
        return self.client('curl', '-s', '-S', '--user', 'bob:secret', *more,
                           'pop3://127.0.0.1:%d/%s' % (server.port, number)).stdout

    def test_fetches_everything(self):
        server = self.serve()
        for number, (name, stored) in enumerate(MESSAGES.items(), 1):
            with self.subTest(name):
                wanted = b'\r\n' if name in self.REWRITES else wire(stored)
                self.assertEqual(self.curl(server, number), wanted)

    def fetch_what_is_new(self, server, known):
        """As scripts around curl do. -> the numbers that were fetched"""
        ids = [line.split() for line in self.curl(server, '', '-X', 'UIDL').splitlines()]
        fetched = [int(number) for number, name in ids if name not in known]
        for number in fetched:
            self.assertTrue(self.curl(server, number))
        known.update(name for _, name in ids)
        return fetched

    def test_what_is_fetched_by_its_id_is_fetched_once(self):
        server = self.serve({name: MESSAGES[name] for name in ('plain', 'crlf', 'dotfirst')})
        known = set()
        self.assertEqual(self.fetch_what_is_new(server, known), [1, 2, 3])
        self.assertEqual(self.fetch_what_is_new(server, known), [])

    def test_lists_and_removes(self):
        server = self.serve({'a': MESSAGES['plain']})
        self.assertEqual(self.curl(server, ''), b'1 %d\r\n' % len(wire(MESSAGES['plain'])))
        self.curl(server, '1', '-X', 'DELE', '-I')
        self.assertEqual(self.maildir.messages(), {})


class MpopTest(ClientCase):
    NEEDS = 'mpop'

    def mpop(self, server, *options):
        self.write('mpoprc', 'defaults\ntls off\naccount default\nhost 127.0.0.1\nport %d\n'
                   'user bob\npassword secret\nauth user\nreceived_header off\n'
                   'delivery maildir %s\nuidls_file %s\n'
                   % (server.port, self.got, self.path('uidls')), 0o600)
        os.chown(self.path('mpoprc'), os.geteuid(), os.getegid())
        done = self.client('mpop', '-q', '--file=' + self.path('mpoprc'), *options)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_fetches_everything_once_and_removes_when_told(self):
        self.make_target()
        server = self.serve()
        self.mpop(server, '--keep=on')
        self.expect_same(self.fetched(), as_stored)
        self.mpop(server, '--keep=on')
        self.assertEqual(len(self.fetched()), len(MESSAGES))
        self.mpop(server, '--keep=off')
        self.assertEqual(self.maildir.messages(), {})


class FetchmailTest(ClientCase):
    NEEDS = 'fetchmail'
    # A bare CR or a NUL in the header ends a line or a string for fetchmail; it invents a header
    # where there is none, drops a "From " line, ends a header with a blank line, cuts very long
    # lines. A message of 0 octets it skips, in each run anew: it is left out here.
    REWRITES = frozenset(
        ['empty', 'barecr_body', 'crcrlf', 'nul_header', 'dotfirst_alone', 'newline_only', 'crlf_only',
         'newlines', 'header_only', 'header_only_nofinal', 'body_only', 'from_line', 'line_100k',
         'line_1m'] + [name for name in MESSAGES if name.startswith(('bnd_lf_32', 'bnd_crlf_32',
                                                                   'bnd_lf_65', 'bnd_crlf_65'))])

    def fetchmail(self, server, *options):
        mda = self.write('mda', '#!/bin/sh\nexec cat > "$(mktemp %s/XXXXXX)"\n' % self.got, 0o755)
        self.write('fetchmailrc', 'poll 127.0.0.1 protocol pop3 port %d uidl bad-header accept '
                   'user bob password secret no rewrite sslproto "" mda "%s"\n' % (server.port, mda), 0o600)
        os.chown(self.path('fetchmailrc'), os.geteuid(), os.getegid())
        return self.client('fetchmail', '-f', self.path('fetchmailrc'), '--invisible', '--pidfile',
                           self.path('pid'), '-i', self.path('ids'), *options)

    def test_fetches_everything_once(self):
        server = self.serve({name: each for name, each in MESSAGES.items() if name != 'empty'})
        done = self.fetchmail(server, '--keep')
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        got = [letterbox_read(os.path.join(self.got, each)) for each in os.listdir(self.got)]
        self.expect_same(got + [b''], as_stored)
        self.assertEqual(self.fetchmail(server, '--keep').returncode, 1)  # no new mail
        self.assertEqual(len(os.listdir(self.got)), len(MESSAGES) - 1)


class GetmailTest(ClientCase):
    NEEDS = 'getmail'
    # getmail parses each message and writes it anew: bare CRs become line ends, long fields are
    # folded, headers are ended with a blank line, "From " lines dropped.
    REWRITES = frozenset(['barecr_body', 'crcrlf', 'dotfirst_alone', 'empty', 'header_only',
                          'header_only_nofinal', 'blank_with_space', 'from_line', 'long_header'])

    def getmail(self, server):
        self.write('getmailrc', '[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\n'
                   'port = %d\ntimeout = 10\nusername = bob\npassword = secret\n'
                   '[destination]\ntype = Maildir\npath = %s/\n'
                   '[options]\nread_all = false\ndelivered_to = false\nreceived = false\n'
                   'verbose = 1\n' % (server.port, self.got), 0o600)
        letterbox.own(self.got)
        return self.client('getmail', '--getmaildir=' + self.dir, **letterbox.as_ordinary())

    def first_run(self, server):
        """getmail 6.18 forks for each message and may miss the end of its child, for which it then
        waits in vain (_wait_for_child(): a notification before the wait is lost). Such a run says
        nothing of the server: it is made anew, from nothing."""
        for _ in range(5):
            self.make_target()
            done = self.getmail(server)
            if b'waiting child pid' not in done.stdout + done.stderr:
                return done
            shutil.rmtree(self.got)
            for name in os.listdir(self.dir):
                if name.startswith('oldmail'):
                    os.unlink(self.path(name))
        return self.skipTest('getmail loses its children')

    def test_fetches_everything_once(self):
        server = self.serve()
        done = self.first_run(server)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        # getmail puts a Return-Path of its own in front.
        got = [each.removeprefix(b'Return-Path: <unknown>\n') for each in self.fetched()]
        self.expect_same(got, as_stored)
        self.getmail(server)
        self.assertEqual(len(self.fetched()), len(MESSAGES))


PERL = r'''
use Net::POP3; my ($port, $dir) = @ARGV;
my $pop = Net::POP3->new("127.0.0.1", Port => $port) or die "connect";
defined $pop->login("bob", "secret") or die "login";
my %known; # by the ids that the last run has left
if (open my $file, "<", "$dir/ids") { %known = map { chomp; ($_ => 1) } <$file> }
my ($ids, $got) = ($pop->uidl, 0);
for my $n (sort { $a <=> $b } keys %$ids) {
  next if $known{$ids->{$n}};
  my $lines = $pop->get($n) or die "get $n";
  open my $file, ">", "$dir/$n" or die; binmode $file; print $file @$lines; close $file; $got++;
}
open my $file, ">", "$dir/ids" or die; print $file map { "$_\n" } values %$ids; close $file;
$pop->quit; print "$got\n";
'''


class NetPop3Test(ClientCase):
    NEEDS = 'perl'

    def test_fetches_everything_once(self):
        if self.client('perl', '-MNet::POP3', '-e', '1').returncode != 0:
            self.skipTest('Net::POP3 is not installed')
        server = self.serve()
        done = self.client('perl', '-e', PERL, str(server.port), self.got)
        self.assertEqual(done.stdout, b'%d\n' % len(MESSAGES), done.stderr)
        for number, (name, stored) in enumerate(MESSAGES.items(), 1):
            with self.subTest(name):
                self.assertEqual(letterbox_read(os.path.join(self.got, str(number))),
                                 as_stored(stored))
        done = self.client('perl', '-e', PERL, str(server.port), self.got)
        self.assertEqual(done.stdout, b'0\n', done.stderr)


TOKEN_PROGRAM = r'''#!/bin/sh
# NAME NUL TOKEN NUL ADDRESS NUL MECHANISM NUL on descriptor 3
[ "$(tr '\000' '\n' <&3 | sed -n 2p)" = letmein ]
'''
FEW = {name: MESSAGES[name] for name in ('plain', 'crlf', 'dotfirst')}


class SecureCase(ClientCase):
    """Over TLS, with accounts of letterbox-authd; three messages are enough here."""

    def serve_securely(self):
        authority = Authority(self)
        self.ca = authority.path
        chain, key = authority.certificate('localhost', 'DNS:localhost,IP:127.0.0.1')
        program = self.write('tokens', TOKEN_PROGRAM, 0o755)
        for name, text in (('authdelay', '0\n'), ('tokenprogram', program + '\n'),
                           ('tlscertificates', '%s %s\n' % (chain, key))):
            self.write('control/' + name, text)
        letterbox.own(self.dir)
        self.assertEqual(add_user(self.dir, 'bob', 'secret').returncode, 0)
        self.maildir = letterbox.Maildir(self.path('mail/bob/Maildir'))
        for number, (name, stored) in enumerate(FEW.items()):
            self.maildir.add(stored, '%d.%s' % (1000000000 + number, name))
        authd = Authd(self.dir)
        self.addCleanup(authd.stop)
        return pop3.Server(self, None, home=self.dir, tls=True, login=False)

    def mechanisms(self, server):
        """Of the sessions so far, as the log has them."""
        return [line.split('mechanism=')[1].split()[0] for line in server.log().splitlines()
                if line.startswith('session ') and 'tls="TLSv1.' in line]

    def expect_used(self, server, *mechanisms):
        pop3.until(lambda: len(self.mechanisms(server)) >= len(mechanisms))
        self.assertEqual(self.mechanisms(server), list(mechanisms))


class SecurePoplibTest(SecureCase):
    def test_both_kinds_of_tls(self):
        server = self.serve_securely()
        context = ssl.create_default_context(cafile=self.ca)
        first = poplib.POP3_SSL('localhost', server.tls_port, timeout=pop3.WAIT, context=context)
        second = poplib.POP3('localhost', server.port, timeout=pop3.WAIT)
        second.stls(context)
        for client in (first, second):
            client.user('bob')
            client.pass_('secret')
            for number, stored in enumerate(FEW.values(), 1):
                got = b''.join(line + b'\r\n' for line in client.retr(number)[1])
                self.assertEqual(got, wire(stored))
            client.quit()
        self.expect_used(server, 'PLAIN', 'PLAIN')


class SecureCurlTest(SecureCase):
    NEEDS = 'curl'

    def curl(self, url, *options):
        done = self.client('curl', '-s', '-S', '--cacert', self.ca, '--max-time', '30', *options, url)
        self.assertEqual(done.stderr, b'')
        return done.stdout

    def test_both_kinds_of_tls_and_sasl(self):
        server = self.serve_securely()
        secure = 'pop3s://localhost:%d/2' % server.tls_port
        plain = 'pop3://localhost:%d/2' % server.port
        wanted = wire(FEW['crlf'])
        user = ('--user', 'bob:secret')
        for options in (user, (*user, '--login-options', 'AUTH=PLAIN'),
                        (*user, '--login-options', 'AUTH=LOGIN'),
                        (*user, '--login-options', 'AUTH=PLAIN', '--sasl-ir'),
                        ('--user', 'bob', '--oauth2-bearer', 'letmein')):
            self.assertEqual(self.curl(secure, *options), wanted, options)
            self.assertEqual(self.curl(plain, '--ssl-reqd', *options), wanted, options)
        pop3.until(lambda: len(self.mechanisms(server)) == 10)
        self.assertEqual(self.mechanisms(server)[-6:],
                         ['LOGIN'] * 2 + ['PLAIN'] * 2 + ['OAUTHBEARER'] * 2)

    def test_a_wrong_password_or_token_is_one(self):
        server = self.serve_securely()
        for options in (('--user', 'bob:wrong'), ('--user', 'bob', '--oauth2-bearer', 'wrong')):
            done = self.client('curl', '-s', '--cacert', self.ca, *options,
                               'pop3s://localhost:%d/1' % server.tls_port)
            self.assertEqual((done.returncode, done.stdout), (67, b''))


class SecureMpopTest(SecureCase):
    NEEDS = 'mpop'

    def mpop(self, port, starttls, auth):
        self.write('mpoprc', 'defaults\ntls on\ntls_starttls %s\ntls_trust_file %s\naccount default\n'
                   'host localhost\nport %d\nuser bob\npassword secret\nauth %s\nkeep on\n'
                   'received_header off\ndelivery maildir %s\nuidls_file %s\n'
                   % (starttls, self.ca, port, auth, self.got, self.path('uidls')), 0o600)
        os.chown(self.path('mpoprc'), os.geteuid(), os.getegid())
        done = self.client('mpop', '-q', '--file=' + self.path('mpoprc'))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_fetches_once_whatever_the_way_in(self):
        self.make_target()
        server = self.serve_securely()
        self.mpop(server.tls_port, 'off', 'scram-sha-256')
        self.assertEqual(sorted(self.fetched()), sorted(map(as_stored, FEW.values())))
        self.mpop(server.port, 'on', 'plain')
        self.mpop(server.tls_port, 'off', 'user')
        self.assertEqual(len(self.fetched()), len(FEW))
        self.expect_used(server, 'SCRAM-SHA-256', 'PLAIN', 'PLAIN')


class SecureFetchmailTest(SecureCase):
    NEEDS = 'fetchmail'

    def fetchmail(self, port, *words):
        mda = self.write('mda', '#!/bin/sh\nexec cat > "$(mktemp %s/XXXXXX)"\n' % self.got, 0o755)
        self.write('fetchmailrc', 'poll localhost protocol pop3 port %d uidl bad-header accept user bob '
                   'password secret no rewrite sslcertfile "%s" %s mda "%s"\n'
                   % (port, self.ca, ' '.join(words), mda), 0o600)
        os.chown(self.path('fetchmailrc'), os.geteuid(), os.getegid())
        return self.client('fetchmail', '-f', self.path('fetchmailrc'), '--invisible', '--pidfile',
                           self.path('pid'), '-i', self.path('ids'), '--keep')

    def test_fetches_once_by_both_kinds_of_tls(self):
        server = self.serve_securely()
        done = self.fetchmail(server.tls_port, 'ssl')
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertEqual(len(os.listdir(self.got)), len(FEW))
        done = self.fetchmail(server.port, 'sslproto', 'tls1.2+')
        self.assertEqual(done.returncode, 1, done.stderr[-2000:])  # no new mail
        self.assertEqual(len(os.listdir(self.got)), len(FEW))
        self.expect_used(server, 'PLAIN', 'PLAIN')


class SecureGetmailTest(SecureCase):
    NEEDS = 'getmail'

    def test_fetches_once_over_tls(self):
        self.make_target()
        server = self.serve_securely()
        self.write('getmailrc', '[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\n'
                   'port = %d\ntimeout = 10\nusername = bob\npassword = secret\nca_certs = %s\n'
                   '[destination]\ntype = Maildir\npath = %s/\n[options]\nread_all = false\n'
                   % (server.tls_port, self.ca, self.got), 0o600)
        letterbox.own(self.got)
        for _ in range(2):
            done = self.client('getmail', '--getmaildir=' + self.dir, **letterbox.as_ordinary())
            if b'waiting child pid' in done.stdout + done.stderr:
                self.skipTest('getmail loses its children')
            self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            self.assertEqual(len(self.fetched()), len(FEW))


class SecureNetPop3Test(SecureCase):
    NEEDS = 'perl'

    def test_fetches_everything_over_tls(self):
        if self.client('perl', '-MIO::Socket::SSL', '-MNet::POP3', '-e', '1').returncode != 0:
            self.skipTest('IO::Socket::SSL is not installed')
        server = self.serve_securely()
        program = PERL.replace('Port => $port', 'Port => $port, SSL => 1, SSL_ca_file => $ARGV[2]')
        done = self.client('perl', '-e', program.replace('127.0.0.1', 'localhost'),
                           str(server.tls_port), self.got, self.ca)
        self.assertEqual(done.stdout, b'%d\n' % len(FEW), done.stderr)
