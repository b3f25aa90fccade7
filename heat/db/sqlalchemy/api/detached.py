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

"""Detached rows with what belongs to them, made without a session.

To load and detach a row, a session takes several times as long as to read it.
"""

import functools

import sqlalchemy as sa
from sqlalchemy import orm

from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import key_names


def row(model, values):
    """Return a row that is stored.

    :param values: {attribute: value} of all that it has, or tuples of both;
        JSON is frozen
    """
    mapper = sa.inspect(model)
    new = mapper.class_manager.new_instance()
    given = orm.attributes.instance_dict(new)
    given.update(values)
    # As of a row that a session has loaded; make_transient_to_detached()
    # takes three times as long, and looks for what is not loaded.
    orm.attributes.instance_state(new).key = (
        mapper.identity_key_from_primary_key(
            [given[name] for name in key_names(model)]))
    return new


def named(model, found):
    """Return {attribute: value} of what a SELECT of a model has found.

    :param found: the values of a row; None is no row, and returned
    """
    return None if found is None else dict(zip(columns(model), found))


def select_with(model, *names):
    """Return the SELECT of a model and of what belongs to its rows.

    :param names: of relationships, of which one may be to many rows
    """
    return join(sa.select(model), model, names)


def join(query, model, names):
    """Return a SELECT of a model that has what belongs to its rows as well.

    :param model: it, or an alias of it
    :param names: as for select_with
    """
    query = query.execution_options(related=tuple(names))
    for name in names:
        relation = getattr(model, name)
        other = orm.aliased(relation.entity.class_)
        query = query.outerjoin(relation.of_type(other)).add_columns(other)
    return query


def make(select, found):
    """Return tuples of rows, as a session would for a SELECT of models.

    :param found: the values that were read
    """
    models = _models(select)
    return [tuple(model.make(values) for model in models) for values in found]


def relate(select, found):
    """Return rows of the first model of a SELECT, with what belongs to them.

    :param found: tuples of rows
    """
    names = select.get_execution_options().get('related')
    if not names:
        return [row for row, in found]
    related = {}
    for row, *others in found:
        row, belongings = related.setdefault(
            _key(row), (row, [[] for _ in names]))
        for belonging, other in zip(belongings, others):
            if other is not None:
                belonging.append(other)
    for row, belongings in related.values():
        _set(row, dict(zip(names, belongings)))
    return [row for row, belongings in related.values()]


def _set(row, related):
    """Let a row have as loaded what belongs to it, in order of its keys."""
    relationships = sa.inspect(type(row)).relationships
    for name, found in related.items():
        if relationships[name].uselist:
            found.sort(key=_key)
        else:
            found = found[0] if found else None
        orm.attributes.set_committed_value(row, name, found)


def _key(row):
    return orm.attributes.instance_state(row).key[1]


@functools.lru_cache(maxsize=256)
def _models(select):
    models, start = [], 0
    for found in select.column_descriptions:
        models.append(_Model(found['entity'], start))
        start = models[-1].end
    return models


class _Model:
    """Where values of a model are among others, and what makes rows of them.

    :param start: the place of the first value
    """

    def __init__(self, entity, start):
        self.model = sa.inspect(entity).mapper.class_
        self.names = tuple(columns(self.model))
        self.start = start
        self.end = start + len(self.names)
        self.key = start + self.names.index(key_names(self.model)[0])

    def make(self, values):
        """Return a row; None if nothing was joined."""
        if values[self.key] is None:
            return None
        return row(self.model, zip(self.names, values[self.start:self.end]))
