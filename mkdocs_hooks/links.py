"""Convert links between Markdown files of the repository to links within the site."""

import os
import re

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "models/README.md": "models/training.md",
}
"""Pages to link to in place of files outside `docs/`."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def within_site(markdown: str, source: str, page: str) -> str:
    """Point links to pages of the site; replace links to other files by their text.

    Args:
        markdown: text of the page.
        source: path of its file in the repository.
        page: path of its page in the site, relative to `docs/`.
    """

    def replace(match: re.Match[str]) -> str:
        picture, text, target, anchor = match.groups(default="")
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = os.path.normpath(os.path.join(os.path.dirname(source), target))
        if not path.startswith("docs/") and path not in PAGES:
            return text
        where = PAGES.get(path, path.removeprefix("docs/"))
        return f"{picture}[{text}]({os.path.relpath(where, os.path.dirname(page) or '.')}{anchor})"

    parts = _CODE.split(markdown)
    # Odd parts are code. Placeholders replace them, as the text of a link may be code.
    whole = "".join(
        part if number % 2 == 0 else f"\0{number}\0" for number, part in enumerate(parts)
    )
    linked = _LINK.sub(replace, whole)
    return re.sub(r"\0(\d+)\0", lambda match: parts[int(match[1])], linked)
