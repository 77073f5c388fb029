"""digitnet-light reads like digitnet, without TensorFlow."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import run_program
from packaging.requirements import Requirement
from test_packaging import ROOT, build

LIGHT = ROOT / "light"

LEFT_OUT = {"h5py", "keras", "matplotlib", "scikit-learn", "scipy", "tensorflow"}
"""Distributions that digitnet needs and digitnet-light does not."""

HEADLESS = "opencv-python-headless"
"""digitnet-light's OpenCV: the same as digitnet's, without windows."""

WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Light(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        left_out = {"h5py", "keras", "matplotlib", "scipy", "sklearn", "tensorflow"}
        if name.partition(".")[0] in left_out:
            return None
        return super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Light
"""
"""A `sitecustomize`, which Python runs at startup: it hides the packages that are left out."""


@pytest.fixture
def light(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing that digitnet-light leaves out can be imported."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    return environment | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}


def requirements(folder: Path, extra: str | None = None) -> dict[str, str]:
    """Return the dependencies of a project, or of one of its extras: version ranges by name."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {one.name: str(one.specifier) for one in map(Requirement, lines)}


def test_light_requires_the_same_versions_as_digitnet() -> None:
    whole, light = requirements(ROOT), requirements(LIGHT)
    expected = {name: versions for name, versions in whole.items() if name not in LEFT_OUT}
    expected[HEADLESS] = expected.pop("opencv-python")
    assert light == expected


@pytest.mark.parametrize("extra", ["heic", "pdf"])
def test_light_has_the_same_extras_as_digitnet(extra: str) -> None:
    assert requirements(LIGHT, extra) == requirements(ROOT, extra)


def test_both_projects_have_the_same_metadata() -> None:
    whole, light = (
        tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        for folder in (ROOT, LIGHT)
    )
    for key in ("requires-python", "license", "scripts", "authors"):
        assert light[key] == whole[key]


def test_both_wheels_contain_the_same_files(tmp_path: Path) -> None:
    contents = []
    for folder in (ROOT, LIGHT):
        build(folder, tmp_path / folder.name, "wheel")
        (path,) = (tmp_path / folder.name).glob("*.whl")
        with zipfile.ZipFile(path) as wheel:
            files = {each.filename: each.CRC for each in wheel.infolist()}
        contents.append({name: crc for name, crc in files.items() if ".dist-info/" not in name})
    assert contents[0] == contents[1]


@pytest.mark.usefixtures("reader")
def test_light_gives_the_same_answers_as_digitnet(
    environment: dict[str, str], light: dict[str, str], tmp_path: Path
) -> None:
    images = [ROOT / "samples" / name for name in ("page-two-rows.png", "chalkboard-photo-256.jpg")]
    arguments: list[str | Path] = ["predict", "--format", "jsonl", *images]
    answers = [run_program(arguments, tmp_path, each).stdout for each in (environment, light)]
    assert answers[0] == answers[1] != b""


def test_light_evaluates_a_data_set_that_needs_no_split(
    light: dict[str, str], tmp_path: Path
) -> None:
    rows = (ROOT / "samples" / "labels.csv").read_text("utf-8").splitlines()
    folder = tmp_path / "numbers"
    folder.mkdir()
    for name in ("paint-3.png", "paint-0.png"):
        (folder / name).write_bytes((ROOT / "samples" / name).read_bytes())
    (folder / "labels.csv").write_text(
        "\n".join(rows[:1] + [row for row in rows if row.startswith(("paint-3.", "paint-0."))])
    )
    arguments: list[str | Path] = ["evaluate", "--quiet", "--dataset", folder]
    result = run_program(arguments, tmp_path, light, text=True)
    assert result.returncode == 0, result.stderr
    assert "0.00 %" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "--dataset", "digits"],
            "training needs TensorFlow, which digitnet-light does not include: uninstall "
            "digitnet-light, then install digitnet",
        ),
        (
            ["evaluate", "--dataset", "digits"],
            "scikit-learn is not installed: pip install scikit-learn",
        ),
        (
            ["predict", str(ROOT / "samples" / "paint-3.png"), "--plot", "figure.png"],
            "matplotlib is not installed: pip install matplotlib",
        ),
    ],
    ids=["train", "evaluate", "plot"],
)
def test_light_reports_a_missing_package_on_one_line(
    light: dict[str, str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run_program(arguments, tmp_path, light, text=True)
    assert (result.returncode, result.stderr) == (1, f"digitnet: {message}\n")


def test_the_environment_of_light_hides_tensorflow_and_keras(light: dict[str, str]) -> None:
    program = "import importlib.util as u; print(*map(u.find_spec, ('tensorflow', 'keras')))"
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=light, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["None", "None"]
