# SPDX-License-Identifier: MIT
"""Each process that mail passes on its way through the queue, killed with SIGKILL before one of its
system calls, in a run of 20 messages of which some fail; then the queue is started again. Every
message that was acknowledged is delivered, or its sender is told why not, once.

LBX_KILLS: so many calls of each process, spread over its run; `all`: each; LBX_JOBS: runs at a
time. scripts/crash_matrix runs it in full."""
import collections
import concurrent.futures
import itertools
import os
import queue
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from support import letterbox
from support.mail_queue import QueueHome

KILLS = os.environ.get('LBX_KILLS', '2')
JOBS = int(os.environ.get('LBX_JOBS', '2'))
PATIENCE = 90
DEAD_FOR = 5  # seconds: a delivery that lives takes less
# What there is between two runs of one and the same thing: how often epoll_wait returned.
MORE_CALLS = 1.05
# Their end is the end of the queue, and whoever supervises it starts it again.
ESSENTIAL = ('first', 'remote', 'queue')

BROKEN, UNKNOWN, REFUSED = 'broken', 'no mailbox here by that name', 'nobody here'
REMOTE = '''#!/bin/sh
while read -r line; do case $line in X-Number:*) number=${line#X-Number: };; esac; done
shift 2
case $1 in *refused*) printf 'hnobody here\\0Kok\\n\\0'; exit;; esac
echo "$number" >> %s/sent
printf 'r\\0Kok\\n\\0'
'''


class Mail:
    """One of the 20: for whom, and what must become of it."""

    def __init__(self, number, kind):
        self.number = number
        self.sender = 'joe-back-%d@example.org' % number
        self.recipients, self.once, self.often, self.failures = [], [], [], {}
        body = b'%d\n' % number * (100_000 if kind == 'large' else 300)
        self.content = b'X-Number: %d\n\n' % number + body
        getattr(self, kind)()

    def to(self, name, host='example.org'):
        address = '%s-%d@%s' % (name, self.number, host)
        self.recipients.append(address)
        return address

    def box(self):
        self.to('joe-box')
        self.once.append('Maildir')

    large = box

    def mbox(self):
        self.to('joe-mbox')
        self.once.append('mbox')

    def forward(self):
        self.to('joe-forward')
        self.often.append('Forwarded')

    def program(self):
        self.to('joe-program')
        self.often.append('ran')

    def far(self):
        self.to('x', 'far.example')
        self.often.append('sent')

    def fails(self):
        self.failures[self.to('joe-fails')] = BROKEN

    def unknown(self):
        self.failures[self.to('joe-unknown')] = UNKNOWN

    def refused(self):
        self.failures[self.to('refused', 'far.example')] = REFUSED

    def mixed(self):
        """The failure waits for the one that takes its time."""
        self.fails()
        self.to('joe-slow')
        self.often.append('ran')

    def several(self):
        self.box()
        self.unknown()
        self.fails()


KINDS = ('mixed box box forward fails large unknown box several mbox far program refused box '
         'forward fails unknown mixed far box').split()


