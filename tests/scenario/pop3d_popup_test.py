# SPDX-License-Identifier: MIT
"""qmail-popup in front of qmail-pop3d, with a checkpassword program of the test's own."""
from support import letterbox, pop3

CHECKPASSWORD = '''#!/bin/sh
{ read -r user; read -r password; } <<END
$(tr '\\0' '\\n' <&3)
END
exec 3<&-
[ "$user:$password" = bob:secret ] || exit 1
exec "$@"
'''


class PopupTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))
        self.maildir.add(b'Subject: x\n\nbody\n', 'a', mtime=1000000000)

    def start(self):
        check = self.write('checkpassword', CHECKPASSWORD, 0o755)
        return pop3.start_piped(self, 'qmail-popup', 'pop.example.org', check,
                                letterbox.program('qmail-pop3d'), self.maildir.path)

    def test_what_is_pipelined_behind_the_password_is_the_sessions(self):
        client = self.start()
        client.send(b'USER bob\r\nPASS secret\r\nSTAT\r\nDELE 1\r\nQUIT\r\n')
        self.assertRegex(client.rest(), rb'^\+OK <\d+\.\d+@pop\.example\.org>\r\n\+OK \r\n\+OK \r\n'
                                        rb'\+OK 1 20\r\n\+OK \r\n\+OK \r\n$')
        self.assertEqual(self.maildir.messages(), {})

    def test_a_wrong_password_ends_the_connection_as_ever(self):
        client = self.start()
        client.line()
        client.ask(b'USER bob')
        self.assertEqual(client.ask(b'PASS wrong'), b'-ERR authorization failed\r\n')
        self.assertEqual(client.rest(), b'')
        self.assertEqual(client.process.wait(pop3.WAIT), 1)
