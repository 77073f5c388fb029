"""Render a model card (`model.json`) as Markdown tables."""

import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PARTS = {
    ("classifier", "test"): "test set (20 %)",
    ("classifier", "official"): "official MNIST test set",
    ("classifier", "undisputed"): "the same without the 15 digits with disputed labels",
    ("reader", "test"): "lines made of the digits of the test set",
}
"""Headings of the figures, by kind of model and data split."""

_CARD = re.compile(
    r"(?P<begin><!-- card: (?P<name>\w+) -->\n).*?(?P<end>\n<!-- end of card -->)", re.DOTALL
)


def filled(text: str, models: Path) -> str:
    """Return a page with its card, between two comments, updated from the model.

    Args:
        text: the page in Markdown.
        models: folder of the models.
    """
    return _CARD.sub(
        lambda match: f"{match['begin']}\n{table(models / match['name'])}\n{match['end']}", text
    )


def table(folder: Path) -> str:
    """Return a model card in Markdown: network, files, data and figures.

    Args:
        folder: folder of the model bundle.
    """
    card: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
    size = (folder / "model.tflite").stat().st_size
    facts = {
        "network": f"`{card['network']}`, {card['parameters']:,} weights",
        "`model.tflite`": f"{size / 1e6:.1f} MB",
        "training": f"{card['epochs']} epochs in {card['seconds'] / 60:.0f} minutes, "
        f"{card['hyper_parameters']['optimizer']}, seed {card['hyper_parameters']['seed']}",
        "versions": ", ".join(f"{name} {text}" for name, text in card["versions"].items()),
        "temperature": f"{card['temperature']:.3f}",
        **{f"SHA-256 of `{name}`": f"`{digest}`" for name, digest in card["files"].items()},
    }
    if isinstance(card.get("threshold"), float):
        facts["threshold"] = f"{card['threshold']:.3f}: below it, a digit is answered by `?`"
    return "\n\n".join(
        [
            _rows("", "", facts.items()),
            "### Data",
            _rows("data", "used for", [*_images(card), *_strokes(card)]),
            "### Figures",
            *(
                _rows(
                    PARTS[card.get("kind", "classifier"), part],
                    "",
                    itertools.starmap(_figure, figures.items()),
                )
                for part, figures in card["measured"].items()
            ),
        ]
    )


def _images(card: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            f"`{one['name']}`, {one['count']:,} digits",
            f"{one['train']:,} training, {one['validation']:,} validation, {one['test']:,} test",
        )
        for one in card["datasets"]
    ]


def _strokes(card: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            f"pen strokes of {one['kind']}: {one['licence']}",
            f"{one['train']:,} training, {one['validation']:,} validation, other writers in each",
        )
        for one in card.get("pen_strokes", [])
    ]


def _figure(name: str, value: Any) -> tuple[str, str]:
    """Format a figure of the card."""
    shown = name.replace("_", " ")
    if isinstance(value, list):
        return shown, " to ".join(f"{100 * bound:.2f} %" for bound in value)
    if isinstance(value, int):
        return shown, f"{value:,}"
    return shown, f"{value:.4f}" if name == "loss" else f"{100 * value:.2f} %"


def _rows(left: str, right: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {one} | {other} |" for one, other in rows]
    return "\n".join([f"| {left} | {right} |", "|---|---|", *lines])
