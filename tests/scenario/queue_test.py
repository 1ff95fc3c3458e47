# SPDX-License-Identifier: MIT
"""The queue as a whole: from its door to Maildirs, bounces, retries, signals; nothing is lost,
whichever process dies."""
import os
import re
import signal
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

    def test_a_message_goes_from_the_door_to_the_maildir(self):
        self.home.start()
        number = self.submit('joe@example.org')
        self.home.wait_for('^end msg %d$' % number)
        pid = os.getpid()
        uid = os.geteuid()
        log = self.home.log()
        self.assertRegex(log, r'^status: local 0/10 remote 0/0\n'
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


if __name__ == '__main__':
    unittest.main()
