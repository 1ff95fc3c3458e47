# SPDX-License-Identifier: MIT
"""Forwards: unchanged but for one line, with a sender that its target can check, and back again."""
import base64
import os
import shutil
import subprocess
import sys
import unittest

from deliver_test import MESSAGE, DeliverTest
from support import letterbox

sys.path.append('/usr/lib/python3/dist-packages')
try:
    import dkim
except ImportError:
    dkim = None


class ForwardTest(DeliverTest):
    def setUp(self):
        super().setUp()
        self.write('mail/bin/qmail-queue',
                   '#!/bin/sh\ncat >%s/message\ncat <&1 >%s/envelope\n' % (self.home, self.home),
                   0o755)

    def control(self, **settings):
        for name, value in settings.items():
            self.write('mail/control/' + name, value + '\n')

    def environment(self, **more):
        return super().environment(LETTERBOX_HOME=self.path('mail'), **more)

    def sender(self):
        return self.read('envelope').split(b'\0')[0][1:].decode()

    def recipients(self):
        return [each[1:].decode() for each in self.read('envelope').split(b'\0')[1:-2]]


class UnchangedTest(ForwardTest):
    MESSAGE = (b'From: Joe <joe@send.example>\r\nTo: x@example.org\r\nSubject:  two  blanks\r\n'
               b' and a fold\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\n'
               b'From here on\r\n.dots\r\ntrailing blanks  \r\n\r\n\r\n')

    @unittest.skipUnless(dkim and shutil.which('openssl'), 'python3-dkim or openssl is missing')
    def test_a_dkim_signature_survives(self):
        key = subprocess.run(['openssl', 'genrsa', '-traditional', '2048'], capture_output=True,
                             check=True).stdout
        public = subprocess.run(['openssl', 'rsa', '-pubout', '-outform', 'DER'], input=key,
                                capture_output=True, check=True).stdout

        def dns(_name, timeout=5):
            return b'v=DKIM1; k=rsa; p=' + base64.b64encode(public)

        for canonicalize in ((b'simple', b'simple'), (b'relaxed', b'relaxed')):
            signature = dkim.sign(self.MESSAGE, b's', b'send.example', key,
                                  canonicalize=canonicalize)
            signed = signature + self.MESSAGE
            self.assertTrue(dkim.verify(signed, dnsfunc=dns))
            self.dotqmail('&away@target.example\n')
            stored = signed.replace(b'\r\n', b'\n')  # as a mail system hands it to us
            self.assertEqual(self.deliver(message=stored).returncode, 0)
            sent = self.read('message').replace(b'\n', b'\r\n')
            self.assertTrue(dkim.verify(sent, dnsfunc=dns), canonicalize)
            self.assertFalse(dkim.verify(sent.replace(b'two', b'2'), dnsfunc=dns))

    def test_only_one_line_is_added(self):
        for message in (MESSAGE, b'', b'\n', b'no header at all', b'A: b\r\n\r\n\0\xff\r'):
            self.dotqmail('&away@target.example\n')
            self.deliver(message=message)
            self.assertEqual(self.read('message'), b'Delivered-To: joe@example.org\n' + message)


