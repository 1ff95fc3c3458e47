# SPDX-License-Identifier: MIT
"""Postfix, OpenSMTPD and Exim, Debian's, hand their mail to us: by mailbox_command, pipe and mda,
and by LMTP. Whatever arrives by SMTP stands whole in the Maildir that its user's .qmail files
choose, with nothing added but trace fields; what fails is in the server's log with our words.

What these servers themselves do to a mail: each puts a Received field before it; Exim's pipe is
told by docs/with-exim.md to add nothing else. None takes a mail without a final newline by SMTP,
and none is asked for lines longer than SMTP allows (990 octets here).

LBX_MAILS: how many mails each takes, 1000 for the full form. Needs root: Postfix and OpenSMTPD
start as root, all three deliver as the user."""
import os
import re
import smtplib
import subprocess
import sys

from support import letterbox, peers
from support.sample_mails import mail, number_of

MAILS = int(os.environ.get('LBX_MAILS', '100'))
PER_SESSION = 50  # OpenSMTPD takes 100 in one
SENDERS = ['s@example.net', '', 'list-return-7@lists.example.net']

# address -> the Maildir it must reach, below the homes. Made by MailServer.make_homes().
PLACES = {
    'alice': 'alice/Maildir', 'alice-news-x': 'alice/Lists', 'alice-news': 'alice/Lists',
    'bob': 'bob/Maildir', 'bob-shop-42-a': 'bob/Shop', 'bob-exact': 'bob/Exact',
    'carol': 'carol/Maildir', 'carol-whatever': 'carol/Rest', 'carol-a-b': 'carol/Rest',
}
FILES = {
    'alice/.qmail-news-default': './Lists/\n', 'alice/.qmail-news': './Lists/\n',
    'bob/.qmail': '# his own\n./Maildir/\n', 'bob/.qmail-shop-default': './Shop/\n',
    'bob/.qmail-exact': './Exact/\n', 'carol/.qmail-default': './Rest/\n',
    'bob/.qmail-no': "|echo '5.7.1 Not on Fridays'; exit 100\n",
}


