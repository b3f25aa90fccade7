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

"""Makes calls of heat.db.api, each when benchmarks.calls asks for it.

It works with any heat.db.api that has the names of Heat 25, Heat's own among
them, and so imports of this package only the calls themselves. It reads and
writes a line of JSON each time.
"""

import inspect
import json
import sys
import time

from heat.db import api
from heat.tests.db.sqlalchemy.api import calls
from oslo_config import cfg


class Maker:

    def functions(self):
        """Return the noun and the number of a call of each function."""
        found = {}
        for noun, module in calls.NOUNS.items():
            for number, call in enumerate(module.calls(calls.World())):
                found.setdefault(call.name, (noun, number))
        return found

    def prepare(self, noun, number):
        """Make a world in which a call is right."""
        self.world = calls.World()
        self.call = calls.NOUNS[noun].calls(self.world)[number]
        self.function = getattr(api, self.call.name)
        # Heat's own takes fewer, for it fences less.
        names = inspect.signature(self.function).parameters
        self.arguments = {name: value for name, value
                          in self.call.arguments.items() if name in names}

    def make(self):
        """Return the milliseconds that the call takes."""
        start = time.perf_counter()
        self.function(self.world.context, **self.arguments)
        return (time.perf_counter() - start) * 1000


def obey(maker, method, *args):
    try:
        return {'answer': getattr(maker, method)(*args)}
    except Exception as error:
        return {'error': '%s: %s' % (type(error).__name__,
                                     str(error).partition('\n')[0])}


def main(url):
    cfg.CONF([], project='heat', default_config_files=[],
             default_config_dirs=[])
    cfg.CONF.set_override('connection', url, 'database')
    # Heat's own has no word for it, and no argument that would take it.
    vars(api).setdefault('ANY_ENGINE', None)
    maker = Maker()
    for line in sys.stdin:
        print(json.dumps(obey(maker, *json.loads(line))), flush=True)


if __name__ == '__main__':
    main(sys.argv[1])
