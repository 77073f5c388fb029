"""Regression images: once misread because of ink, paper or printed lines."""

from functools import partial

import cv2
import numpy as np
from regression_pens import Case, Pixels, case, page, write

CASES: list[Case] = []
add = partial(case, CASES)


# --- ink and paper -----------------------------------------------------------------------------


@add("pale-ink-beside-dark.png", "76", "The green 6 beside the black 7 was not seen.")
def pale_ink_beside_dark() -> Pixels:
    paper = write(page(108, 170, (255, 255, 255)), "7", ink=(20, 20, 20))
    return write(paper, "6", 95, pen=7, ink=(106, 146, 116))


@add("pencil-beside-ink.png", "38", "The 8 in pencil beside the 3 in ink was not seen.")
def pencil_beside_ink() -> Pixels:
    return write(write(page(108, 160), "3", ink=20), "8", 90, pen=4, ink=135)


@add("faint-beside-dark.png", "19", "The faint 9, which the reader saw, was left out.")
def faint_beside_dark() -> Pixels:
    return write(write(page(108, 170), "1"), "9", 96, ink=225)


@add("half-transparent-ink.png", "3", "Ink that is half transparent everywhere was not seen.")
def half_transparent_ink() -> Pixels:
    return write(page(108, 96, (0, 0, 0, 0)), "3", ink=(0, 0, 0, 90))


@add("thick-digit-fills-the-image.png", "9", "The paper around a thick digit was taken for ink.")
def thick_digit_fills_the_image() -> Pixels:
    return write(page(92, 88), "9", 13, 9, 73, pen=22)


@add("scratched-marker.png", "0", "Light scratches in a marker's strokes were taken for ink.")
def scratched_marker() -> Pixels:
    paper = write(page(240, 220), "0", 50, 40, 160, pen=34, ink=30)
    for angle in np.linspace(0, 2 * np.pi, 10, endpoint=False):
        x, y = round(118 + 62 * np.cos(angle)), round(121 + 78 * np.sin(angle))
        cv2.line(paper, (x - 7, y - 5), (x + 7, y + 6), 230, 1)
    return paper


@add("sheet-on-a-dark-table.png", "8", "The sheet on a dark table was taken for light ink.")
def sheet_on_a_dark_table() -> Pixels:
    table = page(200, 200, 20)
    table[20:170, 30:180] = 225
    return write(table, "8", 85, 60, 78, pen=5, ink=40)


@add("shadow-edge.png", "6", "A shadow on the paper made its light part ink.")
def shadow_edge() -> Pixels:
    paper = write(page(180, 180, 230), "6", 50, 30, 60, pen=11, ink=45)
    rows, columns = np.indices(paper.shape)
    return np.where(rows > 0.5 * columns + 24, paper * 0.31, paper).astype(np.uint8)


@add("noisy-dark-paper.jpg", "1", "The noise of dark paper was taken for ink.")
def noisy_dark_paper() -> Pixels:
    paper = write(page(140, 120, 45), "1", 36, 30, 80, pen=7, ink=200)
    noise = np.random.default_rng(1).normal(0, 30, paper.shape)
    return np.clip(paper + noise, 0, 255).astype(np.uint8)


@add("dotted-paper.png", "0", "The paper between printed dots was taken for ink.")
def dotted_paper() -> Pixels:
    paper = write(page(240, 240, 230), "0", 70, 50, 140, pen=26, ink=40)
    for top, left in np.ndindex(12, 12):
        part = paper[10 + 20 * top : 16 + 20 * top, 10 + 20 * left : 16 + 20 * left]
        np.minimum(part, 116, out=part)
    return paper


# --- lines of the paper ------------------------------------------------------------------------


@add("ruled-paper.png", "48", "The lines of ruled paper hung digits together.")
def ruled_paper() -> Pixels:
    paper = page(220, 200)
    paper[12::43] = 31
    return write(paper, "48", 60, 70, 70)


@add("squared-paper.png", "36", "The squares of the paper were a part of the digits.")
def squared_paper() -> Pixels:
    paper = page(160, 220)
    paper[8::16] = paper[:, 8::16] = 83
    return write(paper, "36", 60, 44, 70, ink=30)


@add(
    "foot-along-a-line.png", "2", "The foot of a 2 along a ruled line was erased, and a 7 was left."
)
def foot_along_a_line() -> Pixels:
    paper = page(220, 320)
    paper[35::39] = paper[36::39] = 74
    return write(paper, "2", 70, 67, 86, pen=4)


