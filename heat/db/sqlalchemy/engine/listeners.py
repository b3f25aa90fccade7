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
"""Who listens to the application's engine hears of all statements.

Applications know one Engine, and listen to that: oslo.db's connection_trace
changes statements, profilers measure them.
"""

import logging

from sqlalchemy import event

from heat.db.sqlalchemy.engine import errors


def has_any(engine):
    """Tell whether someone listens to the statements of an Engine.

    A log does, as with [database] connection_debug.
    """
    events = engine.dispatch
    return bool(events.before_execute or events.after_execute or
                events.before_cursor_execute or events.after_cursor_execute or
                engine.logger.isEnabledFor(logging.INFO))


def hear(engine, other):
    """Let listeners of an Engine, also later ones, hear of another Engine.

    Those of all engines do so anyway, and are left out.

    :param other: an Engine with the same dialect
    """
    events = engine.dispatch

    def before_cursor_execute(connection, cursor, statement, parameters,
                              context, many):
        for listener in events.before_cursor_execute.listeners:
            statement, parameters = listener(
                connection, cursor, statement, parameters, context, many)
        return statement, parameters

    def after_cursor_execute(*args):
        for listener in events.after_cursor_execute.listeners:
            listener(*args)

    event.listen(other, 'before_cursor_execute', before_cursor_execute,
                 retval=True)
    event.listen(other, 'after_cursor_execute', after_cursor_execute)
    # With SQLAlchemy 2.0 it is the dialect that tells of errors.
    if hasattr(events, 'handle_error'):
        _hear_of_errors(events, other)


def _hear_of_errors(events, other):
    def handle_error(context):
        for listener in events.handle_error.listeners:
            if listener is not errors.translate:
                context.chained_exception = (
                    listener(context) or context.chained_exception)
        return context.chained_exception

    event.listen(other, 'handle_error', handle_error, retval=True)
