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


CORRECTIONS = {'pop3-0165': octets_of_either_kind}


def corrected(line):
    case = json.loads(line)
    if case['id'] not in CORRECTIONS:
        return line
    CORRECTIONS[case['id']](case)
    return json.dumps(case) + '\n'
