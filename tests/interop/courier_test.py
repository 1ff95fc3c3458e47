# SPDX-License-Identifier: MIT
"""Courier, Debian's, serves what letterbox-convert and letterbox maildir made: by IMAP flags,
keywords, folder names, subscriptions, dates and numbers are those that the mail had, and fetchmail
and getmail with their old state fetch nothing again."""
import imaplib
import os
import re
import shlex
import subprocess
import unittest

from support import letterbox, peers, pop3_front
from support.letterbox import Maildir, ScratchTest, run

KEYWORDS = '''\
From ann@example.org Mon Jan  2 03:04:05 2006
X-IMAPbase: 1136214245 42 work $Label1
X-UID: 17
Status: RO
X-Keywords: work NonJunk
Subject: one

one

From bob@example.org Tue Feb 28 12:00:00 2012
X-UID: 41
Status: O
X-Status: F
X-Keywords: $Label1
Subject: two

two

'''


class Courier:
    """Its programs below a home, each as it is after the login. `home/Maildir` is what they show."""

    def __init__(self, test):
        self.home = test.path('home')
        self.view = peers.View('courier', test.path('view'))
        os.makedirs(self.home, exist_ok=True)
        letterbox.own(self.home)
        self.environment = dict(os.environ, HOME=self.home, AUTHENTICATED='joe', AUTHADDR='joe',
                                TCPREMOTEIP='192.0.2.1', TCPREMOTEPORT='1', IMAP_KEYWORDS='1')

    def command(self, program):
        return ['env', '-C', self.home,
                *self.view.command(*letterbox.setpriv(), program, 'Maildir')]

    def imap(self, test):
        words = ['env', *('%s=%s' % each for each in self.environment.items()
                          if each not in os.environ.items()), *self.command('/usr/bin/imapd')]
        imap = imaplib.IMAP4_stream(shlex.join(words) + ' 2>>%s' % test.path('courier.log'))
        test.addCleanup(imap.shutdown)
        return imap

    def pop3(self, connection):
        """A server for Front.answer."""
        if not pop3_front.log_in(connection, answers_pass=False): return
        subprocess.run(self.command('/usr/lib/courier/courier/courierpop3d'), stdin=connection,
                       stdout=connection, stderr=subprocess.DEVNULL, timeout=peers.WAIT,
                       check=False, env=self.environment)


def messages(imap, folder):
    """-> {UID: (flags, internal date)}"""
    status = imap.select('"%s"' % folder, readonly=True)
    if status[0] != 'OK': raise AssertionError(status)
    found = {}
    for each in filter(None, imap.uid('FETCH', '1:*', '(FLAGS INTERNALDATE)')[1]):
        text = each.decode()
        flags = set(re.search(r'FLAGS \(([^)]*)\)', text)[1].split()) - {r'\Recent'}
        found[int(re.search(r'UID (\d+)', text)[1])] = (
            flags, re.search(r'INTERNALDATE "([^"]*)"', text)[1].strip())
    return found


def folders(lines):
    return {line.decode().rsplit('"." ', 1)[-1].strip('"') for line in lines if line}


