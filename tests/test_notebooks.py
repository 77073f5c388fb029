"""The notebooks in `docs/` run offline without warnings and are stored without outputs."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TIMEOUT_S

DOCS = ROOT / "docs"
NOTEBOOKS = ("tutorial.ipynb", "exercises.ipynb")

OFFLINE_AND_STRICT = """
import socket
import warnings

def refuse(*arguments, **options):
    raise OSError("a notebook needs no network")

socket.getaddrinfo = refuse
warnings.simplefilter("error")
# Keras 3 writes a .keras file with NumPy calls that NumPy 2 has deprecated.
warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
# The kernel warns of its own code when it ends, and would not end if that were an error.
warnings.filterwarnings("ignore", module="ipykernel")
# TensorFlow's AutoGraph marks syntax trees in a way that Python 3.13 has deprecated.
warnings.filterwarnings("ignore", ".*unexpected keyword argument '___pyct", DeprecationWarning)
"""
"""Code run before the first cell: it blocks the network and turns warnings into errors."""

LINK = re.compile(r"\]\(([^)]+)\)")


def cells(name: str, kind: str) -> list[dict[str, Any]]:
    """Return the cells of one type (`code` or `markdown`)."""
    notebook = json.loads((DOCS / name).read_text("utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_offline_without_warnings(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = 'notebooks are run by nbclient: pip install -e ".[dev]"'
    nbclient = pytest.importorskip("nbclient", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    monkeypatch.delenv("DIGITNET_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    notebook = nbformat.read(DOCS / name, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE_AND_STRICT))
    timeouts = {"startup_timeout": TIMEOUT_S, "timeout": TIMEOUT_S}
    resources = {"metadata": {"path": str(DOCS)}}
    nbclient.NotebookClient(notebook, resources=resources, **timeouts).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stored_without_outputs(name: str) -> None:
    code = cells(name, "code")
    assert code
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_links_of_a_notebook_are_valid(name: str) -> None:
    text = "\n".join("".join(cell["source"]) for cell in cells(name, "markdown"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    places = {f"#{heading.replace(' ', '-')}" for heading in headings}
    targets = LINK.findall(text)
    assert targets
    for target in targets:
        assert target in places or (DOCS / target).is_file(), target
