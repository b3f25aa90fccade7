#!/usr/bin/env bash
#
# Set up what the tests need: MariaDB and PostgreSQL, running, each with a
# user openstack_citest, what a Galera cluster is started from, and a real Heat
# in an environment of its own. Changes nothing where both logins work already
# and nothing is missing, and never stops or reconfigures a running server.
# With --broker, also start a RabbitMQ, through which real engines talk.
#
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

set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib.sh

NAME=openstack_citest
SECONDS_TO_START=30

# Log in and make a database, as oslo.db does for the tests.
login_works() {
    $VENV/bin/python tools/check-login.py "$1"
}

# The tests start the nodes themselves.
cluster_can_start() (
    PATH=$PATH:/usr/sbin:/usr/libexec
    command -v mariadbd && command -v mariadb-install-db &&
        command -v rsync && ls /usr/lib*/galera/libgalera_smm.so
) >/dev/null 2>&1

install_missing() {
    local missing
    # bindep's exit status is 1 when a package is missing.
    missing=$($VENV/bin/bindep -b "$1") || true
    # One package a line.
    # shellcheck disable=SC2086
    [ -z "$missing" ] || install_packages $missing
}

# Wait for a command to succeed.
wait_for() {
    local deadline=$((SECONDS + SECONDS_TO_START))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}

start_service() {
    can_be_root || die "$1 does not run; please start it as root"
    say "Starting $1"
    if [ -d /run/systemd/system ]; then
        as_root systemctl start "$1" </dev/null
    else
        # A container has no systemd. The server must not hold on to the
        # output of this script.
        as_root service "$1" start </dev/null >/dev/null 2>&1
    fi || die "$1 does not start"
}

# --- MariaDB

mariadb_answers() {
    # The status is 0 even where the login is refused.
    mariadb-admin --connect-timeout=5 ping
}

mariadb_as_admin() {
    if [ "$(id -u)" = 0 ] || ! can_be_root; then
        mariadb
    else
        sudo mariadb
    fi
}

setup_mariadb() {
    mariadb_answers >/dev/null 2>&1 || start_service mariadb
    wait_for mariadb_answers || die "MariaDB does not answer on this machine"
    say "Creating the MariaDB user $NAME"
    {
        # The server takes a connection over TCP for localhost or for the
        # bare address, as it is configured.
        for host in localhost 127.0.0.1 ::1; do
            cat <<EOF
CREATE USER IF NOT EXISTS '$NAME'@'$host';
ALTER USER '$NAME'@'$host' IDENTIFIED BY '$NAME';
GRANT ALL PRIVILEGES ON *.* TO '$NAME'@'$host';
EOF
        done
        echo "CREATE DATABASE IF NOT EXISTS $NAME;"
    } | mariadb_as_admin ||
        die "could not create the MariaDB user $NAME; please run this as root"
}

# --- PostgreSQL

postgresql_answers() {
    pg_isready -q -h localhost -t 5
}

# Debian lets the system's user postgres in through the socket; elsewhere the
# role may be open to local connections.
psql_as_admin() (
    # That user may be unable to enter the checkout.
    cd /
    psql=(psql -X -q -A -t -w -v ON_ERROR_STOP=1)
    if [ "$(id -u)" = 0 ] &&
            runuser -u postgres -- "${psql[@]}" -c '' 2>/dev/null; then
        runuser -u postgres -- "${psql[@]}"
    elif "${psql[@]}" -h localhost -U postgres -c '' 2>/dev/null; then
        "${psql[@]}" -h localhost -U postgres
    elif can_be_root; then
        as_root runuser -u postgres -- "${psql[@]}"
    else
        die "please run this as root: it needs PostgreSQL's user postgres"
    fi
)

setup_postgresql() {
    postgresql_answers || start_service postgresql
    wait_for postgresql_answers || die "PostgreSQL does not answer on localhost, port 5432"
    say "Creating the PostgreSQL role $NAME"
    # CREATEDB is all it takes: a role may end its own sessions and drop its
    # own databases.
    psql_as_admin <<EOF || die "could not create the PostgreSQL role $NAME"
SELECT 'CREATE ROLE $NAME'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$NAME') \gexec
ALTER ROLE $NAME LOGIN CREATEDB PASSWORD '$NAME';
SELECT 'CREATE DATABASE $NAME OWNER $NAME'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$NAME') \gexec
EOF
}

# --- RabbitMQ

# Its user guest may log in from this machine.
rabbitmq_answers() (
    exec 3<>/dev/tcp/127.0.0.1/5672
) 2>/dev/null

setup_rabbitmq() {
    install_missing live
    rabbitmq_answers || start_service rabbitmq-server
    wait_for rabbitmq_answers ||
        die "RabbitMQ does not answer on localhost, port 5672"
}

make_venv
pip_install -r requirements.txt bindep

if ! login_works mysql 2>/dev/null || ! login_works postgresql 2>/dev/null ||
        ! cluster_can_start || ! command -v dot >/dev/null
then
    install_missing test
    login_works mysql 2>/dev/null || setup_mariadb
    login_works postgresql 2>/dev/null || setup_postgresql
fi
for engine in mysql postgresql; do
    login_works $engine || die "$NAME cannot use $engine"
    say "$NAME can use $engine"
done
cluster_can_start || die "mariadbd, rsync or Galera's library is missing"
say "a Galera cluster can start"
if [ "${1:-}" = --broker ]; then
    rabbitmq_answers || setup_rabbitmq
    say "RabbitMQ answers"
fi
tools/heat-venv.sh
say "a real Heat is in .tox/heat25"
