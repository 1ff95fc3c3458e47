# SPDX-License-Identifier: MIT
"""Certificates for tests, made by openssl(1)."""
import os
import shutil
import subprocess
import unittest

from support import letterbox


class Authority:
    """Signs certificates; its own is the file `path`."""

    def __init__(self, test, name='ca'):
        if not shutil.which('openssl'):
            raise unittest.SkipTest('openssl is not installed')
        self.folder = test.path(name)
        os.makedirs(self.folder, exist_ok=True)
        self.path = os.path.join(self.folder, 'ca.pem')
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                     '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA ' + name)

    def openssl(self, *args):
        subprocess.run(['openssl', *args], cwd=self.folder, check=True, capture_output=True)

    def certificate(self, name, alternative=None, common_name=None):
        """Makes NAME.pem and NAME.key. -> their paths"""
        extension = os.path.join(self.folder, name + '.ext')
        with open(extension, 'w') as file:
            file.write('subjectAltName=%s\n' % (alternative or 'DNS:' + name))
        self.openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                     '-keyout', name + '.key', '-out', name + '.csr',
                     '-subj', '/CN=' + (common_name or name))
        self.openssl('x509', '-req', '-in', name + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                     '-CAcreateserial', '-out', name + '.pem', '-days', '2',
                     '-extfile', name + '.ext')
        letterbox.own(self.folder)
        return [os.path.join(self.folder, name + end) for end in ('.pem', '.key')]
