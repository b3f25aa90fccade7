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

"""The exit statuses of heat-manage: one table for all commands."""

DONE = 0
# Refused, or failed; a line on stderr says why.
FAILED = 1
# What was looked for is there: versions that are pending, a schema that
# differs. argparse has the same for a command line that makes no sense.
FOUND = 2
# The database is newer than this code, or unknown.
UNKNOWN = 3
# A version of the schema is half applied.
HALF_APPLIED = 4
# db_sync --online stopped before a version that needs Heat's services stopped.
NEEDS_STOPPED_SERVICES = 5
# A limit that was asked for ended it, and there is more to do.
MORE = 6
# By SIGINT.
INTERRUPTED = 130
