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

"""Templates that tell by what they have stored which of them was applied."""

KIND = 'OS::Heat::TestResource'
FILE = 'nested.yaml'
IN_NESTED = ('n0', 'n1')
NESTED = """
heat_template_version: 2016-10-14
parameters:
  marker: {type: string}
resources:
  n0:
    type: OS::Heat::TestResource
    properties: {value: {get_param: marker}}
  n1:
    type: OS::Heat::TestResource
    depends_on: n0
    properties: {value: {get_param: marker}}
"""
# So many at a time need nothing of each other.
WIDTH = 4


def make(marker, size, fails=False):
    """Return a template whose resources have a marker as their value.

    :param size: how many resources it has, those of nested stacks included;
        one has a name of its own in each template, some wait, and some are
        replaced when the marker is another one
    :param fails: whether the last resource fails
    """
    count = 1 if size < 12 else 2
    nested = {'nested%d' % number: {
        'type': FILE, 'depends_on': 'r0', 'properties': {'marker': marker}}
        for number in range(count)}
    last = size - count * (1 + len(IN_NESTED)) - 2
    resources = {'r%d' % number: _resource(marker, number)
                 for number in range(last + 1)}
    resources['r%d' % last]['properties']['fail'] = fails
    resources['only-' + marker] = {
        'type': KIND, 'depends_on': 'r1', 'properties': {'value': marker}}
    return {'heat_template_version': '2016-10-14', 'description': marker,
            'resources': {**resources, **nested}}


def _resource(marker, number):
    resource = {'type': KIND, 'properties': {
        'value': marker, 'wait_secs': 0.2 if number % 3 == 0 else 0,
        'update_replace': number % 7 == 1}}
    if number >= WIDTH:
        resource['depends_on'] = 'r%d' % (number - WIDTH)
    return resource
