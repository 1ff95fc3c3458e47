# SPDX-License-Identifier: MIT
"""letterbox-convert on real and odd mailboxes: every file of both indexes converts to the count
that its index says, and Maildir -> mboxrd -> Maildir gives the same octets, flags and times."""
import csv
import fcntl
import json
import os
import pty
import select
import shutil
import subprocess
import time
import unittest

from support.letterbox import ROOT, Maildir, ScratchTest, as_ordinary, program, reachable, run

DATA = reachable(os.path.join(ROOT, 'tests/data/mbox'))
SYNTH = os.path.join(DATA, 'synth')
SHARED = os.path.join(os.environ.get('LBX_SHARED', os.path.join(ROOT, '../shared')),
                      'testdata/mbox')
if os.path.isdir(SHARED):
    SHARED = reachable(SHARED)

# Files that are not refused, whose index names another count as right for a reader that knows
# more or less than ours: what ours says, and why that is accepted there.
ACCEPTED = {
    'rfc822_attach.mbox': 3,  # 2 with --mime, see MimeAwareReadingTakesAttachedMailAsText
    'mmdf': 2,
}
# What must be refused, with the reason that must be named.
REFUSED = {
    'not_mbox.txt': 'not an mbox',
    'single_no_from.eml': 'single message',
    'cr_only.mbox': 'old Macs',
    'babyl': 'Babyl',
    'uw_mbx': 'UW mbx',
    'two_trunc.mbox.gz': 'ends too early',
}
EMPTY = {'empty.mbox', 'only_newlines.mbox', 'email-folder__testmbox.empty'}


def index(folder, count_column):
    with open(os.path.join(folder, 'INDEX.tsv'), encoding='utf-8') as file:
        for row in csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE):
            if row[count_column] != '-':
                yield row['file'], int(row[count_column])


