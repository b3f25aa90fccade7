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

"""What tests of secrets in the database are made from."""

import contextlib

from heat.db import ciphers
from heat.db.sqlalchemy.engine import autocommit
from heat.tests import base
from heat.tests.db import test_crypt

KEY = test_crypt.KEY
OTHER = test_crypt.OTHER
SECRET = 'sixteen letters.'
TRAVERSAL = '11111111-1111-4111-8111-111111111111'

# The secret as Heats of all times have stored it.
STORED = {method: text for key, secret, texts in test_crypt.VECTORS
          if (key, secret) == (KEY, SECRET)
          for method, text in zip(ciphers.METHODS, texts)}


class SecretsTestCase(test_crypt.KeyTestCase, base.APITestCase):
    """A test with a key and a database."""

    SECRET = SECRET

    @contextlib.contextmanager
    def everything_logged(self):
        """Assert that what is logged shows statements, and no secret."""
        engines = (self.engine, autocommit.get_engine())
        for engine in engines:
            engine.echo = True
        try:
            yield
        finally:
            for engine in engines:
                engine.echo = False
        self.assertIn('INSERT INTO', self.log.output)
        for text in (KEY, SECRET, 'gAAAAA'):
            self.assertNotIn(text, self.log.output)
