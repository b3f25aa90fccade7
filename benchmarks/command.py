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
"""What the commands share: a URL, progress, and errors in one line."""

import argparse
import contextlib
import csv
import importlib
import json
import logging
import math
import signal
import sys

from sqlalchemy.engine import make_url
from sqlalchemy import exc

from benchmarks import comparison
from heat.common.config import CONF

DRIVERS = ('mysql+pymysql', 'postgresql+psycopg2')


def parser(name, description):
    """Return an ArgumentParser that shows a description as it is written."""
    return argparse.ArgumentParser(
        prog='python -m benchmarks.' + name, description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)


def add_engines(parser, choices, default=None):
    """Add the options --engine and --connection.

    :param default: a list; None is all of them
    """
    parser.add_argument(
        '--engine', nargs='+', choices=choices, default=default or choices,
        help='by default ' + ' '.join(default or ['all']))
    add_connection(parser)


def add_connection(parser):
    """Add the option --connection."""
    parser.add_argument(
        '--connection', metavar='URL', type=_url,
        help='of a server to use instead: mysql+pymysql://USER:PASSWORD@HOST/ '
             'or postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE, for a '
             'user who may create databases; TLS is not used')


def _url(text):
    """Refuse in words that do not quote it: it may hold a password."""
    with contextlib.suppress(exc.ArgumentError, ValueError):
        url = make_url(text)
        # What stands behind the first @ of a password would be the host.
        if url.drivername in DRIVERS and (
                '@' not in '%s%s' % (url.host, url.database)):
            return url
    raise argparse.ArgumentTypeError(
        'not a URL for mysql+pymysql or postgresql+psycopg2; write %40 for '
        'an @ in the password')


def number(kind, least, most=math.inf):
    """Return the type of an option: a number of a kind, within bounds."""
    def number(text):
        value = kind(text)
        if not least <= value <= most:
            raise ValueError
        return value
    return number


def write_json(results, path):
    with open(path, 'w') as file:
        json.dump(results, file, indent=1)
        file.write('\n')


def say(text):
    print(text, file=sys.stderr, flush=True)


def aligned(rows):
    """Return a table as text; what is in the first column is to the left."""
    rows = [list(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return '\n'.join('  '.join(
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows)


def add_results(parser, has_rows=False, has_picture=False):
    """Add the options of what else to do with results.

    :param has_rows: whether report() knows the rows of a table
    :param has_picture: whether it knows how to draw them
    """
    parser.add_argument('--json', metavar='FILE',
                        help='to write all figures to')
    add_comparison(parser)
    if has_rows:
        parser.add_argument('--csv', metavar='FILE',
                            help='to write the table to, for documentation')
    if has_picture:
        parser.add_argument('--plot', metavar='FILE',
                            help='to write a picture in SVG to')


def add_comparison(parser):
    parser.add_argument('--compare', metavar='FILE', type=_results,
                        help='with the figures of an earlier run, in JSON')


def _results(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            'no results of a benchmark: %s' % error)


def write_csv(rows, path):
    with open(path, 'w', newline='') as file:
        csv.writer(file, lineterminator='\n').writerows(rows)


def configure():
    """Let [database] be as it is by default, and in the environment."""
    CONF([], project='heat', default_config_files=[], default_config_dirs=[])


def report(collect, text, rows=None, picture=None):
    """Return the work of a command that prints its results, as JSON too.

    :param collect: returns the results for the arguments
    :param text: returns tables of them
    :param rows: returns the table of the documentation
    :param picture: the name of the module that draws them
    """
    def work(args):
        configure()
        if picture and args.plot:
            # It needs matplotlib, and says so before it takes half an hour.
            plot = importlib.import_module('benchmarks.' + picture)
        results = collect(args)
        if args.json:
            write_json(results, args.json)
        if rows and args.csv:
            write_csv(rows(results), args.csv)
        if picture and args.plot:
            plot.draw(results, args.plot)
        show(text(results), results, args.compare)
    return work


def show(text, results, earlier):
    """Print results, and what has become of earlier ones, if there are."""
    print(text)
    if earlier:
        print('\n' + aligned(comparison.rows(earlier, results)))


def run(work, args):
    """Do what a command is for, and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Errors are counted or raised; oslo.db would also print some.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        work(args)
    except KeyboardInterrupt:
        say('benchmark: interrupted')
        return 130
    except Exception as error:
        say(_one_line(error, getattr(args, 'connection', None)))
        return 1
    return 0


def _one_line(error, url):
    text = ' '.join(str(error).split()) or type(error).__name__
    if url and url.password:
        text = text.replace(url.password, '***')
    return 'benchmark: ' + text