def flags_and_times(maildir):
    """What must survive beside the octets: in order, (folder, flags and keywords, seconds, octets).
    A letter that stands for a keyword may be another one."""
    keywords = {}
    if os.path.exists(os.path.join(maildir.path, 'dovecot-keywords')):
        with open(os.path.join(maildir.path, 'dovecot-keywords')) as file:
            for line in file:
                number, word = line.rstrip('\n').split(' ', 1)
                keywords[chr(ord('a') + int(number))] = word
    found = []
    for name, content in maildir.messages().items():
        status = os.stat(os.path.join(maildir.path, name))
        letters = name.partition(':2,')[2]
        flags = ' '.join([''.join(each for each in letters if each not in keywords)] +
                         sorted(keywords[each] for each in letters if each in keywords))
        found.append((status.st_mtime_ns, name, name.split('/')[0], flags, content))
    return [(folder, flags, stamp // 10**9, content)
            for stamp, _, folder, flags, content in sorted(found)]


class ConvertTest(ScratchTest):
    def convert(self, *args, **kwargs):
        return run('letterbox-convert', *args, **kwargs)

    def to_maildir(self, source, name='m', *options):
        result = self.convert('mbox2maildir', *options, source, self.path(name))
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return Maildir(self.path(name), create=False)

    def to_mbox(self, maildir, name='out.mbox', *options):
        result = self.convert('maildir2mbox', *options, maildir.path, self.path(name))
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return self.path(name)

    def check_file(self, folder, name, right):
        source = os.path.join(folder, name)
        maildir = self.path('m.' + name)
        result = self.convert('mbox2maildir', source, maildir)
        text = result.stderr.decode()
        if right == -1 or (right == 0 and name not in EMPTY | set(ACCEPTED)) or name in REFUSED:
            self.assertEqual(result.returncode, 65, text)
            self.assertIn(REFUSED.get(name, 'mbox'), text)
            self.assertFalse(os.path.exists(maildir), 'a refusal creates nothing')
            return
        self.assertEqual(result.returncode, 0, text)
        one = Maildir(maildir, create=False)
        self.assertEqual(len(one.messages()), ACCEPTED.get(name, right))
        self.assertEqual(one.tmp(), [])
        self.check_round_trip(one, name)

    def check_round_trip(self, one, name):
        mbox = self.to_mbox(one, name + '.out')
        two = self.to_maildir(mbox, 'again.' + name)
        self.assertEqual(flags_and_times(one), flags_and_times(two))

    def test_every_odd_file_converts_to_its_count_and_round_trips(self):
        for name, right in index(SYNTH, 'right_count'):
            with self.subTest(name):
                self.check_file(SYNTH, name, right)

    @unittest.skipUnless(os.path.isdir(SHARED), 'the real mailboxes are not here: ' + SHARED)
    def test_every_real_file_converts_to_its_count_and_round_trips(self):
        for name, right in index(SHARED, 'right'):
            with self.subTest(name):
                self.check_file(os.path.join(SHARED, 'files'), name, right)


    def flags_of(self, maildir):
        """The info of each message, in order: 'new', or the letters of one in cur/."""
        return ['new' if folder == 'new' else flags
                for folder, flags, _, _ in flags_and_times(maildir)]

    def test_flags_are_those_that_the_index_names(self):
        status = self.to_maildir(os.path.join(SYNTH, 'status_flags.mbox'), 's')
        found = dict((content.split(b'Subject: ')[1].split(b'\n')[0], name)
                     for name, content in status.messages().items())
        names = [found[subject] for subject in sorted(found, key=lambda text: int(text.split()[1]))]
        self.assertEqual(
            ['new' if name.startswith('new') else name.partition(':2,')[2] for name in names],
            ['new', '', 'S', 'S', 'RS', 'FS', 'T', 'DS', 'DFRST', 'new'])
        mozilla = self.to_maildir(os.path.join(SYNTH, 'mozilla_status.mbox'), 'z')
        # One of them has two tags, too.
        self.assertEqual(sorted(self.flags_of(mozilla)),
                         sorted(['', 'S', 'RS', 'FS $label1 todo', 'ST', 'PS', 'new']))
        self.assertEqual(self.read('z/dovecot-keywords'), '0 $label1\n1 todo\n')
        folded = self.to_maildir(os.path.join(SYNTH, 'status_folded_case.mbox'), 'f')
        self.assertEqual(self.flags_of(folded), ['FS'])

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def test_keywords_and_numbers_are_those_that_the_index_names(self):
        self.to_maildir(os.path.join(SYNTH, 'x_keywords.mbox'))
        self.assertEqual(self.read('m/dovecot-keywords'), '0 work\n1 NonJunk\n2 $Label1\n')
        head, *lines = self.read('m/dovecot-uidlist').splitlines()
        self.assertEqual(head, '3 V1136214245 N43')
        cur = {name.partition(':')[0]: name.partition(':2,')[2]
               for name in os.listdir(self.path('m/cur'))}
        self.assertEqual([(line.split(' :')[0], cur[line.split(' :')[1]]) for line in lines],
                         [('17', 'Sab'), ('41', 'Fc')])
        for content in Maildir(self.path('m'), create=False).messages().values():
            self.assertNotIn(b'X-', content)

    def test_a_second_run_keeps_the_letters_and_the_numbers_of_the_first(self):
        first = ('From a@b Mon Jan  2 03:04:05 2006\nA: 1\nX-IMAPbase: 7 3 x\nX-UID: 2\n'
                 'X-Keywords: x\n\none\n\n')
        source = self.write('mbox', first)
        self.to_maildir(source)
        before = self.read('m/dovecot-uidlist')
        self.write('m/dovecot-keywords', '0 x\n1 theirs\n')
        self.write('mbox', first + 'From a@b Mon Jan  2 03:04:06 2006\nA: 2\nX-UID: 3\n'
                   'X-Keywords: y x\n\ntwo\n\n')
        result = self.convert('mbox2maildir', source, self.path('m'))
        self.assertIn(b'get new numbers', result.stderr)
        self.assertEqual(self.read('m/dovecot-uidlist'), before)
        self.assertEqual(self.read('m/dovecot-keywords'), '0 x\n1 theirs\n2 y\n')
        self.assertEqual(sorted(name.partition(':2,')[2] for name in os.listdir(self.path('m/cur'))),
                         ['a', 'ac'])

    def test_times_are_those_of_the_from_line(self):
        maildir = self.to_maildir(os.path.join(SYNTH, 'plain3.mbox'))
        stamps = [stamp for _, _, stamp, _ in flags_and_times(maildir)]
        names = [int(name.split('/')[1].split('.')[0]) for name in maildir.messages()]
        self.assertEqual(sorted(names), stamps)
        self.assertIn(1136171045, stamps)

    def test_bookkeeping_is_removed_unless_asked_for(self):
        source = os.path.join(SYNTH, 'status_flags.mbox')
        removed = self.to_maildir(source, 'removed')
        self.assertFalse(any(b'Status:' in text for text in removed.messages().values()))
        kept = self.to_maildir(source, 'kept', '--keep-status')
        self.assertTrue(any(b'X-Status: AFDT' in text for text in kept.messages().values()))

    def test_deleted_messages_are_left_out_if_asked_for(self):
        source = os.path.join(SYNTH, 'mozilla_status.mbox')
        self.assertEqual(len(self.to_maildir(source, 'm', '--skip-deleted').messages()), 6)

    def test_mime_aware_reading_takes_attached_mail_as_text(self):
        source = os.path.join(SYNTH, 'rfc822_attach.mbox')
        self.assertEqual(len(self.to_maildir(source, 'm', '--mime').messages()), 2)

    def test_doubts_are_named_with_their_line_and_strict_exits_with_1(self):
        source = os.path.join(SYNTH, 'body_from_date_prose.mbox')
        result = self.convert('mbox2maildir', '--strict', source, self.path('m'))
        self.assertEqual(result.returncode, 1)
        self.assertIn(b'prose.mbox:10: a From_ line is followed by no header', result.stderr)
        self.assertEqual(len(Maildir(self.path('m'), create=False).messages()), 2)

    def test_a_dialect_can_be_named(self):
        source = os.path.join(SYNTH, 'body_from_date_prose.mbox')
        self.assertEqual(len(self.to_maildir(source, 'm', '--dialect', 'mboxrd').messages()), 3)

    def test_several_files_go_into_one_maildir_or_none_does(self):
        good = os.path.join(SYNTH, 'plain3.mbox')
        bad = os.path.join(SYNTH, 'not_mbox.txt')
        self.assertEqual(self.convert('mbox2maildir', good, bad, self.path('m')).returncode, 65)
        self.assertFalse(os.path.exists(self.path('m')))
        with open(good, 'rb') as file:
            copy = self.write('copy', file.read())
        result = self.convert('mbox2maildir', good, copy, good, self.path('m'))
        self.assertIn(b'6 messages from 2 files', result.stdout, 'a file that is named twice is one')
        self.assertEqual(len(Maildir(self.path('m'), create=False).messages()), 6)

    def test_what_is_no_mbox_at_all_is_refused_with_a_sentence(self):
        os.mkdir(self.path('dir'))
        os.mkfifo(self.path('fifo'))
        hidden = self.write('hidden', 'From a@b Mon Jan  2 03:04:05 2006\nA: b\n\n', mode=0)
        for source, code, why in ((self.path('dir'), 65, b'is a directory'),
                                  (self.path('fifo'), 65, b'not a regular file'),
                                  (self.path('none'), 75, b'No such file'),
                                  (hidden, 75, b'Permission denied')):
            with self.subTest(source):
                result = self.convert('mbox2maildir', source, self.path('m'))
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(why, result.stderr)
                self.assertFalse(os.path.exists(self.path('m')))

    def test_a_destination_that_is_something_else_is_left_alone(self):
        source = os.path.join(SYNTH, 'plain3.mbox')
        os.mkdir(self.path('dir'))
        result = self.convert('mbox2maildir', source, self.path('dir'))
        self.assertEqual(result.returncode, 65)
        self.assertIn(b'is not a Maildir', result.stderr)
        self.assertEqual(os.listdir(self.path('dir')), [])
        self.assertEqual(self.convert('mbox2maildir', source, self.path('no/m')).returncode, 75)

    def test_an_existing_mbox_is_kept_and_appended_to_only_if_asked_for(self):
        maildir = Maildir(self.path('m'))
        maildir.add(b'A: 1\n\nx\n', mtime=1000000000)
        old = self.write('mbox', 'From a@b Mon Jan  2 03:04:05 2006\nA: 0\n\nold')
        self.assertEqual(self.convert('maildir2mbox', maildir.path, old).returncode, 65)
        result = self.convert('maildir2mbox', '--append', maildir.path, old)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(old, 'rb') as file:
            self.assertTrue(file.read().endswith(
                b'old\n\nFrom MAILER-DAEMON Sun Sep 09 01:46:40 2001\nA: 1\n\nx\n\n'))
        self.assertEqual(len(self.to_maildir(old, 'both').messages()), 2)
        self.assertFalse(os.path.exists(old + '.lock'))

    def test_awkward_messages_survive_the_way_there_and_back(self):
        maildir = Maildir(self.path('m'))
        awkward = [b'', b'\n', b'x', b'A: b', b'A: b\n', b'A: b\n\nx\n\n\n\n', b'A: b\r\n\r\nx\r\n',
                   b'A: b\r\n\r\nx', b'A: b\n\n\0x\0\n', b'From a@b Mon Jan  2 03:04:05 2006\nA: b\n\nx\n',
                   b'A: b\n\nFrom x\n>From y\n>>>From z\n', b'Status: RO\nX-Status: F\n\nx\n',
                   b'Content-Length: 2\n\nx\n', b'A: b\n\n\xff\xfe 8-bit\n',
                   b'X-Letterbox-Mbox: fields=0\n\nx\n', b'A: b\n\nx\r']
        for number, content in enumerate(awkward):
            for suffix, folder in (('', 'new'), (':2,', 'cur'), (':2,FS', 'cur'), (':2,DPRTab', 'cur')):
                name = '%d.%s.host%s' % (1000000000 + number, suffix.strip(':2,') or folder, suffix)
                maildir.add(content, name, folder, mtime=1000000000 + number)
        self.check_round_trip(maildir, 'awkward')

    def test_the_sample_archive_of_the_repository_converts(self):
        maildir = self.to_maildir(os.path.join(DATA, 'sample.mbox'))
        self.assertEqual(len(maildir.messages()), 20)
        self.assertIn('FRS', self.flags_of(maildir))
        self.check_round_trip(maildir, 'sample')

    def test_a_wrong_command_line_is_a_75_and_help_a_0(self):
        self.assertEqual(self.convert('mbox2maildir', 'only-one').returncode, 75)
        self.assertEqual(self.convert('mbox2maildir', '--dialect', 'x', 'a', 'b').returncode, 75)
        self.assertEqual(self.convert('--help').returncode, 0)

    def test_expansion_beyond_its_limit_is_refused(self):
        source = os.path.join(SYNTH, 'two.mbox.gz')
        result = self.convert('mbox2maildir', '--max-expanded', '100', source, self.path('m'))
        self.assertEqual(result.returncode, 65)
        self.assertIn(b'expands to more than 100 octets', result.stderr)
        self.assertFalse(os.path.exists(self.path('m')))

    def test_a_second_run_adds_what_is_new_and_nothing_that_the_user_removed(self):
        with open(os.path.join(SYNTH, 'many_small.mbox'), 'rb') as file:
            content = file.read()
        source = self.write('mbox', content)
        maildir = self.to_maildir(source)
        before = maildir.messages()
        os.remove(os.path.join(maildir.path, next(iter(before))))
        again = self.to_maildir(source)
        self.assertEqual(len(again.messages()), len(before) - 1)
        # Rewritten by a mail program: other octets before each message, the same messages.
        self.write('mbox', content.replace(b'\nSubject:', b'\nStatus: RO\nSubject:') +
                   b'From a@b Mon Jan  2 03:04:05 2006\nA: new\n\n')
        again = self.to_maildir(source)
        self.assertEqual(len(again.messages()), len(before))

    def test_a_dry_run_shows_the_doubtful_lines_and_makes_nothing(self):
        source = os.path.join(SYNTH, 'body_from_date_prose.mbox')
        result = self.convert('mbox2maildir', '--dry-run', source, self.path('m'))
        self.assertEqual(result.returncode, 0)
        self.assertIn(b'prose.mbox:10: a From_ line', result.stderr)
        self.assertRegex(result.stderr, b'\n    From ')
        self.assertIn(b'2 messages from 1 files', result.stdout)
        self.assertEqual(os.listdir(self.dir), [])

    def test_the_summary_can_be_json(self):
        source = os.path.join(SYNTH, 'plain3.mbox')
        result = self.convert('mbox2maildir', '--json', '--verify', source, self.path('m'))
        summary = json.loads(result.stdout)
        self.assertEqual((summary['added'], summary['verified']), (3, 3))
        self.assertEqual(summary['sources'][0]['name'], source)

    def test_a_source_is_removed_when_all_is_verified(self):
        with open(os.path.join(SYNTH, 'plain3.mbox'), 'rb') as file:
            source = self.write('mbox', file.read())
        result = self.convert('mbox2maildir', '--remove-source', source, self.path('m'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(os.listdir(self.dir), ['m'])
        self.assertEqual(len(Maildir(self.path('m'), create=False).messages()), 3)

    def test_a_locked_source_is_waited_for_and_left_alone_unless_live(self):
        with open(os.path.join(SYNTH, 'plain3.mbox'), 'rb') as file:
            source = self.write('mbox', file.read())
        with open(source, 'rb+') as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            with self.assertRaises(subprocess.TimeoutExpired):
                self.convert('mbox2maildir', source, self.path('m'), timeout=1)
        self.assertEqual([name for name in os.listdir(self.dir) if name != 'mbox.lock'], ['mbox'])

    def start_and_stop_at_a_lock(self, source, *options):
        """A run that has begun to wait for a lock on `source`, and the open file that holds it."""
        holder = open(source, 'rb+')
        fcntl.lockf(holder, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [program('letterbox-convert'), 'mbox2maildir', *options, source, self.path('m')],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **as_ordinary())
        while not os.path.exists(source + '.lock'):
            self.assertIsNone(process.poll(), 'it waits')
            time.sleep(0.01)
        return process, holder

    def test_live_catches_up_with_what_arrives(self):
        first = b'From a@b Mon Jan  2 03:04:05 2006\nA: 1\n\none\n\n'
        source = self.write('mbox', first + b'From a@b Mon Jan  2 03:04:05 2006\nA: 2\n\nhalf a')
        process, holder = self.start_and_stop_at_a_lock(source, '--live')
        holder.seek(0, os.SEEK_END)
        holder.write(b' message\n\n' + first)
        holder.close()
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b'3 messages', out)
        self.assertEqual(sorted(Maildir(self.path('m'), create=False).messages().values()),
                         [b'A: 1\n\none\n'] * 2 + [b'A: 2\n\nhalf a message\n'])
        self.assertFalse(os.path.exists(source + '.lock'))

    def test_live_a_source_that_is_rewritten_leaves_nothing(self):
        source = self.write('mbox', b'From a@b Mon Jan  2 03:04:05 2006\nA: 1\n\none\n\n' * 2)
        process, holder = self.start_and_stop_at_a_lock(source, '--live')
        holder.seek(40)
        holder.write(b'XXXX')
        holder.truncate(60)
        holder.close()
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, err)
        self.assertEqual(os.listdir(self.dir), ['mbox'])

    def test_two_imports_into_one_maildir_at_once_refuse(self):
        one = self.write('mbox', b'From a@b Mon Jan  2 03:04:05 2006\nA: 1\n\none\n\n')
        for exists in (False, True):
            if exists:
                Maildir(self.path('m'))
            process, holder = self.start_and_stop_at_a_lock(one, '--live')
            second = self.convert('mbox2maildir', os.path.join(SYNTH, 'plain3.mbox'), self.path('m'))
            self.assertEqual(second.returncode, 75)
            self.assertIn(b'another import', second.stderr)
            holder.close()
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
            shutil.rmtree(self.path('m'))

    def test_a_lock_of_a_reader_that_died_is_no_obstacle(self):
        with open(os.path.join(SYNTH, 'plain3.mbox'), 'rb') as file:
            source = self.write('mbox', file.read())
        process, holder = self.start_and_stop_at_a_lock(source)
        process.kill()
        process.communicate()
        holder.close()
        self.assertTrue(os.path.exists(source + '.lock'))
        result = self.convert('mbox2maildir', source, self.path('m'), timeout=20)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse(os.path.exists(source + '.lock'))

    def test_a_terminal_gets_a_bar_and_a_pipe_does_not(self):
        source = os.path.join(SYNTH, 'many_small.mbox')
        result = self.convert('mbox2maildir', source, self.path('piped'))
        self.assertEqual(result.stderr, b'')
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [program('letterbox-convert'), 'mbox2maildir', source, self.path('shown')],
            stdout=subprocess.DEVNULL, stderr=theirs, **as_ordinary())
        os.close(theirs)
        shown = b''
        while select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the terminal's other end is closed
                break
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        self.assertIn(b' %  ', shown)
        self.assertTrue(shown.endswith(b'\r\x1b[K'), 'the bar goes away')


