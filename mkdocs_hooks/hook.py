"""MkDocs hook that adds files outside `docs/` to the site, and points links at them."""

from pathlib import Path

import links
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

COPIED = {page: source for source, page in links.PAGES.items() if source != "README.md"}
"""Source files outside `docs/`, by page."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside `docs/` as pages."""
    for page, source in COPIED.items():
        text = links.within_site((ROOT / source).read_text("utf-8"), source, page)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links to files outside `docs/`."""
    uri = page.file.src_uri
    return markdown if page.file.generated_by else links.within_site(markdown, f"docs/{uri}", uri)
