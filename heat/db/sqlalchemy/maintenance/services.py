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

"""Services that no longer report, and how an operator removes them."""

import datetime
import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import service
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Service


def is_alive(row, at=None):
    """Tell whether a service has reported within twice its interval.

    That is Heat's own rule. The time of a report is that of the engine's
    machine, so the clocks of all must agree.

    :param row: a models.Service
    :param at: a datetime in UTC; None is now
    """
    last = last_report(row)
    interval = datetime.timedelta(seconds=row.report_interval)
    return last is not None and (at or now()) - last <= 2 * interval


def last_report(row):
    """Return when a service was last heard of; None if nobody noted it."""
    return row.updated_at or row.created_at


def service_clean(context):
    """Soft-delete the services that no longer report.

    One that reports meanwhile stays; one that reports later is revived by its
    report. One SELECT, and one UPDATE for each that is removed.

    :param context: a RequestContext
    :returns: a list of the models.Service that were removed
    :raises oslo_db.exception.DBError: as the database says
    """
    at = now()
    return [row for row in service.service_get_all(context)
            if not is_alive(row, at) and write.write(context, _Remove(row))]


class _Remove(write.Unit):
    """The soft deletion of a service that has not reported since."""

    is_repeatable = True

    def __init__(self, row):
        self.row = row

    def work(self, execute):
        return bool(execute(_update(), {
            'deleted_at': now(), 'this': self.row.id,
            'last': last_report(self.row)}).rowcount)


@functools.cache
def _update():
    return sa.update(Service.__table__).where(
        Service.id == sa.bindparam('this'), Service.deleted_at.is_(None),
        sa.func.coalesce(
            Service.updated_at, Service.created_at).is_not_distinct_from(
                sa.bindparam('last', type_=sa.DateTime())))
