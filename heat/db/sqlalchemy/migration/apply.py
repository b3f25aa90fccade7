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

"""Applying one version, to a database or to what stands for one."""

from heat.db.sqlalchemy.migration import migrate_version
from heat.db.sqlalchemy.migration.repository import INIT_VERSION


def apply_version(engine, script):
    """Take a database from one version to the next.

    :param engine: a sqlalchemy Engine, or a Recorder, to write down what
        that takes
    :param script: the VersionScript
    """
    if script.version == INIT_VERSION + 1:
        migrate_version.start(engine)
    script.upgrade(engine)
    if script.version is not None:
        migrate_version.store(engine, script.version)
