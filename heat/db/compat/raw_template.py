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

"""What the engines of Heat 25 do with templates."""

import contextlib

from heat.db import api
from heat.db.compat.adapt import found
from heat.db import exception


@found(None)
def raw_template_delete(context, template_id):
    """What is not there, or is still in use, is left as it is.

    Engines delete templates that others have deleted before. And at the end
    of a traversal they delete the previous template of its stack, whether or
    not a resource has it yet: with an error, a stack that is COMPLETE would
    be FAILED.
    """
    with contextlib.suppress(exception.InUse):
        api.raw_template_delete(context, template_id)
