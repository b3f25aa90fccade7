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

"""Texts that are cut to what their columns hold."""

import testtools

from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.cut import cut
from heat.db.sqlalchemy import models

MOST = 65535


class CutTest(testtools.TestCase):

    def cut(self, text, model=models.Resource):
        values = {'status_reason': text, 'name': 'x' * 300}
        result = cut(model, values, 'status_reason', 'action')
        self.assertEqual({'status_reason': text, 'name': 'x' * 300}, values)
        self.assertEqual(values.keys(), result.keys())
        self.assertEqual(values['name'], result['name'])
        return result['status_reason']

    def test_what_fits_stays(self):
        for text in ('', 'x' * MOST, '\u20ac' * (MOST // 3), None, 5, b'x'):
            self.assertEqual(text, self.cut(text))

    def test_between_characters(self):
        for character in ('x', '\u00e9', '\u20ac', '\U0001f600', '\ud800'):
            size = len(character.encode(errors='surrogatepass'))
            for start in ('', 'x', 'xx', 'xxx'):
                text = start + character * MOST
                fits = start + character * ((MOST - len(start)) // size)
                self.assertEqual(fits, self.cut(text))

    def test_by_characters_where_the_column_counts_them(self):
        self.assertEqual('\u20ac' * 255,
                         self.cut('\u20ac' * 256, models.Snapshot))

    def test_no_dictionary_is_left_to_the_check(self):
        for values in (None, [], 'status_reason', 5):
            self.assertIs(values, cut(models.Resource, values,
                                      'status_reason'))


class TooLongTest(testtools.TestCase):
    """What is more than information is refused."""

    def check(self, text):
        checks.check(models.ResourceData, {'value': text})

    def test_bytes_count(self):
        self.check('x' * MOST)
        for text in ('x' * (MOST + 1), '\u20ac' * (MOST // 3 + 1)):
            error = self.assertRaises(exception.InvalidValues, self.check,
                                      text)
            self.assertEqual(['value'], error.keys)
            self.assertIn('65535 bytes', str(error))
