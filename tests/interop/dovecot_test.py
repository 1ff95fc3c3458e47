# SPDX-License-Identifier: MIT
"""Dovecot, Debian's, shows a Maildir by IMAP while several processes of ours deliver into it: it
shows every message once and under one UID, its dovecot-uidlist stays in order and its UIDVALIDITY
the same, and both reckon the same quota.

LBX_MAILS: how many messages are delivered, 10000 for the full form."""
import imaplib
import os
import re
import threading

from support import letterbox, peers
from support.sample_mails import number_of

MAILS = int(os.environ.get('LBX_MAILS', '400'))
DELIVERERS = 4
QUOTA = 1 << 30

CONFIG = '''base_dir = {dir}/run
state_dir = {dir}/state
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
log_path = {dir}/dovecot.log
mail_location = maildir:{home}/Maildir
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage={quota}B
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
'''


class Reader(threading.Thread):
    """A mail program that is there all the time: it looks for new mail and reads it."""

    def __init__(self, port):
        super().__init__()
        self.numbers = {}   # UID -> X-Number
        self.failure = None
        self.done = threading.Event()
        self.imap = imaplib.IMAP4('127.0.0.1', port, timeout=peers.WAIT)
        self.imap.login('joe', 'secret')
        self.imap.select('INBOX')

    def run(self):
        try:
            while not self.done.is_set():
                self.wait_for_news()
                self.read_new()
            self.imap.noop()
            self.read_new()
            self.imap.logout()
        except (OSError, imaplib.IMAP4.error, AssertionError) as failure:
            self.failure = failure

    def wait_for_news(self):
        self.imap.noop()

    def read_new(self):
        first = max(self.numbers, default=0) + 1
        fetched = self.imap.uid('FETCH', '%d:*' % first, '(BODY.PEEK[HEADER.FIELDS (X-Number)])')[1]
        for each in fetched:
            if not isinstance(each, tuple): continue
            uid = int(re.search(rb'UID (\d+)', each[0])[1])
            if uid < first: continue  # N:* is the last message when there is none from N on
            assert uid not in self.numbers, 'UID %d again' % uid
            self.numbers[uid] = number_of(each[1].replace(b'\r', b''))


class FlaggingReader(Reader):
    """Marks each third message as read, so that Dovecot renames files all the while."""

    def read_new(self):
        before = set(self.numbers)
        super().read_new()
        some = [str(uid) for uid in self.numbers if uid not in before and uid % 3 == 0]
        if some: self.imap.uid('STORE', ','.join(some), '+FLAGS', r'(\Seen)')


class IdlingReader(Reader):
    """Waits by IDLE (RFC 2177) for the server to speak."""

    def wait_for_news(self):
        self.imap.send(b'A1 IDLE\r\n')
        assert self.imap.readline().startswith(b'+')
        while not self.done.is_set():
            if b'EXISTS' in self.imap.readline(): break
        self.imap.send(b'DONE\r\n')
        while not self.imap.readline().startswith(b'A1 OK'): pass


class DovecotTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.view = peers.View('dovecot', self.path('view'))
        self.home = self.path('home')
        self.maildir = letterbox.Maildir(os.path.join(self.home, 'Maildir'))
        letterbox.own(self.home)
        self.port = peers.free_port()
        user = letterbox.ORDINARY
        config = self.write('dovecot.conf', CONFIG.format(
            dir=self.dir, user=user.pw_name, group=group_name(user.pw_gid), uid=user.pw_uid,
            gid=user.pw_gid, home=self.home, port=self.port, quota=QUOTA))
        self.view.start(self, *letterbox.setpriv(), '/usr/sbin/dovecot', '-F', '-c', config,
                        log=self.path('output'))
        peers.wait_until(lambda: peers.answers(self.port), 'no greeting')

    def imap(self):
        imap = imaplib.IMAP4('127.0.0.1', self.port, timeout=peers.WAIT)
        self.addCleanup(imap.shutdown)
        imap.login('joe', 'secret')
        imap.select('INBOX')
        return imap

    def deliver(self, numbers):
        for number in numbers:
            content = b'X-Number: %d\nSubject: one of many\n\n' % number + b'word\n' * (number % 500)
            done = letterbox.run('letterbox-deliver', '--user', 'joe', '--home', self.home,
                                 '--sender', 's@example.net', stdin=content)
            if done.returncode != 0:
                self.refused.append(done)

    def deliver_all(self):
        self.refused = []
        deliverers = [threading.Thread(target=self.deliver, args=(range(n, MAILS, DELIVERERS),))
                      for n in range(DELIVERERS)]
        for each in deliverers: each.start()
        for each in deliverers: each.join()
        self.assertEqual(self.refused, [])

    def test_readers_see_every_message_once_and_under_one_uid(self):
        validity = self.imap().response('UIDVALIDITY')[1]
        readers = [kind(self.port) for kind in (Reader, FlaggingReader, IdlingReader)]
        for each in readers: each.start()
        self.deliver_all()
        for each in readers: each.done.set()
        self.deliver([MAILS])  # wakes the one that idles
        for each in readers: each.join(peers.WAIT)
        for each in readers:
            self.assertIsNone(each.failure)
        everything = list(range(MAILS + 1))
        last = self.imap()
        self.assertEqual(last.response('UIDVALIDITY')[1], validity)
        final = Reader(self.port)
        final.read_new()
        final.imap.logout()
        self.assertEqual(sorted(final.numbers.values()), everything)
        for each in readers:
            self.assertGreaterEqual(set(each.numbers.values()), set(everything[:-1]))
            self.assertEqual(each.numbers.items() - final.numbers.items(), set())
        self.assertEqual(len(self.maildir.messages()), MAILS + 1)
        self.expect_uidlist(validity, sorted(final.numbers))

    def expect_uidlist(self, validity, uids):
        header, *rows = peers.read(os.path.join(self.home, 'Maildir/dovecot-uidlist')).splitlines()
        self.assertIn(' V%s ' % validity[0].decode(), header)
        listed = [int(row.split(' ', 1)[0]) for row in rows]
        self.assertEqual(listed, sorted(set(listed)))
        self.assertEqual(listed, uids)
        names = [row.split(':', 1)[1].split(':')[0] for row in rows]
        self.assertEqual(len(set(names)), len(uids))
        complaints = [line for line in peers.read(self.path('dovecot.log')).splitlines()
                      if re.search('Error|Warning|Panic|duplicate', line)]
        self.assertEqual(complaints, [])

    def test_quota_figures_of_both_agree(self):
        maildirsize = os.path.join(self.home, 'Maildir/maildirsize')
        self.imap().getquotaroot('INBOX')  # Dovecot writes the first maildirsize
        before = peers.read(maildirsize)
        self.assertTrue(before.startswith('%dS' % QUOTA), before)
        self.deliver_all()
        if peers.read(maildirsize) == before:
            self.skipTest('letterbox-deliver keeps no quota yet')
        stored = sum(map(len, self.maildir.messages().values()))
        rows = [tuple(map(int, row.split())) for row in peers.read(maildirsize).splitlines()[1:]]
        self.assertEqual([sum(column) for column in zip(*rows)], [stored, MAILS])
        answer = self.imap().getquotaroot('INBOX')[1][1][0].decode()
        kilobytes = int(re.search(r'STORAGE (\d+) ', answer)[1])
        self.assertEqual(kilobytes, -(-stored // 1024))  # Dovecot rounds up


def group_name(gid):
    for line in peers.read('/etc/group').splitlines():
        if line.split(':')[2] == str(gid):
            return line.split(':')[0]
    return str(gid)