class MailServer:
    """What holds for each server; a mixin, so that it is no test itself."""
    PEER = None
    OWNER = None   # who owns all homes, where the server delivers as one user
    DOOR = 'letterbox-deliver'
    ADDS = []      # header fields that the server writes besides Received

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest('needs root')
        if not os.path.exists(os.path.join(letterbox.BIN, self.DOOR)):
            self.skipTest('there is no %s yet' % self.DOOR)
        self.homes = self.path('homes')
        self.view = peers.View(self.PEER, self.path('view'))
        self.view.install(self.homes)
        self.log = self.path('log')
        self.make_homes()
        self.port = peers.free_port()
        self.addCleanup(self.show_log)
        self.configure()
        self.serve()
        peers.wait_until(lambda: peers.answers(self.port), 'no greeting')

    def make_homes(self):
        os.mkdir(self.homes, 0o755)
        for name, uid in peers.PEOPLE.items():
            os.mkdir(self.home(name), 0o700)
            self.own(self.home(name), uid)
        for place in sorted(set(PLACES.values())):
            letterbox.Maildir(os.path.join(self.homes, place))
        for name, content in FILES.items():
            with open(os.path.join(self.homes, name), 'w', encoding='ascii') as file:
                file.write(content)
        for name, uid in peers.PEOPLE.items():
            subprocess.run(['chown', '-R', '%d:%d' % (uid, uid), self.home(name)], check=True)
            if self.OWNER:
                uid = peers.PEOPLE[self.OWNER]
                subprocess.run(['chown', '-R', '%d:%d' % (uid, uid), self.home(name)], check=True)

    @staticmethod
    def own(path, uid):
        os.chown(path, uid, uid)

    def home(self, name):
        return os.path.join(self.homes, name)

    def show_log(self):
        if any(test is self for test, _ in self._outcome.result.failures + self._outcome.result.errors):
            for path in (self.path('output'), self.log):
                print('--- end of %s\n%s' % (path, peers.read(path)[-2000:]), file=sys.stderr)

    # What a test does.

    def send(self, mails):
        """`mails` are (sender, recipient, content with LF)."""
        mails = list(mails)
        for first in range(0, len(mails), PER_SESSION):
            with smtplib.SMTP('127.0.0.1', self.port, timeout=peers.WAIT) as client:
                client.ehlo('client.example.net')
                for each in mails[first:first + PER_SESSION]:
                    self.send_one(client, *each)

    def send_one(self, client, sender, recipient, content):
        for code, text in (client.mail(sender, ['BODY=8BITMIME']),
                           client.rcpt(recipient + '@example.org'),
                           client.data(content.replace(b'\n', b'\r\n'))):
            self.assertEqual(code, 250, text)

    def arrived(self):
        """{Maildir below the homes: {file: content}}"""
        found = {}
        for place in set(PLACES.values()):
            for name, content in letterbox.Maildir(os.path.join(self.homes, place),
                                                   create=False).messages().items():
                found.setdefault(place, {})[name] = content
        return found

    def count(self):
        return sum(len(os.listdir(os.path.join(self.homes, place, 'new')))
                   for place in set(PLACES.values()))

    def logged(self, pattern):
        try:
            peers.wait_until(lambda: re.search(pattern, peers.read(self.log)), 'no ' + pattern)
        except AssertionError as late:
            raise AssertionError('%s in:\n%s' % (late, peers.read(self.log)[-4000:])) from late

    # What must hold.

    def test_every_mail_arrives_once_and_whole_where_its_user_wants_it(self):
        addresses = sorted(PLACES)
        sent = {}
        for number in range(MAILS):
            sender, recipient = SENDERS[number % len(SENDERS)], addresses[number % len(addresses)]
            sent[number] = sender, recipient, mail(number, sender, recipient)
        self.send(sent.values())
        peers.wait_until(lambda: self.count() >= MAILS and self.queue_is_empty(),
                         'all %d mails' % MAILS, 600)
        seen = set()
        for place, messages in self.arrived().items():
            for name, stored in messages.items():
                number = number_of(stored)
                self.assertNotIn(number, seen, 'twice')
                seen.add(number)
                sender, recipient, content = sent[number]
                self.assertEqual(place, PLACES[recipient])
                self.assertEqual(stored[-len(content):], content, (number, name))
                self.assertIn(',S=%d,' % len(stored), name)
                added = stored[:len(stored) - len(content)].decode('ascii')
                self.assertEqual(added.splitlines()[:2], [
                    'Return-Path: <%s>' % sender, 'Delivered-To: %s@example.org' % recipient])
                self.assertEqual(re.findall(r'^([^\s:]+):', added, re.M),
                                 ['Return-Path', 'Delivered-To', *self.ADDS, 'Received'], added)
        self.assertEqual(sorted(seen), list(range(MAILS)))

    def test_unknown_extension_is_refused_with_our_words_in_the_log(self):
        self.send([('s@example.net', 'alice-nosuch', mail(1, 's@example.net', 'alice-nosuch'))])
        self.logged(r'alice-nosuch.*(?:\n.*)?[Nn]o mailbox here by that name')

    def test_refusal_of_a_users_program_is_in_the_log_with_its_words(self):
        self.send([('s@example.net', 'bob-no', mail(1, 's@example.net', 'bob-no'))])
        self.logged(r'bob-no.*(?:\n.*)?Not on Fridays')

    def test_mail_waits_while_its_user_says_so_and_then_arrives(self):
        words = self.hold_back()
        self.send([('s@example.net', 'bob', mail(1, 's@example.net', 'bob'))])
        self.logged(r'bob@example.org.*(?:\n.*)?' + words)
        self.assertEqual(self.count(), 0)
        self.let_go()
        peers.wait_until(lambda: self.flush() or self.count(), 'not tried again')
        self.assertEqual(self.count(), 1)

    def hold_back(self):
        os.chmod(self.home('bob'), 0o1700)
        return 'ome directory is sticky'

    def let_go(self):
        os.chmod(self.home('bob'), 0o700)

    def test_mail_over_quota_waits_with_our_words_in_the_log(self):
        maildirsize = os.path.join(self.home('alice'), 'Maildir/maildirsize')
        with open(maildirsize, 'w', encoding='ascii') as file:
            file.write('1000S\n')
        self.own(maildirsize, os.stat(self.home('alice')).st_uid)
        self.require_quotas()
        big = mail(1, 's@example.net', 'alice') + b'too much\n' * 1000
        self.send([('s@example.net', 'alice', big)])
        self.logged(r'alice@example.org.*(?:\n.*)?(?:[Qq]uota|ailbox is full)')
        self.assertEqual(self.count(), 0)
        with open(maildirsize, 'w', encoding='ascii') as file:
            file.write('1000000S\n')
        peers.wait_until(lambda: self.flush() or self.count(), 'not tried again')
        self.assertEqual(self.count(), 1)

    def require_quotas(self):
        home = self.path('probe')
        letterbox.Maildir(os.path.join(home, 'Maildir'))
        letterbox.own(self.write('probe/Maildir/maildirsize', '1000S\n'))
        letterbox.own(home)
        if letterbox.run('letterbox-deliver', '--user', 'x', '--home', home,
                         stdin=b'\n' + b'x' * 4000).returncode == 0:
            self.skipTest('letterbox-deliver keeps no quota yet')

    def lmtp(self):
        """Our LMTP server inside the view. -> its socket"""
        path = self.path('lmtp.sock')
        self.view.write('letterbox/control/me', 'mx.example.org\n')
        self.view.write('letterbox/control/locals', 'example.org\n')
        self.view.write('letterbox/control/lmtpusers', ''.join(
            name + '\n' for name in (*peers.SERVICES, *peers.PEOPLE)))
        self.view.start(self, 'env', 'LETTERBOX_HOME=' + self.path('view/letterbox'),
                        letterbox.program('letterbox-lmtpd'), '--listen', 'unix:' + path,
                        log=self.path('output'))
        peers.wait_until(lambda: os.path.exists(path), 'no LMTP socket')
        return path

    def deliver_program(self):
        return letterbox.program('letterbox-deliver')


