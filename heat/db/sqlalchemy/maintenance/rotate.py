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
"""To encrypt with one key what is encrypted with several, and to look.

Engines may go on working meanwhile, if they read all of the keys.
"""

import collections
import logging

from heat.db import exception
from heat.db.sqlalchemy.maintenance import conversion
from heat.db.sqlalchemy.maintenance import keys
from heat.db.sqlalchemy.maintenance import secret_rows

# Of values, in place of the position of a key.
UNREADABLE = 'unreadable'
CLEAR = 'clear'


def rotate(context, known, failed, level=logging.DEBUG):
    """Encrypt all secrets with the first of some keys; see Conversion.

    What is encrypted with it by the newest method stays as it is, and what is
    in clear, too.

    :param context: a RequestContext
    :param known: what crypt.keys() returned
    :returns: {name of a table: how many of its rows were changed}
    :raises oslo_db.exception.DBError: as the database says
    """
    return {
        kind.model.__tablename__: conversion.Conversion(
            kind.model, kind.names,
            lambda row, kind=kind: kind.rotate(row, known),
            failed, kind.stored).run(context, level=level)
        for kind in secret_rows.KINDS}


def count_by_key(context, known):
    """Count the secrets by the key that they are encrypted with.

    Reads all rows that may have some, one SELECT for each batch.

    :param context: a RequestContext
    :param known: what crypt.keys() returned
    :returns: {position of a key, UNREADABLE or CLEAR: {name of a table:
        number}}; CLEAR are those that could be encrypted, and UNREADABLE
        those that no key fits, or rows that hold something else
    :raises oslo_db.exception.DBError: as the database says
    """
    found = collections.defaultdict(collections.Counter)
    for kind in secret_rows.KINDS:
        for rows in conversion.batches(context, conversion.select(
                kind.model, kind.names, kind.stored)):
            for row in rows:
                for what, number in _count(kind, row, known).items():
                    found[what][kind.model.__tablename__] += number
    return found


def _count(kind, row, known):
    try:
        found = collections.Counter(
            _key(keys.which(method, text, known))
            for method, text in kind.secrets(row)
            if None not in (method, text))
        if kind in secret_rows.OF_CHOICE:
            found[CLEAR] += kind.clear(row)
    except exception.InvalidValues:
        return {UNREADABLE: 1}
    return +found


def _key(position):
    return UNREADABLE if position is None else position
