"""Shares of the kinds of lines, writers and surroundings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """Probabilities from 0 to 1, and weights that need not sum to 1.

    Attributes:
        empty: weight of empty lines and cells; most cells of forms and sudokus are empty.
        single: weight of one digit in a cell or on a canvas.
        lone_other: weight of one letter, sign or mark in a cell or on a canvas.
        thing: weight of drawings, scribbles and foreign letters.
        page: weight of several rows, or of small ones, which are not one line of legible size.
        print_words: weight of printed words and sentences.
        text: weight of numbers and words.
        written: weight of numbers as people wrote them, if the sources have any.
        scene: probability of a scene or texture without writing.
        mnist: weight of lines written with MNIST's digits.
        pen: weight of lines written with one writer's pen strokes.
        drawn: weight of lines in shapes drawn by code, which MNIST hardly has.
        font: weight of printed lines.
        display: weight of seven-segment and dot-matrix displays.
        walls: probability that a single character's cell has walls.
        warped: probability of a slight elastic distortion.
        pristine: probability of plain ink on plain paper.
        light_ink: probability of light ink on dark paper.
        struck: probability that a digit of a longer number is crossed out.
        faint: probability that one symbol is fainter than the others.
    """

    empty: float = 0.08
    single: float = 0.20
    lone_other: float = 0.05
    thing: float = 0.10
    print_words: float = 0.05
    page: float = 0.03
    text: float = 0.62
    written: float = 0.04
    scene: float = 0.03
    mnist: float = 0.38
    pen: float = 0.34
    drawn: float = 0.15
    font: float = 0.08
    display: float = 0.06
    walls: float = 0.55
    warped: float = 0.5
    pristine: float = 0.38
    light_ink: float = 0.30
    struck: float = 0.02
    faint: float = 0.08
