#!/usr/bin/env bash
#
# Make an environment with a real Heat of its own, which the tests let take
# over a database: .tox/heat25, or .tox/heat-VERSION for another version. Its
# source, with the tests, is in the folder source there. Does nothing where the
# environment is there already.
#
#   tools/heat-venv.sh [VERSION]
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

version=${1:-$HEAT_VERSION}
VENV=$(heat_venv "$version")
CONSTRAINTS=tools/heat25-constraints.txt

mkdir -p .tox
exec 9>"$VENV.lock"
flock 9
make_venv
wanted=$(sha256sum constraints.txt tools/heat25-*.txt tools/heat-venv.sh)
wanted+=" $version"
if [ "$(cat "$VENV/installed-from" 2>/dev/null)" != "$wanted" ]; then
    say "Installing a real Heat into $VENV"
    pip_install -c $CONSTRAINTS "openstack-heat==$version" PyMySQL \
        psycopg2-binary -r tools/heat25-requirements.txt
    # Its tests look for files that only the source distribution has.
    rm -rf "$VENV/source" "$VENV/download"
    "$VENV/bin/pip" download --quiet --no-deps --no-build-isolation \
        --no-binary openstack-heat -c $CONSTRAINTS -d "$VENV/download" \
        "openstack-heat==$version"
    mkdir "$VENV/source"
    tar -xzf "$VENV"/download/*.tar.gz -C "$VENV/source" --strip-components=1
    echo "$wanted" > "$VENV/installed-from"
fi
