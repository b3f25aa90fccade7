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

"""Refusing what a script can not change, before it changes anything."""

from heat.db import exception
from heat.db.sqlalchemy.ddl.recorder import Recorder


def refuse(engine, found, remedy):
    """Stop a script that has changed nothing; a Recorder notes it and goes on.

    Whoever has made the Recorder raises what it has noted, by stop(), or
    ignores it.

    :param found: what is wrong, in words
    :param remedy: what to do, in words; the same for all of a kind
    :raises heat.db.exception.MigrationError: with both, unless for a Recorder
    """
    if isinstance(engine, Recorder):
        engine.refused.append((found, remedy))
    else:
        stop([(found, remedy)])


def stop(refused):
    """Raise the error for all that was refused.

    :param refused: [(what is wrong, what to do), ...], one or more
    :raises heat.db.exception.MigrationError: always
    """
    kinds = {}
    for found, remedy in refused:
        kinds.setdefault(remedy, []).append(found)
    raise exception.MigrationError('. '.join(
        '; '.join([*found, remedy]) for remedy, found in kinds.items()))
