#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays the recorded vectors of one family for the programs that exist, on the improved side of
the quirks.

usage: run_vectors.py FAMILY PROGRAM...     LBX_BIN names the folder of the programs"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from corrections import corrected

DATA = os.path.join(os.path.dirname(os.path.realpath(__file__)), '../data/qmail-vectors')


def main():
    family, programs = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(prefix='lbx-vectors.') as scratch:
        os.chmod(scratch, 0o755)
        # The replayer runs cases as an ordinary user, who may not reach the build folder.
        bindir = os.path.join(scratch, 'bin')
        os.mkdir(bindir, 0o755)
        for program in programs:
            shutil.copy(os.path.join(os.environ['LBX_BIN'], program), bindir)
        chosen = os.path.join(scratch, family + '.jsonl')
        with open(os.path.join(DATA, family + '.jsonl'), encoding='utf-8') as source, \
                open(chosen, 'w', encoding='utf-8') as out:
            out.writelines(corrected(line) for line in source
                           if json.loads(line)['prog'] in programs)
        return subprocess.run(
            [sys.executable, os.path.join(DATA, 'replay-vectors.py'), chosen, '--bindir', bindir,
             '--home-env', 'LETTERBOX_HOME', '--quirks', 'improved'], check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
