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

"""How the commands show what they find: every line goes through line."""

import json
import os
import re
import sys

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.migration.repository import INIT_VERSION

FORMATS = ('text', 'json')

# The password of a URL; it may have a @ itself.
_PASSWORD = re.compile(r'(://[^\s/:@]*:)\S*@')

# Of what someone has typed, so much is shown.
_LONGEST = 60


def line(text):
    """Return what can be shown as one line, without passwords of URLs.

    Texts of a database or a driver may hold anything, such as the end of a
    line and the begin of a forged one, or what moves the cursor of a
    terminal.
    """
    return exception.printable(without_password(text))


def without_password(text):
    """Return a text without the passwords of URLs."""
    return _PASSWORD.sub(r'\1***@', str(text))


def short(text):
    """Return the begin of what someone has typed."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + '...'


def show(format, lines, **values):
    """Print lines, or values as one JSON object.

    :param format: one of FORMATS
    """
    if format == 'json':
        print(json.dumps(values, indent=2))
    else:
        for text in lines:
            print(line(text))


def table(rows):
    """Yield lines of columns below each other.

    :param rows: lists of as many texts each
    """
    rows = [[line(text) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        yield '  '.join(
            map(str.ljust, row, widths)).rstrip()


def write(script):
    """Print what another program is to read as it is."""
    for text in script:
        print(text)


def tell(program, text):
    """Print a line on stderr."""
    print('%s: %s' % (program, line(text)), file=sys.stderr, flush=True)


def drop_unwritten():
    """Drop what was printed and can not be written.

    At its end Python would try again, and show a traceback.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def pending(status):
    """Tell in lines at which version a database is, and what is pending.

    :param status: a Status of heat.db.sqlalchemy.migration.plan
    """
    yield _('The database is at version %(version)d; the newest is '
            '%(newest)d.') % status._asdict()
    for name in status.pending:
        yield _('Pending: %s') % script_name(
            name, status.needs_stopped_services.get(name))


def script_name(name, needs_stopped_services):
    """Return the name of a version script, with what it needs."""
    if not needs_stopped_services:
        return name
    return _("%(name)s, which needs Heat's services stopped: %(why)s") % {
        'name': name, 'why': needs_stopped_services}


def hand_over(status):
    """Tell in a line what Heat 21 and later make, or have made, of it.

    :param status: a Status of heat.db.sqlalchemy.migration.plan
    """
    if status.alembic and status.pending:
        yield _('Heat 21 or later has stamped it as %s, the schema of 086, '
                'which it is not: stop its services, and let db_sync '
                '--repair-stamp bring it there.') % status.alembic
    elif status.alembic:
        yield _('Heat 21 to 25 have taken over: it is stamped %s.') % (
            status.alembic)
    elif status.pending and status.version > INIT_VERSION:
        yield _('Heat 21 and later would stamp it as it is, and never bring '
                'it to 086: let db_sync reach that before they start.')
