"""The HTTP interface of `digitnet draw`, tested over real sockets."""

import json
import re
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Call
from PIL import Image
from server_process import Ask

from digitnet.reading.recognizer import Recognizer

pytest_plugins = ("server_process",)

NAMES = ("paint-3.png", "page-two-rows.png", "shadow-photo-4.jpg", "not-digits/blank-white.png")


def form(parts: dict[str, bytes]) -> tuple[bytes, dict[str, str]]:
    """Return the body and headers of a form with files, as sent by a browser or curl."""
    lines = [
        b'--edge\r\nContent-Disposition: form-data; name="image"; filename="%s"\r\n\r\n%s\r\n'
        % (name.encode(), data)
        for name, data in parts.items()
    ]
    return b"".join(lines) + b"--edge--\r\n", {"content-type": "multipart/form-data; boundary=edge"}


def expected(call: Call, *images: Path) -> list[Any]:
    output = call("predict", "--format", "jsonl", *images)[1]
    return [json.loads(line) for line in output.splitlines()]


def test_predict_answers_an_image_like_the_command(ask: Ask, call: Call, samples: Path) -> None:
    answers = expected(call, *(samples / name for name in NAMES))
    for name, answer in zip(NAMES, answers, strict=True):
        reply = ask("POST", "/predict", (samples / name).read_bytes())
        assert (reply.status, reply.json) == (200, answer | {"path": "-"})


def test_predict_answers_a_form_with_one_line_per_image_in_order(
    ask: Ask, call: Call, samples: Path
) -> None:
    body, headers = form({name: (samples / name).read_bytes() for name in NAMES})
    reply = ask("POST", "/predict", body, headers)
    answers = expected(call, *(samples / name for name in NAMES))
    given = [answer | {"path": name} for answer, name in zip(answers, NAMES, strict=True)]
    assert (reply.status, [json.loads(line) for line in reply.text.splitlines()]) == (200, given)


def test_an_unreadable_image_is_reported_on_one_line_and_the_others_are_answered(
    ask: Ask, samples: Path
) -> None:
    table, picture = ((samples / name).read_bytes() for name in ("labels.csv", "paint-3.png"))
    alone = ask("POST", "/predict", table)
    assert alone.status == 422
    assert alone.json["error"].startswith("not an image: it begins with bytes")
    body, headers = form({"labels.csv": table, "paint-3.png": picture})
    both = ask("POST", "/predict", body, headers)
    first, second = map(json.loads, both.text.splitlines())
    assert (both.status, first["error"]) == (200, alone.json["error"])
    assert (second["digits"], second["error"]) == ("3", None)


@pytest.mark.parametrize("name", ["scan.tif", "scan.pdf"])
def test_predict_answers_each_page_of_a_file_like_the_command(
    ask: Ask, call: Call, samples: Path, tmp_path: Path, name: str
) -> None:
    if name == "scan.pdf":
        pytest.importorskip("pypdfium2", reason="the extra `pdf` is not installed")
    scan = tmp_path / name
    first, second = (Image.open(samples / f"paint-{digit}.png").convert("L") for digit in (3, 0))
    first.save(scan, save_all=True, append_images=[second])
    answers = expected(call, scan)
    assert [(Path(one["path"]).name, one["digits"]) for one in answers] == [
        (f"{name}#1", "3"),
        (f"{name}#2", "0"),
    ]
    alone = ask("POST", "/predict", scan.read_bytes())
    given = [one | {"path": f"-#{page}"} for page, one in enumerate(answers, 1)]
    assert (alone.status, [json.loads(line) for line in alone.text.splitlines()]) == (200, given)
    picture = (samples / "paint-3.png").read_bytes()
    body, headers = form({"3.png": picture, name: scan.read_bytes()})
    lines = ask("POST", "/predict", body, headers).text.splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["3.png", f"{name}#1", f"{name}#2"]


def test_predict_accepts_the_name_of_a_model_but_not_a_path(ask: Ask, samples: Path) -> None:
    picture = (samples / "paint-3.png").read_bytes()
    assert ask("POST", "/predict?model=mlp", picture).json["digits"] == "3"
    reply = ask("POST", "/predict?model=../models/mlp", picture)
    assert reply.status == 404
    assert reply.json["error"].startswith("unknown model '../models/mlp': known models are cnn, ")


def test_models_health_and_interface_can_be_requested(ask: Ask) -> None:
    models = ask("GET", "/models").json["models"]
    assert {"cnn", "mlp", "rnn", "reader"} <= {model["name"] for model in models}
    assert [model["name"] for model in models if model["default"]] == ["cnn", "reader"]
    assert ask("GET", "/healthz").json["status"] == "ok"
    paths = ask("GET", "/openapi.json").json["paths"]
    assert set(paths) == {"/predict", "/models", "/healthz"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "192.0.2.1"},
        {"Host": "["},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
    ],
    ids=str,
)
def test_requests_from_other_sites_are_refused(ask: Ask, headers: dict[str, str]) -> None:
    reply = ask("GET", "/healthz", b"", headers)
    assert (reply.status, list(reply.json)) == (403, ["error"])


