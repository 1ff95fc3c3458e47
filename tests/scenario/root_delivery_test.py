# SPDX-License-Identifier: MIT
"""letterbox-lmtpd as root, in a mount namespace with a passwd of its own: whatever users/cdb and
passwd claim, nobody delivers as root and nothing outside the user's rights is touched."""
import os
import smtplib
import subprocess
import unittest

from support.letterbox import ScratchTest, program

ME, OTHER = 29911, 29912
NAMESPACE = 'mount --bind "$0" /etc/passwd && exec "$@"'


@unittest.skipUnless(os.geteuid() == 0, 'becoming another user needs root')
class RootDeliveryTest(ScratchTest):
    def setUp(self):
        super().setUp()
        self.home = self.path('mail')
        self.environment = {'PATH': os.environ['PATH'], 'LETTERBOX_HOME': self.home}
        self.mine, self.theirs = self.make_home('mine', ME), self.make_home('theirs', OTHER)
        os.chmod(self.theirs, 0o711)
        self.write('mail/control/lmtpfrontuser', 'nobody\n')
        self.write('passwd', 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/sh\n'
                   'toor:x:0:0::%s:/bin/sh\nme:x:%d:%d::%s:/bin/sh\n' % (self.mine, ME, ME, self.mine))

    def make_home(self, name, uid):
        home = self.path(name)
        for each in ('', 'Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur'):
            os.makedirs(os.path.join(home, each), 0o700, exist_ok=True)
            os.chown(os.path.join(home, each), uid, uid)
        return home

    def dot_qmail(self, ext, text):
        path = self.write('mine/.qmail-' + ext, text)
        os.chown(path, ME, ME)

    def assign(self, *lines):
        self.write('mail/users/assign', '\n'.join([*lines, '.', '']))
        subprocess.run([program('qmail-newu')], env=self.environment, check=True)

    def send(self, recipient):
        """The last code and text of a delivery to `recipient`."""
        where = self.path('lmtp.sock')
        with open(self.path('log'), 'ab') as log:
            server = subprocess.Popen(
                ['unshare', '-m', 'sh', '-c', NAMESPACE, self.path('passwd'),
                 program('letterbox-lmtpd'), '--listen', 'unix:' + where],
                stdout=subprocess.PIPE, stderr=log, env=self.environment)
        try:
            server.stdout.readline()
            client = smtplib.LMTP(where)
            client.ehlo('test')
            client.mail('s@example.org')
            code, text = client.rcpt(recipient + '@example.org')
            if code == 250:
                code, text = client.data(b'Subject: x\r\n\r\nbody\r\n')
            client.close()
        finally:
            server.terminate()
            server.wait(30)
            server.stdout.close()
            os.unlink(where)
        return code, text.decode()

    def everything(self, folder):
        found = {}
        for place, folders, files in os.walk(folder):
            for name in [*folders, *files]:
                status = os.lstat(os.path.join(place, name))
                found[os.path.join(place, name)] = (status.st_uid, status.st_size,
                                                    status.st_mtime_ns, status.st_mode)
        return found

    def assert_untouched(self, folder, action):
        before = self.everything(folder)
        result = action()
        self.assertEqual(self.everything(folder), before)
        return result

    def test_a_user_gets_mail_as_himself(self):
        self.assign('=joe:me:%d:%d:%s:::' % (ME, ME, self.mine))
        self.assertEqual(self.send('joe')[0], 250)
        self.assertEqual(self.send('me')[0], 250)
        new = os.path.join(self.mine, 'Maildir/new')
        owners = [os.stat(os.path.join(new, name)).st_uid for name in os.listdir(new)]
        self.assertEqual(owners, [ME, ME])

    def test_programs_have_his_rights_and_no_others(self):
        self.assign('+joe-:me:%d:%d:%s:-::' % (ME, ME, self.mine))
        self.dot_qmail('id', '|id -u >ids; id -G >>ids; grep CapEff /proc/self/status >>ids\n')
        self.assertEqual(self.send('joe-id')[0], 250)
        with open(os.path.join(self.mine, 'ids')) as file:
            said = file.read().split()
        self.assertEqual(said, [str(ME), str(ME), 'CapEff:', '0' * 16])

    def test_nobody_delivers_as_root(self):
        self.assign('=admin:root:0:0:%s:::' % self.mine, '=wheel:me:0:%d:%s:::' % (ME, self.mine))
        for recipient in ('admin', 'wheel', 'toor', 'root'):
            code, text = self.assert_untouched(self.mine, lambda each=recipient: self.send(each))
            self.assertEqual(code // 100, 4, (recipient, text))

    def test_a_forged_home_is_of_no_use(self):
        for home in (self.theirs, '/etc', '/root', '/', self.path('missing'), 'relative'):
            self.assign('=joe:me:%d:%d:%s:::' % (ME, ME, home))
            folder = home if home == '/etc' else self.theirs
            code, text = self.assert_untouched(folder, lambda: self.send('joe'))
            self.assertEqual(code // 100, 4, (home, text))

    def test_lines_that_name_what_is_not_his_are_of_no_use(self):
        self.assign('+joe-:me:%d:%d:%s:-::' % (ME, ME, self.mine))
        os.symlink(os.path.join(self.theirs, 'Maildir'), os.path.join(self.mine, 'link'))
        self.dot_qmail('maildir', self.theirs + '/Maildir/\n')
        self.dot_qmail('link', './link/\n')
        self.dot_qmail('mbox', self.theirs + '/box\n')
        self.dot_qmail('shadow', '/etc/shadow\n')
        self.dot_qmail('program', '|touch %s/touched\n' % self.theirs)
        for ext in ('maildir', 'link', 'mbox', 'program'):
            code, text = self.assert_untouched(self.theirs, lambda each=ext: self.send('joe-' + each))
            self.assertEqual(code // 100, 4, (ext, text))
        code, text = self.assert_untouched('/etc', lambda: self.send('joe-shadow'))
        self.assertEqual(code // 100, 4, text)

    def test_a_dot_qmail_that_others_own_is_read_with_his_rights(self):
        self.assign('+joe-:me:%d:%d:%s:-::' % (ME, ME, self.mine))
        path = self.write('mine/.qmail-secret', './Maildir/\n', 0o600)
        os.chown(path, OTHER, OTHER)
        self.assertEqual(self.send('joe-secret')[0] // 100, 4)


if __name__ == '__main__':
    unittest.main()
