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

"""Writers of one process, all at one node.

As a program, it reads its order, a line of JSON, and prints what the writers
do, as soon as they have done it, until its input ends. [database] connection
says at which node.
"""

import json
import os
import random
import sys
import threading
import traceback

from heat.common.config import CONF
from heat.tests.galera import ways
from heat.tests import history
from heat.tests import writer


class Crew:

    def __init__(self, name, threads, seed, way, **parameters):
        self.parameters = {**parameters, 'update': ways.WAYS[way]}
        self.seed = seed
        self.is_over = threading.Event()
        self.printing = threading.Lock()
        self.threads = [
            threading.Thread(target=self.run, args=('%s.%d' % (name, number),))
            for number in range(threads)]

    def run(self, name):
        try:
            for operation in writer.work(
                    name, rng=random.Random('%s %s' % (self.seed, name)),
                    **self.parameters):
                with self.printing:
                    print(history.dump([operation]), end='', flush=True)
                if self.is_over.is_set():
                    return
        except BaseException:
            traceback.print_exc()
            # Nobody may wait for the others.
            os._exit(1)


def main():
    CONF([], project='heat', default_config_files=[], default_config_dirs=[])
    crew = Crew(**json.loads(sys.stdin.readline()))
    for thread in crew.threads:
        thread.start()
    sys.stdin.read()
    crew.is_over.set()
    for thread in crew.threads:
        thread.join()


if __name__ == '__main__':
    main()
