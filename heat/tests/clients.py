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

"""The clients that come with the databases."""

import os
import sqlite3
import subprocess

from heat.tests import driver


def feed(engine, script):
    """Let the database's own client run a script; stop at the first error."""
    url = engine.url
    if engine.name == 'sqlite':
        connection = sqlite3.connect(url.database)
        try:
            connection.executescript(script)
        finally:
            connection.close()
    elif engine.name == 'mysql':
        _run(['mariadb', '--protocol=tcp', '--host', url.host or 'localhost',
              '--port', str(url.port or driver.PORTS['mysql']),
              '--user', url.username, url.database],
             script, MYSQL_PWD=url.password)
    else:
        _run(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '--host',
              url.host or 'localhost', '--username', url.username,
              url.database], script, PGPASSWORD=url.password)


def _run(command, script, **environment):
    done = subprocess.run(
        command, input=script, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    if done.returncode or done.stderr:
        raise RuntimeError(done.stderr)