class Postfix(MailServer):
    PEER = 'postfix'

    def configure(self):
        self.config = self.path('view/etc/postfix')
        self.view.write('etc/postfix/main.cf', self.main_cf() + self.more())
        self.view.write('etc/postfix/master.cf', self.master_cf())
        spool = self.path('view/var/spool/postfix')
        for each in ('', 'pid', 'public', 'private', 'maildrop', 'incoming', 'active', 'deferred',
                     'bounce', 'defer', 'corrupt', 'flush', 'trace', 'saved', 'hold'):
            os.makedirs(os.path.join(spool, each), exist_ok=True)
            os.chmod(os.path.join(spool, each), 0o700 if each else 0o755)
            if each not in ('', 'pid'):
                self.own(os.path.join(spool, each), peers.SERVICES['postfix'])
        data = self.path('view/var/lib/postfix')
        os.mkdir(data)
        self.own(data, peers.SERVICES['postfix'])

    def main_cf(self):
        return '''compatibility_level = 3.6
myhostname = mx.example.org
mydestination = $myhostname, example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
alias_database =
recipient_delimiter = -
maillog_file = %s
maillog_file_prefixes = /
smtpd_peername_lookup = no
notify_classes =
bounce_queue_lifetime = 0
default_transport = error:5.4.4 no route from here
minimal_backoff_time = 1s
''' % self.log

    def master_cf(self):
        rows = '''127.0.0.1:%d inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
''' % self.port
        return rows + self.more_services()

    def more_services(self):
        return ''

    def serve(self):
        self.view.start(self, '/usr/lib/postfix/sbin/master', '-c', self.config, '-d',
                        log=self.path('output'))

    def queue_is_empty(self):
        spool = self.path('view/var/spool/postfix')
        return not any(files for each in ('incoming', 'active', 'deferred')
                       for _, _, files in os.walk(os.path.join(spool, each)))

    def flush(self):
        self.view.run('/usr/sbin/postqueue', '-c', self.config, '-f')


class PostfixMailboxCommandTest(Postfix, letterbox.ScratchTest):
    ADDS = ['X-Original-To']

    def more(self):
        return 'mailbox_command = %s\n' % self.deliver_program()