class RewrittenSenderTest(ForwardTest):
    def setUp(self):
        super().setUp()
        self.dotqmail('&away@target.example\n')

    def srs(self):
        self.control(srsdomain='srs.example.org', srssecrets='# ours\nfirst\nold')

    def explain(self, sender):
        ran = letterbox.run('letterbox', 'explain', '--home', self.home, '--sender', sender,
                            'joe@example.org', env={'LETTERBOX_HOME': self.path('mail')})
        return ran.stdout.decode()

    def test_without_the_setting_the_sender_stays(self):
        self.deliver()
        self.assertEqual(self.sender(), 'src@send.example')
        self.assertIn('SPF fails at the target', self.explain('src@send.example'))
        self.assertNotIn('SPF', self.explain('other@example.org'))
        self.assertNotIn('SPF', self.explain(''))

    def test_with_it_a_bounce_finds_back(self):
        self.srs()
        self.deliver()
        sender = self.sender()
        self.assertRegex(sender, r'^SRS0=....=..=send\.example=src@srs\.example\.org$')
        self.assertIn('with the sender SRS0=', self.explain('src@send.example'))
        self.assertEqual(self.recipients(), ['away@target.example'])
        # The way back: the domain is a virtual one, its mail comes to .qmail-srs-default.
        local = sender.partition('@')[0]
        self.dotqmail('|%s\n' % letterbox.program('letterbox-srs'), '.qmail-srs-default')
        self.control(programmemory='0')
        ran = self.deliver('--ext', 'srs-' + local, '--sender', '',
                           '--recipient', 'alias-srs-%s@srs.example.org' % local)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual((self.sender(), self.recipients()), ('', ['src@send.example']))
        self.assertEqual(self.read('message'),
                         b'Delivered-To: alias-srs-' + local.encode() + b'@srs.example.org\n'
                         + MESSAGE)

    def test_a_bounce_finds_back_through_another_program(self):
        self.srs()
        self.control(programmemory='0')
        self.deliver()
        local = self.sender().partition('@')[0]
        self.dotqmail('|cat | %s\n' % letterbox.program('letterbox-srs'), '.qmail-srs-default')
        ran = self.deliver('--ext', 'srs-' + local, '--sender', '', '--recipient', 'x@y.example')
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual((self.sender(), self.recipients()), ('', ['src@send.example']))
        self.assertEqual(self.read('message'), b'Delivered-To: x@y.example\n' + MESSAGE)

    def test_a_forged_bounce_address_is_refused(self):
        self.srs()
        self.control(programmemory='0')
        self.dotqmail('|%s\n' % letterbox.program('letterbox-srs'), '.qmail-srs-default')
        ran = self.deliver('--ext', 'srs-SRS0=AAAA=AA=victim.example=joe', '--sender', '')
        self.assertEqual((ran.returncode, ran.stdout[:5]), (67, b'5.1.1'), ran)
        self.assertFalse(os.path.exists(self.path('home/envelope')))

    def test_bounces_and_our_own_senders_stay(self):
        self.srs()
        for sender in ('', 'someone@example.org', 'x@srs.example.org'):
            self.deliver('--sender', sender)
            self.assertEqual(self.sender(), sender)

    def test_a_domain_without_a_secret_waits(self):
        self.control(srsdomain='srs.example.org')
        ran = self.deliver()
        self.assertEqual(ran.returncode, 75)
        self.assertIn(b'srssecrets', ran.stdout)
        self.assertFalse(os.path.exists(self.path('home/envelope')))

    def test_the_administrator_can_ask(self):
        self.srs()
        env = {'LETTERBOX_HOME': self.path('mail')}
        there = letterbox.run('letterbox', 'srs', 'forward', 'a@b.example', env=env)
        self.assertEqual(there.returncode, 0, there)
        back = letterbox.run('letterbox', 'srs', 'reverse', there.stdout.decode().strip(), env=env)
        self.assertEqual(back.stdout, b'a@b.example\n')
        there = letterbox.run('letterbox', 'srs', 'forward', '"a b"@c.example', env=env)
        self.assertRegex(there.stdout, rb'^"SRS0=.*=c\.example=a b"@srs\.example\.org\n$')
        back = letterbox.run('letterbox', 'srs', 'reverse', there.stdout.decode().strip(), env=env)
        self.assertEqual(back.stdout, b'"a b"@c.example\n')
        wrong = letterbox.run('letterbox', 'srs', 'reverse', 'a@b.example', env=env)
        self.assertEqual((wrong.returncode, wrong.stdout), (1, b''))


if __name__ == '__main__':
    unittest.main()
