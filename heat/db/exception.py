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

"""Errors of Heat's database layer; oslo.db's own pass through unwrapped.

Of heat.common.exception this takes HeatException and NotFound alone, which
Heat's own module has too.
"""

from oslo_db import exception as db_exception

from heat.common import exception
from heat.common.i18n import _

# The base of all errors here.
HeatException = exception.HeatException


def printable(text):
    """Return a text as one line: what can not be printed is escaped."""
    return ''.join(
        character if character.isprintable() else
        character.encode('unicode_escape').decode() for character in text)


class NotFound(exception.NotFound):
    """There is no such object, or the context may not see it."""

    def __init__(self, message=_('not found')):
        # The base class formats it.
        super().__init__(printable(str(message)).replace('%', '%%'))


class DatabaseLayerError(HeatException):
    """Base of the other errors raised here; its text is one line."""

    def __init__(self, *args):
        # Heat's own base class takes no text.
        Exception.__init__(self, *args)

    def __str__(self):
        return printable(self._text())

    def _text(self):
        return Exception.__str__(self)


class InUse(DatabaseLayerError):
    """It can not be deleted: something still refers to it."""


class InvalidValues(DatabaseLayerError):
    """Values were refused before anything was sent to the database.

    :ivar keys: the names of the offending values, sorted
    """

    def __init__(self, reason, keys):
        self.reason = reason
        self.keys = sorted(keys)
        super().__init__(reason, self.keys)

    def _text(self):
        return '%s: %s' % (self.reason, ', '.join(self.keys))


class InvalidEncryptionKey(DatabaseLayerError):
    """A configured key can not be used, or none of them fits.

    The text shows no key, no secret and nothing of what is encrypted.
    """


class NotConverted(DatabaseLayerError):
    """The secrets of a row could not be encrypted, or not decrypted.

    The row is as it was. The text shows nothing of it but names.

    :ivar table: the name of its table
    :ivar id: its primary key
    """

    def __init__(self, table, id, reason):
        self.table = table
        self.id = id
        super().__init__('%s %s: %s' % (table, id, reason))


class LostSwap(DatabaseLayerError):
    """A compare-and-swap found another value than the expected one.

    :ivar key: what was to be written
    :ivar expected: what the caller expected to be stored
    :ivar actual: what is stored now
    """

    def __init__(self, key, expected, actual):
        self.key = key
        self.expected = expected
        self.actual = actual
        super().__init__(key, expected, actual)

    def _text(self):
        return _('%(key)s is at %(actual)s, not at %(expected)s: another was '
                 'first') % vars(self)


class ConcurrentTransition(LostSwap):
    """The stack is not in the traversal that the caller works for.

    :ivar stack_id: the stack
    :ivar expected: the traversal that the caller expected; None is no
        traversal
    :ivar actual: the traversal that is stored now; None is no traversal
    """

    def __init__(self, stack_id, expected, actual):
        self.stack_id = stack_id
        super().__init__(stack_id, expected, actual)

    def _text(self):
        return _('stack %(stack_id)s is in traversal %(actual)s, not in '
                 '%(expected)s: stop working for that one') % vars(self)


class StackExists(LostSwap):
    """There is another live stack of the name, at the same place.

    :ivar stack_name: the name
    :ivar stack_id: the other stack
    """

    def __init__(self, stack_name, stack_id):
        self.stack_name = stack_name
        self.stack_id = stack_id
        super().__init__(stack_name, None, stack_id)

    def __reduce__(self):
        return type(self), (self.stack_name, self.stack_id)

    def _text(self):
        return _('there is a stack %(stack_name)s: %(stack_id)s') % vars(self)