class ImapTest(ScratchTest):
    def setUp(self):
        super().setUp()
        self.courier = Courier(self)
        self.maildir = self.path('home/Maildir')

    def convert(self, *args):
        done = run('letterbox-convert', *args, self.maildir)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.decode()

    def check_keywords(self, validity, first, second):
        imap = self.courier.imap(self)
        found = messages(imap, 'INBOX')
        self.assertEqual(imap.response('UIDVALIDITY')[1], [validity])
        self.assertEqual(found, {
            first: ({r'\Seen', 'work', 'NonJunk'}, '02-Jan-2006 03:04:05 +0000'),
            second: ({r'\Flagged', '$Label1'}, '28-Feb-2012 12:00:00 +0000')})

    def test_numbers_keywords_flags_and_dates_are_those_of_the_mbox(self):
        self.convert('mbox2maildir', '--for', 'courier', self.write('in', KEYWORDS))
        self.check_keywords(b'1136214245', 17, 41)

    def test_keywords_of_a_maildir_that_exists_are_added(self):
        Maildir(self.maildir)
        letterbox.own(self.maildir)
        self.courier.imap(self).select('INBOX')  # which makes its list
        self.assertTrue(os.path.exists(self.maildir + '/courierimapuiddb'))
        said = self.convert('mbox2maildir', '--for', 'courier', self.write('in', KEYWORDS))
        self.assertIn('new numbers', said)
        imap = self.courier.imap(self)
        self.assertEqual(sorted(sorted(flags) for flags, _ in messages(imap, 'INBOX').values()),
                         [['$Label1', r'\Flagged'], ['NonJunk', r'\Seen', 'work']])

    def test_folders_have_their_names_and_are_subscribed(self):
        for name in ('B\u00fcro & Co/Gr\u00f6\u00dfe', 'Work/2020'):
            self.write('mail/%s.mbox' % name, KEYWORDS)
        letterbox.own(self.path('mail'))
        self.convert('import', '--for', 'courier', self.path('mail'))
        imap = self.courier.imap(self)
        deep = 'INBOX.B&APw-ro &- Co.Gr&APYA3w-e'
        self.assertGreaterEqual(folders(imap.list()[1]), {'INBOX', deep, 'INBOX.Work.2020'})
        subscribed = [line for line in imap.lsub()[1] if b'Noselect' not in line]
        self.assertEqual(folders(subscribed) - {'INBOX'}, {deep, 'INBOX.Work.2020'})
        self.assertEqual({uid: flags for uid, (flags, _) in messages(imap, deep).items()},
                         {17: {r'\Seen', 'work', 'NonJunk'}, 41: {r'\Flagged', '$Label1'}})

    def test_what_was_dovecots_goes_on_as_couriers_and_back(self):
        first = self.path('dovecot')
        done = run('letterbox-convert', 'mbox2maildir', self.write('in', KEYWORDS), first)
        self.assertEqual(done.returncode, 0, done.stderr)
        Maildir(first + '/.B&APw-ro')
        letterbox.own(first)
        for kind, source, target in (('courier', first, self.maildir),
                                     ('dovecot', self.maildir, self.path('again'))):
            done = run('letterbox', 'maildir', 'copy', '--for', kind, source, target)
            self.assertEqual(done.returncode, 0, done.stderr)
            if kind == 'courier':
                self.check_keywords(b'1136214245', 17, 41)
                self.assertIn('INBOX.B&APw-ro', folders(self.courier.imap(self).list()[1]))
        self.assertEqual(self.dovecots(self.path('again')), self.dovecots(first))
        self.assertEqual(os.listdir(self.path('again/.B&APw-ro/new')), [])

    @staticmethod
    def dovecots(maildir):
        """-> the list of numbers, and {base name: keywords}"""
        with open(os.path.join(maildir, 'dovecot-keywords')) as file:
            names = {chr(ord('a') + int(line.split()[0])): line.split()[1] for line in file}
        with open(os.path.join(maildir, 'dovecot-uidlist')) as file:
            numbers = file.read()
        return numbers, {name.partition(':')[0]: {names.get(each, each) for each in name.partition(':2,')[2]}
                         for name in os.listdir(os.path.join(maildir, 'cur'))}


class Pop3Test(pop3_front.FetchingTest):
    def setUp(self):
        super().setUp()
        self.courier = Courier(self)
        self.maildir = self.path('home/Maildir')
        self.front.answer = self.courier.pop3

    def check_nothing_is_new(self, before, got):
        self.assertEqual((self.fetchmail(), self.getmail()), (before, got))
        Maildir(self.maildir, create=False).add(b'Subject: new\n\nnew\n')
        letterbox.own(self.maildir)
        self.assertEqual((self.fetchmail(), self.getmail()), (before + 1, got + 1))

    def fill(self):
        maildir = Maildir(self.maildir)
        for number in range(4):
            maildir.add(b'Subject: %d\n\n%d\n' % (number, number), '100000000%d.a.host' % number)
        letterbox.own(self.maildir)

    def test_a_copy_of_what_courier_served_has_the_same_ids(self):
        self.fill()
        self.assertEqual(self.fetchmail(), 4)
        got = self.getmail_first(4)
        os.rename(self.maildir, self.path('old'))
        done = run('letterbox', 'maildir', 'copy', self.path('old'), self.maildir)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_nothing_is_new(4, got)

    def test_ids_of_courier_in_an_mbox_are_kept(self):
        self.fill()
        self.assertEqual(self.fetchmail(), 4)
        got = self.getmail_first(4)
        ids = {}
        with open(os.path.join(self.maildir, 'courierpop3dsizelist')) as file:
            validity = file.readline().split()[2]
            for line in file:
                ids[line.partition(':')[0]] = 'UID%s' % line.split()[2].split(':')[0]
        text = ''.join('From a@b Mon Jan  2 03:04:0%d 2006\nX-UIDL: %s-%s\nStatus: RO\nSubject: %d\n\n%d\n\n'
                       % (number, ids['100000000%d.a.host' % number], validity, number, number)
                       for number in range(4))
        os.rename(self.maildir, self.path('old'))
        done = run('letterbox-convert', 'import', '--for', 'courier', self.write('in', text),
                   self.maildir)
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.check_nothing_is_new(4, got)


if __name__ == '__main__':
    unittest.main()
