#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads every #include below src/ and fails on an arrow that ARCHITECTURE.md does not have.

usage: check_layers.py [ROOT]      ROOT: a checkout, default the one this script lies in"""
import os
import re
import sys

CORE = {  # folder of src/core -> folders of src/core that it may use besides itself
    'base': set(),
    'message': {'base'},
    'wire': {'base', 'message'},
    'control': {'base'},
    'maildir': {'base', 'message'},
    'mbox': {'base', 'message'},
    'dotqmail': {'base', 'message', 'maildir', 'mbox'},
    'users': {'base', 'message', 'maildir', 'mbox', 'dotqmail', 'control'},
}
INNER = {'queue/store'}  # rooms of a capability folder that know nothing of the rest of it
CAPABILITIES = {'deliver', 'convert', 'pop3d', 'queue', 'smtpd', 'remote', 'inject'}
LIBRARIES = {  # third-party headers -> the only folder, or folders, that may include them
    r'CLI/': 'service',
    r'boost/asio': 'service',
    r'nlohmann/': ('admin', 'convert'),  # explain --json; the summary of an import
    r'openssl/': ('core/base', 'service'),  # digests; TLS
    r'(seccomp|linux/landlock)\.h$': 'service',
    r'gsasl\.h$': 'service',
    r'security/': 'service',
    r'crypt\.h$': 'service',
    r'(md5|sha1|sha2)\.h$': 'core/base',  # libmd
    r'uuid/': 'core/base',
    r'cdb\.h$': 'core/users',
    r'boost/iostreams': 'convert',
    r'boost/filesystem': 'convert',
    r'sqlite3\.h$': 'queue/store',
    r'archive(_entry)?\.h$': 'convert',
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def folder_of(path):
    """'core/base/x.h' -> 'core/base'; 'deliver/x.h' -> 'deliver'."""
    parts = path.split('/')
    room = '/'.join(parts[:2])
    return room if parts[0] == 'core' or room in INNER else parts[0]


def may_include(source, target):
    if source == target:
        return True
    if source.startswith('core/'):
        return target.startswith('core/') and target[5:] in CORE.get(source[5:], set())
    if target.startswith('core/'):
        return True
    if source in INNER:
        return False
    target = target.split('/')[0]
    if source == target:
        return True
    if source == 'service':
        return target in CAPABILITIES
    if source == 'admin':
        return target in CAPABILITIES or target == 'service'
    return False  # a capability folder never includes another one


def check_file(root, path):
    source = folder_of(path)
    is_main = path.endswith('_main.cc')
    if source.startswith('core/') and source[5:] not in CORE:
        yield '%s: no such room: src/%s' % (path, source)
    with open(os.path.join(root, 'src', path), encoding='utf-8', errors='replace') as file:
        for number, line in enumerate(file, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            target = found[2]
            if found[1] == '"' and not is_main and not may_include(source, folder_of(target)):
                yield 'src/%s:%d: %s may not include %s' % (path, number, source, target)
            if target.endswith('_main.cc'):
                yield 'src/%s:%d: nothing includes a main' % (path, number)
            for library, home in LIBRARIES.items():
                homes = (home,) if isinstance(home, str) else home
                if found[1] == '<' and re.match(library, target) and source not in homes:
                    yield 'src/%s:%d: <%s> belongs to src/%s' % (
                        path, number, target, ' or '.join(homes))


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '..')
    wrong, files = [], 0
    for folder, _, names in sorted(os.walk(os.path.join(root, 'src'))):
        for name in sorted(names):
            if name.endswith(('.h', '.cc')):
                files += 1
                path = os.path.relpath(os.path.join(folder, name), os.path.join(root, 'src'))
                wrong += check_file(root, path)
    for each in wrong:
        print(each)
    print('%d files, %d wrong includes' % (files, len(wrong)))
    return 1 if wrong or not files else 0


if __name__ == '__main__':
    sys.exit(main())