def test_a_body_over_the_limit_is_refused_before_it_is_sent(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
        )
        answer = b""
        while received := connection.recv(4096):
            answer += received
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"99,999,999,999 bytes: at most 52,428,800" in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("GET", "/nothing", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/..%2fapp.py", 404),
        ("GET", "/static/%00", 404),
        ("POST", "/layers", 422),
        ("POST", "/occlusion", 422),
        ("POST", "/drawings?digit=x", 422),
        ("POST", "/predict", 422),
        ("POST", "/watch", 422),
    ],
)
def test_an_invalid_request_is_reported_on_one_line(
    ask: Ask, method: str, path: str, status: int
) -> None:
    reply = ask(method, path)
    assert reply.status == status
    assert reply.text.count("\n") == 1
    assert reply.json["error"]


def test_the_page_loads_only_its_own_files_and_has_no_inline_script(ask: Ask) -> None:
    page = ask("GET", "/").text
    used = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert "<script>" not in page
    assert all(path.startswith("/") and not path.startswith("//") for path in used)
    assert all(ask("GET", path).status == 200 for path in used)


def test_concurrent_requests_are_all_answered(ask: Ask, samples: Path) -> None:
    names = [name for name in NAMES for _ in range(12)]
    alone = {name: ask("POST", "/predict", (samples / name).read_bytes()) for name in NAMES}
    with ThreadPoolExecutor(16) as pool:
        replies = pool.map(lambda n: ask("POST", "/predict", (samples / n).read_bytes()), names)
        assert list(replies) == [alone[name] for name in names]


def test_watch_describes_how_an_image_was_read(
    ask: Ask, samples: Path, recognizer: Recognizer
) -> None:
    reply = ask("POST", "/watch?picture", (samples / "paint-year-1998.png").read_bytes()).json
    prediction = recognizer.predict(samples / "paint-year-1998.png")
    assert reply["answer"] == prediction.to_dict()
    assert len(reply["seen"]) == 4
    assert reply["picture"]
    (line,) = reply["lines"]
    assert "".join(one["symbol"] for one in line["read"]) == "1998"


def test_watch_shows_a_drawing_without_digits_as_a_single_digit(ask: Ask, samples: Path) -> None:
    letter = ask("POST", "/watch", (samples / "not-digits" / "letter-w.png").read_bytes()).json
    blank = ask("POST", "/watch", (samples / "not-digits" / "blank-white.png").read_bytes()).json
    assert letter["answer"]["digits"] == blank["answer"]["digits"] == ""
    assert letter["whole"] is not None
    assert blank["whole"] is None


@pytest.mark.parametrize(
    ("model", "first"),
    [("cnn", ["maps", 24, 14, 14]), ("mlp", ["neurons", 512]), ("rnn", ["states", 28, 96])],
)
def test_layers_describes_the_layers_of_each_network(
    ask: Ask, recognizer: Recognizer, samples: Path, model: str, first: list[Any]
) -> None:
    digit = recognizer.predict(samples / "paint-3.png").boxes[0].seen
    reply = ask("POST", f"/layers?model={model}", digit.tobytes()).json
    layer = reply["layers"][0]
    assert [layer["shown"], *layer["shape"]] == first
    assert int(np.argmax(reply["probabilities"])) == 3


def test_occluding_ink_changes_the_probabilities_and_background_does_not(
    ask: Ask, recognizer: Recognizer, samples: Path
) -> None:
    digit = recognizer.predict(samples / "paint-3.png").boxes[0].seen
    reply = ask("POST", "/occlusion", digit.tobytes()).json
    probabilities = np.array(reply["probabilities"])
    assert probabilities.shape == (reply["side"], reply["side"], 10)
    assert probabilities[0, 0].tolist() == probabilities[0, -1].tolist()
    assert probabilities[:, :, 3].min() < probabilities[0, 0, 3] - 0.01


def test_a_port_in_use_is_reported_on_one_line(call: Call, port: int) -> None:
    result = call("draw", "--no-browser", "--port", str(port))
    line = (
        f"digitnet: port {port} is in use: choose another with --port, or --port 0 for any free "
        "port"
    )
    assert result == (1, "", f"{line}\n")


def test_without_the_extra_draw_says_what_to_install(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "digitnet.server.listen", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    missing = "draw needs uvicorn, which is not installed"
    install = "pip install starlette uvicorn python-multipart"
    assert call("draw") == (1, "", f"digitnet: {missing}: {install}\n")


def test_an_address_of_another_machine_is_reported_on_one_line(call: Call) -> None:
    code, output, errors = call("draw", "--no-browser", "--host", "192.0.2.1")
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith("digitnet: cannot listen on 192.0.2.1, port 8028: ")
