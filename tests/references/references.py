"""Reference answers of digitnet's default model, which show the effect of a change.

A reference file is JSON Lines with one record per image: name, digits, confidence and boxes
[x, y, width, height, digit or null, confidence]. `update.py` writes the files and
`test_references.py` compares. Images are only added, never removed.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generated_images import generated_images

from digitnet import Recognizer
from digitnet.reading.prediction import UNSURE, Prediction
from digitnet.vision.decoding.sources import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

DECIMALS = 3
"""Decimals of a stored confidence."""
MAX_SHIFT_PX = 2
"""Tolerance of a box's position and size."""
MAX_CONFIDENCE_CHANGE = 0.03
"""Tolerance of a confidence: other processors round differently."""
NEAR_THRESHOLD = 0.01
"""Maximum distance of a confidence from the threshold at which a digit may be accepted or not."""

PlacedDigit = tuple[int, int, int, int, int | None, float]
"""x, y, width, height, digit, confidence."""


@dataclass(frozen=True)
class Answer:
    """The stored part of a `Prediction`."""

    digits: str
    confidence: float | None
    boxes: tuple[PlacedDigit, ...]


Answers = dict[str, Answer]
"""Answers by image name."""


def _samples() -> Iterator[tuple[str, Image]]:
    for labels in (ROOT / "samples" / "labels.csv", ROOT / "samples" / "not-digits" / "labels.csv"):
        with labels.open(newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                path = labels.parent / line["file"]
                yield path.relative_to(ROOT).as_posix(), path


IMAGES = {"samples": _samples, "generated": generated_images}
"""Function that yields the named images of each reference file."""


def path_of(source: str) -> Path:
    """Return the reference file of a source of images, `samples` or `generated`."""
    return HERE / f"{source}.jsonl"


def read_images(source: str, recognizer: Recognizer) -> Answers:
    """Read all images of a source and return the current answers."""
    names, images = zip(*IMAGES[source](), strict=True)
    answers = recognizer.predict_many(images, jobs=1)
    return {name: to_answer(answer) for name, answer in zip(names, answers, strict=True)}


def to_answer(prediction: Prediction) -> Answer:
    """Convert a prediction to the stored answer."""
    confidence = prediction.confidence
    return Answer(
        prediction.digits,
        None if confidence is None else round(confidence, DECIMALS),
        tuple(
            (box.x, box.y, box.width, box.height, box.digit, round(box.confidence, DECIMALS))
            for box in prediction.boxes
        ),
    )


def load(path: Path) -> Answers:
    """Load the references of a file; none if the file does not exist."""
    if not path.exists():
        return {}
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        record["name"]: Answer(
            record["digits"], record["confidence"], tuple(map(tuple, record["boxes"]))
        )
        for record in records
    }


def save(path: Path, answers: Answers) -> None:
    """Write references, one line per image."""
    lines = []
    for name, answer in answers.items():
        record = {"name": name, **vars(answer)}
        lines.append(json.dumps(record, separators=(",", ":")) + "\n")
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def differences(old: Answers, new: Answers, threshold: float) -> list[str]:
    """Return a line for each image whose answer is changed, new or gone."""
    lines = []
    for name in old | new:
        if name not in new:
            lines.append(f"gone     {name}: {old[name].digits!r}")
        elif name not in old:
            lines.append(f"new      {name}: {new[name].digits!r}")
        elif change := find_change(old[name], new[name], threshold):
            lines.append(f"changed  {name}: {change}")
    return lines


def find_change(old: Answer, new: Answer, threshold: float) -> str:
    """Describe how an answer differs; "" if it is equal within the tolerances.

    Args:
        old: the reference.
        new: the current answer.
        threshold: rejection threshold of the model.
    """
    if old.digits != new.digits and not _differs_by_rounding(old, new, threshold):
        return f"{old.digits!r} -> {new.digits!r}"
    if len(old.boxes) != len(new.boxes):
        return f"{len(old.boxes)} boxes -> {len(new.boxes)}"
    for one, other in zip(old.boxes, new.boxes, strict=True):
        if any(abs(a - b) > MAX_SHIFT_PX for a, b in zip(one[:4], other[:4], strict=True)):
            return f"{new.digits!r}, box {one[:4]} -> {other[:4]}"
    for was, now in zip(_confidences(old), _confidences(new), strict=True):
        if abs(was - now) > MAX_CONFIDENCE_CHANGE + 1e-9:
            return f"{new.digits!r}, confidence {was:.3f} -> {now:.3f}"
    return ""


def _confidences(answer: Answer) -> list[float]:
    """Return the confidences of the whole answer and of each digit."""
    return [answer.confidence or 0.0, *(box[5] for box in answer.boxes)]


def _differs_by_rounding(old: Answer, new: Answer, threshold: float) -> bool:
    """Whether answers differ only in the rejection of digits with confidences near the threshold.

    If more than a third of the digits are rejected, all are. So one digit near the threshold may
    change all others.
    """
    if len(old.digits) != len(new.digits) or len(old.boxes) != len(new.boxes):
        return False
    near = [
        min(abs(one[5] - threshold), abs(other[5] - threshold)) <= NEAR_THRESHOLD
        for one, other in zip(old.boxes, new.boxes, strict=True)
    ]
    none_named = any(_names_none(answer.digits) for answer in (old, new))
    return all(
        one[4] == other[4] or (None in (one[4], other[4]) and (close or (none_named and any(near))))
        for one, other, close in zip(old.boxes, new.boxes, near, strict=True)
    )


def _names_none(digits: str) -> bool:
    return set(digits) <= {UNSURE, " "}


def count_of(lines: Iterable[str]) -> str:
    """Summarize how many answers are changed, new and gone."""
    kinds = [line.split()[0] for line in lines]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("changed", "new", "gone"))
