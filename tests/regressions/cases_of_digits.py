"""Regression images: once misread because of the shape or size of digits, or the file."""

from functools import partial

import cv2
import numpy as np
from regression_pens import Case, Pixels, case, encode, page, turned_behind_the_pixels, write

CASES: list[Case] = []
add = partial(case, CASES)


# --- touching and broken digits -----------------------------------------------------------------


@add("two-touching.png", "35", "Two digits that touch were read as one.")
def two_touching() -> Pixels:
    return write(page(108, 170), "35", gap=-0.02)


@add("three-touching.png", "264", "Three digits that touch were read as one.")
def three_touching() -> Pixels:
    return write(page(108, 220), "264", gap=-0.04)


@add("under-a-seven.png", "76", "A 7 that hangs over its neighbour could not be cut off.")
def under_a_seven() -> Pixels:
    return write(page(108, 150), "76", gap=-0.22)


@add("top-of-a-five-apart.png", "5", "The top of a 5 that stands apart was a piece of its own.")
def top_of_a_five_apart() -> Pixels:
    paper = page(150, 140)
    cv2.line(paper, (62, 30), (108, 26), 0, 7, cv2.LINE_AA)
    curve = np.array([[54, 48], [50, 80], [80, 72], [98, 90], [92, 118], [68, 128], [42, 120]])
    cv2.polylines(paper, [curve], False, 0, 7, cv2.LINE_AA)
    return paper


@add("open-four.png", "4", "A 4 of two strokes that do not meet was two digits.")
def open_four() -> Pixels:
    paper = page(130, 120)
    cv2.polylines(paper, [np.array([[40, 20], [34, 76], [70, 76]])], False, 0, 7, cv2.LINE_AA)
    cv2.line(paper, (87, 46), (85, 112), 0, 7, cv2.LINE_AA)
    return paper


@add("broken-stroke.png", "6", "A 6 with a gap in its stroke was two pieces.")
def broken_stroke() -> Pixels:
    paper = write(page(140, 120), "6", 36, 24, 90, pen=9)
    paper[62:67] = 255
    return paper


@add("broken-digits.png", "523", "The halves of broken digits were read one by one.")
def broken_digits() -> Pixels:
    paper = write(page(120, 220), "523", pen=7)
    paper[52:56] = 255
    return paper


@add("holes-in-strokes.png", "5", "Holes in a stroke made it count as thinner, and it broke.")
def holes_in_strokes() -> Pixels:
    paper = write(page(220, 200), "5", 50, 30, 160, pen=11)
    spots = np.random.default_rng(7).permutation(np.argwhere(paper < 128))[:204]
    for row, column in spots.tolist():
        cv2.circle(paper, (column, row), 2, 255, -1)
    return paper


@add("dash-and-dot.png", "1676", "A dash between digits was a digit that was refused.")
def dash_and_dot() -> Pixels:
    paper = write(page(108, 330), "16")
    cv2.line(paper, (130, 56), (147, 56), 0, 6)
    write(paper, "7", 180)
    cv2.circle(paper, (246, 89), 3, 0, -1)
    return write(paper, "6", 266)


# --- shapes missing in MNIST, and non-digits ----------------------------------------------------


@add("barred-zero.png", "0", "A 0 with a bar was read as an 8.")
def barred_zero() -> Pixels:
    return write(page(108, 100), ["barred 0"])


@add("flagged-one.png", "1", "A 1 with a flag was read as a 7.")
def flagged_one() -> Pixels:
    return write(page(108, 90), ["flagged 1"])


@add("letter-a.png", "", "An A was named as a 4.")
def letter_a() -> Pixels:
    return write(page(108, 108), "A", pen=4)


@add("letter-h.png", "", "An H was named as a 4.")
def letter_h() -> Pixels:
    return write(page(108, 108), "H", pen=4)


@add("plus.png", "", "A plus was named as a 4.")
def plus() -> Pixels:
    return write(page(108, 108), "+", pen=4)


@add("arrow.png", "", "An arrow was named as a 7.")
def arrow() -> Pixels:
    return write(page(108, 108), ["arrow"], pen=4)


# --- sizes and files ----------------------------------------------------------------------------


@add("few-pixels.png", "6", "A digit of few pixels did not fill its box as those of MNIST do.")
def few_pixels() -> Pixels:
    return write(page(17, 17), "6", 2, 3, 9, pen=1, edge=cv2.LINE_8)


@add("few-pixels-number.png", "669", "A digit of a number drawn with few pixels was refused.")
def few_pixels_number() -> Pixels:
    return write(page(20, 56), "669", 5, 3, 9, pen=1, gap=0.4, edge=cv2.LINE_8)


@add("small-print.png", "944", "Small print hung together.")
def small_print() -> Pixels:
    return write(page(40, 56), "944", 6, 5, 11, pen=1, gap=0.15)


@add("blurred.png", "4", "A blurred digit was a smear on 28 x 28 pixels.")
def blurred() -> Pixels:
    return cv2.GaussianBlur(write(page(60, 56), "4", 18, 14, 30, pen=3), (0, 0), 3).view(np.uint8)


@add("exif-behind-the-pixels.png", "29", "The orientation behind a PNG's pixels was not heard.")
def exif_behind_the_pixels() -> bytes:
    upright = write(page(108, 170), "29")
    return turned_behind_the_pixels(encode(np.rot90(upright), ".png"), 6)
