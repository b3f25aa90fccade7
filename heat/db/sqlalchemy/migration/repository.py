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

"""The version scripts, in their repository of sqlalchemy-migrate."""

import collections
import os
import warnings

PATH = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'migrate_repo')
ID = 'heat'

# The version of an empty database: the first script makes 46.
INIT_VERSION = 45

# The last version of Heat's own; nothing else takes a number.
LAST_VERSION = 86

# A version script: its number, its name without .py, a function that takes an
# engine, or what can stand for one, to this version, and why Heat's services
# have to be stopped for it: None if they have not.
VersionScript = collections.namedtuple(
    'VersionScript', 'version name upgrade needs_stopped_services')


def scripts(backend):
    """Return the VersionScripts, by their numbers.

    :param backend: 'mysql', 'postgresql' or 'sqlite', which may need other
        things than others
    """
    with warnings.catch_warnings():
        # It is slow to import, and imports the deprecated pkg_resources.
        warnings.simplefilter('ignore')
        from migrate.versioning import repository
    versions = repository.Repository(PATH).versions.versions
    return {int(number): _version_script(
        int(number), version.script(), backend)
        for number, version in versions.items()}


def _version_script(number, script, backend):
    name = os.path.splitext(os.path.basename(script.path))[0]
    reason = getattr(script.module, 'NEEDS_STOPPED_SERVICES', None)
    if isinstance(reason, dict):
        reason = reason.get(backend)
    return VersionScript(
        number, name, lambda engine: script.run(engine, 'upgrade'), reason)
