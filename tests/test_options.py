"""Bounds of the training options, on the command line and in Python."""

import dataclasses
import json
from typing import Any

import pytest
from conftest import Call

from digitnet.training.options import (
    LEARNING_RATES,
    MAX_INTEGER,
    Network,
    Optimizer,
    TrainingOptions,
)

INVALID: list[dict[str, Any]] = [
    *({"epochs": n} for n in (0, -1, MAX_INTEGER + 1, 1.5, True, "3")),
    *({"batch_size": n} for n in (0, -1, MAX_INTEGER + 1, None)),
    *({"patience": n} for n in (0, MAX_INTEGER + 1)),
    *({"limit": n} for n in (0, MAX_INTEGER + 1)),
    *({"seed": n} for n in (-1, 2**32, None)),
    *({"learning_rate": n} for n in (-1e-9, 1e31, float("inf"), float("nan"))),
    *({"test_fraction": n} for n in (0, 0.001, 0.999, 1, float("nan"))),
    *({"hidden": sizes} for sizes in ((), (0,), (-3,), (1.5,), (1,) * 101, [32])),
    {"dataset": ""},
    {"fonts": ""},
    {"start": ""},
    *({"strokes": paths} for paths in (["a.npz"], ("",), "a.npz", (3,))),
]


@pytest.mark.parametrize("choice", INVALID, ids=str)
def test_an_invalid_value_is_refused_with_the_allowed_range(choice: dict[str, Any]) -> None:
    ((name, value),) = choice.items()
    with pytest.raises(ValueError, match=f"^{name} is ") as caught:
        TrainingOptions(**choice)
    assert repr(value)[:20] in str(caught.value)
    assert ": it must be " in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "choice",
    [
        {"epochs": MAX_INTEGER},
        {"batch_size": MAX_INTEGER},
        {"limit": MAX_INTEGER},
        {"patience": MAX_INTEGER},
        {"seed": 2**32 - 1},
        {"learning_rate": 0},
        {"learning_rate": 1e30},
        {"hidden": (1,) * 100},
    ],
    ids=str,
)
def test_the_largest_values_are_accepted(choice: dict[str, Any]) -> None:
    options = TrainingOptions(**choice)
    assert TrainingOptions.from_json(options.to_json()) == options
    assert dataclasses.asdict(options)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("--epochs", "1000000000001"), ("--epochs", "0"), ("--epochs", "9" * 400)],
        *[("--batch-size", "9" * 30), ("--patience", "9" * 30), ("--limit", "9" * 30)],
        *[("--seed", "4294967296"), ("--seed", "-1")],
        *[("--learning-rate", "1e31"), ("--learning-rate", "-1"), ("--learning-rate", "1e400")],
        *[("--test-fraction", "0"), ("--test-fraction", "1")],
        ("--hidden", ",".join("1" * 101)),
    ],
)
def test_a_number_out_of_bounds_is_a_usage_error(call: Call, option: str, value: str) -> None:
    network = ("--network", "mlp") if option == "--hidden" else ()
    code, output, errors = call("train", *network, "--dataset", "nowhere", option, value)
    assert (code, output) == (2, "")
    assert f"Invalid value for '{option}'" in errors


def test_options_are_restored_from_json_even_if_older_than_strokes() -> None:
    chosen = TrainingOptions(network=Network.READER, strokes=("a.npz", "b.npz"), limit=320)
    assert TrainingOptions.from_json(chosen.to_json()) == chosen
    older = json.loads(TrainingOptions().to_json())
    del older["strokes"]
    assert TrainingOptions.from_json(json.dumps(older)) == TrainingOptions()


@pytest.mark.parametrize(
    ("network", "optimizer"),
    [("mlp", Optimizer.ADAMW), ("cnn", Optimizer.MUON), ("reader", Optimizer.MUON)],
)
def test_the_default_optimizer_depends_on_the_network(network: str, optimizer: Optimizer) -> None:
    options = TrainingOptions(network=Network(network))
    assert options.chosen_optimizer() is optimizer
    assert options.highest_learning_rate() == LEARNING_RATES[optimizer]
    assert options.as_dict()["optimizer"] == optimizer
