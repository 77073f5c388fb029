"""Links of Markdown files in the repository, as links of the site."""

import os
import re

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "models/README.md": "models/training.md",
}
"""Files outside `docs/` and the pages that show them, or what they are about."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def within_site(markdown: str, source: str, page: str) -> str:
    """Point the links of a text to pages of the site; links to other files become plain text.

    Args:
        markdown: the text.
        source: the path of its file in the repository.
        page: the path of its page in the site, from `docs/`.
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
    # odd ones are code; a link whose text is code has its brackets on both sides of it
    whole = "".join(
        part if number % 2 == 0 else f"\0{number}\0" for number, part in enumerate(parts)
    )
    linked = _LINK.sub(replace, whole)
    return re.sub(r"\0(\d+)\0", lambda match: parts[int(match[1])], linked)
