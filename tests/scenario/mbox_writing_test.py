# SPDX-License-Identifier: MIT
"""letterbox-convert maildir2mbox: every dialect, trees of folders, keywords, IMAP numbers, and what
is said of messages that a dialect cannot carry. Maildir -> each dialect -> Maildir gives the same
octets, flags and times."""
import fcntl
import os
import subprocess
import time
import unittest

from support.letterbox import Maildir, ScratchTest, as_ordinary, own, program, run

EXACT = ('mboxrd', 'mboxcl', 'mboxcl2')

# The 13 awkward messages of every converter, and some more.
AWKWARD = {
    'empty': b'',
    'only a newline': b'\n',
    'no header': b'body\n',
    'no final newline': b'A: b\n\nx',
    'header only': b'A: b\n',
    'header only, no newline': b'A: b',
    'blank lines at the end': b'A: b\n\nx\n\n\n\n',
    'CRLF': b'A: b\r\n\r\nx\r\n',
    'CRLF, no end': b'A: b\r\n\r\nx',
    'bare CR': b'A: b\n\nx\ry\r',
    'NUL': b'A: b\n\n\0x\0\n',
    'NUL before From': b'A: b\n\nx\n\0From a@b Mon Jan  2 03:04:05 2006\nA: c\n\ny\n',
    '8 bit': b'Subject: \xe4\n\n\xff\xfe\n',
    'From_ lines': b'A: b\n\nFrom x\n>From y\n>>>From z\n',
    'a whole mbox': b'A: b\n\n\nFrom a@b Mon Jan  2 03:04:05 2006\nC: d\n\ne\n\n',
    'begins with From_': b'From a@b Mon Jan  2 03:04:05 2006\nA: b\n\nx\n',
    'own bookkeeping': b'Status: RO\nX-Status: F\nX-UID: 7\nX-Keywords: foo\n\nx\n',
    'Content-Length': b'Content-Length: 2\n\nx\n',
    'wrong Content-Length': b'A: b\nContent-Length: 200\n\nx\nFrom a@b Mon Jan  2 03:04:05 2006\n',
    'our own note': b'X-Letterbox-Mbox: fields=1; end=bare\nStatus: O\n\nx\n',
    'long line': b'A: b\n\n' + b'>' * 100000 + b'From ' + b'x' * 100000 + b'\n',
}
PLAIN = b'Return-Path: <jo@example.org>\nSubject: x\n\nFrom here\n'


