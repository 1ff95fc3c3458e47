# SPDX-License-Identifier: MIT
"""letterbox-lmtpd as a mail server meets it: the real program, real clients, users of an assign
file, all as one ordinary user."""
import glob
import os
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import unittest

from support import certificates
from support.letterbox import ORDINARY, ScratchTest, as_ordinary, own, program, run

MESSAGE = b'Subject: a\r\n\r\n..dots\r\n'


class Server:
    """The running program, single-user mode, on a Unix socket."""

    def __init__(self, test, *options):
        self.path = test.path('lmtp.sock')
        self.log = open(test.path('log'), 'ab')
        self.process = subprocess.Popen(
            [program('letterbox-lmtpd'), '--listen', 'unix:' + self.path, *options],
            stdout=subprocess.PIPE, stderr=self.log, env=test.environment, **as_ordinary())
        test.addCleanup(self.stop)
        self.announced = self.process.stdout.readline()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        self.log.close()

    def children(self, of=None):
        """Process ids below the server: the front first, then users' processes."""
        found = []
        for stat in glob.glob('/proc/[0-9]*/stat'):
            try:
                with open(stat, encoding='utf-8', errors='replace') as file:
                    fields = file.read().rsplit(')', 1)
            except OSError:
                continue
            if int(fields[1].split()[1]) == (of or self.process.pid):
                found.append(int(stat.split('/')[2]))
        return sorted(found)


class LmtpTest(ScratchTest):
    settings = {}

    def setUp(self):
        super().setUp()
        self.home = self.path('home')
        self.environment = dict(os.environ, LETTERBOX_HOME=self.home)
        ids = '%d:%d' % (ORDINARY.pw_uid, ORDINARY.pw_gid)
        lines = []
        for name in ('joe', 'ann'):
            os.makedirs(self.path(name))
            lines += ['=%s:%s:%s:%s:::' % (name, name, ids, self.path(name)),
                      '+%s-:%s:%s:%s:-::' % (name, name, ids, self.path(name))]
        os.makedirs(self.path('nobody-else'))
        lines += ['+:nobody:%s:%s:-::' % (ids, self.path('nobody-else')), '.', '']
        self.write('home/users/assign', '\n'.join(lines))
        os.makedirs(self.path('home/control'))
        for name, value in self.settings.items():
            self.write('home/control/' + name, value)
        own(self.dir)
        self.assertEqual(run('qmail-newu', env=self.environment).returncode, 0)

    def mail_of(self, user):
        found = []
        for name in sorted(glob.glob(self.path(user, 'Maildir/new/*'))):
            with open(name, 'rb') as file:
                found.append(file.read())
        return found

    def client(self, server):
        client = smtplib.LMTP(server.path)
        self.addCleanup(client.close)
        return client

    def raw(self, server):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(server.path)
        self.addCleanup(client.close)
        return client, client.makefile('rb')


