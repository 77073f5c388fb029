"""Fetch the fonts that the shipped models learned print and letters from.

    python models/fetch_fonts.py FOLDER

They are the npm packages `@fontsource/NAME`, under free licences, at the versions in `fonts.txt`
beside this file; `npm` has to be installed. Of each, the regular and the bold faces are kept of
these scripts: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Bengali, Gujarati, Telugu,
Malayalam, Sinhala, Khmer, Thai, Georgian, Armenian; and the most common characters of Japanese and
Korean: about 18 MB. Tamil and Ethiopic are left for
measuring (`benchmarks/hands.py`). No font is part of digitnet or of its models.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

WANTED = re.compile(
    r"(.+)-(?:"
    r"(latin|greek|cyrillic)-(?:400|700)-(?:normal|italic)"
    r"|(?:hebrew|arabic|devanagari|bengali|gujarati|telugu|malayalam|sinhala|khmer|thai|georgian"
    r"|armenian)-(?:400|700)-normal"
    r"|11\d-400-normal"  # of the 120 parts of a Japanese or Korean font, the commonest
    r")\.woff"
)
KEPT_FOR_BENCHMARKS = re.compile(r"noto-(sans|serif|naskh)-.*")
"""Their Latin, Greek and Cyrillic are Noto Sans, which is kept for benchmarks."""


def main() -> None:
    """Fetch all families with one call of npm."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    families = Path(__file__).with_name("fonts.txt").read_text().split()
    with tempfile.TemporaryDirectory() as work:
        command = ["npm", "pack", "--silent", *(f"@fontsource/{family}" for family in families)]
        try:
            subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"npm cannot fetch the fonts: {error}")
        count = sum(unpack(package, folder) for package in Path(work).glob("*.tgz"))
    print(f"{count:,} files of {len(families)} families are in {folder}")


def unpack(package: Path, folder: Path) -> int:
    """Put the wanted files of a package into `folder/FAMILY`, and say how many there are."""
    count = 0
    with tarfile.open(package) as archive:
        for member in archive:
            name = WANTED.fullmatch(Path(member.name).name)
            file = archive.extractfile(member)
            if name is None or file is None:
                continue
            if name[2] and KEPT_FOR_BENCHMARKS.fullmatch(name[1]):
                continue
            target = folder / name[1] / name[0]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read())
            count += 1
    return count


if __name__ == "__main__":
    main()
