"""The documents keep their word: sessions run, links and pictures exist, the site builds."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from sessions import Block, check_example, check_session, examples, sessions

DOCS = ROOT / "docs"

LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(?:img|a|source) [^>]*?(?:src|href|srcset)=\"([^\"]+)\"")

GENERATED = ("commands/", "pictures/", "models/training.md", "changelog.md", "security.md")
"""Pages and pictures of the site that exist once it is built; `test_the_site_...` looks at them."""


def blocks(find: Callable[[str], list[Block]]) -> list[Any]:
    """What is found in the pages of the site, as parameters of a test."""
    return [
        pytest.param(page, block, id=f"{page.relative_to(DOCS)}, {block}")
        for page in sorted(DOCS.rglob("*.md"))
        for block in find(page.read_text("utf-8"))
    ]


def documents() -> list[Path]:
    """The Markdown files that people read."""
    folders = (".", "benchmarks", "light", "models", "samples")
    outside = (path for folder in folders for path in (ROOT / folder).glob("*.md"))
    return sorted([*outside, *DOCS.rglob("*.md")])


def anchors(text: str) -> set[str]:
    """The names under which a Markdown file's headings can be linked to."""
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    """A Markdown text without its fenced blocks and code spans."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


@pytest.mark.skipif(sys.platform == "win32", reason="the sessions are those of a POSIX shell")
@pytest.mark.parametrize(("page", "block"), blocks(sessions))
def test_a_session_prints_what_it_shows(page: Path, block: Block, tmp_path: Path) -> None:
    check_session(block, tmp_path)


@pytest.mark.parametrize(("page", "block"), blocks(examples))
def test_an_example_gives_what_it_shows(
    page: Path, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    check_example(block, page)


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for match in LINK.finditer(without_code(text)):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (path.parent / target).resolve() if target else path
        if DOCS in file.parents and file.relative_to(DOCS).as_posix().startswith(GENERATED):
            continue
        assert file.exists(), f"{path.name} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text("utf-8")), f"{path.name} links to #{anchor}"
