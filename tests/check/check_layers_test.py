# SPDX-License-Identifier: MIT
"""The layer check finds what it is there to find."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.realpath(__file__)), '../../scripts/check_layers.py')


class CheckLayersTest(unittest.TestCase):
    def check(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            where = os.path.join(root, 'src', path)
            os.makedirs(os.path.dirname(where))
            with open(where, 'w', encoding='utf-8') as file:
                file.write(text)
            return subprocess.run([sys.executable, SCRIPT, root], stdout=subprocess.DEVNULL,
                                  check=False).returncode

    def test_arrows_down_are_fine(self):
        self.assertEqual(self.check('deliver/x.cc', '#include "core/maildir/writer.h"\n'), 0)
        self.assertEqual(self.check('core/maildir/x.cc', '#include "core/base/io.h"\n'), 0)

    def test_arrows_up_are_found(self):
        self.assertEqual(self.check('core/base/x.cc', '#include "core/message/date.h"\n'), 1)
        self.assertEqual(self.check('core/mbox/x.cc', '#include "core/maildir/flags.h"\n'), 1)
        self.assertEqual(self.check('deliver/x.cc', '#include "service/program.h"\n'), 1)

    def test_a_capability_never_includes_another(self):
        self.assertEqual(self.check('pop3d/x.h', '#include "deliver/plan.h"\n'), 1)

    def test_an_inner_room_knows_nothing_of_the_one_around_it(self):
        self.assertEqual(self.check('queue/x.cc', '#include "queue/store/store.h"\n'), 0)
        self.assertEqual(self.check('admin/x.cc', '#include "queue/store/store.h"\n'), 0)
        self.assertEqual(self.check('queue/store/x.cc', '#include "queue/scheduler.h"\n'), 1)
        self.assertEqual(self.check('deliver/x.cc', '#include "queue/store/store.h"\n'), 1)

    def test_a_main_stands_above_all_folders(self):
        self.assertEqual(self.check('deliver/x_main.cc', '#include "service/program.h"\n'), 0)

    def test_a_library_has_one_home(self):
        self.assertEqual(self.check('deliver/x.cc', '#include <CLI/CLI.hpp>\n'), 1)


if __name__ == '__main__':
    unittest.main()
