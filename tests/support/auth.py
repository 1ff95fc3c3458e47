# SPDX-License-Identifier: MIT
"""letterbox-authd as its fronts see it, and SCRAM-SHA-256 as a client does it (RFC 5802)."""
import base64
import hashlib
import hmac
import os
import socket
import subprocess

from support.letterbox import as_ordinary, program, run


def netstrings(*fields):
    fields = [field if isinstance(field, bytes) else str(field).encode() for field in fields]
    return b''.join(b'%d:%s,' % (len(field), field) for field in fields)


def parse(message):
    fields = []
    while message:
        size, rest = message.split(b':', 1)
        size = int(size)
        assert rest[size:size + 1] == b',', message
        fields.append(rest[:size])
        message = rest[size + 1:]
    return fields


class Front:
    """A connection to run/auth.sock."""

    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.last = 0

    def close(self):
        self.socket.close()

    def send(self, *fields):
        self.socket.send(netstrings(*fields))

    def receive(self):
        message = self.socket.recv(65536)
        return parse(message) if message else None

    def ask(self, *fields):
        self.send(*fields)
        return self.receive()

    def offer(self, tls=1, loopback=0, certificate=''):
        self.last += 1
        return [each.decode() for each in
                self.ask('offer', self.last, tls, loopback, certificate, '')[2:]]

    def begin(self, mechanism, initial=None, address='', tls=1, loopback=0, certificate=''):
        self.last += 1
        fields = ['start', self.last, mechanism, 'pop3', address, tls, loopback, certificate, '']
        self.send(*(fields if initial is None else fields + [initial]))
        return self.last

    def start(self, mechanism, initial=None, **kwargs):
        self.begin(mechanism, initial, **kwargs)
        return self.receive()

    def step(self, data, number=None):
        return self.ask('step', number or self.last, data)

    def plain(self, user, password, authzid='', **kwargs):
        """-> the account's name and Maildir, or the kind of the failure."""
        return outcome(self.start('PLAIN', '\0'.join((authzid, user, password)), **kwargs))

    def scram(self, user, password, **kwargs):
        nonce = base64.b64encode(os.urandom(18)).decode()
        bare = 'n=%s,r=%s' % (user, nonce)
        answer = self.start('SCRAM-SHA-256', 'n,,' + bare, **kwargs)
        server_first = answer[2].decode()
        fields = dict(each.split('=', 1) for each in server_first.split(','))
        assert fields['r'].startswith(nonce) and int(fields['i']) >= 4096
        salted = hashlib.pbkdf2_hmac('sha256', password.encode(), base64.b64decode(fields['s']),
                                     int(fields['i']))
        without_proof = 'c=biws,r=' + fields['r']
        signed = ','.join((bare, server_first, without_proof)).encode()
        client_key = mac(salted, b'Client Key')
        signature = mac(hashlib.sha256(client_key).digest(), signed)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        answer = self.step(without_proof + ',p=' + base64.b64encode(proof).decode())
        if answer[0] == b'challenge':
            server = base64.b64encode(mac(mac(salted, b'Server Key'), signed))
            assert answer[2] == b'v=' + server, answer
            answer = self.step('')
        return outcome(answer)


def mac(key, text):
    return hmac.new(key, text, 'sha256').digest()


def outcome(fields):
    if fields[0] == b'success':
        return fields[2].decode(), fields[6].decode()
    return fields[2].decode() if fields[0] == b'failure' else fields


class Authd:
    """letterbox-authd over a mail home, until stop()."""

    def __init__(self, home, env=None, **kwargs):
        environment = dict(os.environ, LETTERBOX_HOME=home, **(env or {}))
        self.path = os.path.join(home, 'run', 'auth.sock')
        self.log = open(os.path.join(home, 'authd.log'), 'ab')
        options = dict(as_ordinary(), **kwargs)
        self.process = subprocess.Popen([program('letterbox-authd')], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log, **options)
        self.ready = self.process.stdout.readline()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return status


def add_user(home, name, password, *args):
    return run('letterbox', 'user', 'add', name, *args, stdin=password.encode() + b'\n',
               env=dict(os.environ, LETTERBOX_HOME=home))
