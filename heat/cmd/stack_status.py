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
"""heat-manage stack_status.

Exit status: 0 nothing is wrong; 2 something is.
"""

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import output
from heat.cmd import stacks
from heat.common.i18n import _


def add_arguments(parser):
    parser.add_argument('id', metavar='ID', help=stacks.ID_HELP)
    parser.add_argument(
        '--graph', metavar='FILE',
        help=_('write a picture of the traversal, too: .svg by Graphviz, or '
               '.dot or .mmd (Mermaid) for what others draw'))


def run(args):
    """Show how far a stack is, what it waits for, and what is wrong."""
    from heat.cmd import picture
    from heat.cmd import picture_file
    from heat.cmd import stack_words
    from heat.db.sqlalchemy.maintenance import stack_diagnosis
    if args.graph is not None:
        picture_file.check(args.graph)
    engine = common.newest_engine()
    report, graph = read(engine, stacks.choose(engine, args))
    findings = stack_diagnosis.diagnose(report, graph)
    if args.graph is not None:
        picture_file.write(args.graph, picture.draw(report, graph))
    words = stack_words.Words(report, graph)
    output.show(args.format, words.lines(findings),
                **_values(report, graph, findings, words))
    return exits.FOUND if findings else exits.DONE


def read(engine, stack_id):
    """Return the Report and the Traversal of a stack.

    :raises heat.db.exception.NotFound: it has been deleted meanwhile
    """
    from heat.db.sqlalchemy.maintenance import stack_report
    from heat.db.sqlalchemy.maintenance import traversal
    report = stack_report.read(engine, stack_id)
    if report is None:
        raise stacks.deleted_meanwhile(stack_id)
    return report, traversal.Traversal(report)


def _values(report, graph, findings, words):
    """Return what is known by names, as JSON can hold it."""
    from heat.cmd import stack_words
    from heat.db.sqlalchemy.maintenance import stack_diagnosis
    stack = {name: value for name, value in report.stack.items()
             if name != 'current_deps'}
    return {
        'stack': stacks.plain(stack),
        'resources': list(map(stacks.plain, report.resources)),
        'nodes': [_node(graph, node) for node in sorted(graph.progress)],
        'past_sync_points': stack_words.past_sync_points(report),
        'nested': list(map(stacks.plain, report.nested)),
        'engines': [stacks.plain(one._asdict())
                    for _id, one in sorted(report.engines.items())],
        'findings': [
            {**one._asdict(), 'subject': one.subject and one.subject['id'],
             'text': output.line(words.finding(one))}
            for one in findings],
        'to_reset': stack_diagnosis.to_reset(report, findings)}


def _node(graph, node):
    awaited, present, since = graph.progress[node]
    return {**node._asdict(), 'state': graph.states.get(node),
            'awaited': sorted(awaited),
            'present': None if present is None else sorted(present),
            'since': since and str(since)}
