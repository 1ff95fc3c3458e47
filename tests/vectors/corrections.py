# SPDX-License-Identifier: MIT
"""Where a recorded vector contradicts what the project asks for, the vector is read differently,
here and nowhere else, with the reason."""
import json
import re


def octets_of_either_kind(case):
    """LIST of 40 messages: the sizes are those on disk, where every other case of the family takes
    the octets of RFC 1939 as well ({OCTETS:disk/wire}). Each message is two lines: two CRs more."""
    case['expect']['stdout'] = re.sub(
        r'(?m)^(\d+) (\d+)\r$', lambda m: '%s {OCTETS:%s/%d}\r' % (m[1], m[2], int(m[2]) + 2),
        case['expect']['stdout'])


def notes_below(home):
    notes = home + '/.letterbox'
    return [{'path': notes, 'kind': 'dir'}, {'path': notes + '/attempts', 'kind': 'dir'},
            {'path': notes + '/attempts/{UNIQ}'}]


def marks_of_attempts(case):
    """Deliveries from the queue leave a note for an attempt that a crash may repeat, which qmail has
    not: it would have delivered twice. It stays for 36 hours (dot-qmail(5))."""
    files = case['expect'].get('files', [])
    for each in list(files):
        home, _, name = each['path'].rpartition('/')
        if '/Maildir/new/' in each['path']:
            files.append({'path': home.replace('/new', '/tmp') + '/{UNIQ}.attempt'})
        elif each.get('content', '').startswith('From '):
            files += notes_below(home)
    for each in case['files']:
        if each.get('content', '').startswith('&'):
            files += notes_below(each['path'].rpartition('/')[0])


CORRECTIONS = {'pop3-0165': octets_of_either_kind}


def corrected(line):
    case = json.loads(line)
    if case['id'].startswith('e2e-'):
        marks_of_attempts(case)
    elif case['id'] in CORRECTIONS:
        CORRECTIONS[case['id']](case)
    else:
        return line
    return json.dumps(case) + '\n'
