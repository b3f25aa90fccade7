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
"""heat-manage update_params: what is encrypted, and with which key.

Exit status of --check: 0 all that is encrypted is so with the configured key;
2 there is something for rotate, or what no key can read. Of the rest: 0 done;
1 rows could not be converted, and are as they were; 2 meanwhile, an engine
has encrypted something with another key.
"""

import logging

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import failures
from heat.cmd import output
from heat.common import context
from heat.common.i18n import _
from heat.db import exception

ACTIONS = ('encrypt', 'decrypt', 'rotate')
OLD_KEY = 'OLD_KEY'


def add_arguments(parser):
    # Not choices: argparse would show a key that stands in the wrong place.
    parser.add_argument(
        'action', nargs='?', metavar='|'.join(ACTIONS),
        help=_('encrypt: hidden parameters and properties that are in clear; '
               'decrypt: the way back; rotate: encrypt with '
               'auth_encryption_key all that another key has encrypted. May '
               'be left out with --check'))
    parser.add_argument(
        'old_keys', nargs='*', metavar=OLD_KEY,
        help=_('a key besides those of the configuration; for decrypt, the '
               'only one. Everybody on this machine can see it in the list of '
               'processes: better put it into auth_encryption_previous_keys'))
    parser.add_argument(
        '--check', action='store_true',
        help=_('change nothing; tell how many values are encrypted with which '
               'key; exit status 0: all with auth_encryption_key, 2: not '
               'all'))
    parser.add_argument(
        '--verbose-update-params', action='store_true',
        help=_('log each batch of rows as information'))


def run(args):
    """Encrypt or decrypt parameters and properties, or rotate keys."""
    _require_sense(args)
    known = _keys(args)
    common.newest_engine()
    admin = context.RequestContext(is_admin=True)
    if args.check:
        return _show(args, admin, known)
    failed = failures.Failures()
    level = (logging.INFO if args.verbose_update_params else logging.DEBUG)
    changed = _change(args, admin, known, failed.add, level)
    failed.tell_rest()
    return _show(args, admin, known, changed, failed.number)


def _require_sense(args):
    if args.action not in (ACTIONS if not args.check else (*ACTIONS, None)):
        raise exception.InvalidValues(
            _('must be one of %s, or --check alone') % ', '.join(ACTIONS),
            ['action'])
    if len(args.old_keys) > 1:
        raise exception.InvalidValues(
            _('put several keys into auth_encryption_previous_keys'),
            [OLD_KEY])


def _keys(args):
    """Return {name of a key: the key}, the one that encrypts first.

    :raises heat.db.exception.InvalidEncryptionKey: one can not be used
    """
    from heat.db import crypt
    first, *previous = crypt.keys()
    named = {'auth_encryption_key': first}
    named.update(('auth_encryption_previous_keys[%d]' % number, key)
                 for number, key in enumerate(previous))
    for key in args.old_keys:
        named[OLD_KEY] = crypt.keys(key, OLD_KEY)[0]
    return named


def _change(args, admin, known, failed, level):
    """Do what is asked for; return {name of a table: rows changed}."""
    from heat.db.sqlalchemy.maintenance import encrypt
    from heat.db.sqlalchemy.maintenance import rotate
    keys = list(known.values())
    if args.action == 'decrypt':
        return encrypt.convert_choice(
            admin, False, keys[-1:] if args.old_keys else keys, failed,
            level=level)
    changed = {}
    if args.action == 'encrypt':
        changed = encrypt.convert_choice(admin, True, keys, failed,
                                         level=level)
    if args.action == 'rotate' or args.old_keys:
        for table, number in rotate.rotate(
                admin, keys, failed, level).items():
            changed[table] = changed.get(table, 0) + number
    return changed


def _show(args, admin, known, changed=None, failed=0):
    """Print what is encrypted with which key; return the exit status."""
    from heat.db.sqlalchemy.maintenance import rotate
    found = rotate.count_by_key(admin, list(known.values()))
    values = {'keys': [{'name': name, 'values': found[position]}
                       for position, name in enumerate(known)],
              'unreadable': found[rotate.UNREADABLE],
              'clear': found[rotate.CLEAR]}
    if changed is not None:
        values.update(changed=changed, failed=failed)
    output.show(args.format, _lines(values), **values)
    if failed:
        return exits.FAILED
    if args.check or args.action == 'rotate':
        others = [key['values'] for key in values['keys'][1:]]
        return (exits.FOUND if any([*others, values['unreadable']]) else
                exits.DONE)
    return exits.DONE


def _lines(values):
    if 'changed' in values:
        yield _('Rows changed: %s') % _numbers(values['changed'])
    for key in values['keys']:
        yield _('Values encrypted with %(name)s: %(number)s') % {
            'name': key['name'], 'number': _numbers(key['values'])}
    yield _('Values that none of these keys can read: %s') % _numbers(
        values['unreadable'])
    yield _('Values that could be encrypted, and are not: %s') % _numbers(
        values['clear'])


def _numbers(by_table):
    return ', '.join('%s %d' % item for item in sorted(by_table.items())
                     if item[1]) or _('none')
