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
"""[database] connection as nobody should write it: one line, no secret."""

from heat.tests.cmd import test_manage
from heat.tests.cmd import test_status

SECRET = test_manage.PASSWORD
HOSTILE = (
    'sqlite://heat:%s@dbhost/heat',
    'sqlite://%s/heat',
    'sqlite:///nowhere/heat:%s@dbhost/heat',
    'sqlite:///x?timeout=%s',
    'mysql+pymysql://heat@127.0.0.1:1/heat?connect_timeout=%s',
    'mysql+pymysql://heat@127.0.0.1:1/heat?%s=1',
    'mysql+pymysql://heat@127.0.0.1:1/heat?plugin=%s',
    'mysql+pymysql://heat@127.0.0.1:1/heat?charset=%s',
    'mysql+pymysql://heat@127.0.0.1:1/heat?unix_socket=/%s',
    'mysql+pymysql://heat:a b %s@127.0.0.1:1/heat',
    'mysql+pymysql://heat:a@%s@127.0.0.1:1/heat',
    'mysql+pymysql://heat:a%%%s@127.0.0.1:1/heat',
    'mysql+pymysql://heat:a/%s@127.0.0.1:1/heat',
    'mysql+pymysql://heat:a#%s@127.0.0.1:1/heat',
    'mysql+pymysql://heat:\n%s@127.0.0.1:1/heat',
    'mysql+pymysql://heat/%s@127.0.0.1:1/heat',
    'mysql+pymysql://127.0.0.1:1/heat password=%s',
    'mysql+pymysql:heat:%s@127.0.0.1/heat',
    'postgresql+psycopg2://heat@127.0.0.1:1/dbname=x password=%s',
    'postgresql+psycopg2://heat@127.0.0.1:1/heat?connect_timeout=%s',
    'postgresql+psycopg2://heat@127.0.0.1:1/heat?sslmode=%s',
    'postgresql+psycopg2://heat@127.0.0.1:1/heat?password=%s',
    'postgresql+psycopg2://heat@127.0.0.1:1/heat?options=%s',
    'postgresql+psycopg2://heat@host password=%s/heat',
    'postgresql+nosuch://heat:%s@127.0.0.1/heat',
    'oracle://heat:%s@127.0.0.1/heat',
    'mysql+pymysql://heat:%s\udcff@127.0.0.1:1/heat',
    'mysql+pymysql://heat:%s@' + 'h' * 9999 + '/heat',
    'mysql+pymysql://heat:%s@host\r\nERROR/heat',
    ' %s ',
)
EMPTY = ('', ' ', '\n', '://', '$', '%', '\udcff')


URLS = EMPTY + tuple(
    url.replace('%s', SECRET).replace('%%', '%') for url in HOSTILE)


class ManageTest(test_manage.ManageTestCase):

    def test_all(self):
        for url in URLS:
            self.assert_refused('db_version', connection=url)


class StatusTest(test_status.StatusTestCase):

    def test_all(self):
        for url in URLS:
            self.assert_not_checked(url)