class Delivery(LmtpTest):
    def test_one_message_for_several_users(self):
        server = Server(self)
        client = self.client(server)
        self.write('ann/.qmail-default', './Maildir/\n')
        os.makedirs(self.path('ann/Maildir/tmp'))
        for each in ('new', 'cur'):
            os.makedirs(self.path('ann/Maildir', each))
        own(self.path('ann'))
        refused = client.sendmail('s@t', ['joe@x', 'ann-any-thing@x', 'nope@x', 'joe-x@x'], MESSAGE)
        self.assertEqual(client.getreply()[0], 250)  # smtplib waits for one answer, there are two
        self.assertEqual(sorted(refused), ['joe-x@x', 'nope@x'])
        for code, text in refused.values():
            self.assertEqual(code, 550)
            self.assertTrue(text.startswith(b'5.1.1 '), text)
        (joe,), (ann,) = self.mail_of('joe'), self.mail_of('ann')
        self.assertTrue(joe.startswith(b'Return-Path: <s@t>\nDelivered-To: joe@x\nReceived: '), joe)
        self.assertTrue(ann.startswith(b'Return-Path: <s@t>\nDelivered-To: ann-any-thing@x\n'), ann)
        self.assertTrue(joe.endswith(b'\nSubject: a\n\n..dots\n'), joe)

    def test_a_pipelined_session_at_once_and_octet_by_octet(self):
        server = Server(self)
        dialog = (b'LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<joe@x>\r\nRCPT TO:<nope@x>\r\nDATA\r\n'
                  b'Subject: x\r\n\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@x>\r\nBDAT 3\r\na\r\n'
                  b'BDAT 4 LAST\r\n.\r\nbQUIT\r\n')
        answers = []
        for size in (len(dialog), 1):
            client, answer = self.raw(server)
            for at in range(0, len(dialog), size):
                client.sendall(dialog[at:at + size])
            answers.append(answer.read())
        self.assertEqual(answers[0], answers[1])
        self.assertTrue(answers[0].endswith(b'250 2.0.0 Chunk taken\r\n250 2.0.0 delivered\r\n221 2.0.0 Bye\r\n'))
        self.assertEqual(len(self.mail_of('joe')), 4)

    def test_a_thousand_recipients_and_no_more(self):
        server = Server(self)
        client, answer = self.raw(server)
        self.write('joe/.qmail-default', './Maildir/\n')
        for each in ('tmp', 'new', 'cur'):
            os.makedirs(self.path('joe/Maildir', each))
        own(self.path('joe'))
        rcpts = b''.join(b'RCPT TO:<joe-%d@x>\r\n' % i for i in range(1001))
        client.sendall(b'LHLO c\r\nMAIL FROM:<a@b>\r\n' + rcpts + b'DATA\r\nx\r\n.\r\nQUIT\r\n')
        lines = answer.read().splitlines()
        self.assertEqual(lines.count(b'250 2.1.5 OK'), 1000)
        self.assertEqual(lines.count(b'452 4.5.3 Too many recipients'), 1)
        self.assertEqual(lines.count(b'250 2.0.0 delivered'), 1000)
        self.assertEqual(len(self.mail_of('joe')), 1000)

    def test_a_message_beyond_memory_arrives_whole(self):
        server = Server(self)
        body = b'0123456789abcde\r\n' * 100000
        client = self.client(server)
        self.assertEqual(client.sendmail('s@t', ['joe@x', 'ann@x'], b'A: b\r\n\r\n' + body), {})
        self.assertEqual(client.getreply()[0], 250)
        for user in ('joe', 'ann'):
            self.assertTrue(self.mail_of(user)[0].endswith(b'\nA: b\n\n' + body.replace(b'\r', b'')))

    def test_a_damaged_database_waits_and_is_named(self):
        self.write('home/users/cdb', 'x')
        client = self.client(Server(self))
        client.ehlo()
        client.docmd('MAIL FROM:<s@t>')
        code, text = client.docmd('RCPT TO:<joe@x>')
        self.assertEqual((code, text), (451, b'4.3.0 Trouble reading users/cdb in qmail-lspawn.'))

    def test_a_message_that_is_sent_again_arrives_once(self):
        self.write('ann/.qmail', './box\n')
        server = Server(self)
        for text, count in ((MESSAGE, 1), (MESSAGE, 1), (MESSAGE + b'more\r\n', 2)):
            client = self.client(server)
            client.ehlo()
            self.assertEqual(client.docmd('XFORWARD IDENT=4XyZ')[0], 250)
            for user in ('joe', 'ann'):
                self.assertEqual(client.sendmail('s@t', [user + '@x'], text), {})
                client.docmd('XFORWARD IDENT=4XyZ')
            self.assertEqual(len(self.mail_of('joe')), count)
            with open(self.path('ann/box'), 'rb') as box:
                self.assertEqual(box.read().count(b'\nSubject: a\n'), count)

    def test_under_a_superserver(self):
        done = run('letterbox-lmtpd', '--listen', '-', env=self.environment,
                   stdin=b'LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@x>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n')
        self.assertTrue(done.stdout.endswith(b'250 2.0.0 delivered\r\n221 2.0.0 Bye\r\n'), done)
        self.assertEqual(done.returncode, 0)

    def test_a_program_that_takes_long_holds_up_nobody(self):
        self.write('joe/.qmail', '|cat >/dev/null; while [ ! -e %s ]; do sleep 0.1; done\n' % self.path('go'))
        server = Server(self)
        slow, answer = self.raw(server)
        slow.sendall(b'LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<joe@x>\r\nDATA\r\nx\r\n.\r\n')
        while not answer.readline().startswith(b'354'):
            pass
        self.assertEqual(self.client(server).sendmail('s@t', ['ann@x'], MESSAGE), {})
        self.write('go', '')
        self.assertEqual(answer.readline(), b'250 2.0.0 delivered\r\n')


