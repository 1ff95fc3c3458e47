# SPDX-License-Identifier: MIT
"""qmail-queue with a door that we play, and with none."""
import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from support import letterbox
from support.letterbox import as_ordinary, program

MESSAGE = b'Subject: x\n\nbody\n'
ENVELOPE = b'Fs@x\0Ta@b\0Tc@d\0\0'
F_GET_SEALS = 1034
SEALED = 0x2 | 0x4 | 0x8  # shrink, grow, write


class Door(threading.Thread):
    """Takes one connection and plays the queue: `answers` by the letter of the datagram."""

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self.answers = answers
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(path)
        os.chmod(path, 0o666)
        self.listening.listen(1)
        self.datagrams = []
        self.messages = []
        self.start()

    def run(self):
        connection = self.listening.accept()[0]
        with connection:
            while True:
                data, fds, _, _ = socket.recv_fds(connection, 65536, 4)
                if not data:
                    return
                self.datagrams.append(data)
                self.messages += fds
                answer = self.answers.get(data[:1])
                if answer == b'':
                    return
                if answer is not None:
                    text, descriptors = answer if isinstance(answer, tuple) else (answer, [])
                    socket.send_fds(connection, [text], descriptors)

    def end(self):
        self.join(20)
        self.listening.close()
        for each in self.messages:
            os.close(each)


