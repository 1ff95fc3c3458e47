# SPDX-License-Identifier: MIT
"""docs/pop3-rules.md names every rule of POP3 once, each with tests that exist."""
import os
import re
import unittest

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), '../..')
TABLE = os.path.join(ROOT, 'docs/pop3-rules.md')
# The rules, by the letter of their RFCs: how many there are.
RULES = {'P': 34,  # RFC 1939
         'C': 13,  # RFC 2449, 3206
         'T': 13,  # RFC 2595, 8314, 8997, 7817
         'A': 15,  # RFC 5034
         'U': 9,   # RFC 6856
         'B': 16}  # what better than all others means
LEVELS = {'M', 'S', 'R', '-', 'M/S', 'S/M', 'R/S', 'own', 'own M', 'goal'}


def files(folder, ending):
    for where, _, names in os.walk(os.path.join(ROOT, 'tests', folder)):
        for name in names:
            if name.endswith(ending):
                yield os.path.join(where, name)


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def unit_tests():
    found = set()
    for path in files('unit', '_test.cc'):
        for suite, name in re.findall(r'^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)', text_of(path), re.M):
            found.add('%s.%s' % (suite, name))
    return found


def python_tests():
    """-> stem of a file: its test methods and classes."""
    return {os.path.basename(path)[:-3]: set(re.findall(r'^ *(?:def|class) (test_\w+|\w+Test\b)',
                                                        text_of(path), re.M))
            for path in files('', '_test.py')}


def rows(text):
    """-> (id, level, tests, holds) of each row of the table."""
    return [tuple(field.strip() for field in line.strip('|').split(' | '))
            for line in text.splitlines() if re.match(r'\| [A-Z]\d\d ', line)]


class Pop3RulesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = rows(text_of(TABLE))

    def test_every_rule_stands_there_once(self):
        wanted = ['%s%02d' % (letter, number) for letter, count in RULES.items()
                  for number in range(1, count + 1)]
        self.assertEqual([row[0] for row in self.rows], wanted)

    def test_every_test_that_is_named_exists(self):
        units, pythons = unit_tests(), python_tests()
        self.assertGreater(len(units), 500)
        for number, _, tests, _ in self.rows:
            for test in tests.split('; ') if tests != '-' else []:
                file, _, name = test.partition(': ')
                if name:
                    self.assertIn(name, pythons.get(file, ()), number)
                elif '/' in test:
                    self.assertTrue(os.path.exists(os.path.join(ROOT, test)), (number, test))
                else:
                    self.assertIn(test, units, number)

    def test_every_rule_holds_by_a_test_or_has_a_reason(self):
        for number, level, tests, holds in self.rows:
            self.assertIn(level, LEVELS, number)
            word = re.match(r'(yes|partly|none needed)(: .+|, .+|; .+| .+|)$', holds)
            self.assertTrue(word, (number, holds))
            if word[1] == 'yes':
                self.assertNotEqual(tests, '-', number)
            else:
                self.assertGreater(len(word[2]), 20, (number, 'why?'))


if __name__ == '__main__':
    unittest.main()