class Limits(LmtpTest):
    settings = {'databytes': '1000\n', 'barelf': 'normalize\n', 'timeoutlmtpd': '10\n'}

    def test_settings_are_obeyed(self):
        server = Server(self)
        client, answer = self.raw(server)
        client.sendall(b'LHLO c\r\nMAIL FROM:<a@b> SIZE=1001\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@x>\r\n'
                       b'DATA\r\na\nb\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@x>\r\nDATA\r\n' +
                       b'x\r\n' * 400 + b'.\r\nQUIT\r\n')
        text = answer.read()
        self.assertIn(b'250 SIZE 1000\r\n552 5.3.4', text)
        self.assertIn(b'354 Go ahead\r\n250 2.0.0 delivered\r\n', text)
        self.assertIn(b'354 Go ahead\r\n552 5.3.4 Message too big\r\n221', text)

    def test_a_line_without_an_end_takes_no_memory(self):
        server = Server(self)
        client, answer = self.raw(server)
        answer.readline()
        front = server.children()[0]
        before = resident(front)
        for _ in range(200):
            client.sendall(b'x' * 1_000_000)
        self.assertLess(resident(front) - before, 8 * 1024 * 1024)  # with a sanitizer too
        client.sendall(b'\r\nQUIT\r\n')
        self.assertEqual(answer.read(), b'500 5.5.2 Line too long\r\n221 2.0.0 Bye\r\n')


class Notices(LmtpTest):
    """DSN: notices of success go out by the queue program."""
    settings = {'lmtpdsn': 'yes\n', 'me': 'mx.example.org\n', 'locals': 'x\n'}
    QUEUE = """#!/bin/sh
umask 0
n=$(mktemp %s/sent/XXXXXX)
{ echo "$DSN_NOTIFY"; cat; } >$n
tr '\\0' '|' <&1 >$n.envelope
"""

    def setUp(self):
        super().setUp()
        os.makedirs(self.path('sent'))
        own(self.path('sent'))
        queue = self.write('queue', self.QUEUE % self.dir)
        os.chmod(queue, 0o755)
        self.environment['QMAILQUEUE'] = queue

    def sent(self):
        """-> [(envelope, what the queue program got)]"""
        return [(text_of(name), text_of(name[:-9]))
                for name in glob.glob(self.path('sent/*.envelope'))]

    def deliver(self, *recipients, ask='SUCCESS'):
        self.server = getattr(self, 'server', None) or Server(self)
        client, answer = self.raw(self.server)
        client.sendall(b'LHLO c\r\nMAIL FROM:<s@t> ENVID=e1\r\n' +
                       b''.join(b'RCPT TO:<%s> NOTIFY=%s\r\n' % (each.encode(), ask.encode())
                                for each in recipients) +
                       b'DATA\r\nSubject: a\r\n\r\nsecret\r\n.\r\nQUIT\r\n')
        text = answer.read()
        self.assertIn(b'\r\n250-DSN\r\n', text)
        self.assertEqual(text.count(b'250 2.0.0 delivered\r\n'), len(recipients), text)

    def test_a_sender_who_asks_hears_that_it_is_delivered(self):
        self.deliver('joe@x')
        (envelope, notice), = self.sent()
        self.assertEqual(envelope, 'F|Ts@t||')
        for line in ('Action: delivered', 'Final-Recipient: rfc822;joe@x', 'Subject: a',
                     'Original-Envelope-Id: e1', 'Reporting-MTA: dns; mx.example.org'):
            self.assertIn(line.lower().replace(' ', ''), notice.lower().replace(' ', ''))
        self.assertNotIn('secret', notice)
        self.assertEqual(len(self.mail_of('joe')), 1)

    def test_of_what_is_forwarded_he_hears_that_and_the_rest_goes_with_it(self):
        self.write('joe/.qmail', '&a@b\n')
        self.write('ann/.qmail', '&a@b\n&c@d\n')
        self.deliver('joe@x', 'ann@x', ask='SUCCESS,FAILURE')
        notices = [text for envelope, text in self.sent() if envelope.startswith('F|')]
        sent_on = [text for envelope, text in self.sent() if envelope.startswith('Fs@t|')]
        self.assertEqual(sorted(text.split('\n')[0] for text in sent_on), ['FAILURE'] * 2)
        self.assertEqual(sorted(word for text in notices for word in ('relayed', 'expanded')
                                if 'Action: ' + word in text), ['expanded', 'relayed'])

    def test_nobody_else_hears_anything(self):
        self.deliver('joe@x', ask='FAILURE,DELAY')
        self.deliver('joe@x', ask='NEVER')
        self.assertEqual(self.sent(), [])
        self.assertEqual(len(self.mail_of('joe')), 2)

    def test_a_queue_that_fails_is_in_the_log_and_the_mail_is_there(self):
        self.environment['QMAILQUEUE'] = '/nonexistent'
        self.deliver('joe@x')
        self.assertIn('no-success-notice', text_of(self.path('log')))
        self.assertEqual(len(self.mail_of('joe')), 1)


