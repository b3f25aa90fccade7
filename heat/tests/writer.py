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

"""One of many writers that race for a stack, and records what it was told.

As a program, it reads the parameters of a race as JSON, runs the writers in
processes, and prints their history. The stack is in [database] connection.
"""

from concurrent import futures
import functools
import itertools
import json
import multiprocessing
import random
import sys
import threading
import time
import uuid

from oslo_db import exception as db_exception
from sqlalchemy import exc

from heat.common.config import CONF
from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import history

# If one is not ready after as many seconds, it will never be.
START_TIMEOUT = 60

_barrier = None  # where the writers of this process wait for all others


def race_in_threads(writers, **parameters):
    """Let threads of this process race; see write.

    :returns: a list of Operation
    """
    barrier = threading.Barrier(writers)
    return _race(futures.ThreadPoolExecutor(
        writers, initializer=_get_ready, initargs=(barrier,)),
        writers, parameters)


def race_in_processes(writers, **parameters):
    """Let forks of this process race, which must not be connected yet.

    To fork is what makes many processes cheap: they are imported already.
    """
    forks = multiprocessing.get_context('fork')
    return _race(futures.ProcessPoolExecutor(
        writers, forks, _get_ready, (forks.Barrier(writers),)),
        writers, parameters)


def _race(executor, writers, parameters):
    with executor:
        return list(itertools.chain.from_iterable(executor.map(
            functools.partial(write, **parameters), range(writers))))


def _get_ready(barrier):
    global _barrier
    _barrier = barrier
    api.get_engine().connect().close()


def write(writer, stack_id, tenant, traversal, calls, seconds):
    """Start traversals of a stack, and write for them, as an engine would.

    Never reads: what it works for is what a call of its own has told.

    :param traversal: of the stack at the beginning
    :param calls: how many calls of stack_update there are at least
    :param seconds: how long it goes on at least
    :returns: a list of Operation
    """
    operations = []
    _barrier.wait(START_TIMEOUT)
    deadline = time.monotonic() + seconds
    for operation in work(writer, stack_id, tenant, traversal):
        operations.append(operation)
        if len(operations) >= calls and time.monotonic() >= deadline:
            return operations


def work(writer, stack_id, tenant, traversal, update=api.stack_update,
         rng=random):
    """Yield one Operation after the other, without end.

    :param update: what is called in place of stack_update
    :param rng: decides which of the calls start a traversal
    """
    request = context.RequestContext(tenant_id=tenant)
    operation = None
    while True:
        # First, all of them expect the same and start another.
        new = (str(uuid.uuid4())
               if operation is None or rng.random() < 0.25 else None)
        operation = _call(update, request, writer, stack_id, traversal, new)
        if operation.outcome == 'conflict':
            traversal = operation.actual
        elif operation.outcome == 'ok':
            traversal = new or traversal
        yield operation


def _call(update, request, writer, stack_id, expected, new):
    value = str(uuid.uuid4())
    values = {'status_reason': value}
    if new:
        values['current_traversal'] = new
    told = {'outcome': 'ok'}
    start = time.monotonic_ns()
    try:
        update(request, stack_id, values, expected)
    except exception.ConcurrentTransition as error:
        told = {'outcome': 'conflict', 'actual': error.actual}
    except db_exception.DBError as error:
        told = {'outcome': 'error', 'error': type(error).__name__}
    except exc.DBAPIError as error:
        # oslo.db has no class for it.
        told = {'outcome': 'error', 'error': str(error.orig)}
    return history.Operation(
        writer=str(writer), start=start, end=time.monotonic_ns(),
        expected=expected, new=new, value=value, **told)


if __name__ == '__main__':
    CONF([], project='heat', default_config_files=[], default_config_dirs=[])
    print(history.dump(race_in_processes(**json.load(sys.stdin))), end='')