class FullDiskTest(ScratchTest):
    @unittest.skipUnless(os.geteuid() == 0, 'a small file system of its own needs root to mount')
    def test_a_full_disk_leaves_whole_messages_only(self):
        mounted = self.path('small')
        os.mkdir(mounted)
        made = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m,mode=1777', 'tmpfs', mounted],
                              capture_output=True)
        if made.returncode != 0:
            self.skipTest('cannot mount here: ' + made.stderr.decode())
        self.addCleanup(subprocess.run, ['umount', mounted], check=True)
        body = b'A: b\n\n' + b'x' * 100000 + b'\n'
        source = self.write('mbox', b''.join(
            b'From a@b Mon Jan  2 03:04:05 2006\n' + body + b'\n' for _ in range(40)))
        result = run('letterbox-convert', 'mbox2maildir', source, os.path.join(mounted, 'm'))
        self.assertEqual(result.returncode, 75)
        self.assertIn(b'No space left', result.stderr)
        self.assertEqual(os.listdir(mounted), ['.m.letterbox-import'], 'nothing can be seen')

        whole = Maildir(self.path('whole'))
        for number in range(40):
            whole.add(body, '%d.host' % number)
        result = run('letterbox-convert', 'maildir2mbox', whole.path, os.path.join(mounted, 'mbox'))
        self.assertEqual(result.returncode, 75)
        self.assertEqual(os.listdir(mounted), ['.m.letterbox-import'])

        subprocess.run(['mount', '-o', 'remount,size=20m', mounted], check=True)
        result = run('letterbox-convert', 'mbox2maildir', source, os.path.join(mounted, 'm'))
        self.assertEqual(result.returncode, 0, result.stderr)
        found = Maildir(os.path.join(mounted, 'm'), create=False)
        self.assertEqual(list(found.messages().values()), [body] * 40)
        undisturbed = self.path('undisturbed')
        run('letterbox-convert', 'mbox2maildir', source, undisturbed)
        self.assertEqual(list(Maildir(undisturbed, create=False).messages()), list(found.messages()))


