"""Messages of errors."""

import errno

import pytest

from digitnet.errors import os_error_reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (OSError("Cannot write /home/Ada/model"), "cannot write /home/Ada/model"),
        (OSError(), "OSError"),
    ],
)
def test_the_reason_of_an_os_error_fits_into_a_sentence(error: OSError, reason: str) -> None:
    assert os_error_reason(error) == reason