@add("squared-board.png", "5", "Fine printed lines hid the wide strokes on a dark board.")
def squared_board() -> Pixels:
    board = page(240, 240, 45)
    board[::16] = board[:, ::16] = 152
    return write(board, "5", 60, 50, 140, pen=32, ink=230)


@add("margin-line.png", "249", "The margin line of a page was read as a 1, and nothing beside it.")
def margin_line() -> Pixels:
    paper = write(page(340, 300), "249", 95, 145, 51)
    cv2.line(paper, (35, 48), (31, 292), 67, 3)
    return paper


@add("line-from-border-to-border.png", "183", "A line across the whole image was read as a 1.")
def line_from_border_to_border() -> Pixels:
    paper = write(page(200, 260), "183", 70, 70, 36, pen=5)
    paper[:, 40:44] = 36
    return paper


@add("tall-line-hides-digits.png", "905", "A tall line made the digits beside it count as specks.")
def tall_line_hides_digits() -> Pixels:
    paper = write(page(420, 200), "905", 60, 190, 36, pen=4)
    cv2.line(paper, (24, 30), (26, 390), 0, 3)
    return paper


@add("narrow-box.png", "6", "A digit in a narrow box was read with the walls of the box as ones.")
def narrow_box() -> Pixels:
    paper = write(page(140, 150), "6", 52, 30, 80, pen=7)
    cv2.rectangle(paper, (26, 18), (119, 110), 0, 3)
    return paper


@add("row-of-boxes.png", "2580", "The walls between boxes were read as ones.")
def row_of_boxes() -> Pixels:
    paper = page(110, 310)
    for place, digit in enumerate("2580"):
        cv2.rectangle(paper, (18 + 68 * place, 16), (86 + 68 * place, 94), 0, 2)
        write(paper, digit, 36 + 68 * place, 32, 46)
    return paper


@add("boxes-apart.png", "408", "The box of a form was a part of the digit in it.")
def boxes_apart() -> Pixels:
    paper = page(120, 320)
    for place, digit in enumerate("408"):
        cv2.rectangle(paper, (16 + 100 * place, 14), (96 + 100 * place, 106), 0, 3)
        write(paper, digit, 40 + 100 * place, 36, 46, pen=5)
    return paper


@add("comb.png", "3473", "The comb of a form was read as a digit.")
def comb() -> Pixels:
    paper = page(170, 290)
    for place, digit in enumerate("3473"):
        write(paper, digit, 40 + 56 * place, 40, 60)
    cv2.line(paper, (28, 126), (252, 126), 0, 3)
    for x in range(28, 253, 56):
        cv2.line(paper, (x, 104), (x, 126), 0, 3)
    return paper


@add("bricks.png", "", "The mortar between bricks was read as a row of ones.")
def bricks() -> Pixels:
    wall = page(300, 320)
    for row in range(6):
        cv2.line(wall, (0, 25 + 50 * row), (319, 25 + 50 * row), 0, 4)
        for column in range(5):
            x = 30 + 80 * column - 40 * (row % 2)
            cv2.line(wall, (x, 25 + 50 * row), (x, 75 + 50 * row), 0, 4)
    return wall


@add("underlined.png", "834", "A number that touches its underline was one piece.")
def underlined() -> Pixels:
    paper = write(page(170, 270), "834", 40, 40, 60, pen=4, gap=0.4)
    cv2.line(paper, (28, 105), (246, 105), 0, 3, cv2.LINE_AA)
    return paper


@add("deep-in-a-line.png", "563", "A number written through a hand-drawn line was one piece.")
def deep_in_a_line() -> Pixels:
    paper = write(page(170, 270), "563", 40, 40, 60, pen=5, gap=0.4)
    cv2.line(paper, (28, 99), (246, 95), 0, 4, cv2.LINE_AA)
    return paper


@add("underline-apart.png", "58", "An underline was a digit of its own.")
def underline_apart() -> Pixels:
    paper = write(page(140, 180), "58", 40, 24, 70)
    cv2.line(paper, (24, 112), (160, 112), 0, 5)
    return paper


@add("dark-border.png", "6", "A shadow along the border of a scan was read as a 1.")
def dark_border() -> Pixels:
    paper = write(page(160, 180), "6", 70, 40, 80, pen=8)
    paper[:3] = 70
    paper[30:100, 177:] = 63
    return paper
