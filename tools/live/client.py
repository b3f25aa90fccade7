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

"""A client of real engines; runs where Heat is installed, not this project.

Its argument is the configuration file. Each line it reads is a call of Heat's
EngineClient, a JSON list of a number, a name and arguments by name. All calls
run at once; for each it prints a list of the number, the result and the error,
one of them null, when it is over.
"""

from concurrent import futures
import json
import sys
import threading

from oslo_service import backend

# Before anything of Heat is imported.
backend.init_backend(backend.BackendType.THREADING)

from heat.common import config  # noqa: E402,F401
from heat.common import context  # noqa: E402
from heat.common import messaging  # noqa: E402
from heat.rpc import client  # noqa: E402
import kombu  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_log import log  # noqa: E402

QUEUES = ('engine', 'engine_worker', 'heat-engine-listener')
CALLS = 64

_printing = threading.Lock()


def make_context():
    """Return a context that no Keystone has made."""
    return context.RequestContext(
        username='live', password='live', user_id='live', project_id='live',
        roles=['admin'], is_admin=False, auth_url='http://127.0.0.1:1/v3')


def forget_messages():
    """Delete the queues, with what engines of another database left there."""
    with kombu.Connection(cfg.CONF.transport_url.replace(
            'rabbit://', 'amqp://')) as connection:
        for queue in QUEUES:
            # Not if engines listen: an error says so.
            connection.default_channel.queue_delete(queue, if_unused=True)


def call(engine, number, name, arguments):
    result = error = None
    try:
        result = getattr(engine, name)(make_context(), **arguments)
    except Exception as problem:
        error = '%s: %s' % (type(problem).__name__,
                            str(problem).partition('\n')[0])
    with _printing:
        print(json.dumps([number, result, error]), flush=True)


def main():
    log.register_options(cfg.CONF)
    cfg.CONF(['--config-file', sys.argv[1]], project='heat')
    messaging.setup()
    forget_messages()
    engine = client.EngineClient()
    print('ready', flush=True)
    with futures.ThreadPoolExecutor(CALLS) as pool:
        for line in sys.stdin:
            pool.submit(call, engine, *json.loads(line))


if __name__ == '__main__':
    main()
