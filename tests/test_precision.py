"""bfloat16 arithmetic in training: only on processors that have it, only while training."""

from pathlib import Path

import pytest
import tensorflow as tf

from digitnet.training import precision

OPTION = "auto_mixed_precision_onednn_bfloat16"


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 amx_tile\n", True),
        ("flags\t\t: fpu amx_bf16\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_fp16\n", False),
        ("Features\t: fp asimd bf16\n", False),
        (None, False),
    ],
)
def test_bfloat16_is_used_where_the_processor_has_it_and_only_inside_the_context(
    info: str | None, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cpuinfo"
    if info:
        path.write_text(info)
    monkeypatch.setattr(precision, "CPU_INFO", path)
    with precision.mixed_bfloat16():
        assert tf.config.optimizer.get_experimental_options().get(OPTION, False) is expected
    assert not tf.config.optimizer.get_experimental_options().get(OPTION, False)
