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
"""A program that owns its process, and looks what heat.db changes there.

Its arguments are a configuration file, and "registered" if it has registered
oslo.db's options before it uses heat.db.
"""

import logging
import sys
import warnings

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_db import options
from oslo_db.sqlalchemy import engines
from oslo_db.sqlalchemy import exc_filters
import sqlalchemy as sa
from sqlalchemy import orm

CONF = cfg.CONF
OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'


class Mine(orm.declarative_base()):
    __tablename__ = 'mine'
    id = sa.Column(sa.Integer, primary_key=True)


class Application:

    def __init__(self):
        logging.basicConfig(level=logging.WARNING)
        logging.getLogger('sqlalchemy.engine').setLevel(logging.CRITICAL)
        self.engines = [
            sa.create_engine('sqlite://'),
            engines.create_engine('sqlite://', connection_debug=-1)]
        self.groups = set(CONF)
        self.loggers = {
            name: logger
            for name, logger in logging.root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger)}
        self.before = self.see()

    def see(self):
        """Return all that may not change."""
        return {
            'listeners': list(self.listeners()),
            'errors': list(self.errors()),
            'filters': {(name, error): list(found)
                        for name, errors in exc_filters._registry.items()
                        for error, found in errors.items()},
            'options': [dict(vars(option))
                        for option in options.database_opts],
            'configuration': list(self.configuration()),
            'loggers': {
                name: (logger.level, logger.disabled, logger.propagate,
                       tuple(logger.handlers), tuple(logger.filters))
                for name, logger in self.loggers.items()},
            'root logger': (logging.root.level, tuple(logging.root.handlers)),
            'warnings': list(warnings.filters),
        }

    def listeners(self):
        for target in (*self.engines, *(own.pool for own in self.engines),
                       orm.Session(), sa.inspect(Mine), Mine.__table__):
            for name in target.dispatch._event_names:
                yield name, tuple(getattr(target.dispatch, name))

    def errors(self):
        for own in self.engines:
            with own.connect() as connection:
                for statement in ('CREATE TABLE IF NOT EXISTS t (i)',
                                  'CREATE TABLE t (i)'):
                    try:
                        connection.exec_driver_sql(statement)
                    except (sa.exc.SQLAlchemyError,
                            db_exception.DBError) as error:
                        yield type(error), str(error)

    def configuration(self):
        for name in sorted(CONF.database if 'database' in self.groups else ()):
            yield (name, CONF.database[name],
                   CONF.get_location(name, 'database'))

    def check(self):
        now = self.see()
        for key, value in self.before.items():
            assert value == now[key], '%s: %r -> %r' % (key, value, now[key])


def use(api):
    from heat.common import context
    from heat.db.sqlalchemy import models

    models.Base.metadata.create_all(api.get_engine())
    request = context.RequestContext(tenant_id='tenant')
    template = api.raw_template_create(request, {'template': {}})
    stack_id = api.stack_create(request, {
        'tenant': 'tenant', 'raw_template_id': template.id,
        'disable_rollback': False, 'current_traversal': OLD}).id
    api.stack_update(request, stack_id, {'current_traversal': NEW}, OLD)
    assert api.stack_get(request, stack_id).current_traversal == NEW


def main(path, *registered):
    CONF.register_cli_opt(cfg.StrOpt('mine'))
    if registered:
        CONF.register_opts(options.database_opts, 'database')
    CONF(['--mine', 'x'], project='application', default_config_files=[path])
    application = Application()

    from heat.db import api
    application.check()
    assert set(CONF) == application.groups, set(CONF) - application.groups
    use(api)
    application.check()


if __name__ == '__main__':
    main(*sys.argv[1:])