class PostfixPipeTest(Postfix, letterbox.ScratchTest):
    OWNER = 'carol'

    def more(self):
        return '''mydestination =
virtual_mailbox_domains = example.org
virtual_transport = letterbox
letterbox_destination_recipient_limit = 1
'''

    def more_services(self):
        return '''letterbox unix - n n - 8 pipe user=carol null_sender= argv=%s --user ${user}
  --home %s/${user} --ext ${extension} --sender ${sender} --recipient ${original_recipient}
''' % (self.deliver_program(), self.homes)


class PostfixLmtpTest(Postfix, letterbox.ScratchTest):
    DOOR = 'letterbox-lmtpd'
    ADDS = ['Received']  # letterbox-lmtpd's own

    def more(self):
        return 'mailbox_transport = lmtp:unix:%s\nlmtp_line_length_limit = 0\n' % self.lmtp()


class OpenSmtpd(MailServer):
    PEER = 'opensmtpd'

    # OpenSMTPD itself looks for ~/.forward and answers RCPT with 424 while the home is sticky.
    def hold_back(self):
        os.rename(self.home('bob/Maildir/tmp'), self.home('bob/away'))
        return 'emporary error on maildir delivery'

    def let_go(self):
        os.rename(self.home('bob/away'), self.home('bob/Maildir/tmp'))

    def configure(self):
        self.config = self.view.write('smtpd.conf', '''smtp sub-addr-delim "-"
listen on 127.0.0.1 port %d hostname mx.example.org
action "local" %s
match from any for domain "example.org" action "local"
''' % (self.port, self.action()))
        os.makedirs(self.path('view/var/lib/opensmtpd/empty'))

    def serve(self):
        self.view.start(self, '/usr/sbin/smtpd', '-d', '-f', self.config, log=self.log)

    def queue_is_empty(self):
        return not self.smtpctl('show', 'queue').stdout.strip()

    def flush(self):
        self.smtpctl('schedule', 'all')

    def smtpctl(self, *words):
        return self.view.run('/usr/sbin/smtpctl', *words)


class OpenSmtpdMdaTest(OpenSmtpd, letterbox.ScratchTest):
    def action(self):
        return 'mda "%s"' % self.deliver_program()


class OpenSmtpdLmtpTest(OpenSmtpd, letterbox.ScratchTest):
    DOOR = 'letterbox-lmtpd'
    ADDS = ['Received']  # letterbox-lmtpd's own

    def action(self):
        return 'lmtp "%s" rcpt-to' % self.lmtp()


class Exim(MailServer):
    PEER = 'exim'

    def configure(self):
        self.log = self.path('view/log/mainlog')
        self.view.write('var/lib/exim4/config.autogenerated', '''primary_hostname = mx.example.org
domainlist local_domains = example.org
log_file_path = %s/%%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = %d
tls_advertise_hosts =
acl_smtp_rcpt = acl_rcpt
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
notifier_socket =
smtp_accept_queue_per_connection = 0

begin acl
acl_rcpt:
  accept domains = +local_domains

begin routers
people:
  driver = accept
  domains = +local_domains
  check_local_user
  local_part_suffix = -*
  local_part_suffix_optional
  transport = letterbox

begin transports
letterbox:
%s
begin retry
*  *  F,1h,1s
''' % (os.path.dirname(self.log), self.port, self.transport()))
        for each in ('var/spool/exim4', 'log'):
            os.makedirs(self.path('view', each))
            self.own(self.path('view', each), peers.SERVICES['Debian-exim'])

    def serve(self):
        self.view.start(self, '/usr/sbin/exim4', '-bdf', log=self.path('output'))

    def queue_is_empty(self):
        return self.view.run('/usr/sbin/exim4', '-bpc').stdout.strip() == '0'

    def flush(self):
        self.view.run('/usr/sbin/exim4', '-qff')


class EximPipeTest(Exim, letterbox.ScratchTest):
    def transport(self):
        return '''  driver = pipe
  command = %s
  message_prefix =
  message_suffix =
  return_fail_output
  log_fail_output
  log_defer_output
  environment = "SENDER=$sender_address"
''' % self.deliver_program()


class EximLmtpTest(Exim, letterbox.ScratchTest):
    DOOR = 'letterbox-lmtpd'
    ADDS = ['Received']  # letterbox-lmtpd's own

    def transport(self):
        return '''  driver = lmtp
  socket = %s
  batch_max = 50
  rcpt_include_affixes
''' % self.lmtp()
