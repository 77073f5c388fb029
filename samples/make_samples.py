"""Draw the images of `samples/`, their labels, and a contact sheet.

    python samples/make_samples.py

writes every image listed in `scenes.py`: digits into `samples/`, other images into
`samples/not-digits/`, each with a `labels.csv` (`file,label`). The same seed gives the same images.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from handwriting import Stroke, draw_number, extent, lay_ink
from numpy.typing import NDArray
from papers import Ink, blend, mouse
from scenes import NOT_DIGITS, SCENES, Pixels, Scene

HERE = Path(__file__).resolve().parent
SEED = 28  # any other seed gives other handwriting
JPEG_QUALITY = 84  # typical of phones and messengers
EXIF_TURN_RIGHT = 6  # viewers rotate the stored image by 90 degrees clockwise


def draw(scene: Scene, seed: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Draw one scene, upright.

    Args:
        scene: the scene to draw.
        seed: random seed of handwriting, paper and camera. It is combined with the file name, so
            that a new scene does not change the others.

    Returns:
        (H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA, as written by OpenCV.
    """
    rng = np.random.default_rng([seed, *scene.file.encode()])
    sheet = scene.sheet(scene.size, rng)
    ink = _write(scene, rng)
    if scene.pixels is Pixels.TRANSPARENT:
        everywhere = np.full((*ink.shape, 3), scene.colour[::-1], np.float32)
        return _to_bytes(np.concatenate([everywhere, ink[..., None]], axis=2))
    picture = scene.camera(blend(sheet, ink, scene.colour), rng)
    if scene.pixels is Pixels.COLOUR:
        return _to_bytes(picture[..., ::-1])
    gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    if scene.pixels is Pixels.DEEP_GRAY:
        return np.rint(gray * 65535).astype(np.uint16)
    if scene.pixels is Pixels.BILEVEL:
        gray = (gray > 0.5).astype(np.float32)
    return _to_bytes(gray)


def encode(scene: Scene, image: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Encode an image in the file format of the scene's name."""
    options = {
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 9],
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, JPEG_QUALITY],
        ".bmp": [],
    }
    kind = Path(scene.file).suffix
    chosen = list(options[kind])
    if scene.pixels is Pixels.BILEVEL:
        chosen += [cv2.IMWRITE_PNG_BILEVEL, 1]
    stored = cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE) if scene.turned else image
    data = cv2.imencode(kind, stored, chosen)[1].tobytes()
    return _with_orientation(data, EXIF_TURN_RIGHT) if scene.turned else data


def write_folder(folder: Path, scenes: Sequence[Scene], seed: int) -> None:
    """Write the images of scenes and their `labels.csv` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for scene in scenes:
        (folder / scene.file).write_bytes(encode(scene, draw(scene, seed)))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["file", "label"])
        rows.writerows(sorted((scene.file, scene.label) for scene in scenes))


def contact_sheet(scenes: Sequence[Scene], seed: int, columns: int = 6) -> NDArray[np.uint8]:
    """Draw all scenes as thumbnails on gray, (H, W, 3); transparent ones on a lighter gray."""
    width, height, edge = 184, 136, 8
    rows = -(-len(scenes) // columns)
    table_size = (rows * (height + edge) + edge, columns * (width + edge) + edge, 3)
    table = np.full(table_size, 120, np.uint8)
    for place, scene in enumerate(scenes):
        image = draw(scene, seed)
        small = (image // 257 if image.dtype == np.uint16 else image).astype(np.uint8)
        if small.ndim == 2:
            small = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR).astype(np.uint8)
        if small.shape[2] == 4:
            cover = small[..., 3:] / 255
            small = (small[..., :3] * cover + 150 * (1 - cover)).astype(np.uint8)
        factor = min(width / small.shape[1], height / small.shape[0])
        print_size = (round(small.shape[1] * factor), round(small.shape[0] * factor))
        small = cv2.resize(small, print_size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        top = edge + place // columns * (height + edge) + (height - print_size[1]) // 2
        left = edge + place % columns * (width + edge) + (width - print_size[0]) // 2
        table[top : top + print_size[1], left : left + print_size[0]] = small
    return table


def main() -> None:
    """Write all images, or only those named by `--only`."""
    parser = argparse.ArgumentParser(description="Draw the sample images of digitnet.")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write into")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, other handwriting")
    parser.add_argument("--only", action="append", metavar="FILE", help="this image, no others")
    arguments = parser.parse_args()
    if arguments.only:
        scenes = [scene for scene in SCENES if scene.file in arguments.only]
        unknown = sorted(set(arguments.only) - {scene.file for scene in scenes})
        if unknown:
            parser.error(f"scenes.py lists no {unknown[0]}; --only takes a file name of SCENES")
        write_folder(arguments.output, scenes, arguments.seed)
        return
    write_folder(arguments.output, SCENES, arguments.seed)
    write_folder(arguments.output / "not-digits", NOT_DIGITS, arguments.seed)
    (arguments.output / "docs").mkdir(exist_ok=True)
    sheet = contact_sheet((*SCENES, *NOT_DIGITS), arguments.seed)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    cv2.imwrite(str(arguments.output / "docs" / "contact-sheet.jpg"), sheet, quality)


def _write(scene: Scene, rng: np.random.Generator) -> Ink:
    """Draw the ink of all rows of a scene, centred near `scene.at`."""
    shape = (scene.size[1], scene.size[0])
    strokes: list[Stroke] = []
    for number, row in enumerate(scene.text.split("\n") if scene.text else []):
        line = draw_number(row, rng, scene.style, scene.alphabet)
        indent = rng.uniform(-0.12, 0.12)
        for stroke in line:
            stroke[:, :2] += (indent, number * scene.row_pitch)
        strokes += line
    if not strokes:
        return np.zeros(shape, np.float32)
    left, top, right, bottom = extent(strokes)
    # Nobody writes exactly in the centre.
    aim = np.array(scene.at) + rng.uniform(-0.02, 0.02, 2)
    middle = np.array([left + right, top + bottom]) / 2
    x, y = (aim * scene.size - middle * scene.height).tolist()
    origin = (x, y)
    if scene.brush:
        return mouse(strokes, shape, scene.height, origin, scene.brush, rng)
    return scene.tool(lay_ink(strokes, shape, scene.height, origin), rng)


def _to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Insert an EXIF segment with only the orientation (CIPA DC-008, tag 0x0112) into a JPEG."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\x00\x00"
    exif = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    start = jpeg[:2]  # the start-of-image marker
    return start + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


if __name__ == "__main__":
    main()
