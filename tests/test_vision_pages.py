"""Files with several pages: PDF, TIFF, animated GIF and WebP."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitnet.errors import ImageError
from digitnet.vision import Limits, decode_image
from digitnet.vision.decoding import pages, pdf
from digitnet.vision.decoding.pages import Page, decode, find_pages

LIMITS = Limits()


def drawings(count: int, side: int = 80) -> list[Image.Image]:
    """Return black and white images, no two of them alike."""
    rng = np.random.default_rng(0)
    blocks = rng.random((count, 8, 8)) < 0.5
    blocks[:, 0, 0], blocks[:, 0, 1] = True, False
    scale = np.ones((1, side // 8, side // 8), bool)
    return [Image.fromarray(np.kron(block, scale[0])) for block in blocks]


def saved(pictures: list[Image.Image], format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pictures[0].save(buffer, format, save_all=True, append_images=pictures[1:], **options)
    return buffer.getvalue()


def as_png(picture: Image.Image) -> NDArray[np.uint8]:
    return decode_image(saved([picture], "PNG"))


def pdf_of(*objects: str, root: str = "/Root 1 0 R") -> bytes:
    """Return a PDF of these objects; the first is its catalogue."""
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj {content} endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer <</Size {size} {root}>>\n"
    return body + f"{tail}startxref\n{len(body)}\n%%EOF".encode()


def pdf_page(box: str = "0 0 72 72", count: int = 1, inside: str = "", *others: str) -> bytes:
    """Return a PDF of one page that claims to have `count` pages."""
    return pdf_of(
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[3 0 R]/Count {count}>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]{inside}>>",
        *others,
    )


def scanned(gray: NDArray[np.uint8], inside: str = "") -> bytes:
    """Return a PDF of one page that is filled by a lossless image."""
    height, width = gray.shape
    packed = zlib.compress(gray.tobytes()).hex()
    drawn = f"{width / 3} 0 0 {height / 3} 0 0 cm/I Do"
    image = f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8"
    return pdf_page(
        f"0 0 {width / 3} {height / 3}",
        1,
        f"/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R{inside}",
        f"<</Length {len(drawn)}>> stream\n{drawn}\nendstream",
        f"{image}/ColorSpace/DeviceGray/Filter[/ASCIIHexDecode/FlateDecode]/Length {len(packed)}>> "
        f"stream\n{packed}\nendstream",
    )


def failure(data: bytes) -> str:
    """Return the error message for a file or for its first page."""
    with pytest.raises(ImageError) as error:
        decode(next(iter(find_pages(data, LIMITS)), data), LIMITS)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("TIFF", {}),
        ("TIFF", {"compression": "group4"}),
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
        *(("PDF", {"resolution": resolution}) for resolution in (72, 200, 301)),
    ],
)
def test_each_page_is_decoded_like_the_same_image_as_a_png(
    format: str, options: dict[str, Any]
) -> None:
    if format == "PDF":
        pytest.importorskip("pypdfium2")
    pictures = drawings(20)
    data = saved(pictures, format, **options)
    found = find_pages(data, LIMITS)
    assert [page.number for page in found] == [*range(1, 21)]
    for page, picture in zip(found, pictures, strict=True):
        np.testing.assert_array_equal(decode(page, LIMITS), as_png(picture))


def test_find_pages_gives_nothing_for_a_file_of_one_page(tmp_path: Path) -> None:
    (picture,) = drawings(1)
    for format in ("TIFF", "GIF", "WEBP", "PNG"):
        path = tmp_path / f"one.{format}"
        path.write_bytes(saved([picture.convert("L")], format))
        assert find_pages(path, LIMITS) == find_pages(path.read_bytes(), LIMITS) == []


def test_find_pages_gives_nothing_for_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_text("no PDF")
    for path in (tmp_path / "missing.tif", tmp_path, tmp_path / "text.pdf", "nul\0byte.pdf"):
        assert find_pages(path, LIMITS, range(5, 6)) == []


def test_pages_can_be_selected() -> None:
    data = saved(drawings(5), "TIFF")
    numbers = [page.number for page in find_pages(data, LIMITS, range(4, 100))]
    assert numbers == [4, 5]
    with pytest.raises(ImageError, match=r"^page 6 does not exist; the file has 5 pages$"):
        find_pages(data, LIMITS, range(6, 9))
    with pytest.raises(ImageError, match=r"^page 2 does not exist; the file has 1 page$"):
        find_pages(saved(drawings(1), "PNG"), LIMITS, range(2, 3))


def test_too_many_pages_are_refused_unless_some_are_selected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 3)
    data = saved(drawings(4), "TIFF")
    assert failure(data) == "a TIFF with 4 pages; the limit is 3: select pages with --pages"
    assert len(find_pages(data, LIMITS, range(2, 5))) == 3


def test_a_tiff_with_a_loop_of_pages_ends() -> None:
    data = bytearray(saved(drawings(3), "TIFF"))
    last = [page.number for page in find_pages(bytes(data), LIMITS)][-1]
    assert last == 3
    place = 4
    for _ in range(3):
        (directory,) = struct.unpack_from("<I", data, place)
        (count,) = struct.unpack_from("<H", data, directory)
        place = directory + 2 + 12 * count
    data[place : place + 4] = data[4:8]
    assert len(find_pages(bytes(data), LIMITS)) == 3


def test_only_the_page_of_a_tiff_that_is_too_large_is_refused() -> None:
    pictures = [np.zeros((20, 20), np.uint8), np.zeros((20, 400), np.uint8)]
    data = cv2.imencodemulti(".tiff", pictures)[1].tobytes()
    small = Limits(pixels=5000)
    first, second = find_pages(data, small)
    assert decode(first, small).shape == (20, 20)
    with pytest.raises(ImageError, match="too large: 400 x 20 pixels"):
        decode(second, small)


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_frames_can_be_decoded_in_any_order_and_repeatedly(format: str) -> None:
    pictures = drawings(9)
    found = find_pages(saved(pictures, format, lossless=True), LIMITS)
    for number in (4, 1, 9, 2, 4, 3, 5, 5, 8, 7, 6):
        seen = decode(found[number - 1], LIMITS)
        np.testing.assert_array_equal(seen, as_png(pictures[number - 1]))


def test_threads_share_frames_and_keep_none() -> None:
    pictures = drawings(40)
    found = find_pages(saved(pictures, "GIF"), LIMITS, range(3, 39))
    with ThreadPoolExecutor(4) as pool:
        seen = [*pool.map(lambda page: decode(page, LIMITS), found)]
    for frame, picture in zip(seen, pictures[2:38], strict=True):
        np.testing.assert_array_equal(frame, as_png(picture))
    frames = found[0].frames
    assert frames is not None
    assert frames._image is None
    assert frames._ready == {}


def test_a_frame_larger_than_the_screen_counts_for_the_limit() -> None:
    data = bytearray(saved(drawings(2), "GIF"))
    place = data.rindex(b"\x2c\0\0\0\0")
    data[place + 5 : place + 9] = struct.pack("<HH", 60000, 60000)
    assert "too large: 60000 x 60000 pixels" in failure(bytes(data))


def test_a_file_that_changes_while_it_is_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(saved(drawings(3), "TIFF"))
    found = find_pages(path, LIMITS)
    path.write_bytes(saved(drawings(2), "TIFF"))
    decode(found[1], LIMITS)
    with pytest.raises(ImageError, match="the file changed while its pages were being read"):
        decode(found[2], LIMITS)


def test_without_the_extra_an_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    assert "pip install pypdfium2" in failure(pdf_page())


def test_damaged_empty_and_encrypted_pdfs_are_reported_on_one_line() -> None:
    pytest.importorskip("pypdfium2")
    assert failure(b"%PDF-1.7 and no more").startswith("a damaged PDF: ")
    assert failure(pdf_page()[:150]).startswith("a damaged PDF: ")
    empty = pdf_of("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>")
    assert failure(empty).startswith("a damaged PDF: ")
    key = "0" * 64
    encrypted = pdf_of(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
        f"<</Filter/Standard/V 1/R 2/P -4/O<{key}>/U<{key}>>>",
        root=f"/Root 1 0 R/Encrypt 4 0 R/ID[<{key}><{key}>]",
    )
    assert failure(encrypted) == "an encrypted PDF: save it without a password"


def test_a_pdf_that_claims_a_million_pages_is_refused_without_reading_them() -> None:
    pytest.importorskip("pypdfium2")
    assert failure(pdf_page(count=1_000_000)).startswith(
        "a PDF with 1,000,000 pages; the limit is 10,000"
    )
    first, second = find_pages(pdf_page(count=1_000_000), LIMITS, range(1, 3))
    assert decode(first, LIMITS).shape == (200, 200)
    with pytest.raises(ImageError, match="a damaged PDF page"):
        decode(second, LIMITS)


def test_a_huge_page_and_a_huge_image_on_a_page_are_refused() -> None:
    pytest.importorskip("pypdfium2")
    assert "too large: 40000 x 40000 pixels" in failure(pdf_page("0 0 14400 14400"))
    image = "<</Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8"
    bomb = pdf_page(
        "0 0 72 72",
        1,
        "/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R",
        "<</Length 19>> stream\n72 0 0 72 0 0 cm/I Do\nendstream",
        f"{image}/ColorSpace/DeviceGray/Length 4>> stream\n\0\0\0\0\nendstream",
    )
    assert "too large: 60000 x 60000 pixels" in failure(bomb)


@pytest.mark.parametrize(("inside", "turns"), [("", 0), ("/Rotate 90", -1), ("/Rotate 180", 2)])
def test_a_scan_is_read_at_its_own_resolution_in_any_rotation(inside: str, turns: int) -> None:
    pytest.importorskip("pypdfium2")
    gray = np.random.default_rng(0).integers(0, 256, (61, 100), np.uint8)
    seen = decode(scanned(gray, inside), LIMITS)
    np.testing.assert_array_equal(seen, np.rot90(gray, turns))


def test_a_letterhead_does_not_set_the_resolution_of_a_page() -> None:
    """At its resolution, the page would have 200 million pixels and be refused."""
    pytest.importorskip("pypdfium2")
    image = "<</Type/XObject/Subtype/Image/Width 14400/Height 2/BitsPerComponent 8"
    page = pdf_page(
        "0 0 720 720",
        1,
        "/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R",
        "<</Length 21>> stream\n720 0 0 9 0 0 cm/I Do\nendstream",
        f"{image}/ColorSpace/DeviceGray/Length 4>> stream\n\0\0\0\0\nendstream",
    )
    assert decode(page, LIMITS).shape == (2000, 2000)


def test_a_page_without_a_scan_is_rendered_at_the_default_resolution() -> None:
    pytest.importorskip("pypdfium2")
    side = pdf.RESOLUTION_DPI * 2
    assert decode(pdf_page("0 0 144 144"), LIMITS).shape == (side, side)


def test_pages_of_bytes_and_of_a_path_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(saved(drawings(3), "TIFF"))
    np.testing.assert_array_equal(
        decode(Page(path, 2), LIMITS), decode(Page(path.read_bytes(), 2), LIMITS)
    )
