"""List benchmarks, run one or all, and write the documents that show their figures.

python -m benchmarks                        list all
python -m benchmarks NAME [OPTIONS]         run one; --record saves the result for the documents
python -m benchmarks all [NAME ...]         run all or some, each in a process of its own
python -m benchmarks report                 write docs/measured.md and the figures of the README
"""

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.harness import catalog, documents, options, record
from benchmarks.harness.processes import ROOT
from benchmarks.harness.result import Result


def main(arguments: Sequence[str]) -> int:
    """Run a command line and return the exit code."""
    name, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if name in ("", "-h", "--help"):
        return show_list()
    if name == "all":
        return run_all(rest)
    if name == "report":
        return report()
    if name in catalog.NAMES:
        return run(name, rest)
    print(f"no benchmark is named {name!r}: run python -m benchmarks for a list", file=sys.stderr)
    return 2


def show_list() -> int:
    """Print a line for each benchmark."""
    print(__doc__)
    for name in catalog.NAMES:
        print(f"{name:14}{': '.join(catalog.headline(name))}")
    return 0


def run(name: str, arguments: Sequence[str]) -> int:
    """Run a benchmark, print its result and, with `--record`, save it."""
    parser = catalog.parser(name)
    given = parser.parse_args(arguments)
    command = options.command(name, parser, given)
    if given.record and "output" in given and given.output is None:
        given.output = ROOT / documents.MEASURED.parent
    code, began, result = record.commit(), time.monotonic(), Result()
    catalog.load(name).run(given, result)
    print(result.markdown())
    if result.failure:
        print(f"{name}: {result.failure}", file=sys.stderr)
        return 1
    if given.record:
        seconds = time.monotonic() - began
        made = record.make(command, given, code, seconds, result)
        record.write(name, made, record.RECORDS)
    return 0


def run_all(arguments: Sequence[str]) -> int:
    """Run benchmarks one after another, even after a failure, and print how long each took."""
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), arguments))
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks all [NAME ...]",
        description="Run all benchmarks, or those named, in turn, each in a process of its own. "
        "Further options go to the benchmarks that have them.",
        allow_abbrev=False,
    )
    parser.add_argument("--skip", nargs="+", default=[], choices=catalog.NAMES, metavar="NAME")
    parser.add_argument(
        "--record", action="store_true", help="save the results and update the documents"
    )
    given, further = parser.parse_known_args(arguments[len(names) :])
    if unknown := set(names) - set(catalog.NAMES):
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}")
    chosen = [name for name in names or catalog.NAMES if name not in given.skip]
    commands = {}
    strays = {word for word in further if word.startswith("-")}
    for name in chosen:
        own = catalog.parser(name)
        known, left = own.parse_known_args([*further, *["--record"] * given.record])
        commands[name] = [name, *options.arguments(own, known)]
        strays &= set(left)
    if strays:
        parser.error(f"no benchmark takes {', '.join(sorted(strays))}")
    outcomes = Result()
    table = outcomes.table("benchmark", {"minutes": ".1f", "exit code": ""})
    for number, name in enumerate(chosen, start=1):
        print(f"=== {name} ({number} of {len(chosen)})", flush=True)
        began = time.monotonic()
        ended = subprocess.run([sys.executable, "-m", "benchmarks", *commands[name]], check=False)
        table.row(name, (time.monotonic() - began) / 60, ended.returncode)
    print(outcomes.markdown())
    failed = any(code for _, code in table.rows.values())
    return int((given.record and report() != 0) or failed)


def report() -> int:
    """Update the documents from the records."""
    try:
        texts = documents.current(record.read_all(record.RECORDS))
    except LookupError as error:
        print(f"{error}: run its benchmark with --record first", file=sys.stderr)
        return 1
    for path, text in texts.items():
        if (ROOT / path).read_text("utf-8") != text:
            (ROOT / path).write_text(text, "utf-8")
            print(f"{path} updated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
