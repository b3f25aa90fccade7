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

"""Two workers of a traversal are stopped by the start of a new one.

It works in an SQLite file that is gone afterwards, or in the empty database
that OS_DATABASE__CONNECTION names.
"""

from concurrent import futures
import os
import tempfile
import threading
import time
import uuid

from heat.common.config import CONF
from heat.common.context import RequestContext
from heat.db import api
from heat.db import exception


def work(name, stack_id, traversal, has_written):
    """Write to the stack again and again, until its traversal is over."""
    context = RequestContext(tenant_id='example')
    try:
        while True:
            api.stack_update(context, stack_id,
                             {'status_reason': name + ' is at work'},
                             exp_trvsl=traversal)
            has_written.set()
            time.sleep(0.01)
    except exception.ConcurrentTransition as conflict:
        return '%s is stopped by traversal %s' % (name, conflict.actual)


def main():
    context = RequestContext(tenant_id='example')
    api.db_sync(api.get_engine())
    old, new = str(uuid.uuid4()), str(uuid.uuid4())
    template = api.raw_template_create(context, {'template': {}})
    stack_id = api.stack_create(context, {
        'name': 'example', 'tenant': 'example', 'disable_rollback': False,
        'raw_template_id': template.id, 'current_traversal': old}).id
    with futures.ThreadPoolExecutor() as pool:
        workers = []
        for name in ('worker 1', 'worker 2'):
            has_written = threading.Event()
            workers.append(
                pool.submit(work, name, stack_id, old, has_written))
            has_written.wait(30)
            print('%s works for traversal %s' % (name, old))
        api.stack_update(context, stack_id, {
            'current_traversal': new, 'status_reason': 'update starts'},
            exp_trvsl=old)
        print('traversal %s starts' % new)
        for worker in workers:
            print(worker.result())
    stack = api.stack_get(context, stack_id)
    print('the stack is in traversal %s: %s' % (
        stack.current_traversal, stack.status_reason))


if __name__ == '__main__':
    # The environment, but no file: that might name a database in use.
    CONF([], default_config_files=[], default_config_dirs=[])
    with tempfile.TemporaryDirectory() as directory:
        CONF.set_default(
            'connection', group='database',
            default='sqlite:///' + os.path.join(directory, 'heat.sqlite'))
        main()
