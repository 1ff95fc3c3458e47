# SPDX-License-Identifier: MIT
"""Messages in every form in which a Maildir may hold them, and what each is on the wire."""

HEAD = b'From: ann@example.org\nTo: joe@example.org\nSubject: %s\n\n'


def head(name):
    return HEAD % name.encode()


def on_wire(stored):
    """The octets that RETR sends, before dot-stuffing: RFC 1939 section 11. Written apart from the
    program's own rule, octet by octet."""
    out = bytearray()
    for i, octet in enumerate(stored):
        if octet == 10 and (i == 0 or stored[i - 1] != 13):
            out += b'\r'
        out.append(octet)
    if out and not out.endswith(b'\n'):
        out += b'\n' if out.endswith(b'\r') else b'\r\n'
    return bytes(out)


def crlf(stored):
    return stored.replace(b'\n', b'\r\n')


def border(size, line_end):
    """A message with a line that begins with a dot exactly at octet `size`."""
    start = head('border')
    if line_end == b'\r\n':
        start = crlf(start)
    filler = size - len(start) - len(line_end)
    return start + b'x' * filler + line_end + b'.dot' + line_end + b'end' + line_end


MESSAGES = {
    'plain': head('plain') + b'body\n',
    'no_final_newline': head('nofinal') + b'body\nlast line',
    'crlf': crlf(head('crlf') + b'body\nmore\n'),
    'crlf_no_final': crlf(head('crlfnofinal') + b'body\n') + b'last',
    'mixed': head('mixed') + b'one\r\ntwo\nthree\r\n',
    'bare_cr': head('barecr') + b'a\rb\rc\n',
    'bare_cr_at_end': head('barecrend') + b'body\r',
    'cr_cr_lf': head('crcrlf') + b'a\r\r\nb\n',
    'nul': head('nul') + b'a\0b\0\n\0\n',
    'nul_in_header': b'Subject: a\0b\n\nbody\n',
    'dot_lines': head('dots') + b'.\n..\n...\n.x\n\n.\n',
    'dot_first': b'.Subject: dot\n\nbody\n',
    'dot_alone_first': b'.\nSubject: dot\n\nbody\n',
    'dot_last_no_newline': head('dotlast') + b'body\n.',
    'dots_crlf': crlf(head('dotscrlf') + b'.\n..\n.\n'),
    'empty': b'',
    'only_newline': b'\n',
    'only_crlf': b'\r\n',
    'header_only': b'Subject: no body',
    'header_only_newline': b'Subject: no body\n',
    'body_only': b'\nonly a body\n',
    'no_header': b'this is no header at all\n',
    'from_line_first': b'From ann@example.org Thu Jan  1 00:00:00 1970\nSubject: x\n\nbody\n',
    'eight_bit': head('8bit') + 'Grüße, Привет\n'.encode() + b'\xff\xfe\x80\n',
    'eight_bit_header': 'Subject: Grüße\n\nbody\n'.encode(),
    'blank_lines_at_end': head('blanks') + b'body\n\n\n\n',
    'long_line': head('long') + b'y' * 100_000 + b'\nend\n',
    'megabyte_line': head('mega') + b'z' * 1_000_000 + b'\n',
    'megabyte_of_dots': head('megadots') + b'.' * 1_000_000 + b'\n' + b'.\n' * 1000,
    'many_lines': head('many') + b''.join(b'line %d\n' % i for i in range(20_000)),
}
for _size in (4096, 8192, 65536):
    for _offset in (-2, -1, 0, 1, 2):
        MESSAGES['border_lf_%d' % (_size + _offset)] = border(_size + _offset, b'\n')
        MESSAGES['border_crlf_%d' % (_size + _offset)] = border(_size + _offset, b'\r\n')

# In the order in which a server lists them, when file n is dated 1000000000 + n.
NAMES = sorted(MESSAGES)


def fill(maildir):
    """Puts all of them into a letterbox.Maildir. -> the stored octets, in order."""
    for number, name in enumerate(NAMES):
        maildir.add(MESSAGES[name], '%d.%d.%s' % (1000000000 + number, number, name),
                    mtime=1000000000 + number)
    return [MESSAGES[name] for name in NAMES]
