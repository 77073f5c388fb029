import cv2
import numpy as np
import pytest

from digitnet.synthesis.characters import alphabets
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.characters.letters import WAYS, draw_letter
from digitnet.synthesis.characters.strokes import place, read_way, write


def test_letters_that_resemble_digits_are_never_used_as_non_digits() -> None:
    assert not any(map(alphabets.may_be_digit, (*WAYS, *alphabets.PLAIN)))


def test_no_letter_drawn_by_hand_looks_like_a_digit() -> None:
    assert not set(WAYS) & set("0123456789BDGIOQSTZbgloqsyz|βδθισοЗОзобЧ日口二一三")


@pytest.mark.usefixtures("fine_pens")
@pytest.mark.parametrize("letter", sorted(WAYS))
def test_a_letter_fits_on_its_canvas(letter: str) -> None:
    for way in WAYS[letter]:
        picture = write(
            place(read_way(way), 1.5, np.random.default_rng(0)), 5.0, np.random.default_rng(0)
        )
        _, _, _, height = cv2.boundingRect(picture)
        edge = np.concatenate([picture[[0, -1]].ravel(), picture[:, [0, -1]].ravel()])
        assert 30 < height < 78
        assert not edge.any()


def test_no_two_letters_are_drawn_alike() -> None:
    pictures = [draw_letter(np.random.default_rng(seed)).tobytes() for seed in range(40)]
    assert len(set(pictures)) == 40


def test_every_letter_of_the_outliers_is_in_a_font_that_is_always_available() -> None:
    always = alphabets.LATIN + alphabets.GREEK + alphabets.CYRILLIC
    faces = find_faces(None, always)
    assert set(always) <= {letter for face in faces for letter in face.letters}


def test_a_repeated_point_stays_in_one_place() -> None:
    (stroke,) = place(read_way("00 60 60 69"), 1.5, np.random.default_rng(0))
    assert np.array_equal(stroke[1], stroke[2])
    assert not np.array_equal(stroke[0], stroke[1])
