"""Write the generated parts of `docs/`, so that they can be read on GitHub too.

python mkdocs_hooks/generate.py              write the command reference and the model cards
python mkdocs_hooks/generate.py --figures    also draw the figures, with the shipped models
python mkdocs_hooks/generate.py --check      name outdated texts and exit with code 1

Figures are not checked: their pixels depend on Matplotlib.
"""

import sys
from pathlib import Path

import cards
import commands

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def texts() -> dict[Path, str]:
    """Return the current text of each generated page, by its path."""
    pages = sorted((DOCS / "models").glob("*.md"))
    return {
        **{DOCS / "commands" / f"{name}.md": commands.page(name) for name in commands.names()},
        **{page: cards.filled(page.read_text("utf-8"), ROOT / "models") for page in pages},
    }


def main(arguments: list[str]) -> int | str:
    """Run a command line; return the exit code, or what is wrong."""
    outdated = {
        path: text
        for path, text in texts().items()
        if not path.is_file() or path.read_text("utf-8") != text
    }
    if arguments == ["--check"]:
        names = ", ".join(path.relative_to(ROOT).as_posix() for path in outdated)
        return f"outdated: {names}; run python mkdocs_hooks/generate.py" if outdated else 0
    for path, text in outdated.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    if arguments == ["--figures"]:
        import pictures

        for name in pictures.PICTURES:
            (DOCS / "pictures" / f"{name}.png").write_bytes(pictures.draw(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
