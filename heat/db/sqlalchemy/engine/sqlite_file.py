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
"""The file of an SQLite database, which holds the secrets of users."""

import os
from urllib import parse


def create(engine):
    """Make the file of an Engine, for its owner alone, unless it is there.

    SQLite would let all read it. What it makes beside the file is as private
    as that.
    """
    path = _path(engine.url)
    if path is None or 'mode' in engine.url.query:
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        # It is there; or SQLite will tell what is wrong.
        pass


def is_missing(url):
    """Tell whether a URL names a file of SQLite that is not there.

    Who connects makes an empty one.
    """
    if url.get_backend_name() != 'sqlite':
        return False
    try:
        path = _path(url)
    except (TypeError, ValueError):
        # Whoever connects is told what is wrong.
        return False
    return path is not None and not os.path.exists(path)


def _path(url):
    """Return the path of the file that a URL names; None: it is in memory."""
    (name,), options = url.get_dialect()().create_connect_args(url)
    if options.get('uri') and name.startswith('file:'):
        parts = parse.urlsplit(name)
        if 'memory' in parse.parse_qs(parts.query).get('mode', ()):
            return None
        name = parse.unquote(parts.path)
    return None if name == ':memory:' else name
