"""The documentation is correct: sessions run, links and images exist, the site builds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TIMEOUT_S
from sessions import Block, check_examples, check_session, examples, sessions

DOCS = ROOT / "docs"
GENERATE = ROOT / "mkdocs_hooks" / "generate.py"

LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(?:img|a|source) [^>]*?(?:src|href|srcset)=\"([^\"]+)\"")

PAGES = sorted(DOCS.rglob("*.md"))


def name_of(path: Path) -> str:
    """Return a file's path in the repository, as the ID of a test case."""
    return path.relative_to(ROOT).as_posix()


SESSIONS = [
    pytest.param(block, id=f"{name_of(page)}, {block}")
    for page in PAGES
    for block in sessions(page.read_text("utf-8"))
]
WITH_EXAMPLES = [page for page in PAGES if examples(page.read_text("utf-8"))]


def documents() -> list[Path]:
    """Return the Markdown files that people read."""
    folders = (".", "benchmarks", "light", "models", "samples")
    outside = (path for folder in folders for path in (ROOT / folder).glob("*.md"))
    return sorted([*outside, *PAGES])


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings in a Markdown text."""
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    """Remove fenced code blocks and code spans from a Markdown text."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


@pytest.mark.skipif(sys.platform == "win32", reason="the sessions are those of a POSIX shell")
@pytest.mark.parametrize("block", SESSIONS)
def test_a_session_prints_what_it_shows(block: Block, tmp_path: Path) -> None:
    check_session(block, tmp_path)


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_the_examples_of_a_page_give_the_results_they_show(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    check_examples(page)


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_the_target_of_every_link_and_image_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    for match in LINK.finditer(without_code(text)):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{path.name} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text("utf-8")), f"{path.name} links to #{anchor}"


def test_the_command_reference_and_the_model_cards_are_current() -> None:
    result = subprocess.run(
        [sys.executable, GENERATE, "--check"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert result.returncode == 0, result.stderr


def test_the_navigation_lists_the_reference_of_every_command() -> None:
    pages = {name_of(path) for path in (DOCS / "commands").glob("*.md")}
    listed = set(re.findall(r"- (commands/\w+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M))
    assert pages == {f"docs/{page}" for page in listed}


@pytest.mark.slow
def test_every_figure_of_the_pages_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(GENERATE.parent)
    import pictures

    assert {path.stem for path in (DOCS / "pictures").iterdir()} == {*pictures.PICTURES}
    for name in pictures.PICTURES:
        assert pictures.draw(name).startswith(b"\x89PNG"), name


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_or_a_network(tmp_path: Path) -> None:
    closed = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **closed, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert result.returncode == 0, result.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert {f"commands/{command}.html" for command in ("predict", "train", "evaluate")} <= {
        page.relative_to(tmp_path).as_posix() for page in pages
    }
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.findall(r"<(?:script|img|iframe)[^>]* src=\"?(?:https?:)?//", text), page
        assert not re.findall(r"<link[^>]*stylesheet[^>]* href=\"?(?:https?:)?//", text), page
        for target in re.findall(r"(?:src|href)=\"([^\"#?]+)[^\"]*\"", text):
            if not re.match(r"[a-z]+:", target) and page.name != "404.html":
                assert (page.parent / target).exists(), f"{page.name} refers to {target}"
