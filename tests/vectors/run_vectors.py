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

# Parts of qmail that are processes of letterbox-queued here and no programs, whose interfaces nobody
# else uses: a case must not be passed over for want of them.
INTERNAL = {'qmail-send', 'qmail-clean', 'qmail-rspawn'}

DATA = os.path.join(os.path.dirname(os.path.realpath(__file__)), '../data/qmail-vectors')


def adapted(line):
    """The case with the programs that it really needs here."""
    case = json.loads(line)
    if 'uses' not in case:
        return line
    case['uses'] = [each for each in case['uses'] if each not in INTERNAL]
    if not case.get('servers'):  # nothing is sent to another host
        case['uses'] = [each for each in case['uses'] if each != 'qmail-remote']
    return json.dumps(case) + '\n'


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
            out.writelines(adapted(corrected(line)) for line in source
                           if json.loads(line)['prog'] in programs)
        return subprocess.run(
            [sys.executable, os.path.join(DATA, 'replay-vectors.py'), chosen, '--bindir', bindir,
             '--home-env', 'LETTERBOX_HOME', '--quirks', 'improved'], check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
