# SPDX-License-Identifier: MIT
"""Programs of others that read bounces understand ours: who is concerned, whether for good, why.

Python's email, flufl.bounce (Mailman's), Sisimai, Mail::DeliveryStatus::BounceParser, and a walk
through paragraphs as ezmlm and qmail's own tools do it, for both forms."""
import email
import email.policy
import email.utils
import glob
import json
import os
import subprocess
import sys

from support import letterbox

JOE, JIM, JILL = 'joe@example.net', 'jim@example.org', 'jill@example.net'
EVA = '\xe9va@example.net'

# What is true of each sample: address -> (action, status).
FAILED = {
    'unknown': {JOE: '5.1.1'},
    'remote': {JOE: '5.1.1'},
    'full': {JOE: '5.2.2'},
    'expired': {JOE: '4.4.1'},
    'several': {JOE: '5.1.1', JIM: '5.7.1', JILL: '5.2.1'},
    'asked': {JOE: '5.1.1'},
    'headers': {JOE: '5.1.1'},
    'eightbit': {JOE: '5.1.1'},
    'multipart': {JOE: '5.1.1'},
    'double': {JOE: '5.1.1'},
}
INTERNATIONAL = {'international': {EVA: '5.1.1'}}
NO_FAILURE = {'delayed': ('delayed', '4.4.1'), 'delivered': ('delivered', '2.0.0')}

SISIMAI = r'''
use strict; use warnings; use Sisimai; use JSON::PP;
my %found;
for my $file (@ARGV) {
  my $all = Sisimai->make($file, delivered => 1) // [];
  $found{$file} = { map { $_->recipient->address => {
    action => $_->action, status => $_->deliverystatus, reason => $_->reason,
    soft => $_->softbounce } } @$all };
}
print encode_json(\%found);
'''
BOUNCE_PARSER = r'''
use strict; use warnings; use Mail::DeliveryStatus::BounceParser; use JSON::PP;
my %found;
for my $file (@ARGV) {
  open my $in, '<', $file or die; local $/;
  my $bounce = Mail::DeliveryStatus::BounceParser->new(scalar <$in>);
  $found{$file} = { map { lc $_->get('email') => {
    reason => $_->get('std_reason'), status => $_->get('status') } } $bounce->reports };
}
print encode_json(\%found);
'''
FLUFL = r'''
import email, json, sys
from flufl.bounce import all_failures
found = {}
for name in sys.argv[1:]:
    with open(name, 'rb') as file:
        soft, hard = all_failures(email.message_from_binary_file(file))
    found[name] = [sorted(each.decode().lower() for each in some) for some in (soft, hard)]
print(json.dumps(found))
'''


def text_of(part):
    return part.get_payload(decode=True).decode(part.get_content_charset('us-ascii'))


def old_paragraphs(body):
    """{address: report} of a bounce of the old form: https://cr.yp.to/proto/qsbmf.txt."""
    paragraphs = [each.strip('\n') for each in body.split('\n\n')]
    if not paragraphs[0].startswith('Hi. This is the'):
        return None
    found = {}
    for each in paragraphs[1:]:
        if each.startswith('-'):
            return found
        if each.startswith('<'):
            first, _, report = each.partition('\n')
            found[first[1:first.rindex('>:')]] = report
    return None  # no line that ends it


