# SPDX-License-Identifier: MIT
"""letterbox-pop3d on a port that the kernel picks, for one test case."""
import os
import subprocess

from support import letterbox

USER, PASSWORD = 'joe', 'secret word'


class Pop3Test(letterbox.ScratchTest):
    """self.maildir behind self.port, for USER and PASSWORD."""

    def setUp(self):
        super().setUp()
        self.maildir = letterbox.Maildir(self.path('Maildir'))
        self.server = None

    def start(self, *options):
        logins = self.write('logins', '%s:{PLAIN}%s:Maildir\n' % (USER, PASSWORD), mode=0o600)
        self.server = subprocess.Popen(
            [letterbox.program('letterbox-pop3d'), '--listen', '127.0.0.1:0', '--login-file', logins,
             *options], stdout=subprocess.PIPE, **letterbox.as_ordinary())
        self.addCleanup(self.stop)
        line = self.server.stdout.readline().decode()
        self.assertRegex(line, r'^listening 127\.0\.0\.1:[0-9]+\n$')
        self.port = int(line.rsplit(':', 1)[1])
        return self.port

    def stop(self):
        if self.server.poll() is None:
            self.server.terminate()
        self.server.wait(timeout=30)
        self.server.stdout.close()

    def run_client(self, *command, **kwargs):
        """A client as the ordinary user, at home in the scratch directory."""
        options = dict(letterbox.as_ordinary(), cwd=self.dir, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=120,
                       env={'PATH': os.environ['PATH'], 'HOME': self.dir, 'LC_ALL': 'C.UTF-8',
                            'USER': letterbox.ORDINARY.pw_name})
        options.update(kwargs)
        return subprocess.run(command, **options)
