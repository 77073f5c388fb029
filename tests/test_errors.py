"""What errors say."""

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
def test_a_reason_is_a_part_of_a_sentence(error: OSError, reason: str) -> None:
    assert os_error_reason(error) == reason