class QmailQueueTest(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix='lbx-queue.')
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        os.makedirs(self.home + '/run')
        letterbox.own(self.home)
        self.door = None

    def open_door(self, **answers):
        given = {name.encode(): answer for name, answer in answers.items()}
        self.door = Door(self.home + '/run/queue.sock', given)
        self.addCleanup(self.door.end)
        return self.door

    def queue(self, message=MESSAGE, envelope=ENVELOPE, text_to=None, environment=None):
        """-> (exit status, what came on descriptor 6)"""
        read_end, write_end = os.pipe()
        text_read, text_write = os.pipe()

        def prepare():
            os.dup2(read_end, 1)
            if text_to is None:
                os.dup2(text_write, 6)
            elif text_to >= 0:
                os.dup2(text_to, 6)
            if text_to is None or text_to >= 0:
                os.set_inheritable(6, True)  # dup2 of a descriptor to itself does not

        feeder = threading.Thread(target=self.feed, args=(write_end, envelope))
        feeder.start()
        child = subprocess.run(
            [program('qmail-queue')], input=message, stderr=subprocess.PIPE, timeout=60,
            env=dict(environment or {}, LETTERBOX_HOME=self.home), close_fds=False,
            preexec_fn=prepare, **as_ordinary())
        os.close(read_end)
        feeder.join()
        os.close(text_write)
        with os.fdopen(text_read, 'rb') as file:
            text = file.read()
        self.assertEqual(child.stderr, b'')
        return child.returncode, text

    @staticmethod
    def feed(fd, data):
        try:
            with os.fdopen(fd, 'wb') as file:
                file.write(data)
        except BrokenPipeError:
            pass

    def content(self, fd):
        return os.pread(fd, 10_000_000, 0)

    def test_a_message_goes_through_the_door_sealed(self):
        door = self.open_door(E=b'K7')
        self.assertEqual(self.queue(), (0, b''))
        door.join(20)
        self.assertEqual(door.datagrams, [b'EFs@x\0Ta@b\0Tc@d\0'])
        self.assertEqual(self.content(door.messages[0]), MESSAGE)
        self.assertEqual(fcntl.fcntl(door.messages[0], F_GET_SEALS) & SEALED, SEALED)

    def test_many_recipients_are_several_datagrams(self):
        door = self.open_door(E=b'K7')
        envelope = b'Fs@x\0' + b''.join(b'Tuser%d@example.org\0' % i for i in range(10_000)) + b'\0'
        self.assertEqual(self.queue(envelope=envelope), (0, b''))
        door.join(20)
        self.assertGreater(len(door.datagrams), 10)
        self.assertEqual(b''.join(each[1:] for each in door.datagrams), envelope[:-1])
        self.assertEqual(len(door.messages), 1)

    def test_a_large_message_is_written_into_the_queues_file(self):
        spool = os.open(self.home + '/spool', os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, spool)
        os.write(spool, b'Received: x\n')
        door = self.open_door(G=(b'GReceived: x\n', [spool]), E=b'K8')
        large = b'x' * 79 + b'\n'
        large *= 10_000
        self.assertEqual(self.queue(message=large), (0, b''))
        door.join(20)
        self.assertEqual([each[:1] for each in door.datagrams], [b'G', b'E'])
        self.assertEqual(self.content(spool), b'Received: x\n' + large)
        self.assertTrue(os.path.sameopenfile(spool, door.messages[0]))

    def test_a_refusal_is_told_to_who_listens(self):
        self.open_door(E=b'Dno such list (#5.7.1)')
        self.assertEqual(self.queue(), (82, b'Dno such list (#5.7.1)'))

    def test_a_refusal_is_a_status_for_everybody_else(self):
        for answer, status in ((b'Dno', 31), (b'Zlater', 71)):
            with self.subTest(answer):
                self.open_door(E=answer)
                with open(self.home + '/unrelated', 'w+b') as file:
                    self.assertEqual(self.queue(text_to=file.fileno()), (status, b''))
                    self.assertEqual(os.fstat(file.fileno()).st_size, 0)
                os.unlink(self.home + '/run/queue.sock')

    def test_a_queue_that_goes_away_is_for_later(self):
        self.open_door(E=b'')
        status, text = self.queue()
        self.assertEqual((status, text[:1]), (82, b'Z'))

    def test_what_the_sender_wants_to_hear_comes_from_the_environment(self):
        door = self.open_door(E=b'K1')
        self.queue(environment={'DSN_NOTIFY': 'success,delay', 'DSN_RET': 'hdrs', 'DSN_ENVID': 'QQ'})
        door.join(20)
        self.assertEqual(door.datagrams, [
            b'EFs@x\0VQQ\0RHDRS\0Ta@b\0NSUCCESS,DELAY\0Tc@d\0NSUCCESS,DELAY\0'])

    def test_without_a_queue_there_is_none(self):
        status, text = self.queue()
        self.assertEqual((status, text), (82, b'Zthe queue is not running (#4.3.2)'))
        self.assertEqual(self.queue(text_to=-1)[0], 71)

    def test_a_message_waits_in_the_store_for_a_queue_that_is_not_running(self):
        os.mkdir(self.home + '/queue')
        letterbox.own(self.home + '/queue')
        self.assertEqual(self.queue(), (0, b''))
        large = b'x' * 300_000
        self.assertEqual(self.queue(message=large), (0, b''))
        self.assertEqual(len(os.listdir(self.home + '/queue/store/spool')), 1)
        self.assertTrue(os.path.exists(self.home + '/queue/store/queue.db'))

    def test_many_at_once_without_a_queue_are_all_taken(self):
        os.mkdir(self.home + '/queue')
        letterbox.own(self.home + '/queue')
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.queue()))
                   for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(results, [(0, b'')] * 8)

    def test_a_home_that_is_not_there_has_a_status(self):
        shutil.rmtree(self.home)
        self.assertEqual(self.queue()[0], 61)

    @unittest.skipUnless(shutil.which('strace'), 'needs strace')
    def test_a_message_costs_no_flush_here(self):
        door = self.open_door(E=b'K1')
        trace = self.home + '/trace'
        child = subprocess.run(
            ['strace', '-f', '-o', trace, '-e', 'trace=fsync,fdatasync,sync,syncfs,openat',
             '/bin/sh', '-c', 'printf "Fs@x\\0Ta@b\\0\\0" | "$0" 1<&0 </dev/null',
             program('qmail-queue')],
            env={'LETTERBOX_HOME': self.home, 'PATH': os.environ['PATH']}, timeout=60)
        self.assertEqual(child.returncode, 0)
        door.join(20)
        with open(trace, encoding='ascii') as file:
            calls = file.read()
        self.assertIn('openat', calls)
        self.assertNotIn('sync(', calls)


if __name__ == '__main__':
    unittest.main()
