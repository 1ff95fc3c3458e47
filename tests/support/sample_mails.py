# SPDX-License-Identifier: MIT
"""A mix of mails as SMTP can carry them, each with a number to know it by: 0 bytes to 1 MB of text,
8-bit, lines with dots, long lines."""
import re

NUMBER = re.compile(rb'^X-Number: (\d+)\n', re.M)


def text(number, longest_line):
    """The body of mail `number`, with LF line ends."""
    kinds = [
        b'',
        b'plain words\n' * (1 + number % 40),
        b'.\n..\n.dot first\nnot.first\n...\n',
        'Grüße, γειά, 你好\n'.encode() * 30,
        bytes(range(0xa0, 0x100)) + b'\n',
        b'From here\n>From there\n\n\n',
        b'y' * longest_line + b'\n' + b'.' * longest_line + b'\n',
        b'lines without end of paragraph\n' * 300,
    ]
    body = kinds[number % len(kinds)]
    if number % 100 == 99:
        return (b'z' * 75 + b'\n') * 13800  # 1 MB
    if number % 20 == 19:
        return body + (b'a' * 63 + b'\n') * 1600  # 100 kB
    return body


def mail(number, sender, recipient, longest_line=990):
    """Mail `number` as a file on Unix."""
    return b''.join([
        b'X-Number: %d\n' % number,
        b'Date: Fri, 20 Nov 2026 12:00:00 +0000\n',
        b'From: <%s>\n' % (sender or 'daemon@example.net').encode(),
        b'To: <%s@example.org>\n' % recipient.encode(),
        b'Message-ID: <%d.sample@example.net>\n' % number,
        b'Subject: sample\n folded\n',
        b'\n',
        text(number, longest_line)])


def number_of(content):
    return int(NUMBER.search(content)[1])