class BounceParsersTest(letterbox.ScratchTest):
    def setUp(self):
        super().setUp()
        letterbox.run('report_samples', self.dir, check=True)

    def sample(self, name):
        with open(self.path(name + '.eml'), 'rb') as file:
            return email.message_from_binary_file(file, policy=email.policy.default)

    def found_by(self, command, names):
        """What a foreign program has found, by the samples' names."""
        files = {self.path(name + '.eml'): name for name in names}
        done = subprocess.run([*command, *files], capture_output=True, timeout=120)
        if done.returncode != 0 and (b"Can't locate" in done.stderr or
                                     b'ModuleNotFoundError' in done.stderr):
            self.skipTest(done.stderr.decode().splitlines()[-1])
        self.assertEqual(done.returncode, 0, done.stderr)
        return {files[file]: what for file, what in json.loads(done.stdout).items()}

    def both_forms(self):
        return {name + form: truth for name, truth in FAILED.items() for form in ('', '.qsbmf')}

    def test_there_is_a_sample_of_each_kind_and_no_other(self):
        names = {os.path.basename(each)[:-4] for each in glob.glob(self.path('*.eml'))}
        self.assertEqual(names, {*self.both_forms(), *INTERNATIONAL, 'international.qsbmf',
                                 *NO_FAILURE})

    def test_python_finds_no_defect_and_all_fields(self):
        for name, truth in {**FAILED, **INTERNATIONAL}.items():
            with self.subTest(name):
                message = self.sample(name)
                self.assertEqual([], [each.defects for each in message.walk() if each.defects])
                if name not in INTERNATIONAL:  # it calls every local part of UTF-8 a defect
                    self.assertEqual([], [each.defects for each in message.values()
                                          if each.defects])
                self.assertEqual(message.get_content_type(), 'multipart/report')
                self.assertEqual(message.get_param('report-type'), 'delivery-status')
                self.assertEqual(message['Auto-Submitted'], 'auto-replied')
                self.assertIsNotNone(email.utils.parsedate_to_datetime(message['Date']))
                _, status, original = message.iter_parts()
                self.assertIn(original.get_content_type(),
                              ('message/rfc822', 'text/rfc822-headers', 'message/global'))
                if name not in INTERNATIONAL:
                    self.check_status(status, truth)

    def check_status(self, part, truth):
        self.assertEqual(part.get_content_type(), 'message/delivery-status')
        of_message, *of_recipients = part.get_payload()
        self.assertEqual(of_message['Reporting-MTA'], 'dns;mail.example.org')
        self.assertEqual(of_message['Original-Envelope-Id'], 'ENV-7')
        for date in (of_message['Arrival-Date'], of_recipients[0]['Last-Attempt-Date']):
            self.assertIsNotNone(email.utils.parsedate_to_datetime(date))
        found = {each['Final-Recipient']: each['Status'] for each in of_recipients}
        self.assertEqual(found, {'rfc822;' + to: status for to, status in truth.items()})
        self.assertEqual({each['Action'] for each in of_recipients}, {'failed'})

    def test_python_finds_what_the_remote_host_said(self):
        _, status, _ = self.sample('remote').iter_parts()
        recipient = status.get_payload()[1]
        self.assertEqual(recipient['Remote-MTA'], 'dns;[192.0.2.1]')
        self.assertEqual(recipient['Diagnostic-Code'], 'smtp;550 5.1.1 No such user')
        _, status, _ = self.sample('unknown').iter_parts()
        self.assertNotIn('Diagnostic-Code', status.get_payload()[1])

    def test_python_reads_international_reports(self):
        text, status, original = self.sample('international').iter_parts()
        self.assertEqual(status.get_content_type(), 'message/global-delivery-status')
        self.assertIn('Final-Recipient: utf-8;' + EVA,
                      status.as_bytes().decode('utf-8', 'surrogateescape'))
        self.assertIn('<' + EVA + '>:', text_of(text))
        self.assertEqual(original.get_content_type(), 'message/global')

    def test_python_gets_the_original_back(self):
        _, _, original = self.sample('multipart').iter_parts()
        inner = original.get_content()
        self.assertEqual([each.get_content().strip() for each in inner.iter_parts()],
                         ['one', 'two'])
        _, _, original = self.sample('eightbit').iter_parts()
        self.assertIn(b'caf\xe9', original.as_bytes())
        _, _, original = self.sample('headers').iter_parts()
        self.assertIn('Subject: a test', original.get_content())
        self.assertNotIn('hello', original.get_content())

    def test_python_reads_what_is_no_failure(self):
        for name, truth in NO_FAILURE.items():
            _, status, original = self.sample(name).iter_parts()
            recipient = status.get_payload()[1]
            self.assertEqual((recipient['Action'], recipient['Status']), truth)
            self.assertEqual('Will-Retry-Until' in recipient, name == 'delayed')
            self.assertEqual(original.get_content_type(), 'text/rfc822-headers')

    def test_paragraphs_are_those_of_the_old_form_in_both(self):
        for name, truth in {**FAILED, **INTERNATIONAL}.items():
            with self.subTest(name):
                text = text_of(next(self.sample(name).iter_parts()))
                self.assertEqual(set(old_paragraphs(text)), set(truth))
                with open(self.path(name + '.qsbmf.eml'), 'rb') as file:
                    header, _, body = file.read().partition(b'\n\n')
                self.assertEqual(set(old_paragraphs(body.decode('utf-8', 'replace'))), set(truth))
                self.assertNotIn(b'Content-Type', header)

    def test_no_old_program_takes_a_delay_or_a_success_for_a_failure(self):
        for name in NO_FAILURE:
            self.assertIsNone(old_paragraphs(text_of(next(self.sample(name).iter_parts()))))

    def test_flufl_bounce_tells_failures_from_delays(self):
        # The one that Debian has is one of its own Python.
        python = '/usr/bin/python3' if os.path.exists('/usr/bin/python3') else sys.executable
        found = self.found_by([python, '-c', FLUFL], {**self.both_forms(), **NO_FAILURE})
        for name, truth in self.both_forms().items():
            self.assertEqual(found[name], [[], sorted(truth)], name)
        self.assertEqual(found['delayed'], [[JOE], []])
        self.assertEqual(found['delivered'], [[], []])

    def test_sisimai_finds_addresses_and_reasons(self):
        found = self.found_by(['perl', '-e', SISIMAI], {**self.both_forms(), **NO_FAILURE})
        for name, truth in self.both_forms().items():
            seen = {to: each['status'] for to, each in found[name].items()}
            self.assertEqual(seen, truth, name)
        for form in ('', '.qsbmf'):
            for name, reason, soft in (('unknown', 'userunknown', 0), ('remote', 'userunknown', 0),
                                       ('full', 'mailboxfull', 1), ('expired', 'networkerror', 1)):
                seen = found[name + form][JOE]
                self.assertEqual((seen['reason'], int(seen['soft'])), (reason, soft), name + form)
        self.assertEqual(found['delayed'][JOE]['action'], 'delayed')
        self.assertEqual(found['delivered'][JOE]['action'], 'delivered')

    def test_bounceparser_finds_addresses_and_reasons(self):
        found = self.found_by(['perl', '-e', BOUNCE_PARSER], {**self.both_forms(), **NO_FAILURE})
        for name, truth in self.both_forms().items():
            self.assertEqual(set(found[name]), set(truth), name)
        for name, truth in FAILED.items():
            self.assertEqual({to: each['status'] for to, each in found[name].items()}, truth)
        for form in ('', '.qsbmf'):
            self.assertEqual(found['unknown' + form][JOE]['reason'], 'user_unknown')
            self.assertEqual(found['full' + form][JOE]['reason'], 'over_quota')
        for name in NO_FAILURE:
            self.assertEqual(found[name], {})