class MemoryTest(ScratchTest):
    LIMIT = 64 * 1024  # kilobytes

    def peak(self, *args):
        """Runs letterbox-convert. -> the most memory it had, in kilobytes."""
        process = subprocess.Popen([program('letterbox-convert'), *args], stdout=subprocess.DEVNULL,
                                   env=dict(os.environ, ASAN_OPTIONS='quarantine_size_mb=1'),
                                   **as_ordinary())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss

    def instrumented(self):
        # Not read here: what this process holds counts for the next child's peak.
        return subprocess.run(['grep', '-q', '__asan_init', program('letterbox-convert')],
                              check=False).returncode == 0

    def check_peaks(self, small, large):
        self.assertLess(large - small, 8 * 1024, 'memory does not grow with the mail')
        if not self.instrumented():
            self.assertLess(large, self.LIMIT)

    def grow(self, name, messages, size):
        body = (b'x' * 70 + b'\n') * (size // 71)
        path = self.write(name, b'')
        with open(path, 'wb') as file:
            for _ in range(messages):
                file.write(b'From a@b Mon Jan  2 03:04:05 2006\nA: b\n\n' + body + b'\n')
        return path

    def test_memory_does_not_depend_on_the_size_of_the_mailbox(self):
        small = self.grow('small', 320, 100000)
        large = self.grow('large', 1280, 100000)
        self.check_peaks(self.peak('mbox2maildir', small, self.path('m')),
                         self.peak('mbox2maildir', large, self.path('n')))
        self.check_peaks(self.peak('maildir2mbox', self.path('m'), self.path('m.mbox')),
                         self.peak('maildir2mbox', self.path('n'), self.path('n.mbox')))

    def test_memory_does_not_depend_on_the_length_of_a_line(self):
        plain = self.grow('plain', 1, 1000)
        base = self.peak('mbox2maildir', plain, self.path('p'))
        for name, start, filler, end in (('field', b'X-Long: ', b'x', b'\n\nx'),
                                         ('marks', b'A: b\n\n', b'>', b'From x'),
                                         ('from', b'A: b\n\nFrom ', b'x', b'x')):
            with self.subTest(name):
                source = self.write(name, b'From a@b Mon Jan  2 03:04:05 2006\n' + start)
                with open(source, 'ab') as file:
                    for _ in range(100):  # not at once: a child's peak begins with its parent's
                        file.write(filler * 1_000_000)
                    file.write(end + b'\n\n')
                self.check_peaks(base, self.peak('mbox2maildir', source, self.path(name + '.m')))
                self.check_peaks(base, self.peak('maildir2mbox', self.path(name + '.m'),
                                                 self.path(name + '.out')))
                self.assertGreater(os.path.getsize(self.path(name + '.out')), 100_000_000)


if __name__ == '__main__':
    unittest.main()
