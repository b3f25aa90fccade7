# shellcheck shell=bash
# Shared by the scripts in this folder, which source it from bash.
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

VENV=.venv

# pbr asks git for the version. git refuses a checkout that belongs to another
# user, such as a folder mounted into a container.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory
export GIT_CONFIG_VALUE_0=$PWD

# The version of a real Heat that the tests use.
HEAT_VERSION=25.0.2

# Print where a real Heat of a version is.
heat_venv() {
    [[ $1 =~ ^(2[3-9]|[3-9][0-9])(\.[0-9]+){2}$ ]] ||
        die "--heat $1: say a version from 23.0.0 on, such as 24.1.2"
    if [ "$1" = $HEAT_VERSION ]; then
        echo .tox/heat25
    else
        echo ".tox/heat-$1"
    fi
}

say() {
    printf '== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Run a command as root. Asks for a password only where someone can answer.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || return
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

# Install packages of the distribution, or say which ones are missing.
install_packages() {
    command -v apt-get >/dev/null ||
        die "please install these packages and run this again: $*"
    can_be_root ||
        die "not root and no sudo; please run: apt-get install $*"
    say "Installing $*"
    # The locale decides the encoding of a new PostgreSQL server.
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -c '
        apt-get update -qq &&
        apt-get install -qq -y --no-install-recommends "$@"
        ' sh "$@" </dev/null >/dev/null ||
        die "apt-get could not install: $*"
}

# The minor version of a Python 3, if it is one that is supported.
python_minor() {
    "$1" -c '
import sys
if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit(1)
print(sys.version_info[1])' 2>/dev/null
}

find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        python_minor "$PYTHON" >/dev/null ||
            die "PYTHON=$PYTHON is no Python 3.10 to 3.13"
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
        if python_minor "$candidate" >/dev/null; then
            echo "$candidate"
            return
        fi
    done
    die "no Python 3.10 to 3.13 found; please install one or set PYTHON"
}

# Make the virtual environment, unless there is one that works.
make_venv() {
    local python minor
    python=$(find_python) || exit 1
    minor=$(python_minor "$python")
    if [ "$(python_minor $VENV/bin/python)" = "$minor" ] &&
            $VENV/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    [ ! -e $VENV ] || [ -e $VENV/pyvenv.cfg ] ||
        die "$VENV is in the way: it is no virtual environment"
    # Debian keeps ensurepip in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        install_packages "python3.$minor-venv"
    say "Making $VENV with Python 3.$minor"
    "$python" -m venv --clear $VENV || die "could not make $VENV"
}

# pip, with every version from constraints.txt: also those that build the
# package, for which old and new pip read a variable each.
pip_install() {
    PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
        $VENV/bin/python -m pip --disable-pip-version-check install -qq \
        -c constraints.txt "$@" </dev/null || die "pip install $* failed"
}
