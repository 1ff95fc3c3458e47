# SPDX-License-Identifier: MIT
"""letterbox-convert on real and odd mailboxes: every file of both indexes converts to the count
that its index says, and Maildir -> mboxrd -> Maildir gives the same octets, flags and times."""
import csv
import os
import re
import unittest

from support.letterbox import ROOT, Maildir, ScratchTest, run

SYNTH = os.path.join(ROOT, 'tests/data/mbox/synth')
SHARED = os.path.join(os.environ.get('LBX_SHARED', os.path.join(ROOT, '../shared')),
                      'testdata/mbox')

# Files that are not refused, whose index names another count as right for a reader that knows
# more or less than ours: what ours says, and why that is accepted there.
ACCEPTED = {
    'rfc822_attach.mbox': 3,  # 2 with --mime, see MimeAwareReadingTakesAttachedMailAsText
}
# What must be refused, with the reason that must be named.
REFUSED = {
    'not_mbox.txt': 'not an mbox',
    'single_no_from.eml': 'single message',
    'cr_only.mbox': 'old Macs',
    'mmdf': 'MMDF',
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
    """What must survive beside the octets: in order, (folder, flags, seconds, octets)."""
    found = []
    for name, content in maildir.messages().items():
        status = os.stat(os.path.join(maildir.path, name))
        flags = name.partition(':2,')[2]
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
        if right == -1 or (right == 0 and name not in EMPTY) or name in REFUSED:
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


if __name__ == '__main__':
    unittest.main()
