# SPDX-License-Identifier: MIT
"""POP3 servers for pop3.py: ours, Dovecot and Courier (Debian's, as scripts/peers unpacks them), each
as an ordinary user on a free port of loopback. Users are folders below a home of the server's own;
every password is x."""
import crypt
import grp
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), '..'))

from support import letterbox, peers  # noqa: E402

DOVECOT = '''base_dir = {home}/run
state_dir = {home}/state
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
log_path = {home}/dovecot.log
mail_location = maildir:~/Maildir
mail_max_userip_connections = 1000
service pop3-login {{
  chroot =
  {login}
  inet_listener pop3 {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=x
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/%n
}}
'''

COURIER_AUTH = '''authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=5
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
'''
COURIER = '''cd /usr
/usr/lib/courier/courier-authlib/authdaemond &
auth=$!
trap 'kill $auth $pop3; exit' TERM
export POP3AUTH= POP3_PROXY=0 MAILDIRPATH=Maildir PORT=$1
/usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=1000 -maxperip=1000 -nodnslookup \
  -noidentlookup $1 /usr/lib/courier/courier/courierpop3login \
  /usr/lib/courier/courier/courierpop3d Maildir &
pop3=$!
wait
'''


def cpu_clock(pid):
    """What clock_getcpuclockid(3) answers: the time of all threads of a process."""
    return (~pid << 3) | 2


class Server:
    """A name, a home for its users, and the files that it may lose."""
    keeps = ()
    ours = False

    def __init__(self, name, home):
        self.name, self.home = name, home
        os.makedirs(home, exist_ok=True)

    def maildir(self, user):
        return os.path.join(self.home, user, 'Maildir')

    def forget(self, user):
        """What it knows of a Maildir is gone."""
        for name in os.listdir(self.maildir(user)):
            path = os.path.join(self.maildir(user), name)
            if name.startswith(self.keeps):
                os.rmdir(path) if os.path.isdir(path) else os.unlink(path)

    def run(self, *command, **options):
        with open(os.path.join(self.home, 'log'), 'ab') as log:
            self.process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL,
                                            **{'stdout': log, **options})

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(peers.WAIT)

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), timeout=600)

    def processes(self):
        """The server's process and its descendants."""
        parents = {}
        for pid in filter(str.isdigit, os.listdir('/proc')):
            fields = peers.read('/proc/%s/stat' % pid).rpartition(')')[2].split()
            if fields:
                parents[int(pid)] = int(fields[1])
        ours = {self.process.pid}
        while more := {pid for pid in parents if parents[pid] in ours} - ours:
            ours |= more
        return ours

    def cpu(self):
        """Seconds that these and what has ended below them have used: those alive to the nanosecond,
        all that have ended together to a tick of 10 ms."""
        alive, ticks = 0.0, 0
        for pid in self.processes():
            fields = peers.read('/proc/%d/stat' % pid).rpartition(')')[2].split()
            try:
                alive += time.clock_gettime(cpu_clock(pid)) if fields else 0
            except OSError:
                continue  # it has just ended
            ticks += sum(map(int, fields[13:15])) if fields else 0
        return alive + ticks / os.sysconf('SC_CLK_TCK')

    def memory(self, *what):
        """KiB of the smaps_rollup rows that begin with one of these words, in all processes."""
        kib = 0
        for pid in self.processes():
            try:
                rows = peers.read('/proc/%d/smaps_rollup' % pid).splitlines()
            except OSError:
                continue
            kib += sum(int(row.split()[1]) for row in rows[1:] if row.startswith(what))
        return kib


