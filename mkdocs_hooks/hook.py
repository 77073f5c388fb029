"""MkDocs hook that generates pages and figures of the site at each build.

Input: the command line, the models and their cards, and the code that draws training images.
Output: pages and figures that need not be updated by hand.
"""

import re
from pathlib import Path

import cards
import commands
import links
import pictures
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

COMMANDS = "Commands"
"""Entry of `nav` that receives a page for each command."""

COPIED = {page: source for source, page in links.PAGES.items() if source != "README.md"}
"""Source files outside `docs/`, by page."""

_CARD = re.compile(r"<!-- card: (\w+) -->")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the commands in the navigation."""
    for section in config.nav or ():
        for entries in section.values():
            for entry in entries if isinstance(entries, list) else ():
                if COMMANDS in entry:
                    entry[COMMANDS] = [f"commands/{name}.md" for name in commands.names()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and figures."""
    for name in commands.names():
        files.append(File.generated(config, f"commands/{name}.md", content=commands.page(name)))
    for page, source in COPIED.items():
        text = links.within_site((ROOT / source).read_text("utf-8"), source, page)
        files.append(File.generated(config, page, content=text))
    for name in pictures.PICTURES:
        files.append(File.generated(config, f"pictures/{name}.png", content=pictures.draw(name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in the model cards and rewrite links to files outside `docs/`."""
    markdown = _CARD.sub(lambda match: cards.table(ROOT / "models" / match[1]), markdown)
    uri = page.file.src_uri
    return markdown if page.file.generated_by else links.within_site(markdown, f"docs/{uri}", uri)
