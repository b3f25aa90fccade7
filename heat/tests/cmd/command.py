# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""heat-manage in a process of its own, at the database of a test.

The process is forked: it takes a tenth of the time that a new one takes.
"""

import json
import os
import pathlib
import sys
import typing

import fixtures

from heat.cmd import manage
from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests import runners


class Result(typing.NamedTuple):
    status: int
    stdout: str
    stderr: str


def forget_engine():
    """Let a process connect as it is configured, not as the test does."""
    manager = facade.context_manager
    manager.patch_factory(manager.make_new_manager())


class CommandTestCase(base.APITestCase):
    """A test that runs commands at a database at the newest version."""

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def start(self, *argv, before=lambda: None, **environment):
        """Start a command; return the process.

        :param before: called in the process before it
        :param environment: variables that the process has besides; None
            removes one
        """
        url = self.engine.url.render_as_string(hide_password=False)

        def main():
            for name, descriptor in ('stdout', 1), ('stderr', 2):
                path = os.path.join(self.directory, name)
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
                        descriptor)
                setattr(sys, name, open(descriptor, 'w', closefd=False))
            for name, value in {'OS_DATABASE__CONNECTION': url,
                                **environment}.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            try:
                status = manage.main(list(argv)) or 0
            except SystemExit as end:
                status = end.code
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

        return runners.Process(self.engine, main, before)

    def run_command(self, *argv, **options):
        """Run a command, and return its Result; options as for start."""
        return self.result(self.start(*argv, **options))

    def result(self, process):
        """Wait until a command has ended, and return its Result."""
        return Result(process.wait(), *(
            pathlib.Path(self.directory, name).read_text()
            for name in ('stdout', 'stderr')))

    def assert_done(self, *argv, **options):
        """Assert that a command succeeds in silence; return what it prints."""
        result = self.run_command(*argv, **options)
        self.assertEqual((0, ''), (result.status, result.stderr))
        return result.stdout

    def assert_done_as_json(self, *argv, **options):
        return json.loads(self.assert_done(*argv, '--format', 'json',
                                           **options))

    def assert_refused(self, *argv, **options):
        """Assert status 1 and one clear line on stderr; return the line."""
        result = self.run_command(*argv, **options)
        self.assertEqual((1, ''), (result.status, result.stdout))
        self.assertRegex(result.stderr, r'\Aheat-manage: [^\n]{20,300}\n\Z')
        return result.stderr
