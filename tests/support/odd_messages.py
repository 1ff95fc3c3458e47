# SPDX-License-Identifier: MIT
"""Messages in every form that a file may have, and what each one is on the wire."""
import re


def wire(stored):
    """Line ends as on the wire: the rule of src/core/message/line_endings.h, said once more."""
    lines = re.sub(rb'(?<!\r)\n', b'\r\n', stored)
    if lines and not lines.endswith(b'\n'):
        lines += b'\n' if lines.endswith(b'\r') else b'\r\n'
    return lines


def top(stored, count, blank=(b'\n', b'\r\n')):
    """What TOP n COUNT sends: header, blank line, COUNT lines; RFC 1939 section 7. `blank`: which
    stored lines are a blank line."""
    whole = re.findall(rb'[^\n]*\n', wire(stored))
    for number, line in enumerate(re.findall(rb'[^\n]*\n|[^\n]+$', stored)):
        if line in blank:
            return b''.join(whole[:number + 1 + count])
    return b''.join(whole)


def qmail_top(stored, count):
    """To qmail-pop3d a CR LF is no blank line: dialect.h, quirks-0028."""
    return top(stored, count, (b'\n',))


HEADER = b'From: a@b.example\nTo: c@d.example\nSubject: odd\n'


def crlf(text):
    return text.replace(b'\n', b'\r\n')


MESSAGES = {
    'plain': HEADER + b'\nbody\n',
    'nofinal': HEADER + b'\nno final newline',
    'crlf': crlf(HEADER + b'\nbody\nmore\n'),
    'crlf_nofinal': crlf(HEADER + b'\nbody\nno final newline'),
    'mixed': HEADER + b'\r\nbody\r\nbare\ncrlf\r\n',
    'barecr_body': HEADER + b'\nbare\rreturn\n\rfront\n',
    'barecr_end': HEADER + b'\nends with\r',
    'crcrlf': HEADER + b'\nall\r\r\nmanner\r\r\n',
    'nul': HEADER + b'\nnul\0in\0line\n\0\n',
    'nul_header': HEADER + b'X-Nul: a\0b\n\nbody\n',
    'dots': HEADER + b'\n.\n..\n...\n.x\nx.\n. \n',
    'dotfirst': b'.From: a@b.example\n' + HEADER + b'\nbody\n',
    'dotfirst_alone': b'.\n' + HEADER + b'\nbody\n',
    'dotlast': HEADER + b'\nbody\n.\n',
    'dotlast_nofinal': HEADER + b'\nbody\n.',
    'dots_crlf': crlf(HEADER + b'\n.\n..\n.x\n'),
    'empty': b'',
    'newline_only': b'\n',
    'crlf_only': b'\r\n',
    'newlines': b'\n\n\n',
    'header_only': HEADER,
    'header_only_nofinal': HEADER[:-1],
    'header_and_blank': HEADER + b'\n',
    'body_only': b'\nbody without header\n',
    'blank_at_end': HEADER + b'\nbody\n\n\n\n',
    'blank_with_space': HEADER + b' \n\nbody\n',
    'from_line': b'From a@b Thu Jan  1 00:00:00 1970\n' + HEADER + b'\nFrom here\n>From there\n',
    'eightbit_header': b'From: a@b\nSubject: gr\xc3\xbc\xc3\x9fe \xff\n\nbody\n',
    'eightbit_body': HEADER + b'\n' + bytes(range(128, 256)) + b'\n',
    'long_header': b'Subject: ' + b'x' * 20000 + b'\n\nbody\n',
    'line_998': HEADER + b'\n' + b'y' * 998 + b'\n',
    'line_100k': HEADER + b'\n' + b'z' * 100000 + b'\nend\n',
    'line_1m': HEADER + b'\n' + b'w' * 1000000 + b'\n',
    'many_dots': HEADER + b'\n' + b'.\n' * 50000,
    'many_lines': HEADER + b'\n' + b''.join(b'line %d\n' % n for n in range(20000)),
}


def bordering(size, line_end):
    """A message whose first body line ends, and whose dot line begins, at octet `size`."""
    front = HEADER.replace(b'\n', line_end) + line_end
    filler = size - len(front) - len(line_end)
    return front + b'x' * filler + line_end + b'.dot' + line_end + b'end' + line_end


for _border in (4096, 8192, 32768, 65536):
    for _off in (-2, -1, 0, 1, 2):
        MESSAGES['bnd_lf_%d' % (_border + _off)] = bordering(_border + _off, b'\n')
        MESSAGES['bnd_crlf_%d' % (_border + _off)] = bordering(_border + _off, b'\r\n')
