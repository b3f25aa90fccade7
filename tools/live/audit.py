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

"""What triggers of the database have seen happen to stacks.

Each UPDATE of a row of stack leaves a row in heat_audit, whoever sends it.
From that, find_violations() tells what only a writer of an older traversal can
have done.
"""

import collections
import json

import sqlalchemy as sa

Write = collections.namedtuple('Write', (
    'stack_id', 'old_traversal', 'traversal', 'old_state', 'state',
    'old_template', 'template', 'deps_changed', 'deps', 'inputs'))

_TABLE = """
CREATE TABLE heat_audit (
  id {serial} PRIMARY KEY, seq INTEGER, stack_id VARCHAR(36),
  old_traversal VARCHAR(36), traversal VARCHAR(36), old_state VARCHAR(255),
  state VARCHAR(255), old_template INTEGER, template INTEGER,
  deps_changed BOOLEAN, deps {text}, inputs {text})
"""
# Reads lock nothing: the engines are not to wait for what watches them.
_BODY = """
  SELECT COALESCE(MAX(seq), 0) + 1 INTO place FROM heat_audit
   WHERE stack_id = NEW.id;
  SELECT CONCAT(OLD.action, ' ', OLD.status) INTO old_state;
  SELECT CONCAT(NEW.action, ' ', NEW.status) INTO new_state;
  IF NEW.status = 'COMPLETE' AND old_state <> new_state THEN
    SELECT NEW.current_deps INTO deps;
    SELECT MAX(input_data) INTO inputs FROM sync_point
     WHERE entity_id = NEW.id AND traversal_id = NEW.current_traversal
       AND is_update;
  END IF;
  INSERT INTO heat_audit (
    seq, stack_id, old_traversal, traversal, old_state, state, old_template,
    template, deps_changed, deps, inputs)
  VALUES (
    place, NEW.id, OLD.current_traversal, NEW.current_traversal, old_state,
    new_state, OLD.raw_template_id, NEW.raw_template_id,
    COALESCE(OLD.current_deps, '') <> COALESCE(NEW.current_deps, ''),
    deps, inputs);
"""
_STATEMENTS = {
    'mysql': (
        _TABLE.format(serial='INTEGER AUTO_INCREMENT', text='LONGTEXT'),
        'CREATE TRIGGER heat_audit AFTER UPDATE ON stack FOR EACH ROW BEGIN '
        'DECLARE place INTEGER; DECLARE old_state, new_state VARCHAR(255); '
        'DECLARE deps, inputs LONGTEXT; '
        # On a cluster, a read would wait for others, who wait for the lock
        # that the UPDATE has.
        'DECLARE waits INTEGER DEFAULT @@wsrep_sync_wait; '
        'SET SESSION wsrep_sync_wait = 0;' + _BODY +
        'SET SESSION wsrep_sync_wait = waits; END'),
    'postgresql': (
        _TABLE.format(serial='SERIAL', text='TEXT'),
        'CREATE FUNCTION heat_audit() RETURNS trigger AS $$ DECLARE '
        'place INTEGER; old_state TEXT; new_state TEXT; deps TEXT; '
        'inputs TEXT; BEGIN' + _BODY.replace('<>', 'IS DISTINCT FROM') +
        'RETURN NULL; END $$ LANGUAGE plpgsql',
        'CREATE TRIGGER heat_audit AFTER UPDATE ON stack FOR EACH ROW '
        'EXECUTE FUNCTION heat_audit()'),
}
_REMOVE = {
    'mysql': ('DROP TRIGGER heat_audit', 'DROP TABLE heat_audit'),
    'postgresql': ('DROP TRIGGER heat_audit ON stack',
                   'DROP FUNCTION heat_audit', 'DROP TABLE heat_audit'),
}
_INDEX = 'CREATE INDEX heat_audit_stack ON heat_audit (stack_id, seq)'


def install(engine):
    """Let a database write down what happens to stacks."""
    with engine.begin() as connection:
        for statement in (*_STATEMENTS[engine.name], _INDEX):
            connection.exec_driver_sql(statement)


def remove(engine):
    """Undo install()."""
    with engine.begin() as connection:
        for statement in _REMOVE[engine.name]:
            connection.exec_driver_sql(statement)


def read(engine):
    """Return the writes of each stack, by its id, in their order."""
    writes = collections.defaultdict(list)
    with engine.connect() as connection:
        for row in connection.execute(sa.text(
                'SELECT %s FROM heat_audit ORDER BY seq, id' %
                ', '.join(Write._fields))):
            writes[row.stack_id].append(Write(*row))
    return writes


def find_violations(writes):
    """Return a line for each write that breaks a rule.

    :param writes: all Writes of one stack, in their order
    """
    found, over, has_deps = [], set(), False
    for before, write in zip([None, *writes], writes):
        begins = write.traversal != write.old_traversal
        if begins:
            over.add(write.old_traversal)
            has_deps = False
        found += ['%s: %s' % (write.stack_id, text % write._asdict())
                  for text, is_broken in _RULES
                  if is_broken(write, before, begins, over, has_deps)]
        has_deps = has_deps or not begins and write.deps_changed
    return found


def _is_lost(write, before, *_):
    return before is not None and before.traversal != write.old_traversal


def _comes_back(write, before, begins, over, has_deps):
    # '' is what engines store when a traversal has failed, again and again.
    return begins and write.traversal and write.traversal in over


def _changes_template(write, before, begins, *_):
    return not begins and write.template != write.old_template


def _changes_deps(write, before, begins, over, has_deps):
    return not begins and write.deps_changed and has_deps


def _goes_on(write, before, begins, *_):
    return not begins and write.state != write.old_state and (
        write.traversal == '' or write.old_state.endswith(' COMPLETE'))


def _is_early(write, *_):
    if write.deps is None:
        return False
    deps = json.loads(write.deps)
    edges = deps['edges'] if isinstance(deps, dict) else deps
    nodes = {tuple(node) for edge in edges for node in edge if node}
    roots = nodes - {tuple(needed) for _, needed in edges if needed}
    inputs = json.loads(write.inputs or '{}').get('input_data', {})
    return not {'tuple:' + str(root) for root in roots} <= set(inputs)


_RULES = (
    ('a write is not in the audit before %(traversal)s', _is_lost),
    ('the traversal %(traversal)s is there again', _comes_back),
    ('%(traversal)s has template %(template)s after %(old_template)s',
     _changes_template),
    ('%(traversal)s has other edges than its own', _changes_deps),
    ('%(state)s after %(old_state)s in traversal %(traversal)r', _goes_on),
    ('%(state)s before all was done in traversal %(traversal)s', _is_early),
)
