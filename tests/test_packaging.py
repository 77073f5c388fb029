"""The package as users install it: version, command, dependencies, wheel."""

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import digitnet

ROOT = Path(__file__).resolve().parent.parent

DISTRIBUTIONS = {
    "apache_beam": "apache-beam",
    "ai_edge_litert": "ai-edge-litert",
    "PIL": "pillow",
    "pi_heif": "pi-heif",
    "cv2": "opencv-python",
    "sklearn": "scikit-learn",
}
"""Distribution names of the packages whose import name differs."""

ENGINES = {"apache-beam", "ray"}
"""Installed in separate environments, and therefore not in the lock file."""

SHIPPED_FILES = ("history.csv", "model.json", "model.keras", "model.tflite")
MAX_WHEEL_BYTES = 20 * 2**20
"""Far below the limit of package indexes (100 MB), and downloaded in seconds."""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The `project` table of pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    table: dict[str, Any] = settings["project"]
    return table


@pytest.fixture(scope="module")
def requirements(project: dict[str, Any]) -> list[Requirement]:
    """The packages needed to run, test and develop digitnet."""
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return [Requirement(line) for line in lines if not line.startswith("digitnet")]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source archive and the wheel, built from this checkout without network access."""
    folder = tmp_path_factory.mktemp("archives")
    build(ROOT, folder, "sdist", "wheel")
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def build(source: Path, folder: Path, *targets: str) -> None:
    """Build archives of the project in `source` into `folder`."""
    choice = [argument for target in targets for argument in ("--target", target)]
    result = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), *choice],
        cwd=source,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def imported_libraries() -> set[str]:
    """Return the top-level packages that digitnet imports, without the standard library."""
    names: set[str] = set()
    for path in (ROOT / "digitnet").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"digitnet"}


def test_the_version_is_defined_in_one_place(project: dict[str, Any]) -> None:
    assert "version" in project["dynamic"]
    assert "version" not in project
    assert re.fullmatch(r"\d+\.\d+\.\d+", digitnet.__version__)


def test_the_changelog_starts_with_this_version() -> None:
    headings = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert headings[0] == digitnet.__version__


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {digitnet.__version__}\n" in citation


def test_the_command_prints_its_version() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "digitnet", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split()[1] == digitnet.__version__


def test_the_console_script_runs_the_command(project: dict[str, Any]) -> None:
    assert project["scripts"] == {"digitnet": "digitnet.cli:run"}
    for script in entry_points(group="console_scripts", name="digitnet"):
        assert callable(script.load())


def test_the_package_is_marked_as_typed() -> None:
    assert (ROOT / "digitnet" / "py.typed").is_file()


def test_ci_runs_on_every_supported_python(project: dict[str, Any]) -> None:
    listed = [line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line]
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert f"python: {listed}".replace("'", '"') in workflow
    supported = Requirement(f"python{project['requires-python']}").specifier
    assert all(version in supported for version in listed)


def test_nightly_ci_tests_the_version_bounds_and_the_locked_versions() -> None:
    workflow = (ROOT / ".github" / "workflows" / "nightly.yml").read_text("utf-8")
    for needed in (
        "resolution: lowest-direct",
        "resolution: highest",
        "uv pip install --system --resolution ${{ matrix.resolution }}",
        "pip install --require-hashes -r requirements-dev.lock",
        "pip-audit --strict",
        "python -m benchmarks faults --files 0",
        "python tests/fuzz/fuzz.py --seed",
    ):
        assert needed in workflow


def test_the_dependencies_are_exactly_the_imported_libraries(
    project: dict[str, Any],
) -> None:
    extras = project["optional-dependencies"]
    optional = [lines for name, lines in extras.items() if name not in ("test", "docs", "dev")]
    lines = [*project["dependencies"], *(line for extra in optional for line in extra)]
    declared = {Requirement(line).name for line in lines} - {"python-multipart"}  # for Starlette
    assert declared == {DISTRIBUTIONS.get(name, name) for name in imported_libraries()}


def test_every_dependency_has_a_lower_and_an_upper_bound(
    requirements: list[Requirement],
) -> None:
    for requirement in requirements:
        operators = {bound.operator for bound in requirement.specifier}
        assert operators == {">=", "<"}, requirement


def test_contributing_explains_every_dependency(requirements: list[Requirement]) -> None:
    explained = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    missing = [each.name for each in requirements if f"`{each.name}`" not in explained]
    assert not missing


def test_the_lock_file_pins_every_dependency_within_its_range(
    requirements: list[Requirement],
) -> None:
    lock = (ROOT / "requirements-dev.lock").read_text("utf-8")
    pins: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(Version(version))
    for requirement in requirements:
        if requirement.name in ENGINES:
            continue
        versions = pins[canonicalize_name(requirement.name)]
        assert all(version in requirement.specifier for version in versions), requirement


def test_every_version_in_the_lock_file_has_a_hash() -> None:
    entries = re.split(
        r"^(?=[\w.-]+==)", (ROOT / "requirements-dev.lock").read_text("utf-8"), flags=re.M
    )
    assert all("--hash=sha256:" in entry for entry in entries[1:])


def test_the_wheel_contains_only_the_package_and_its_models(
    archives: tuple[Path, Path],
) -> None:
    expected = {
        f"digitnet/models/{model}/{name}"
        for model in ("cnn", "mlp", "reader", "rnn")
        for name in SHIPPED_FILES
    }
    expected |= {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "digitnet").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed" or path.parent.name == "static"
    }
    with zipfile.ZipFile(archives[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == expected


def test_the_wheel_contains_the_licence_and_the_command(archives: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(archives[1]) as wheel:
        information = f"digitnet-{digitnet.__version__}.dist-info"
        assert b"MIT License" in wheel.read(f"{information}/licenses/LICENSE")
        assert b"digitnet = digitnet.cli:run" in wheel.read(f"{information}/entry_points.txt")


def test_the_wheel_is_small_enough_to_publish(archives: tuple[Path, Path]) -> None:
    assert archives[1].stat().st_size < MAX_WHEEL_BYTES


def test_the_source_archive_builds_an_identical_wheel(
    archives: tuple[Path, Path], tmp_path: Path
) -> None:
    source, wheel = archives
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    build(tmp_path / source.name.removesuffix(".tar.gz"), tmp_path, "wheel")
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize("epoch", ["", "1700000000"])
def test_wheel_builds_are_reproducible(
    archives: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: str
) -> None:
    """The wheel does not depend on time, time zone, folder or file permissions."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if epoch:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    built = []
    for name, time, mode in (("first", 1_000_000_000, 0o644), ("second", 1_500_000_000, 0o600)):
        with tarfile.open(archives[0]) as archive:
            archive.extractall(tmp_path / name, filter="data")
        (source,) = (tmp_path / name).iterdir()
        for path in source.rglob("*"):
            if path.is_file():
                path.chmod(mode)
            os.utime(path, (time, time))
        monkeypatch.setenv("TZ", "Pacific/Auckland" if name == "first" else "UTC")
        build(source, tmp_path / name, "wheel")
        built.append(next((tmp_path / name).glob("*.whl")).read_bytes())
    assert built[0] == built[1]
