# SPDX-License-Identifier: MIT
"""Submission: the programs that users and other programs call to send mail, with a queue program
that keeps what it gets."""
import email
import email.utils
import os
import shutil
import subprocess
import time

from support import letterbox

MESSAGE = b'To: ann\nBcc: bob@b.example\nSubject: hello\n\nbody\n'


class SubmissionTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        self.write('mail/bin/qmail-queue', '#!/bin/sh\ncat >%s/message\ncat <&1 >%s/envelope\n'
                   'env >%s/environment\n' % ((self.dir,) * 3), 0o755)
        for name in ('sendmail', 'qmail-inject'):
            os.symlink(letterbox.program(name), self.path('mail/bin', name))
        self.control(me='mail.example.org')

    def control(self, **settings):
        for name, value in settings.items():
            self.write('mail/control/' + name, value + '\n')

    def run_program(self, name, *args, stdin=MESSAGE, **variables):
        environment = {'PATH': '/usr/bin:/bin', 'LETTERBOX_HOME': self.path('mail'), 'TZ': 'UTC',
                       **variables}
        return letterbox.run(name, *args, stdin=stdin, env=environment)

    def submit(self, name, *args, **more):
        done = self.run_program(name, *args, **more)
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        return self.message()

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def message(self):
        return email.message_from_bytes(self.read('message'))

    def envelope(self):
        sender, *recipients = self.read('envelope').split(b'\0')
        return sender[1:].decode(), [each[1:].decode() for each in recipients[:-2]]


class InjectTest(SubmissionTest):
    def test_the_login_name_signs_where_the_environment_says_nothing(self):
        message = self.submit('qmail-inject')
        self.assertEqual(message['From'], letterbox.ORDINARY.pw_name + '@mail.example.org')
        self.assertEqual(self.envelope()[0], letterbox.ORDINARY.pw_name + '@mail.example.org')

    def test_python_understands_what_it_writes(self):
        text = ('To: Jos\u00e9 Q. Public <jose@b>, "Doe, Jane" <jane@c>, list: a@b.c, d;\n'
                'Cc: plain\nSubject: s\n\nbody\n').encode()
        message = self.submit('qmail-inject', stdin=text, USER='joe', NAME='Joe "J" Public')
        got = {each for _, each in email.utils.getaddresses(message.get_all('To'))}
        self.assertLessEqual({'jose@b.mail.example.org', 'jane@c.mail.example.org', 'a@b.c'}, got)
        self.assertEqual(email.utils.parseaddr(message['From']),
                         ('Joe "J" Public', 'joe@mail.example.org'))
        self.assertLess(abs(email.utils.parsedate_to_datetime(message['Date']).timestamp()
                            - time.time()), 60)

    def test_dates_are_in_the_local_zone_or_not(self):
        self.assertRegex(self.submit('qmail-inject', TZ='EST5')['Date'], r' -0500$')
        self.assertRegex(self.submit('qmail-inject', TZ='IST-5:30')['Date'], r' \+0530$')
        self.assertRegex(self.submit('qmail-inject', TZ='GMT0')['Date'], r' \+0000$')
        self.assertRegex(self.submit('qmail-inject', TZ='UTC')['Date'], r' -0000$')
        self.control(dates='gmt')
        self.assertRegex(self.submit('qmail-inject', TZ='EST5')['Date'], r' -0000$')

    def test_without_a_mail_home_a_message_is_printed_all_the_same(self):
        done = self.run_program('qmail-inject', '-n', LETTERBOX_HOME=self.path('none'))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b'\nTo: ann@defaulthost.defaultdomain\n', done.stdout)

    def test_a_broken_header_queues_nothing(self):
        done = self.run_program('qmail-inject', stdin=b'From: (\nTo: a\n\nb\n')
        self.assertEqual(done.returncode, 100)
        self.assertRegex(done.stderr, rb'^qmail-inject: fatal: .*: From: \(\n$')
        self.assertFalse(os.path.exists(self.path('message')))

    def test_a_header_beyond_the_limit_queues_nothing(self):
        done = self.run_program('qmail-inject', stdin=b'X: y\n' * (4 * 1024 * 1024))
        self.assertEqual(done.returncode, 100)
        self.assertIn(b'header has more than', done.stderr)
        self.assertFalse(os.path.exists(self.path('message')))

    def test_a_large_body_needs_little_memory(self):
        with open(self.path('large'), 'wb') as file:
            file.write(MESSAGE)
            file.truncate(64 * 1024 * 1024)
        with open(self.path('large'), 'rb') as file:
            limited = ['prlimit', '--data=%d' % (16 * 1024 * 1024), letterbox.program('qmail-inject')]
            done = subprocess.run(
                limited, stdin=file, capture_output=True, timeout=60, check=False,
                env={'LETTERBOX_HOME': self.path('mail'), 'USER': 'joe', 'PATH': '/usr/bin:/bin'},
                **letterbox.as_ordinary())
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.assertGreater(os.stat(self.path('message')).st_size, 64 * 1024 * 1024)