class Run:
    """A mail home, used for one run after the other."""

    def __init__(self, test):
        self.home = QueueHome(test)
        self.home.control(concurrencyremote='5', concurrencylocal='5')
        user = self.home.user_home
        for extension, text in (('-box-default', './Maildir/\n'), ('-mbox-default', './mbox\n'),
                                ('-forward-default', '&joe-forwarded@example.org\n'),
                                ('-forwarded', './Forwarded/\n'),
                                ('-back-default', './Bounces/\n'),
                                ('-fails-default', '|echo broken; exit 100\n'),
                                ('-program-default', '|echo "$EXT2" >> %s/ran\n' % user),
                                ('-slow-default', '|sleep 0.2; echo "$EXT2" >> %s/ran\n' % user)):
            self.home.qmail(extension, text)
        os.mkdir(self.path('bin'))
        with open(self.path('bin/qmail-remote'), 'w', encoding='utf-8') as file:
            file.write(REMOTE % user)
        os.chmod(file.name, 0o755)
        self.report = self.path('user/report')

    def path(self, name):
        return os.path.join(self.home.dir, name)

    def clear(self):
        for each in ('queue', 'run', 'user/.letterbox', 'user/Maildir', 'user/Forwarded',
                     'user/Bounces'):
            shutil.rmtree(self.path(each), ignore_errors=True)
        for each in ('mbox', 'mbox.lock', 'ran', 'sent', 'report'):
            if os.path.exists(self.path('user/' + each)):
                os.unlink(self.path('user/' + each))
        for each in ('Maildir', 'Forwarded', 'Bounces'):
            letterbox.Maildir(self.path('user/' + each))
        letterbox.own(self.home.dir)
        self.mails = [Mail(number, kind) for number, kind in enumerate(KINDS)]
        self.acknowledged = set()

    # The running queue.

    def start(self, role=None, at=0):
        wrap = (letterbox.program('kill_at'), self.report, role, str(at)) if role else ()
        deadline = time.monotonic() + PATIENCE
        while True:
            self.home.start(wrap=wrap, wait=False)
            self.pid = None if role else self.home.process.pid
            self.tracer = self.home.process.pid
            while not self.is_over() and 'status: local' not in self.home.log():
                time.sleep(0.005)
            # One of before may be at its end yet; who supervises it tries again.
            if 'already running' not in self.home.log() or time.monotonic() > deadline:
                return
            time.sleep(0.02)

    def is_over(self):
        return self.home.process.poll() is not None

    def tell(self, number):
        if self.pid is None:
            with open('/proc/%d/task/%d/children' % (self.tracer, self.tracer)) as file:
                children = file.read().split()
            if not children:
                return  # it has just ended
            self.pid = int(children[0])
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass  # it is the one that was killed

    def submit(self, mail, wrap=()):
        with tempfile.TemporaryFile() as envelope, tempfile.TemporaryFile() as content:
            envelope.write(b'F' + mail.sender.encode() + b'\0')
            envelope.write(b''.join(b'T%s\0' % each.encode() for each in mail.recipients) + b'\0')
            content.write(mail.content)
            for each in (envelope, content):
                each.seek(0)
            ran = subprocess.run([*wrap, letterbox.program('qmail-queue')], stdin=content,
                                 stdout=envelope, stderr=subprocess.DEVNULL, check=False,
                                 env=self.home.environment(), **letterbox.as_ordinary())
        if ran.returncode == 0:
            self.acknowledged.add(mail.number)
        return ran.returncode

    def was_killed(self):
        """Since this was asked last."""
        try:
            with open(self.report, encoding='utf-8') as file:
                killed = file.read().startswith('killed')
        except FileNotFoundError:
            return False
        if killed:
            os.unlink(self.report)
        return killed

    def copied_to(self, folder):
        """False: one that is at its end yet has just put its log away."""
        try:
            for name in ('queue.db', 'queue.db-wal'):
                if os.path.exists(self.path('queue/store/' + name)):
                    shutil.copy(self.path('queue/store/' + name), folder)
            return True
        except FileNotFoundError:
            return False

    def database(self):
        """A copy of the store as it stands, opened."""
        folder = tempfile.mkdtemp(prefix='lbx-copy.')
        try:
            while not self.copied_to(folder):
                pass
            database = sqlite3.connect(folder + '/queue.db')
            database.execute('SELECT 1 FROM message').fetchall()
            return database
        finally:
            shutil.rmtree(folder)

    def untold_failures(self):
        """How many have failed, and no bounce has been made of it."""
        if not os.path.exists(self.path('queue/store/queue.db')):
            return 0
        try:
            found = self.database().execute("SELECT count(*) FROM recipient WHERE state = 'f'")
            return found.fetchone()[0]
        except sqlite3.DatabaseError:
            return 0  # it was just about to be made

    def is_empty(self):
        where = 'file:%s?mode=ro' % self.path('queue/store/queue.db')
        try:
            database = sqlite3.connect(where, uri=True, timeout=5)
            with database:
                return database.execute('SELECT count(*) FROM message').fetchone()[0] == 0
        except sqlite3.OperationalError:
            return False
        finally:
            database.close()

    def wait_until_empty(self):
        """-> whether it came to that; not where the queue has ended."""
        deadline, turns = time.monotonic() + PATIENCE, itertools.count(1)
        while not self.is_over():
            if self.is_empty():
                return True
            if time.monotonic() > deadline:
                raise AssertionError('still in the queue: ' + self.home.log()[-3000:])
            time.sleep(0.03)
            if next(turns) % 8 == 0:
                self.tell(signal.SIGALRM)  # what was put off is due
                self.age_lock()
        return False

    def age_lock(self):
        """A dot-lock of a dead process is broken when it is old; so long nobody waits here."""
        lock = self.path('user/mbox.lock')
        try:
            if time.time() - os.stat(lock).st_mtime > DEAD_FOR:
                os.utime(lock, (0, 0))
        except FileNotFoundError:
            pass

    def end(self):
        self.tell(signal.SIGTERM)
        try:
            return self.home.process.wait(PATIENCE)
        finally:
            self.home.stop(signal.SIGKILL)

    # What has become of it all.

    def folder(self, name):
        return list(letterbox.Maildir(self.path('user/' + name), create=False).messages().values())

    def lines(self, name):
        try:
            with open(self.path('user/' + name), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return b''

    def counts(self):
        """-> {(place, number): how often the message is there}, and what is not whole."""
        found, torn = collections.Counter(), []
        contents = {each.number: each.content for each in self.mails}
        for place in ('Maildir', 'Forwarded'):
            for content in self.folder(place):
                number = re.search(rb'^X-Number: (\d+)\n\n', content, re.M)
                if number is None or not content.endswith(contents[int(number[1])]):
                    torn.append('torn in %s: %r' % (place, content[-200:]))
                else:
                    found[place, int(number[1])] += 1
        for place in ('ran', 'sent'):
            for line in self.lines(place).split():
                found[place, int(line)] += 1
        for number, content in contents.items():
            found['mbox', number] = self.lines('mbox').count(content)
        return found, torn

    def bounces(self):
        """-> {(number, recipient): [what was said of him]}"""
        found = collections.defaultdict(list)
        for content in self.folder('Bounces'):
            number = int(re.search(rb'^Delivered-To: joe-back-(\d+)@', content, re.M)[1])
            text = content.split(b'--- Below this line')[0].decode()
            for recipient, reason in re.findall(r'^<(.*?)>:\n(.*)$', text, re.M):
                found[number, recipient].append(reason)
        return found

    def faults(self, kills):
        """`kills`: what cannot be recognised may have been done once more for each."""
        found, faults = self.counts()
        bounces = self.bounces()
        for mail in self.mails:
            least = 1 if mail.number in self.acknowledged else 0
            limits = {place: 1 for place in mail.once}
            limits.update({place: 1 + kills for place in mail.often})
            for place, limit in limits.items():
                count = found.pop((place, mail.number), 0)
                if not least <= count <= limit:
                    faults.append('message %d, %s: %d times' % (mail.number, place, count))
            for recipient, reason in mail.failures.items():
                said = bounces.pop((mail.number, recipient), [])
                if not least <= len(said) <= 1 or any(reason not in each for each in said):
                    faults.append('bounce of %s: %s' % (recipient, said))
        faults += ['message %d is in %s' % (number, place)
                   for (place, number), count in found.items() if count]
        faults += ['bounce of %s, who had it: %s' % each for each in bounces.items()]
        return faults

    def check_store(self):
        ran = subprocess.run([letterbox.program('letterbox'), 'queue', 'check'], check=False,
                             env=self.home.environment(), capture_output=True,
                             **letterbox.as_ordinary())
        return [] if ran.returncode == 0 else ['queue check: %s' % ran.stdout]


Outcome = collections.namedtuple('Outcome', 'role at kills untold acknowledged doubles faults')


def one_case(run, role, at, second):
    """Kills `role` before call `at`, and, where the queue had to be started again, its queue
    process once more before call `second`; 0: not."""
    run.clear()
    run.start(role, at)
    for mail in run.mails:
        run.submit(mail)
    kills, untold, faults = 0, 0, []
    done = run.wait_until_empty()
    kills += run.was_killed()
    if not done and kills == 0:
        faults.append('it ended: ' + run.home.log()[-1000:])
    if not done:
        untold += run.untold_failures()
        if second:
            run.start('queue', second)
            done = run.wait_until_empty()
            kills += run.was_killed()
            if not done:
                untold += run.untold_failures()
    if not done:
        run.start()
        if not run.wait_until_empty():
            faults.append('it ended: ' + run.home.log()[-1000:])
    status = run.end()
    if run.was_killed():  # when it was to end
        kills += 1
        run.start()
        run.wait_until_empty()
        status = run.end()
    if status != 0:
        faults.append('status %d: %s' % (status, run.home.log()[-1000:]))
    faults += run.faults(kills) + run.check_store()
    found = run.counts()[0]
    doubles = sum(count - 1 for count in found.values() if count > 1)
    return Outcome(role, at, kills, untold, len(run.acknowledged), doubles, faults)


@unittest.skipUnless(os.path.exists(letterbox.program('kill_at')), 'kill_at is not built')
class QueueMatrixTest(unittest.TestCase):
    def setUp(self):
        seed = int(os.environ.get('LBX_SEED') or random.randrange(1 << 32))
        print('LBX_SEED=%d' % seed, flush=True)
        self.chance = random.Random(seed)
        self.runs = queue.SimpleQueue()
        self.done = itertools.count(1)
        for _ in range(JOBS):
            self.runs.put(Run(self))

    def undisturbed(self):
        """-> {role: how many calls it makes}"""
        run = self.runs.get()
        outcome = one_case(run, 'first', 0, 0)
        self.assertEqual((outcome.faults, outcome.acknowledged), ([], len(KINDS)))
        with open(run.report, encoding='utf-8') as file:
            counts = {role: int(count) for role, count in map(str.split, file)}
        self.runs.put(run)
        self.assertEqual(set(ESSENTIAL) - set(counts), set())
        return counts

    def cases(self, counts):
        for role, count in sorted(counts.items()):
            if KILLS == 'all':
                moments = range(1, int(count * MORE_CALLS) + 1)
            else:
                wanted = min(int(KILLS) * (3 if role == 'queue' else 1), count)
                step = count / wanted
                moments = [1 + int(step * (n + self.chance.random())) for n in range(wanted)]
            for at in moments:
                again = self.chance.random() < 0.4
                yield role, at, self.chance.randint(1, counts['queue']) if again else 0

    def case(self, role, at, second):
        run = self.runs.get()
        try:
            outcome = one_case(run, role, at, second)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            outcome = Outcome(role, at, 1, 0, 0, 0, [str(error)])
        run.home.stop(signal.SIGKILL)
        self.runs.put(run)
        if next(self.done) % 200 == 0:
            print('%s %d' % (role, at), flush=True)
        for each in outcome.faults:
            print('%s %d (then %d): %s' % (role, at, second, each), flush=True)
        return outcome

    def test_whoever_is_killed_each_message_is_delivered_or_its_sender_told(self):
        counts = self.undisturbed()
        cases = list(self.cases(counts))
        print('%d runs' % len(cases), flush=True)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            outcomes = list(pool.map(lambda each: self.case(*each), cases))
        by_role = collections.Counter(each.role for each in outcomes)
        for role, count in sorted(counts.items()):
            killed = sum(each.kills > 0 for each in outcomes if each.role == role)
            print('%-14s %5d calls: %5d runs, killed in %d' % (role, count, by_role[role], killed))
        print('%d runs with %d kills, %d of them between a failure and its bounce; %d messages '
              'acknowledged, %d copies of what cannot be recognised, %d runs with faults' % (
                  len(outcomes), sum(each.kills for each in outcomes),
                  sum(each.untold > 0 for each in outcomes),
                  sum(each.acknowledged for each in outcomes),
                  sum(each.doubles for each in outcomes),
                  sum(bool(each.faults) for each in outcomes)), flush=True)
        self.assertEqual([each for each in outcomes if each.faults], [])
        self.assertGreater(sum(each.kills > 0 for each in outcomes), 0.7 * len(outcomes))

    def test_a_failure_that_nobody_has_been_told_of_is_told_after_the_kill_once(self):
        run = self.runs.get()
        for _ in range(3):
            run.clear()
            run.start()
            mail = run.mails[KINDS.index('mixed')]
            self.assertEqual(run.submit(mail), 0)
            run.home.wait_until(run.untold_failures, 'nothing failed')
            run.home.stop(signal.SIGKILL)
            self.assertEqual(run.untold_failures(), 1)
            run.start()
            self.assertTrue(run.wait_until_empty())
            self.assertEqual(run.end(), 0)
            self.assertEqual(run.faults(1) + run.check_store(), [])

    def test_a_submitter_that_is_killed_has_submitted_nothing_or_all(self):
        run = self.runs.get()
        calls = {}
        for number in (KINDS.index('box'), KINDS.index('large')):
            run.clear()
            run.start()
            self.assertEqual(self.submit_killed(run, run.mails[number], 0), 0)
            with open(run.report, encoding='utf-8') as file:
                calls[number] = int(file.read().split()[1])
            self.assertTrue(run.wait_until_empty())
            self.assertEqual(run.end(), 0)
        most, killed = max(calls.values()), 0
        for first in range(1, most + 1, len(KINDS)):
            run.clear()
            run.start()
            for mail in run.mails:
                at = first + mail.number
                killed += self.submit_killed(run, mail, at) != 0
            self.assertTrue(run.wait_until_empty())
            self.assertEqual(run.end(), 0)
            self.assertEqual(run.faults(0) + run.check_store(), [])
        self.assertGreater(killed, min(calls.values()) * 0.8)

    @staticmethod
    def submit_killed(run, mail, at):
        return run.submit(mail, (letterbox.program('kill_at'), run.report, 'first', str(at)))


if __name__ == '__main__':
    unittest.main()
