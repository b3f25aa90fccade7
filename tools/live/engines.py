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

"""A real Heat in processes of its own: engines, and a client of them."""

from concurrent import futures
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading

CONFIGURATION = """
[DEFAULT]
transport_url = {broker}
deferred_auth_method = password
convergence_engine = true
num_engine_workers = 2
rpc_response_timeout = 30
auth_encryption_key = livelivelivelivelivelivelivelive
environment_dir = {source}/etc/heat/environment.d
template_dir = {source}/etc/heat/templates

[clients_keystone]
auth_uri = http://127.0.0.1:1/v3

[database]
connection = {connection}
"""
ENGINE = """
[DEFAULT]
host = engine-{number}
log_file = {log}

[database]
connection = {connection}
"""
# Lines of the log that say that a write was stopped, and that a program had
# an error.
STOPPED = re.compile(r'traversal .*(no longer active|, aborting)')
ERROR = re.compile(r'^\S+ \S+ \d+ (?:ERROR|CRITICAL) \S+ (?:\[.*?\] )?(\S.*)')
# What the templates ask for, and what says less than what follows.
NO_ERROR = re.compile(r'Test Resource failed|Traceback \(|The above exception|'
                      r'During handling')


class Installation:
    """Where Heat is, and its configuration.

    :param source: the folder with Heat's source, which has the database layer
        that is to be used
    :param directory: where configuration and logs go
    """

    def __init__(self, source, directory, broker, connection):
        self.source = source
        self.directory = directory
        self.configuration = self.write('heat.conf', CONFIGURATION.format(
            source=source, broker=broker, connection=_escaped(connection)))

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)
        return self.path(name)

    def start(self, program, *args, **options):
        """Start a Python program with this Heat, as leader of a group."""
        # A lost parent or terminal must not end it: who starts it does.
        return subprocess.Popen(
            [sys.executable, program, *args], cwd=self.source, text=True,
            env={**os.environ, 'PYTHONPATH': self.source},
            start_new_session=True, **options)


class Engine:
    """A heat-engine, of which each start is a process with two workers."""

    def __init__(self, installation, number, connection):
        self.installation = installation
        self.number = number
        self.log = installation.path('engine-%d.log' % number)
        self._configuration = installation.write(
            'engine-%d.conf' % number, ENGINE.format(
                number=number, log=self.log,
                connection=_escaped(connection)))

    def start(self):
        with open(self.log + '.out', 'a') as output:
            self._process = self.installation.start(
                os.path.join(os.path.dirname(sys.executable), 'heat-engine'),
                '--config-file', self.installation.configuration,
                '--config-file', self._configuration,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def kill(self, number=signal.SIGKILL):
        """End its processes, by default without letting them do anything."""
        os.killpg(self._process.pid, number)
        self._process.wait()

    def lines(self):
        with open(self.log, errors='replace') as log:
            yield from log

    def count_stopped(self):
        return len(list(filter(STOPPED.search, self.lines())))

    def errors(self):
        """Return what has gone wrong, as the engine says it."""
        found = (line[1] for line in map(ERROR.match, self.lines()) if line)
        return [line for line in found if not NO_ERROR.search(line)]


class Client:
    """What a user asks of engines."""

    def __init__(self, installation):
        self._process = installation.start(
            os.path.join(os.path.dirname(__file__), 'client.py'),
            installation.configuration,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._process.stdout.readline() != 'ready\n':
            raise RuntimeError('the client does not start; does RabbitMQ, '
                               'and do other engines use it?')
        self._numbers = itertools.count()
        self._writing = threading.Lock()
        self._calls = {}
        threading.Thread(target=self._read, daemon=True).start()

    def call(self, name, **arguments):
        """Return a Future of the result; errors of engines are Refused."""
        with self._writing:
            number = next(self._numbers)
            future = self._calls[number] = futures.Future()
            print(json.dumps([number, name, arguments]),
                  file=self._process.stdin, flush=True)
        return future

    def _read(self):
        for line in self._process.stdout:
            number, result, error = json.loads(line)
            future = self._calls.pop(number)
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(Refused(error))

    def stop(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Refused(Exception):
    """An engine has refused a call, or did not answer in time."""


def _escaped(text):
    """Return a value as oslo.config reads it."""
    return str(text).replace('$', '$$')
