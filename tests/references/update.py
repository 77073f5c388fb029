"""Rewrite the reference answers on purpose, and print what becomes different.

    python tests/references/update.py            rewrites samples.jsonl and generated.jsonl
    python tests/references/update.py --check    writes nothing; the exit code is 1 if they differ

An answer that differs by less than the test tolerates is no difference, and keeps its old record.
"""

import argparse
import sys

from references import (
    IMAGES,
    ROOT,
    count_of,
    differences,
    find_change,
    load,
    path_of,
    read_images,
    save,
)

from digitnet import Recognizer


def main(arguments: list[str] | None = None) -> int:
    """Update the references and print the differences; returns 1 if `--check` found any, else 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    recognizer = Recognizer.load(ROOT / "models" / "cnn")
    found = False
    for source in IMAGES:
        path = path_of(source)
        old, new = load(path), read_images(source, recognizer)
        lines = differences(old, new, recognizer.threshold)
        found |= bool(lines)
        sys.stdout.writelines(f"{line}\n" for line in [*lines, f"{path.name}: {count_of(lines)}"])
        if lines and not options.check:
            kept = {
                name: old[name]
                if name in old and not find_change(old[name], answer, recognizer.threshold)
                else answer
                for name, answer in new.items()
            }
            save(path, kept)
    return int(found and options.check)


if __name__ == "__main__":
    sys.exit(main())