class SendmailTest(SubmissionTest):
    def test_what_php_calls(self):
        message = self.submit('sendmail', '-t', '-i', '-fwww@php.example', USER='www-data')
        self.assertEqual(self.envelope(), ('www@php.example', ['ann@mail.example.org',
                                                               'bob@b.example']))
        self.assertNotIn('Bcc', message)

    def test_what_cron_calls(self):
        message = self.submit('sendmail', '-FCronDaemon', '-i', '-odi', '-oem', '-oi', '-t', '-f',
                              'root', stdin=b'From: root (Cron Daemon)\nTo: joe\n\nout\n')
        self.assertEqual(self.envelope(), ('root@mail.example.org', ['joe@mail.example.org']))
        self.assertEqual(message['From'], 'root@mail.example.org (Cron Daemon)')
        message = self.submit('sendmail', '-i', '-FCronDaemon', '-B8BITMIME', '-oem', 'joe',
                              USER='root', stdin=b'Subject: s\n\nout\n')
        self.assertEqual(message['From'], '"CronDaemon" <root@mail.example.org>')

    def test_a_line_with_a_dot_ends_nothing(self):
        for options in ([], ['-i'], ['-oi']):
            self.submit('sendmail', *options, 'joe', stdin=b'Subject: s\n\na\n.\nb\n')
            self.assertTrue(self.read('message').endswith(b'\n\na\n.\nb\n'))

    def test_what_the_sender_wants_to_be_told_reaches_the_queue(self):
        self.submit('sendmail', '-N', 'success,failure', '-R', 'hdrs', '-V', 'id7', 'joe')
        environment = self.read('environment').split(b'\n')
        for each in (b'DSN_NOTIFY=success,failure', b'DSN_RET=hdrs', b'DSN_ENVID=id7'):
            self.assertIn(each, environment)

    def test_its_exit_status_is_that_of_the_queue(self):
        for code, want in ((0, 0), (31, 100), (53, 111), (71, 111)):
            self.write('mail/bin/qmail-queue', '#!/bin/sh\nexit %d\n' % code, 0o755)
            self.assertEqual(self.run_program('sendmail', 'joe').returncode, want)

    def test_a_wrapper_in_the_mail_home_comes_first(self):
        os.unlink(self.path('mail/bin/qmail-inject'))
        self.write('mail/bin/qmail-inject', '#!/bin/sh\necho "$@"\n', 0o755)
        done = self.run_program('sendmail', '-t', '-f', 'a@b', 'c')
        self.assertEqual(done.stdout, b'-H -f a@b -- c\n')

    def test_without_one_its_own_neighbour_runs(self):
        os.unlink(self.path('mail/bin/qmail-inject'))
        self.submit('sendmail', 'joe')
        self.assertEqual(self.envelope()[1], ['joe@mail.example.org'])

    def test_aliases_need_no_database(self):
        done = self.run_program('sendmail', '-bi')
        self.assertEqual(done.returncode, 100)
        self.assertIn(b'.qmail', done.stderr)