class Letterbox(Server):
    keeps = ('letterbox-pop3-',)
    ours = True

    def __init__(self, name, home, program):
        super().__init__(name, home)
        self.program = program

    def forbid_index(self, user):
        """Until forget()."""
        self.forget(user)
        os.mkdir(os.path.join(self.maildir(user), 'letterbox-pop3-index'))

    def start(self, users):
        login = os.path.join(self.home, 'login')
        with open(login, 'w', opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            for user in users:
                file.write('%s:{PLAIN}x:%s\n' % (user, self.maildir(user)))
        self.run(self.program, '--listen', '127.0.0.1:0', '--login-file', login,
                 '--max-per-address', '1000', stdout=subprocess.PIPE,
                 env=dict(os.environ, LETTERBOX_HOME=self.home))
        self.port = int(self.process.stdout.readline().decode().rsplit(':', 1)[1])


class Dovecot(Server):
    keeps = ('dovecot',)
    # Debian's default: a login process for each connection. The other way is theirs for speed.
    login = 'service_count = 1'

    def start(self, _users):
        self.port = peers.free_port()
        user = letterbox.ORDINARY
        config = os.path.join(self.home, 'dovecot.conf')
        with open(config, 'w', encoding='ascii') as file:
            file.write(DOVECOT.format(
                home=self.home, port=self.port, login=self.login, user=user.pw_name,
                uid=user.pw_uid, gid=user.pw_gid, group=grp.getgrgid(user.pw_gid).gr_name))
        self.run('/usr/sbin/dovecot', '-F', '-c', config)
        peers.wait_until(lambda: peers.answers(self.port), 'Dovecot')


class DovecotFast(Dovecot):
    """Its login processes serve many connections."""
    login = 'service_count = 0'


class Courier(Server):
    keeps = ('courierpop3dsizelist',)

    def start(self, users):
        user = letterbox.ORDINARY
        databases = {
            'userdb': lambda name: 'home=%s/%s|uid=%d|gid=%d|mail=%s' % (
                self.home, name, user.pw_uid, user.pw_gid, self.maildir(name)),
            'userdbshadow': lambda name: 'systempw=' + crypt.crypt('x', '$1$letterbx$')}
        for database, value in databases.items():
            lines = ''.join('%s\t%s\n' % (name, value(name)) for name in users)
            path = os.path.join(self.home, database)
            subprocess.run(['/usr/lib/courier/courier/makedatprog', '-', path + '.new',
                            path + '.dat'], input=lines + '.\n', text=True, check=True)
        self.port = peers.free_port()
        self.run('sh', '-c', COURIER, 'courier', str(self.port))
        peers.wait_until(lambda: peers.answers(self.port), 'Courier')

    @staticmethod
    def prepare(view, home):
        """Before the view is entered, which has fixed places for its authdaemond."""
        os.makedirs(os.path.join(view.folder, 'run/courier/authdaemon'))
        view.write('etc.d/courier/authdaemonrc', COURIER_AUTH)
        for name in ('userdb.dat', 'userdbshadow.dat'):
            os.symlink(os.path.join(home, name), os.path.join(view.folder, 'etc.d/courier', name))


class QmailPop3d(Server):
    """Ours behind a superserver, for who is let in already: USER and PASS are answered here."""
    ours = True
    only = ('B8', 'B9', 'B10')

    def start(self, _users):
        self.run(sys.executable, '-B', __file__, self.home, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())


def superserver(home):
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection = listener.accept()[0]
        connection.sendall(b'+OK\r\n')
        user = b''
        while not user.endswith(b'\n'):
            user += connection.recv(1)
        connection.sendall(b'+OK\r\n')
        while connection.recv(1) != b'\n':  # PASS; the greeting answers it
            pass
        # Popen waits for the earlier ones.
        subprocess.Popen([letterbox.program('qmail-pop3d'),
                          '%s/%s/Maildir' % (home, user.split()[1].decode())],
                         stdin=connection, stdout=connection)
        connection.close()


def make_maildir(template, maildir):
    """The same messages as `template`, by links: a Maildir of each server's own."""
    for folder in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(maildir, folder))
        for name in os.listdir(os.path.join(template, folder)):
            os.link(os.path.join(template, folder, name), os.path.join(maildir, folder, name))


if __name__ == '__main__':
    superserver(sys.argv[1])
