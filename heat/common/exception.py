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

"""Errors of Heat's database layer; oslo.db's own pass through unwrapped."""

from heat.common.i18n import _


class HeatException(Exception):
    """Base of all errors raised here; its text is one line for its reader."""


class NotFound(HeatException):
    """There is no such object, or the context may not see it."""


class InUse(HeatException):
    """It can not be deleted: something still refers to it."""


class InvalidValues(HeatException):
    """Values were refused before anything was sent to the database.

    :ivar keys: the names of the offending values, sorted
    """

    def __init__(self, reason, keys):
        self.reason = reason
        self.keys = sorted(keys)
        super().__init__(reason, self.keys)

    def __str__(self):
        return '%s: %s' % (self.reason, ', '.join(self.keys))


class ConcurrentTransition(HeatException):
    """The stack is not in the traversal that the caller works for.

    :ivar stack_id: the stack
    :ivar expected: the traversal that the caller expected; None is no
        traversal
    :ivar actual: the traversal that is stored now; None is no traversal
    """

    def __init__(self, stack_id, expected, actual):
        self.stack_id = stack_id
        self.expected = expected
        self.actual = actual
        super().__init__(stack_id, expected, actual)

    def __str__(self):
        return _('stack %(stack_id)s is in traversal %(actual)s, not in '
                 '%(expected)s: stop working for that one') % vars(self)


class UnfencedWrite(HeatException):
    """A stack was to be written around the fence of its traversal."""


class InvalidConnection(HeatException):
    """[database] connection can not be used; the text never quotes it."""


class MigrationError(HeatException):
    """db_sync refused to start, or to go on; the text says what to do."""


class UnknownVersion(MigrationError):
    """The database has tables, but is at no version that Heat can tell."""


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