class GitTest(SubmissionTest):
    def test_git_send_email_sends_through_it(self):
        git = shutil.which('git')
        if not git or not os.path.exists('/usr/lib/git-core/git-send-email'):
            self.skipTest('git-send-email is missing')
        patch = self.write('0001-x.patch', 'From 0 Mon Sep 17 00:00:00 2001\nFrom: J <j@x.example>\n'
                           'Date: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: [PATCH] x\n\nbody\n')
        done = subprocess.run(
            [git, 'send-email', '--quiet', '--confirm=never', '--from=j@x.example',
             '--to=ann@b.example', '--smtp-server=' + letterbox.program('sendmail'), patch],
            capture_output=True, timeout=60, check=False, cwd=self.dir,
            env={'PATH': os.environ['PATH'], 'HOME': self.dir, 'LETTERBOX_HOME': self.path('mail'),
                 'EMAIL': 'j@x.example'},
            **letterbox.as_ordinary())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.envelope()[1][:1], ['ann@b.example'])


class FilterTest(SubmissionTest):
    DELIVERY = {'SENDER': 'src@s.example', 'NEWSENDER': 'new@s.example',
                'DTLINE': 'Delivered-To: joe@example.org\n', 'RPLINE': 'Return-Path: <src@s.example>\n',
                'UFLINE': 'From src@s.example Thu Jan 01 00:00:00 1970\n'}

    def run_filter(self, name, *args, **variables):
        with open(self.write('input', MESSAGE), 'rb') as file:
            return letterbox.run(name, *args, stdin_file=file,
                                 env={'PATH': '/usr/bin:/bin', 'LETTERBOX_HOME': self.path('mail'),
                                      **self.DELIVERY, **variables})

    def test_a_command_may_leave_a_long_message_unread(self):
        self.write('input', b'')
        with open(self.path('long'), 'wb') as file:
            file.truncate(4 * 1024 * 1024)
        with open(self.path('long'), 'rb') as file:
            done = letterbox.run('preline', 'head', '-n', '1', stdin_file=file,
                                 env={'PATH': '/usr/bin:/bin', **self.DELIVERY})
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.assertEqual(done.stdout, self.DELIVERY['UFLINE'].encode())

    def test_a_command_gets_sigpipe_as_it_should(self):
        done = self.run_filter('preline', 'sh', '-c', 'yes | head -n 1; cat >/dev/null')
        self.assertEqual((done.returncode, done.stdout), (0, b'y\n'))

    def test_a_condition_and_its_opposite(self):
        self.assertEqual(self.run_filter('condredirect', 'x@y', 'grep', '-q', 'hello').returncode, 99)
        self.assertEqual(self.envelope(), ('src@s.example', ['x@y']))
        self.assertTrue(self.read('message').endswith(MESSAGE))
        self.assertEqual(self.run_filter(
            'condredirect', 'x@y', letterbox.program('except'), 'grep', '-q', 'hello').returncode, 0)

    def test_a_subject_cannot_bring_fields_along(self):
        done = self.run_filter('mailsubj', 'one\nBcc: evil@x.y\n\nbody', 'ann@b.example')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.envelope()[1], ['ann@b.example'])

    def test_whoever_is_an_argument_of_mailsubj_gets_the_message(self):
        done = self.run_filter('mailsubj', 's', 'ann@b.example', 'Joe Doe <joe@c.example>', 'd@e.f,')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(self.envelope()[1]), ['ann@b.example', 'd@e.f', 'joe@c.example'])

    def test_what_could_not_be_read_to_its_end_is_not_taken_for_a_whole_message(self):
        folder = os.open(self.dir, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        for name in ('predate', 'preline'):
            done = letterbox.run(name, 'sh', '-c', 'cat >/dev/null; echo taken', stdin_file=folder,
                                 env={'PATH': '/usr/bin:/bin', **self.DELIVERY})
            self.assertEqual((done.returncode, done.stdout), (111, b''), name)

    def test_a_receipt_names_the_message(self):
        text = (b'Subject: hello\nNotice-Requested-Upon-Delivery-To: JOE@example.org\n'
                b'Message-ID: <m@x>\n\nbody\n')
        done = self.run_program('qreceipt', 'joe@example.org', stdin=text, **self.DELIVERY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.envelope(), ('', ['src@s.example']))
        self.assertIn('Message-ID: <m@x>', self.message().get_payload())