class StackLocked(LostSwap):
    """The lock of the stack is not as the engine expects.

    :ivar stack_id: the stack
    :ivar engine_id: the engine that has the lock now; None is nobody
    :ivar expected: the engine that was to have it; None is nobody
    """

    def __init__(self, stack_id, engine_id, expected=None):
        self.stack_id = stack_id
        self.engine_id = engine_id
        super().__init__(stack_id, expected, engine_id)

    def __reduce__(self):
        return type(self), (self.stack_id, self.engine_id, self.expected)

    def _text(self):
        holder = (_('nobody') if self.engine_id is None else
                  _('engine %s') % self.engine_id)
        text = _('%s has the lock of stack %.200s') % (holder, self.stack_id)
        if self.expected is None:
            return text
        return _('%s, not engine %s') % (text, self.expected)


class ResourceConflict(LostSwap):
    """Another has the lock of the resource, or has written to it before.

    :ivar resource_id: the resource
    :ivar expected: {attribute: value} that the caller expected; None is NULL
    :ivar actual: {attribute: value} that is stored now
    :ivar atomic_key: the key that is stored now
    :ivar engine_id: the engine that has the lock now; None is nobody
    """

    def __init__(self, resource_id, expected, actual):
        self.resource_id = resource_id
        self.atomic_key = actual['atomic_key']
        self.engine_id = actual['engine_id']
        super().__init__(resource_id, expected, actual)

    def _text(self):
        return _('resource %(key)s has %(actual)s, not %(expected)s: another '
                 'was first') % {
            'key': self.key, 'actual': _listed(self.actual),
            'expected': _listed(self.expected)}


def _listed(values):
    return ', '.join('%s %s' % item for item in values.items())


class SyncPointConflict(LostSwap):
    """Another has written to the sync point first.

    :ivar key: {name: value} of entity_id, traversal_id and is_update
    :ivar expected: the atomic_key that the caller expected
    :ivar actual: the atomic_key that is stored now
    :ivar input_data: what is stored now
    """

    def __init__(self, key, expected, actual, input_data):
        self.input_data = input_data
        super().__init__(key, expected, actual)

    def _text(self):
        return _('sync point %(entity_id)s of traversal %(traversal_id)s has '
                 'the atomic_key %(actual)s, not %(expected)s: another was '
                 'first') % {**vars(self), **self.key}


class OutcomeUnknown(db_exception.DBConnectionError):
    """The connection was lost, and no row can tell what came of the call.

    It is not repeated. The inner exception says how the connection was lost,
    or that the server refuses to end its session.
    """

    def __str__(self):
        return _('the connection was lost, and it is unknown whether the call '
                 'took effect; look before it is made again')


class UnfencedWrite(DatabaseLayerError):
    """A stack was to be written around the fence of its traversal."""


class InvalidConnection(DatabaseLayerError):
    """[database] connection can not be used; the text never quotes it."""


class MigrationError(DatabaseLayerError):
    """db_sync refused to start, or to go on; the text says what to do."""


class UnknownVersion(MigrationError):
    """The database has tables, but is at no version that Heat can tell."""


class StampedUnseen(MigrationError):
    """Heat 21 or later has taken an older schema for that of 086.

    :ivar version: the version that the schema is at
    """

    def __init__(self, version, revision):
        self.version = version
        super().__init__(
            _('the schema is at version %(version)d, but Heat 21 or later has '
              'stamped it as %(revision)s, which is 086; stop its services, '
              'and run db_sync --repair-stamp, which applies what is missing '
              'and keeps the stamp') %
            {'version': version, 'revision': revision})


class Busy(MigrationError):
    """Another db_sync was at work for longer than one was to wait."""

    def __init__(self, who, timeout):
        super().__init__(
            _('%(who)s is still at work after %(timeout)d s; wait for it, or '
              'end it, and run db_sync again') %
            {'who': who, 'timeout': timeout})


class TakenOver(MigrationError):
    """Another db_sync has taken over, as this one did not run for long."""


class DatabaseTooNew(MigrationError):
    """The database is at a version that this code does not know."""

    def __init__(self, version, newest):
        super().__init__(
            _('the database is at version %(version)s, newer than this code '
              'knows (%(newest)s); use the release that brought it there') %
            {'version': version, 'newest': newest})
