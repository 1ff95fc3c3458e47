# SPDX-License-Identifier: MIT
"""What senders hear of messages: bounces, bounces of bounces, warnings, notices of success, by the
real programs."""
import email
import email.policy
import signal
import time

from support import letterbox
from support.mail_queue import QueueHome, message_file

MAIL = b'From: joe@example.org\nSubject: test\n\nhello\n'
JOE = 'joe@example.org'
NOBODY = 'joe-none@example.org'
STRANGER = 'stranger@elsewhere.example'


class NoticesTest(letterbox.ScratchTest):
    def home(self, **control):
        home = QueueHome(self, doublebounceto='joe-admin', doublebouncehost='example.org',
                         **control)
        home.qmail('-admin', './Admin/\n')
        self.admin = letterbox.Maildir(home.user_home + '/Admin')
        return home

    def sent(self, home, sender, recipients, content=MAIL, ends=2, extra=b''):
        """Submits, and waits until so many messages have ended."""
        self.assertRegex(home.door().submit(sender, recipients, content, extra), b'^K')
        home.wait_for(r'^end msg \d+$', ends)

    def only(self, maildir):
        (content,) = maildir.messages().values()
        return email.message_from_bytes(content, policy=email.policy.default)

    def parts(self, message):
        self.assertEqual(message.get_content_type(), 'multipart/report')
        self.assertEqual([], [each.defects for each in message.walk() if each.defects])
        text, status, original = message.iter_parts()
        return text.get_content(), status.get_payload()[1:], original

    def test_a_sender_hears_who_was_not_reached_and_why(self):
        home = self.home()
        home.start()
        home.qmail('-no', '|echo not me; exit 100\n')
        self.sent(home, JOE, [NOBODY, 'joe-no@example.org', 'joe-admin@example.org'],
                  extra=b'Vid-7\0')
        message = self.only(home.maildir)
        self.assertEqual(message['Return-Path'], '<>')
        self.assertRegex(message['Received'], r'^\(qmail \d+ invoked for bounce\); ')
        text, recipients, original = self.parts(message)
        self.assertIn('<%s>:\nSorry, no mailbox here by that name. (#5.1.1)\n' % NOBODY, text)
        self.assertIn('<joe-no@example.org>:\nnot me\n', text)
        self.assertNotIn('joe-admin', text)
        self.assertEqual({each['Final-Recipient']: each['Status'] for each in recipients},
                         {'rfc822;' + NOBODY: '5.1.1', 'rfc822;joe-no@example.org': '5.0.0'})
        self.assertEqual(original.get_content()['Subject'], 'test')
        self.assertIn('hello', original.get_content().get_content())
        self.assertEqual(len(self.admin.messages()), 1)
        self.assertRegex(home.log(), r'(?m)^bounce msg \d+ qp \d+$')

    def test_the_old_form_is_there_for_those_who_want_it(self):
        home = self.home(bounceformat='qsbmf')
        home.start()
        self.sent(home, JOE, [NOBODY])
        (content,) = home.maildir.messages().values()
        self.assertNotIn(b'MIME', content)
        self.assertIn(b'\n\nHi. This is the qmail-send program at mail.example.org.\n', content)
        self.assertIn(b'\n\n--- Below this line is a copy of the message.\n\nReturn-Path: '
                      b'<joe@example.org>\n', content)
        self.assertTrue(content.endswith(MAIL))

    def test_a_bounce_that_fails_goes_to_the_administrator_and_no_further(self):
        home = self.home()
        home.start()
        self.sent(home, NOBODY, ['joe-nor@example.org'], ends=3)
        text, _, _ = self.parts(self.only(self.admin))
        self.assertIn('the bounce bounced!', text)
        self.assertRegex(home.log(), r'(?m)^info msg \d+: bytes \d+ from <#@\[\]>')
        home.qmail('-admin', '|exit 100\n')
        self.sent(home, NOBODY, ['joe-nor@example.org'], ends=6)
        self.assertRegex(home.log(), r'(?m)^triple bounce: discarding bounce/\d+$')
        self.assertEqual(home.maildir.messages(), {})

    def test_a_list_hears_under_its_address(self):
        home = self.home()
        home.qmail('-', './Maildir/\n')
        home.start()
        self.sent(home, 'joe-@example.org-@[]', [NOBODY])
        self.assertEqual(self.only(home.maildir)['To'], 'joe-@example.org')

    def test_strangers_do_not_hear_of_loops(self):
        home = self.home()
        home.start()
        looping = b'Delivered-To: joe-no@example.org\n' + MAIL
        home.qmail('-no', './Maildir/\n')
        self.sent(home, STRANGER, ['joe-no@example.org'], looping)
        text, recipients, original = self.parts(self.only(self.admin))
        self.assertIn('came round again', text)
        self.assertEqual(recipients[0]['Status'], '5.4.6')
        self.assertEqual(original.get_content_type(), 'text/rfc822-headers')
        self.assertNotIn('from <>', home.log())
        self.assertNotIn('to remote', home.log())
        self.sent(home, JOE, ['joe-no@example.org'], looping, ends=4)  # he is one of ours
        self.assertEqual(len(home.maildir.messages()), 1)

    def test_who_wants_to_hear_nothing_hears_nothing(self):
        home = self.home()
        home.start()
        for notify in (b'NEVER', b'SUCCESS', b'DELAY'):
            fd = message_file(MAIL)
            answer = home.door().ask(b'EF' + JOE.encode() + b'\0T' + NOBODY.encode() + b'\0N' +
                                     notify + b'\0', fd)
            self.assertRegex(answer, b'^K')
        home.wait_for(r'^end msg \d+$', 3)
        self.assertEqual(home.maildir.messages(), {})
        self.assertNotIn('bounce msg', home.log())

    def test_who_asks_hears_of_success_once(self):
        home = self.home()
        home.start()
        fd = message_file(MAIL)
        answer = home.door().ask(b'EF' + JOE.encode() + b'\0Vid-7\0Tjoe-admin@example.org\0'
                                 b'NSUCCESS\0Orfc822;Admin@example.org\0', fd)
        self.assertRegex(answer, b'^K')
        home.wait_for(r'^end msg \d+$', 2)
        text, recipients, original = self.parts(self.only(home.maildir))
        self.assertIn('<joe-admin@example.org>:\nDelivered.\n', text)
        self.assertFalse(text.startswith('Hi. This is the'))
        self.assertEqual(recipients[0]['Action'], 'delivered')
        self.assertEqual(recipients[0]['Original-Recipient'], 'rfc822;Admin@example.org')
        self.assertEqual(original.get_content_type(), 'text/rfc822-headers')
        self.assertRegex(home.log(), r'(?m)^success notice of msg \d+$')
        self.assertEqual(len(self.admin.messages()), 1)

    def test_a_notice_of_success_outlasts_a_kill(self):
        home = self.home()
        home.qmail('-slow', '|sleep 30; exit 111\n')
        home.start()
        # The second recipient is still open, so the notice about the first waits for it.
        fd = message_file(MAIL)
        home.door().ask(b'EF' + JOE.encode() + b'\0Tjoe-admin@example.org\0NSUCCESS\0'
                        b'Tjoe-slow@example.org\0', fd)
        home.wait_for(r'^delivery \d+: success')
        time.sleep(0.3)  # mostly enough for the transaction; without it he is delivered to again
        home.stop(signal.SIGKILL)
        home.qmail('-slow', '')
        home.start()
        home.wait_for(r'^end msg \d+$', 2)
        self.assertIn('Delivered.', self.parts(self.joes_notice(home))[0])
        self.assertEqual(len(self.admin.messages()), 1)

    def joes_notice(self, home):
        """The one that is no mail of ours."""
        (content,) = [each for each in home.maildir.messages().values() if b'\nhello\n' not in each]
        return email.message_from_bytes(content, policy=email.policy.default)

    def test_a_delay_is_told_once(self):
        home = self.home(delaywarning='1')
        home.qmail('-later', '|echo busy; exit 111\n')
        home.start()
        home.door().submit(JOE, ['joe-later@example.org'], MAIL)
        home.wait_for(r'^delivery 1: deferral', 1)
        self.assertEqual(home.maildir.messages(), {})
        time.sleep(1.1)  # its second in the queue
        home.process.send_signal(signal.SIGALRM)
        home.wait_for(r'^delay notice of msg \d+$')
        home.wait_for(r'^end msg \d+$')
        home.process.send_signal(signal.SIGALRM)
        home.wait_for(r'^delivery \d+: deferral', 3)
        text, recipients, _ = self.parts(self.only(home.maildir))
        self.assertIn('<joe-later@example.org>:\nbusy\nI keep trying until ', text)
        self.assertFalse(text.startswith('Hi. This is the'))
        self.assertEqual((recipients[0]['Action'], recipients[0]['Status']), ('delayed', '4.0.0'))
        self.assertIsNotNone(recipients[0]['Will-Retry-Until'])
        self.assertNotIn('bounce msg', home.log())

    def test_what_comes_back_is_bounded(self):
        home = self.home(bouncemaxbytes='2000')
        home.start()
        self.sent(home, JOE, [NOBODY], MAIL + b'secret\n' * 1000)
        text, _, original = self.parts(self.only(home.maildir))
        self.assertIn('only the header is returned', text)
        self.assertEqual(original.get_content_type(), 'text/rfc822-headers')
        self.assertNotIn('secret', original.get_content())

    def test_a_large_message_comes_back_whole(self):
        home = self.home(bouncemaxbytes='0')
        home.start()
        self.sent(home, JOE, [NOBODY], MAIL + b'line of it\n' * 20_000)
        _, _, original = self.parts(self.only(home.maildir))
        self.assertEqual(original.get_content().get_content().count('line of it'), 20_000)

    def test_the_administrator_may_have_copies(self):
        home = self.home(bouncecopyto='joe-admin@example.org')
        home.start()
        self.sent(home, JOE, [NOBODY], ends=3)
        _, _, original = self.parts(self.only(self.admin))
        self.assertEqual(original.get_content_type(), 'text/rfc822-headers')
        self.parts(self.only(home.maildir))
