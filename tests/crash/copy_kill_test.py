# SPDX-License-Identifier: MIT
"""SIGKILL at random moments of `letterbox maildir copy` and `merge`, again and again until a run
comes to its end: messages, folders, flags, keywords and numbers are then what an undisturbed run
makes, name for name, and before nothing that is not in it was ever to be seen. The number of moments
is LBX_KILLS, 15 without it."""
import os
import unittest

from support.letterbox import Maildir, own, program
import convert_kill_test

FOLDERS = ('', '.Work', '.Lists', '.Old')
# What servers have noted beside the messages.
NOTES = ('dovecot-keywords', 'dovecot-uidlist', 'courierimapuiddb', 'subscriptions')


class CopyKillTest(convert_kill_test.FolderKillTest):
    IN_FOLDER = 400
    MESSAGES = IN_FOLDER * len(FOLDERS) + 1

    def make_source(self):
        top = self.path('source')
        for folder in FOLDERS:
            one = Maildir(os.path.join(top, folder))
            names = []
            for number in range(self.IN_FOLDER):
                place, flags = (('new', ''), ('cur', ':2,S'), ('cur', ':2,FSab'))[number % 3]
                size = 1_200_000 if number == 250 else number
                names.append('%d.%d%s.host' % (1000000000 + number, number, folder.replace('.', 'F')))
                one.add(b'A: %d\n\n' % number + b'x' * size + b'\n', names[-1] + flags, place,
                        mtime=1000000000 + number)
            self.write(os.path.join(top, folder, 'dovecot-keywords'), '0 work\n1 $Label1\n')
            self.write(os.path.join(top, folder, 'dovecot-uidlist'), '3 V77 N%d\n%s' % (
                3 * self.IN_FOLDER, ''.join('%d :%s\n' % (2 * number + 1, name)
                                            for number, name in enumerate(names))))
        self.write(os.path.join(top, 'subscriptions'), 'Work\nOld\n')
        own(top)
        return top

    def prepare(self, target):
        """It has a message of its own, a keyword that takes the first letter, and one folder."""
        inbox = Maildir(target)
        inbox.add(b'A: mine\n', '7.mine.host:2,a', 'cur', mtime=7)
        Maildir(target + '/.Work')
        self.write(os.path.join(target, 'dovecot-keywords'), '0 mine\n')
        self.write(os.path.join(target, 'subscriptions'), 'Mine\n')
        own(target)

    def command(self, target, *options):
        # A target that is there is a whole one, even if the run that made it died at once.
        word = 'merge' if self.exists or os.path.exists(target) else 'copy'
        return [program('letterbox'), 'maildir', word, *options, self.source, target]

    def visible(self, target):
        found = super().visible(target)
        if not found or not self.with_notes: return found
        for folder in FOLDERS:
            for name in NOTES:
                path = os.path.join(target, folder, name)
                if os.path.exists(path):
                    with open(path, 'rb') as file:
                        found[folder + '/' + name] = file.read()
        return found

    def undisturbed(self, target, *options):
        self.with_notes = False
        right, took = super().undisturbed(target, *options)
        self.with_notes = True
        self.notes = {name: content for name, content in self.visible(target).items()
                      if name not in right}
        self.with_notes = False
        return right, took

    def at_the_end(self, target):
        self.with_notes = True
        self.assertEqual({name: content for name, content in self.visible(target).items()
                          if name.rpartition('/')[2] in NOTES}, self.notes)
        self.with_notes = False

    def test_a_new_maildir(self):
        self.exists, self.MESSAGES = False, type(self).MESSAGES - 1
        self.check(False)
        self.assertEqual(len(self.notes), 2 * len(FOLDERS) + 1)

    def test_an_existing_maildir(self):
        self.exists = True
        self.check(True)


if __name__ == '__main__':
    unittest.main()
