# SPDX-License-Identifier: MIT
"""The queue as a whole: from its door to Maildirs, bounces, retries, signals; nothing is lost,
whichever process dies."""
import collections
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import letterbox
from support.mail_queue import Door, QueueHome

CONTENT = b'From: a@b.example\nSubject: test\n\nhello\n'


class QueueTest(unittest.TestCase):
    def setUp(self):
        self.home = QueueHome(self)

    def submit(self, *recipients, sender='s@send.example', content=CONTENT):
        door = self.home.door()
        answer = door.submit(sender, recipients, content)
        door.close()
        self.assertEqual(answer[:1], b'K', answer)
        return int(answer[1:])

    def delivered(self):
        return list(self.home.maildir.messages().values())


class DeliveryTest(QueueTest):
    def test_a_message_goes_from_the_door_to_the_maildir(self):
        self.home.start()
        number = self.submit('joe@example.org')
        self.home.wait_for('^end msg %d$' % number)
        pid, uid = os.getpid(), os.geteuid()
        self.assertRegex(self.home.log(), r'^status: local 0/10 remote 0/0\n'
                         r'new msg %d\n'
                         r'info msg %d: bytes \d+ from <s@send.example> qp %d uid %d\n'
                         r'starting delivery 1: msg %d to local joe@example.org\n'
                         r'status: local 1/10 remote 0/0\n'
                         r'delivery 1: success: did_1\+0\+0/\n'
                         r'status: local 0/10 remote 0/0\n'
                         r'end msg %d\n$' % (number, number, pid, uid, number, number))
        content, = self.delivered()
        self.assertRegex(content.decode(), r'^Return-Path: <s@send.example>\n'
                         r'Delivered-To: joe@example.org\n'
                         r'Received: \(qmail %d invoked by uid %d\); .* -0000\n'
                         r'From: a@b.example\nSubject: test\n\nhello\n$' % (pid, uid))
        self.assertEqual(self.home.stop(), 0)
        self.assertTrue(self.home.log().endswith('status: exiting\n'))

    def test_qmail_queue_hands_a_large_message_over(self):
        self.home.start()
        content = b'Subject: large\n\n' + b'0123456789\n' * 100_000
        envelope, writer = os.pipe()
        os.write(writer, b'Fs@send.example\0Tjoe@example.org\0\0')
        os.close(writer)
        done = subprocess.run([letterbox.program('qmail-queue')], input=content, stdout=envelope,
                              env=self.home.environment(), check=False,
                              **letterbox.as_ordinary())
        os.close(envelope)
        self.assertEqual(done.returncode, 0)
        self.home.wait_for('^end msg')
        got, = self.delivered()
        self.assertTrue(got.endswith(content))
        spool = os.path.join(self.home.dir, 'queue', 'store', 'spool')
        self.home.wait_until(lambda: not os.listdir(spool), 'the file stays')

    def test_fifty_submitters_lose_nothing(self):
        self.home.start()
        errors = []

        def submitter(me):
            try:
                door = Door(os.path.join(self.home.dir, 'run', 'queue.sock'))
                for i in range(4):
                    answer = door.submit('s@x', ['joe@example.org'], b'X: %d-%d\n\n' % (me, i))
                    if answer[:1] != b'K':
                        errors.append(answer)
                door.close()
            except OSError as error:
                errors.append(error)
        threads = [threading.Thread(target=submitter, args=(i,)) for i in range(50)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(errors, [])
        self.home.wait_for('^end msg', 200)
        bodies = collections.Counter(re.search(rb'^X: (.*)$', each, re.M)[1]
                                     for each in self.delivered())
        self.assertEqual(len(bodies), 200)
        self.assertEqual(set(bodies.values()), {1})

    def test_a_forward_makes_a_second_message(self):
        self.home.qmail('-list', '&joe@example.org\n')
        self.home.start()
        self.submit('joe-list@example.org')
        self.home.wait_for('^end msg', 2)
        self.assertRegex(self.home.log(), r'did_0\+1\+0/qp_\d+/')
        self.assertIn(b'Delivered-To: joe-list@example.org\n', self.delivered()[0])

    def test_each_recipient_of_a_verp_sender_has_one_of_its_own(self):
        self.home.start()
        self.submit('joe@example.org', sender='list-@send.example-@[]')
        self.home.wait_for('^end msg')
        self.assertIn(b'Return-Path: <list-joe=example.org@send.example>\n', self.delivered()[0])

    def test_a_virtual_domain_is_delivered_with_its_prefix(self):
        self.home.control(virtualdomains='virt.example:joe-virt')
        self.home.qmail('-virt-bob', './Maildir/\n')
        self.home.start()
        self.submit('Bob@virt.example')
        self.home.wait_for('^end msg')
        self.assertIn('to local joe-virt-Bob@virt.example', self.home.log())

    def test_a_message_without_recipients_ends_at_once(self):
        self.home.start()
        number = self.submit()
        self.home.wait_for('^end msg %d$' % number)
        self.assertEqual(self.home.counters()['waiting'], 0)

    def test_json_logs_have_an_object_a_line(self):
        self.home.start('--log-format=json')
        self.submit('joe@example.org')
        self.home.wait_for('"event":"end"')
        events = [json.loads(line)['event'] for line in self.home.log().splitlines()]
        self.assertEqual(events, ['status', 'new', 'info', 'starting', 'status', 'ended', 'status',
                                  'end'])


class FailureTest(QueueTest):
    def test_what_fails_comes_back_as_one_report(self):
        self.home.qmail('-a', '|echo first; exit 100\n')
        self.home.qmail('-b', '|echo second; exit 100\n')
        self.home.start()
        self.submit('joe-a@example.org', 'joe-b@example.org', sender='joe@example.org')
        self.home.wait_for('^end msg', 2)
        report, = self.delivered()
        for each in (b'multipart/report', b'<joe-a@example.org>:\nfirst\n',
                     b'<joe-b@example.org>:\nsecond\n', b'Return-Path: <>\n', b'hello'):
            self.assertIn(each, report)
        self.assertEqual(self.home.log().count('bounce msg'), 1)

    def test_a_failure_does_not_wait_for_what_is_put_off(self):
        self.home.qmail('-later', '|exit 111\n')
        self.home.start()
        self.submit('joe-none-such@example.org', 'joe-later@example.org',
                    sender='joe@example.org')
        self.home.wait_for('^end msg', 1)
        self.assertIn(b'no mailbox here by that name', self.delivered()[0])
        self.assertEqual(self.home.counters()['waiting'], 1)

    def test_a_bounce_that_fails_goes_to_the_administrator_and_then_nowhere(self):
        self.home.control(doublebounceto='joe-none', doublebouncehost='example.org')
        self.home.start()
        self.submit('joe-none@example.org', sender='joe-none@example.org')
        self.home.wait_for('^end msg', 3)
        self.assertRegex(self.home.log(), r'from <#@\[\]>')
        self.assertIn('triple bounce: discarding bounce/', self.home.log())
        self.assertEqual(self.delivered(), [])

    def test_what_is_put_off_is_tried_again_at_sigalrm(self):
        self.home.qmail('', '|test -e ok || exit 111\n./Maildir/\n')
        self.home.start()
        self.submit('joe@example.org')
        self.home.wait_for('delivery 1: deferral')
        with open(os.path.join(self.home.user_home, 'ok'), 'wb'):
            pass
        self.home.process.send_signal(signal.SIGALRM)
        self.home.wait_for('^end msg')
        self.assertEqual(len(self.delivered()), 1)

    def test_a_message_that_is_too_old_gets_its_last_attempt(self):
        self.home.control(queuelifetime='0')
        self.home.qmail('-later', '|echo not now; exit 111\n')
        self.home.start()
        self.submit('joe-later@example.org', sender='joe@example.org')
        self.home.wait_for('delivery 1: deferral')
        time.sleep(1.1)
        self.home.process.send_signal(signal.SIGALRM)
        self.home.wait_for('^end msg', 2)
        self.assertIn(b"I'm not going to try again; this message has been in the queue too long.",
                      self.delivered()[0])


class ProcessTest(QueueTest):
    def test_sigterm_waits_for_what_is_under_way(self):
        self.home.qmail('', '|while ! test -e ok; do sleep 0.05; done\n./Maildir/\n')
        self.home.start()
        self.submit('joe@example.org')
        self.home.wait_for('starting delivery 1')
        self.home.process.send_signal(signal.SIGTERM)
        self.home.wait_for('exitasap')
        with open(os.path.join(self.home.user_home, 'ok'), 'wb'):
            pass
        self.assertEqual(self.home.process.wait(30), 0)
        self.assertEqual(len(self.delivered()), 1)
        self.assertIn('end msg', self.home.log())

    def test_what_waits_survives_a_restart(self):
        self.home.control(concurrencylocal='0')
        self.home.start()
        self.submit('joe@example.org')
        self.assertEqual(self.home.stop(), 0)
        self.home.control(concurrencylocal='5')
        self.home.start()
        self.home.wait_for('^end msg')
        self.assertEqual(len(self.delivered()), 1)

    def test_sighup_reads_all_settings(self):
        self.home.control(concurrencylocal='0')
        self.home.start()
        self.submit('joe@example.org')
        self.home.control(concurrencylocal='3', locals='example.org\nnew.example')
        self.home.process.send_signal(signal.SIGHUP)
        self.home.wait_for('^status: local 1/3')
        self.home.wait_for('^end msg')
        self.submit('joe@new.example')
        self.home.wait_for('^end msg', 2)

    def test_where_much_waits_mail_still_comes_in_at_its_pace(self):
        self.home.qmail('', '|while ! test -e ok; do sleep 0.05; done\n./Maildir/\n')
        self.home.control(acceptleast='100', concurrencylocal='1')
        self.home.start()
        for _ in range(102):  # one is under way, and 101 wait
            self.submit('joe@example.org')
        start = time.monotonic()
        for _ in range(20):
            self.submit('joe@example.org')
        self.assertGreater(time.monotonic() - start, 0.15)
        self.assertEqual(self.home.counters()['accepted'], 122)
        self.assertEqual(self.delivered(), [])
        with open(os.path.join(self.home.user_home, 'ok'), 'wb'):
            pass
        self.home.wait_for('^end msg', 122)

    def test_a_second_one_refuses_to_start(self):
        self.home.start()
        second = subprocess.run([letterbox.program('letterbox-queued')], capture_output=True,
                                env=self.home.environment(), check=False, timeout=30,
                                **letterbox.as_ordinary())
        self.assertEqual(second.returncode, 111)
        self.assertIn(b'alert: cannot start: qmail-send is already running\n', second.stderr)
        self.submit('joe@example.org')
        self.home.wait_for('^end msg')

    def test_settings_that_cannot_be_read_are_said(self):
        os.remove(os.path.join(self.home.dir, 'control', 'locals'))
        os.mkdir(os.path.join(self.home.dir, 'control', 'locals'))
        self.home.start(wait=False)
        self.assertEqual(self.home.process.wait(30), 111)
        self.assertEqual(self.home.log(), 'alert: cannot start: unable to read controls\n')

    def test_nothing_is_lost_whichever_process_dies(self):
        for victim in range(3):
            with self.subTest(victim=victim):
                self.run_with_a_death(victim)

    def run_with_a_death(self, victim):
        self.home.start()
        before = len(self.delivered())
        for i in range(20):
            self.submit('joe@example.org', content=b'X: %d-%d\n\n' % (victim, i))
            if i == 10:
                os.kill(self.home.processes()[victim], signal.SIGKILL)
                self.assertNotEqual(self.home.process.wait(30), 0)
                self.home.process = None
                # Users' processes may still write their last message down.
                self.home.start()
        self.home.wait_until(lambda: len(self.delivered()) >= before + 20, 'something is lost')
        self.home.wait_until(lambda: self.home.counters()['waiting'] == 0, 'something waits')
        self.assertEqual(self.home.stop(), 0)
        names = collections.Counter(re.search(rb'^X: (.*)$', each, re.M)[1]
                                    for each in self.delivered())
        self.assertEqual(set(names.values()), {1}, 'shown twice')


class StrangerTest(QueueTest):
    def test_nobody_gets_far_with_what_is_no_submission(self):
        self.home.start()
        path = os.path.join(self.home.dir, 'run', 'queue.sock')
        for datagram in (b'X', b'E', b'EFs@x\0Tjoe@example.org\0', b'EF' + b'x' * 16000 + b'\0',
                         b'C', b'Cretry\x00', b'K17'):
            stranger = Door(path)
            stranger.socket.send(datagram)
            try:
                answer = stranger.socket.recv(16384)
            except ConnectionResetError:
                answer = b''
            self.assertNotEqual(answer[:1], b'K', datagram) if datagram[:1] != b'C' else None
            stranger.close()
        unsealed = os.memfd_create('message', os.MFD_ALLOW_SEALING)
        door = self.home.door()
        self.assertEqual(door.ask(b'EFs@x\0Tjoe@example.org\0', unsealed)[:1], b'D')
        os.close(unsealed)
        self.submit('joe@example.org')
        self.home.wait_for('^end msg')

    def test_silent_connections_hold_up_nobody(self):
        self.home.start()
        path = os.path.join(self.home.dir, 'run', 'queue.sock')
        silent = [Door(path) for _ in range(200)]
        for each in silent[:100]:
            each.socket.send(b'MFs@x\0')
        number = self.submit('joe@example.org')
        self.home.wait_for('^end msg %d$' % number)
        self.assertGreaterEqual(self.home.counters()['connections'], 200)
        for each in silent:
            each.close()


class RemoteTest(QueueTest):
    def setUp(self):
        super().setUp()
        self.home.control(concurrencyremote='5')
        self.remote = os.path.join(self.home.dir, 'remote')

    def start(self, script):
        with open(self.remote, 'w', encoding='utf-8') as file:
            file.write('#!/bin/sh\n' + script)
        os.chmod(self.remote, 0o755)
        os.mkdir(os.path.join(self.home.dir, 'bin'))
        os.symlink(self.remote, os.path.join(self.home.dir, 'bin', 'qmail-remote'))
        self.home.start()

    def test_recipients_of_one_domain_go_together(self):
        self.start('cat >/dev/null; echo "$@" >> %s/sent; shift 2\n'
                   'for each; do printf "r\\0"; done; printf "Kok\\n\\0"\n' % self.home.user_home)
        self.submit('x@far.example', 'y@FAR.example', 'z@other.example')
        self.home.wait_for('^end msg')
        with open(os.path.join(self.home.user_home, 'sent'), encoding='utf-8') as file:
            sent = sorted(file.read().splitlines())
        self.assertEqual(sent, ['far.example s@send.example x@far.example y@FAR.example',
                                'other.example s@send.example z@other.example'])
        self.assertRegex(self.home.log(), r'starting delivery \d: msg \d+ to remote x@far.example')

    def test_a_destination_that_refuses_everything_rests(self):
        self.start('cat >/dev/null; echo x >> %s/tries; printf "Zcould not connect\\n\\0"\n'
                   % self.home.user_home)
        for _ in range(30):
            self.submit('x@dead.example')
        self.submit('joe@example.org')
        self.home.wait_for('^end msg')
        self.home.wait_for('deferral: could_not_connect', 5)
        time.sleep(0.3)
        with open(os.path.join(self.home.user_home, 'tries'), encoding='utf-8') as file:
            self.assertLess(len(file.read().split()), 15)


if __name__ == '__main__':
    unittest.main()