def snapshot(maildir):
    """In order of time: (folder, flags, seconds, octets)."""
    found = []
    for name, content in maildir.messages().items():
        stamp = os.stat(os.path.join(maildir.path, name)).st_mtime_ns
        found.append((stamp, name, name.split('/')[0], name.partition(':2,')[2], content))
    return [(folder, flags, stamp // 10**9, content)
            for stamp, _, folder, flags, content in sorted(found)]


class MboxWritingTest(ScratchTest):
    def convert(self, *args, status=0):
        result = run('letterbox-convert', *args)
        self.assertEqual(result.returncode, status, result.stderr.decode())
        return result.stderr.decode()

    def awkward(self):
        maildir = Maildir(self.path('m'))
        for number, content in enumerate(AWKWARD.values()):
            for suffix, folder in (('', 'new'), (':2,', 'cur'), (':2,FS', 'cur'),
                                   (':2,DPRT', 'cur')):
                name = '%d.%s.host%s' % (1000000000 + number, suffix.strip(':2,') or folder, suffix)
                maildir.add(content, name, folder, mtime=1000000000 + number)
        return maildir

    def test_every_awkward_message_survives_each_exact_dialect(self):
        maildir = self.awkward()
        before = snapshot(maildir)
        self.assertEqual(len(before), 4 * len(AWKWARD))
        for dialect in EXACT:
            for options in ((), ('--dialect', dialect)):
                with self.subTest(dialect, options=options):
                    mbox = self.path(dialect + str(len(options)))
                    said = self.convert('maildir2mbox', '--strict', '--dialect', dialect,
                                        maildir.path, mbox)
                    self.assertEqual(said, '')
                    self.convert('mbox2maildir', *options, mbox, mbox + '.m')
                    self.assertEqual(snapshot(Maildir(mbox + '.m', create=False)), before)

    def test_what_mboxo_loses_is_named_and_the_rest_survives(self):
        maildir = self.awkward()
        warned = self.convert('maildir2mbox', '--dialect', 'mboxo', maildir.path, self.path('o'))
        lossy = {line.split('warning: ')[1].split(': ')[0] for line in warned.splitlines()
                 if 'warning: ' in line}
        survives = Maildir(self.path('s'))
        for name, content in maildir.messages().items():
            path = os.path.join(maildir.path, name)
            if path not in lossy:
                folder, leaf = name.split('/')
                survives.add(content, leaf, folder, mtime=int(os.stat(path).st_mtime))
        self.assertGreater(len(lossy), 30)
        self.assertGreater(len(survives.messages()), 10)
        self.convert('maildir2mbox', '--strict', '--dialect', 'mboxo', survives.path, self.path('p'))
        self.convert('mbox2maildir', '--dialect', 'mboxo', self.path('p'), self.path('q'))
        self.assertEqual(snapshot(Maildir(self.path('q'), create=False)), snapshot(survives))

    def test_strict_is_a_1_where_something_is_lost(self):
        maildir = Maildir(self.path('m'))
        maildir.add(b'A: b\n\n>From x\n', '1.a.host', mtime=1000000000)
        said = self.convert('maildir2mbox', '--strict', '--dialect', 'mboxo', maildir.path,
                            self.path('o'), status=1)
        self.assertIn('new/1.a.host: a line that begins with >From', said)
        self.convert('maildir2mbox', '--dialect', 'mboxo', maildir.path, self.path('p'))

    def test_dialects_with_lengths_and_without_are_not_mixed_in_one_file(self):
        maildir = Maildir(self.path('m'))
        maildir.add(PLAIN, '1.a.host:2,S', 'cur', mtime=1000000000)
        for dialect, wrong in (('mboxcl2', 'mboxrd'), ('mboxrd', 'mboxcl2')):
            mbox = self.path(dialect)
            self.convert('maildir2mbox', '--dialect', dialect, maildir.path, mbox)
            with open(mbox, 'rb') as file:
                before = file.read()
            said = self.convert('maildir2mbox', '--append', '--dialect', wrong, maildir.path, mbox,
                                status=65)
            self.assertIn('must be alike', said)
            with open(mbox, 'rb') as file:
                self.assertEqual(file.read(), before)
            self.convert('maildir2mbox', '--append', '--dialect', dialect, maildir.path, mbox)
            with open(mbox, 'rb') as file:
                self.assertEqual(file.read(), before * 2)

    def tree(self):
        top = Maildir(self.path('m'))
        top.add(PLAIN, '1.a.host', mtime=1000000000)
        for number, folder in enumerate(('.Entw&APw-rfe', '.Lists', '.Lists.a %b', '.INBOX',
                                         '.&ZeVnLIqe-', '.not&utf7')):
            one = Maildir(os.path.join(top.path, folder))
            one.add(b'A: %d\n\n' % number, '%d.f.host:2,S' % number, 'cur', mtime=1000000000 + number)
        os.mkdir(os.path.join(top.path, '.no-maildir'))
        return top

    def files_below(self, folder):
        return sorted(os.path.relpath(os.path.join(where, name), folder)
                      for where, _, names in os.walk(folder) for name in names)

    def test_a_tree_has_an_mbox_for_each_folder_with_names_for_people(self):
        self.convert('maildir2mbox', '--tree', self.tree().path, self.path('out'))
        self.assertEqual(self.files_below(self.path('out')), sorted([
            'INBOX.mbox', 'Entwürfe.mbox', 'Lists.mbox', 'Lists/a %25b.mbox', '%49NBOX.mbox',
            '日本語.mbox', 'not&utf7.mbox']))
        self.convert('maildir2mbox', '--tree', '--layout', 'thunderbird', self.path('m'),
                     self.path('bird'))
        self.assertEqual(self.files_below(self.path('bird')), sorted([
            'Inbox', 'Entwürfe', 'Lists', 'Lists.sbd/a %25b', '%49NBOX', '日本語', 'not&utf7']))
        with open(self.path('bird', 'Lists.sbd', 'a %25b'), 'rb') as file:
            self.assertTrue(file.read().endswith(b'Status: RO\nA: 2\n\n\n'))

    def whole(self, top):
        """folder -> (what dovecot-uidlist says but for the names, {octets: (place, flags and
        keywords, seconds)})"""
        found = {}
        for folder in [''] + sorted(os.listdir(top)):
            where = os.path.join(top, folder)
            if not os.path.isdir(os.path.join(where, 'cur')): continue
            names = {chr(ord('a') + number): word for number, word in enumerate(
                line.split()[1] for line in self.lines(where, 'dovecot-keywords'))}
            messages = {content: (place, sorted(names.get(each, each) for each in flags), seconds)
                        for place, flags, seconds, content in
                        snapshot(Maildir(where, create=False))}
            numbers = [line.partition(' :')[0] for line in self.lines(where, 'dovecot-uidlist')]
            if messages: found[folder] = (numbers, messages)
        return found

    @staticmethod
    def lines(where, name):
        try:
            with open(os.path.join(where, name), encoding='ascii') as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def test_a_tree_is_read_back_as_the_same_maildir(self):
        top = self.path('m')
        for number, folder in enumerate(('', '.Entw&APw-rfe', '.Lists', '.Lists.a %b', '.100%25',
                                         '.&ZeVnLIqe-', '.R&-D &- Co.mbox',
                                         '.INBOX.Old', '.Mail.a&-b')):
            one = Maildir(os.path.join(top, folder))
            for at, content in enumerate((b'A: %d\n\nx' % number, b'A: %d\n\n>From y\n' % number,
                                          b'Status: RO\nB: %d\n\n\n' % number)):
                place, flags = (('new', ''), ('cur', ':2,FSab'), ('cur', ':2,'))[at]
                one.add(content, '%d.%d.host%s' % (number, at, flags), place,
                        mtime=1000000000 + 10 * number + at)
            self.write(os.path.join(top, folder, 'dovecot-keywords'), '0 work%d\n1 $Label1\n' % number)
            self.write(os.path.join(top, folder, 'dovecot-uidlist'),
                       '3 V%d N9\n3 :%d.0.host\n5 :%d.1.host\n8 :%d.2.host\n'
                       % (77 + number, number, number, number))
        own(top)
        before = self.whole(top)
        self.assertEqual(len(before), 9)
        for layout in ('directories', 'thunderbird'):
            with self.subTest(layout):
                said = self.convert('maildir2mbox', '--tree', '--strict', '--keep-uids', '--layout',
                                    layout, top, self.path(layout))
                self.assertEqual(said, '')
                self.convert('import', '--verify', self.path(layout), self.path(layout + '.m'))
                self.assertEqual(self.whole(self.path(layout + '.m')), before)

    def test_a_tree_is_not_written_over_but_appended_to_if_asked_for(self):
        maildir = self.tree()
        os.mkdir(self.path('out'))
        self.write('out/Lists.mbox', '')
        said = self.convert('maildir2mbox', '--tree', maildir.path, self.path('out'), status=65)
        self.assertIn('Lists.mbox: exists', said)
        self.assertEqual(os.listdir(self.path('out')), ['Lists.mbox'])
        own(self.path('out'))
        for times in (1, 2):
            self.convert('maildir2mbox', '--tree', '--append', maildir.path, self.path('out'))
            with open(self.path('out', 'Lists', 'a %25b.mbox'), 'rb') as file:
                self.assertEqual(file.read().count(b'A: 2\n'), times)

    def test_two_folders_of_one_name_are_refused_before_anything_is_written(self):
        maildir = self.tree()
        Maildir(os.path.join(maildir.path, '.Entwürfe'))
        said = self.convert('maildir2mbox', '--tree', maildir.path, self.path('out'), status=65)
        self.assertIn('is the name of two folders', said)
        self.assertFalse(os.path.exists(self.path('out')))

    def test_keywords_and_imap_numbers_are_written_as_imap_servers_do(self):
        maildir = Maildir(self.path('m'))
        maildir.add(b'A: 1\n\n', '1.a.host:2,Sac', 'cur', mtime=1000000000)
        maildir.add(b'A: 2\n\n', '2.a.host:2,', 'cur', mtime=900000000)
        maildir.add(b'A: 3\n\n', '3.a.host', mtime=1000000000)
        with open(os.path.join(maildir.path, 'dovecot-keywords'), 'w', encoding='ascii') as file:
            file.write('0 $Label1\n1 other\n')
        with open(os.path.join(maildir.path, 'dovecot-uidlist'), 'w', encoding='ascii') as file:
            file.write('3 V1275660208 N26\n4 :1.a.host\n25 :2.a.host:2,\n')
        self.convert('maildir2mbox', '--keep-uids', maildir.path, self.path('o'))
        with open(self.path('o'), 'rb') as file:
            lines = file.read().split(b'\n')
        self.assertEqual(
            [line for line in lines if line and not line.startswith(b'From ')],
            [b'X-Letterbox-Mbox: fields=4; flags=Sc', b'Status: RO', b'X-Keywords: $Label1', b'X-UID: 4',
             b'X-IMAPbase: 1275660208 26', b'A: 1', b'Status: O', b'X-UID: 25', b'A: 2',
             b'X-UID: 26', b'A: 3'])
        self.convert('maildir2mbox', '--keep-uids', '--append', maildir.path, self.path('o'),
                     status=75)


class QmailMaildir2mboxTest(ScratchTest):
    """maildir2mbox, with MAILDIR, MAIL and MAILTMP."""
    OLD = b'From jo Mon Jan  2 03:04:05 2006\n\nold\n\n'

    def environment(self, temporary='m.tmp'):
        own(self.dir)
        return {'MAILDIR': self.path('M'), 'MAIL': self.path('m'),
                'MAILTMP': self.path(temporary)}

    def setUp(self):
        super().setUp()
        self.maildir = Maildir(self.path('M'))
        self.maildir.add(PLAIN)

    def test_a_temporary_file_that_is_the_mbox_itself_costs_no_mail(self):
        self.write('m', self.OLD)
        os.link(self.path('m'), self.path('hard'))
        os.symlink('m', self.path('soft'))
        for temporary in ('m', 'hard', 'soft'):
            result = run('maildir2mbox', env=self.environment(temporary))
            self.assertEqual(result.returncode, 111)
            self.assertIn(b'the mbox itself', result.stderr)
            self.assertEqual(len(self.maildir.messages()), 1)
            with open(self.path('m'), 'rb') as file:
                self.assertEqual(file.read(), self.OLD)

    def test_an_mbox_that_was_replaced_while_its_lock_was_waited_for_is_read_anew(self):
        self.write('m', self.OLD)
        self.write('next', self.OLD.replace(b'old', b'next'))
        with open(self.path('m'), 'rb') as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            mover = subprocess.Popen([program('maildir2mbox')], env=self.environment(),
                                     **as_ordinary())
            self.wait_until(lambda: opened(mover.pid, self.path('m')))
            os.rename(self.path('next'), self.path('m'))
        self.assertEqual(mover.wait(60), 0)
        with open(self.path('m'), 'rb') as file:
            content = file.read()
        self.assertIn(b'\nnext\n', content)
        self.assertIn(b'Subject: x', content)
        self.assertEqual(self.maildir.messages(), {})

    def test_what_is_no_file_is_passed_over(self):
        os.mkfifo(os.path.join(self.maildir.path, 'new', 'fifo'))
        for command in (['maildir2mbox'],
                        ['letterbox-convert', 'maildir2mbox', self.maildir.path, self.path('o')]):
            self.maildir.add(PLAIN)
            result = run(*command, env=self.environment(), timeout=20)
            self.assertEqual(result.returncode, 0, result.stderr)

    def wait_until(self, condition):
        end = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


def opened(pid, path):
    folder = '/proc/%d/fd' % pid
    try:
        return any(os.readlink(os.path.join(folder, each)) == path for each in os.listdir(folder))
    except OSError:
        return False


if __name__ == '__main__':
    unittest.main()
