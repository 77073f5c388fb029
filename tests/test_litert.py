"""A `model.tflite` runs, or is refused with a one-line error."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.errors import BundleError
from digitnet.model import litert
from digitnet.model.kinds import Kind
from digitnet.model.litert import Network
from digitnet.model.probabilities import COLUMNS


@pytest.fixture
def network(models: Path) -> Network:
    return Network((models / "mlp" / "model.tflite").read_bytes(), "mlp")


def test_probabilities_sum_to_one(network: Network) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    answer = network.answer(digits)
    assert answer.shape == (3, COLUMNS)
    np.testing.assert_allclose(answer[:, :10].sum(axis=1), 1, atol=3e-4)  # 1/10 in float16
    assert ((answer >= 0) & (answer <= 1)).all()


def test_a_digit_gets_the_same_bits_in_every_batch(network: Network) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (65, 28, 28), np.uint8)
    together = network.answer(digits)
    alone = np.concatenate([network.answer(digits[i : i + 1]) for i in range(65)])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("model", [b"", b"no network at all", bytes(5000)])
def test_an_invalid_network_is_refused_on_one_line(model: bytes) -> None:
    with pytest.raises(
        BundleError, match=r"^LiteRT cannot run the network of odd: .*train .* again$"
    ):
        Network(model, "odd")


def _details(shape: list[int]) -> dict[str, Any]:
    """Return LiteRT's details of a float32 input or output."""
    return {"dtype": np.float32, "shape_signature": np.array(shape)}


def test_a_network_of_another_shape_is_refused(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other:
        """An interpreter of a foreign network, for images of 32 x 32."""

        def __init__(self, **_: Any) -> None: ...

        def allocate_tensors(self) -> None: ...

        def get_input_details(self) -> list[dict[str, Any]]:
            return [_details([-1, 32, 32])]

        def get_output_details(self) -> list[dict[str, Any]]:
            return [_details([-1, 10])]

    monkeypatch.setattr(litert, "Interpreter", Other)
    with pytest.raises(
        BundleError, match=r"is not a digitnet classifier.*float32 32 x 32.*expected uint8 28 x 28"
    ):
        Network(b"model", "odd")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (np.zeros((1, COLUMNS), np.float32), "does not output 32 probabilities per digit"),
        (
            np.full((2, COLUMNS), np.nan, np.float32),
            "does not output 32 probabilities per digit",
        ),
        (RuntimeError("Node 7 failed\nto invoke"), "failed to run: Node 7 failed; train"),
    ],
)
def test_a_network_with_invalid_outputs_is_refused(
    network: Network, monkeypatch: pytest.MonkeyPatch, answer: object, complaint: str
) -> None:
    def run(_: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(network, "_run", run)
    with pytest.raises(BundleError, match=complaint):
        network.answer(np.zeros((2, 28, 28), np.uint8))


def test_a_network_answers_while_something_refers_to_the_memory_of_litert(network: Network) -> None:
    """Notebooks do: they keep the traceback of the last error."""
    digits = np.zeros((2, 28, 28), np.uint8)
    expected = network.answer(digits)
    with pytest.raises(TypeError, match="cannot pickle") as kept:
        copy.deepcopy(network._interpreter)
    np.testing.assert_array_equal(network.answer(digits), expected)
    assert kept.traceback


def test_a_network_answers_after_a_call_that_failed_halfway(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("failed to allocate memory")

    expected = network.answer(np.zeros((2, 28, 28), np.uint8))
    monkeypatch.setattr(network._interpreter, "allocate_tensors", fail)
    network.answer(np.zeros((9, 28, 28), np.uint8))
    np.testing.assert_array_equal(network.answer(np.zeros((2, 28, 28), np.uint8)), expected)


def test_a_reference_to_internal_data_is_not_reported_as_a_damaged_model(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("There is at least 1 reference to internal data\nin the interpreter")

    monkeypatch.setattr(network, "_run", refuse)
    with pytest.raises(BundleError, match=r"reference to internal data; load the model again$"):
        network.answer(np.zeros((2, 28, 28), np.uint8))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_network_can_be_copied_and_pickled(network: Network, duplicate: Any) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    np.testing.assert_array_equal(duplicate(network).answer(digits), network.answer(digits))


def test_a_network_of_the_wrong_kind_is_refused(models: Path) -> None:
    with pytest.raises(BundleError, match=r"is not a digitnet reader.*expected uint8 32 x any"):
        Network((models / "mlp" / "model.tflite").read_bytes(), "mlp", Kind.READER)