def until(true):
    """Waits until `true()` is."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError('it never came true')


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def resident(pid):
    with open('/proc/%d/statm' % pid, encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


class Death(LmtpTest):
    """Whoever is killed, whenever: no answer of 250 without a message on disk."""

    def in_delivery(self):
        """A client whose message is being delivered by a program that does not end."""
        self.write('joe/.qmail', '|echo >%s; exec sleep 100\n' % self.path('running'))
        server = Server(self)
        client, answer = self.raw(server)
        client.sendall(b'LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<joe@x>\r\nDATA\r\nx\r\n.\r\n')
        while not os.path.exists(self.path('running')):
            time.sleep(0.01)
        while not answer.readline().startswith(b'354'):
            pass
        return server, answer

    def test_of_the_users_process(self):
        server, answer = self.in_delivery()
        os.kill(server.children()[-1], signal.SIGKILL)
        self.assertTrue(answer.readline().startswith(b'451 4.3.0 '))
        os.remove(self.path('joe/.qmail'))
        self.assertEqual(self.client(server).sendmail('s@t', ['joe@x'], MESSAGE), {})

    def test_of_the_users_process_when_mail_goes_to_it_straight(self):
        """The front knows it from the message before."""
        server = Server(self)
        client, answer = self.raw(server)
        mail = b'MAIL FROM:<>\r\nRCPT TO:<joe@x>\r\nDATA\r\nx\r\n.\r\n'
        client.sendall(b'LHLO c\r\n' + 5 * mail)
        for _ in range(5):
            while not answer.readline().startswith(b'354'):
                pass
            self.assertEqual(answer.readline(), b'250 2.0.0 delivered\r\n')
        self.write('joe/.qmail', '|echo >%s; exec sleep 100\n' % self.path('running'))
        client.sendall(mail)
        until(lambda: os.path.exists(self.path('running')))
        os.kill(server.children()[-1], signal.SIGKILL)
        while not answer.readline().startswith(b'354'):
            pass
        self.assertTrue(answer.readline().startswith(b'451 4.3.0 '))
        os.remove(self.path('joe/.qmail'))
        client.sendall(mail)
        while not answer.readline().startswith(b'354'):
            pass
        self.assertEqual(answer.readline(), b'250 2.0.0 delivered\r\n')
        self.assertEqual(text_of(self.path('log')).count(' to=joe@x '), 7)

    def test_of_the_front(self):
        server, answer = self.in_delivery()
        os.kill(server.children()[0], signal.SIGKILL)
        self.assertEqual(answer.read(), b'')
        server.process.wait(20)

    def test_of_the_spawner(self):
        server, answer = self.in_delivery()
        server.process.kill()
        self.assertNotIn(b'250 ', answer.read())


class Ending(LmtpTest):
    """SIGTERM: what has begun is finished, nothing new begins."""

    def begin(self, server):
        """A client in the middle of its message."""
        client, answer = self.raw(server)
        client.sendall(b'LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@x>\r\nDATA\r\nSubject: x\r\n')
        while not answer.readline().startswith(b'354'):
            pass
        return client, answer

    def is_draining(self, server):
        """Waits until new connections are refused."""
        for _ in range(500):
            client, answer = self.raw(server)
            if answer.readline().startswith(b'421 '):
                return
            client.close()
            time.sleep(0.01)
        self.fail('the server goes on')

    def test_a_message_that_has_begun_is_delivered(self):
        server = Server(self)
        other, other_answer = self.raw(server)
        other.sendall(b'LHLO c\r\n')
        while other_answer.readline()[:4] != b'250 ':
            pass
        client, answer = self.begin(server)
        server.process.terminate()
        self.is_draining(server)
        other.sendall(b'MAIL FROM:<a@b>\r\n')
        self.assertEqual(other_answer.read()[:10], b'421 4.3.2 ')
        client.sendall(b'\r\nbody\r\n.\r\n')
        self.assertEqual(answer.readline(), b'250 2.0.0 delivered\r\n')
        self.assertEqual(server.process.wait(20), 0)
        self.assertTrue(self.mail_of('joe')[0].endswith(b'\nSubject: x\n\nbody\n'))

    def test_a_delivery_under_way_is_answered_even_where_all_processes_are_told_to_end(self):
        self.write('joe/.qmail', '|echo >%s; while [ ! -e go ]; do sleep 0.05; done\n' % self.path('running'))
        server = Server(self)
        client, answer = self.begin(server)
        client.sendall(b'\r\n.\r\n')
        while not os.path.exists(self.path('running')):
            time.sleep(0.01)
        front = server.children()[0]
        for pid in [server.process.pid, *server.children()]:
            os.kill(pid, signal.SIGTERM)
        self.is_draining(server)
        self.assertIn(front, server.children())
        self.write('joe/go', '')
        self.assertEqual(answer.readline(), b'250 2.0.0 delivered\r\n')
        self.assertEqual(server.process.wait(20), 0)

    def test_idle_clients_hold_nothing_up(self):
        server = Server(self)
        client, answer = self.raw(server)
        client.sendall(b'LHLO c\r\n')
        while answer.readline()[:4] != b'250 ':
            pass
        begun = time.monotonic()
        server.process.terminate()
        self.assertEqual(server.process.wait(20), 0)
        self.assertLess(time.monotonic() - begun, 10)


class Huge(LmtpTest):
    """LBX_HUGE_OCTETS=2147483650 for the full size, which needs as much disk."""
    OCTETS = int(os.environ.get('LBX_HUGE_OCTETS', 40_000_000))
    PIECE = b'x' * 1_000_000

    def send(self, line_end):
        """A message of OCTETS to joe, its lines as long as a piece or without end. -> its body"""
        server = Server(self)
        client, answer = self.raw(server)
        client.sendall(b'LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@x>\r\nDATA\r\n')
        while not answer.readline().startswith(b'354'):
            pass
        front = server.children()[0]
        before = resident(front)
        pieces = self.OCTETS // len(self.PIECE) + 1
        for _ in range(pieces):
            client.sendall(self.PIECE + line_end)
        self.assertLess(resident(front) - before, 16 * 1024 * 1024)  # with a sanitizer too
        client.sendall(b'\r\n.\r\n')
        self.assertEqual(answer.readline(), b'250 2.0.0 delivered\r\n')
        with open(program('letterbox-lmtpd'), 'rb') as file:
            most = 300 if b'__asan_init' in file.read() else 24  # MiB
        for pid in server.children():
            self.assertLess(peak(pid), most * 1024 * 1024)
        name, = glob.glob(self.path('joe/Maildir/new/*'))
        with open(name, 'rb') as file:
            head = file.read(4096)
        self.assertEqual(os.path.getsize(name) - head.index(b'x' * 100),
                         pieces * (len(self.PIECE) + len(line_end) // 2) + 1)

    def test_a_message_is_no_matter_of_memory(self):
        self.send(b'\r\n')

    def test_nor_is_a_line(self):
        self.send(b'')


def peak(pid):
    """The most memory that a process has had, in octets."""
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        lines = [line for line in file if line.startswith('VmHWM:')]
    return int(lines[0].split()[1]) * 1024 if lines else 0  # it has just ended


class Access(LmtpTest):
    @unittest.skipUnless(os.geteuid() == 0, 'needs another user to be turned away')
    def test_strangers_are_turned_away(self):
        server = Server(self)
        got = subprocess.run(['python3', '-c', 'import socket,sys; s=socket.socket(socket.AF_UNIX); '
                              's.connect(sys.argv[1]); print(s.recv(100).decode())', server.path],
                             user=1, group=1, extra_groups=[], stdout=subprocess.PIPE, check=True)
        self.assertTrue(got.stdout.startswith(b'421 '), got.stdout)


class Sandbox(LmtpTest):
    def test_the_front_has_no_rights_and_still_spools_what_is_large(self):
        server = Server(self)
        self.raw(server)[1].readline()
        front = server.children()[0]
        with open('/proc/%d/status' % front) as file:
            status = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
        self.assertEqual((status['Seccomp'], status['NoNewPrivs']), ('2', '1'))
        for octets in (100, 1_000_000):
            body = b'Subject: %d\r\n\r\n%s\r\n' % (octets, b'x' * 70)
            client = self.client(server)
            client.sendmail('s@t', ['joe@x', 'ann@x'], body + b'line\r\n' * (octets // 6))
            self.assertEqual(client.getreply()[0], 250)  # smtplib waits for one answer only
        self.assertEqual(sorted(len(mail) > 800_000 for mail in self.mail_of('joe')), [False, True])
        self.assertEqual(len(self.mail_of('ann')), 2)


class Certificates(LmtpTest):
    """A certificate counts for those whose address does not let them in, so that client comes from
    an address that is no loopback one, in a network of its own."""

    def setUp(self):
        super().setUp()
        authority = certificates.Authority(self)
        self.authority = authority
        chain, key = authority.certificate('mx.example.org')
        self.files = {name: authority.certificate(name) for name in ('good.example', 'bad.example')}
        self.ca = authority.path
        self.write('home/control/tlscertificates', '%s %s\n' % (chain, key))
        self.write('home/control/tlsclientca', authority.path)
        self.write('home/control/lmtpcertificates', 'good.example\n')
        own(self.path('home'))

    def context(self, name):
        context = ssl.create_default_context(cafile=self.ca)
        context.check_hostname = False
        if name:
            context.load_cert_chain(*self.files[name])
        return context

    def test_starttls_by_a_host_that_is_let_in_anyway(self):
        server = Server(self)
        client = self.client(server)
        self.assertEqual(client.ehlo()[0], 250)
        self.assertTrue(client.has_extn('starttls'))
        client.starttls(context=self.context(None))
        client.sendmail('s@t', ['joe@x'], MESSAGE)
        self.assertIn(b' with LMTPS id ', self.mail_of('joe')[0])

    def shown(self, server):
        """Whom the certificate names that a new client is shown."""
        client = self.client(server)
        client.starttls(context=self.context(None))
        return client.sock.getpeercert()['subjectAltName'][0][1]

    def installed_behind_links(self):
        """As some programs install certificates: the folder of the setting never changes.
        -> what installs others"""
        os.makedirs(self.path('live'))
        os.makedirs(self.path('archive'))
        for end in ('.pem', '.key'):
            os.symlink(self.path('archive/x' + end), self.path('live/x' + end))

        def install(name):
            for source in self.authority.certificate(name):
                shutil.copy(source, self.path('archive/x' + source[-4:]))
            own(self.path('archive'))
        install('mx.example.org')
        self.write('home/control/tlscertificates',
                   '%s %s\n' % (self.path('live/x.pem'), self.path('live/x.key')))
        return install

    def test_sighup_reads_them_anew_and_nobody_is_hung_up_on(self):
        install = self.installed_behind_links()
        server = Server(self)
        old = self.client(server)
        old.starttls(context=self.context(None))
        install('new.example.org')
        self.assertEqual(self.shown(server), 'mx.example.org')
        server.process.send_signal(signal.SIGHUP)
        until(lambda: self.shown(server) == 'new.example.org')
        old.sendmail('s@t', ['joe@x'], MESSAGE)
        self.assertEqual(len(self.mail_of('joe')), 1)

    def test_a_file_that_has_changed_is_read_and_rubbish_is_left_alone(self):
        install = self.installed_behind_links()
        self.write('home/control/tlscertificates',
                   '%s %s\n' % (self.path('archive/x.pem'), self.path('archive/x.key')))
        server = Server(self)
        self.assertEqual(self.shown(server), 'mx.example.org')
        install('new.example.org')
        until(lambda: self.shown(server) == 'new.example.org')
        self.write('archive/x.pem', 'rubbish')
        until(lambda: 'tls-unchanged' in text_of(self.path('log')))
        self.assertEqual(self.shown(server), 'new.example.org')

    def test_what_is_no_certificate_does_not_start(self):
        self.write('rubbish.pem', 'rubbish')
        self.write('home/control/tlscertificates', self.path('rubbish.pem') + '\n')
        ran = run('letterbox-lmtpd', '--listen', 'unix:' + self.path('x.sock'), env=self.environment)
        self.assertEqual(ran.returncode, 75)
        self.assertIn(b'tlscertificates', ran.stderr)

    def test_what_makes_no_sense_does_not_start(self):
        os.unlink(self.path('home/control/tlsclientca'))
        ran = run('letterbox-lmtpd', '--listen', 'unix:' + self.path('x.sock'), env=self.environment)
        self.assertEqual(ran.returncode, 75)
        self.assertIn(b'lmtpcertificates', ran.stderr)

    @unittest.skipUnless(os.geteuid() == 0, 'only root has an interface of its own')
    def test_a_certificate_that_is_named_lets_others_in(self):
        script = self.write('client.py', CLIENT)
        own(script)
        done = subprocess.run(
            ['unshare', '--net', 'sh', '-ec', 'ip link set lo up; ip addr add 192.0.2.1/32 dev lo; '
             'exec "$@"', 'sh', sys.executable, script, program('letterbox-lmtpd'), self.ca,
             *self.files['good.example'], *self.files['bad.example']],
            env=dict(self.environment, UID=str(ORDINARY.pw_uid), GID=str(ORDINARY.pw_gid)),
            capture_output=True, text=True, timeout=60)
        if 'unshare' in done.stderr or 'ip:' in done.stderr:
            self.skipTest('no network namespace is to be had here')
        self.assertEqual(done.stdout.splitlines(), [
            'none before TLS 530 5.7.0', 'none 550 5.7.1', 'bad 550 5.7.1', 'good 250 2.1.0'],
            done.stderr)


# In a network of its own: a server on 192.0.2.1, and clients from there.
CLIENT = r'''
import os, re, smtplib, ssl, subprocess, sys
program, ca, good, good_key, bad, bad_key = sys.argv[1:]
server = subprocess.Popen([program, '--listen', '192.0.2.1:0'], stdout=subprocess.PIPE, text=True,
                          user=int(os.environ['UID']), group=int(os.environ['GID']), extra_groups=[])
port = int(server.stdout.readline().rsplit(':', 1)[1])
for name, files in (('none', None), ('bad', (bad, bad_key)), ('good', (good, good_key))):
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    if files:
        context.load_cert_chain(*files)
    client = smtplib.LMTP('192.0.2.1', port)
    def mail():
        client.ehlo()
        code, text = client.mail('s@t')
        return '%d %s' % (code, text.decode().split()[0])
    if not files:
        print('none before TLS', mail())
    client.starttls(context=context)
    print(name, mail())
    client.close()
server.terminate()
'''


class Oracle(LmtpTest):
    def test_agrees_with_rcpt(self):
        self.write('joe/.qmail-list-default', '&a@b\n')
        self.write('ann/.qmail-x', './nowhere/\n')
        server = Server(self, '--lookup-socket', self.path('lookup.sock'))
        door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(door.close)
        door.settimeout(60)
        door.connect(self.path('lookup.sock'))
        client, answer = self.raw(server)
        client.sendall(b'LHLO c\r\nMAIL FROM:<>\r\n')
        while answer.readline() != b'250 2.1.0 OK\r\n':
            pass
        for address in ('joe', 'joe-list-any', 'joe-lis', 'ann-x', 'ann-y', 'nope'):
            door.send(address.encode() + b'@x')
            said = door.recv(1000)
            client.sendall(b'RCPT TO:<' + address.encode() + b'@x>\r\n')
            reply = answer.readline()
            word = {b'2': b'yes', b'4': b'later', b'5': b'no'}[reply[:1]]
            self.assertEqual(said.split(b' ')[0], word, (address, said, reply))
            if word != b'yes':
                self.assertEqual(said.split(b' ', 1)[1], reply[4:].rstrip())


if __name__ == '__main__':
    unittest.main()
