#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up JUnit files of ctest, names every failure and every skip, and ends with the one line
that scripts/test promises. A Python test file and a vector family count case by case.

usage: count_results.py FILE.xml..."""
import re
import sys
import xml.etree.ElementTree

RAN = re.compile(r'^Ran (\d+) tests? in ', re.M)
OUTCOME = re.compile(r'^(?:OK|FAILED)(?: \((.*)\))?$', re.M)
SKIPPED = re.compile(r'^(\S+) \((\S+)\)(?:\n[^\n]*)? \.\.\. skipped (.*)$', re.M)
VECTORS = re.compile(r'^(\d+) passed, (\d+) failed', re.M)
VECTOR_SKIP = re.compile(r'^skipped (\d+)[: ]*(.*)$', re.M)


def cases(case):
    """-> (passed, failed, [skip reasons]) of one test case of ctest."""
    name = case.get('name')
    output = case.findtext('system-out') or ''
    if case.get('status') in ('notrun', 'disabled'):
        return 0, 1, []  # a test that did not run has not passed
    if case.find('skipped') is not None:
        return 0, 0, ['%s: %s' % (name, output.strip() or 'no reason given')]
    failed = case.get('status') == 'fail'
    if ran := RAN.search(output):
        counts = dict(re.findall(r'(\w+)=(\d+)', (OUTCOME.search(output) or [''] * 2)[1] or ''))
        skips = ['%s: %s' % (m[2], m[3]) for m in SKIPPED.finditer(output)]
        skipped = int(counts.get('skipped', 0))
        skips += ['%s: a test whose reason was not found' % name] * (skipped - len(skips))
        bad = int(counts.get('failures', 0)) + int(counts.get('errors', 0))
        bad = max(bad, 1 if failed else 0)
        return int(ran[1]) - bad - skipped, bad, skips
    if vectors := VECTORS.search(output):
        skips = ['%s: %s cases: %s' % (name, m[1], m[2]) for m in VECTOR_SKIP.finditer(output)]
        return int(vectors[1]), max(int(vectors[2]), 1 if failed else 0), skips
    return (0, 1, []) if failed else (1, 0, [])


def main():
    passed, failed, skips = 0, 0, []
    for path in sys.argv[1:]:
        for case in xml.etree.ElementTree.parse(path).iter('testcase'):
            good, bad, skip = cases(case)
            passed, failed, skips = passed + good, failed + bad, skips + skip
            if bad:
                print('FAILED: %s' % case.get('name'))
    for each in skips:
        print('SKIPPED: %s' % each)
    print('%d passed, %d failed' % (passed, failed) + (', %d skipped' % len(skips) if skips else ''))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
