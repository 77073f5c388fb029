"""A batch survives bad files, odd names and faults, and loses no answer."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TIMEOUT_S, Run, Start, unmeasured

from digitnet.cli import main
from digitnet.cli.terminal import StandardOutput

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="names, devices and limits of Linux"),
    pytest.mark.usefixtures("reader"),
]

ODD_NAMES = (
    *(b"two words.png", b"two\nlines.png", b"a\ttab.png", b"car\rriage.png", b'quo"te.png'),
    *(b"'apostrophe'.png", b"-dash.png", b"=1+1.png", b"@sum.png", b"a;b,c|d.png", b"$(id).png"),
    *(b"not utf-8 \xff\xfe.png", "\u2028 \u202e \U0001f600.png".encode(), b"\x1b[31mred.png"),
    *(b"back\\slash.png", b"%s%n.png", b"*.png", b"$x^{$.png", b"trailing .png ", b"\x7f.png"),
)


@pytest.fixture
def odd(tmp_path: Path, samples: Path) -> list[bytes]:
    """Copies of one image under odd names."""
    for name in ODD_NAMES:
        shutil.copy(samples / "paint-3.png", tmp_path / os.fsdecode(name))
    return list(ODD_NAMES)


@pytest.fixture
def bad(tmp_path: Path, samples: Path) -> list[str]:
    """Paths that are not images, each in another way."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "nowhere.png").symlink_to("missing")
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes((samples / "paint-3.png").read_bytes()[:200])
    (tmp_path / "folder.png").mkdir()
    return [
        *("pipe.png", "loop.png", "nowhere.png", "empty.png", "cut.png", "folder.png"),
        *("/dev/zero", "/dev/null", "/proc/self/mem", "missing.png", "x" * 300, "empty.png/x"),
    ]


def parse(format: str, output: bytes) -> list[tuple[bytes, str]]:
    """Parse the paths and digits in an output, as documented."""
    if format == "jsonl":
        records = [json.loads(line) for line in output.splitlines()]
        return [(os.fsencode(record["path"]), record["digits"] or "") for record in records]
    text = output.decode("utf-8", "surrogateescape")
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        return [(os.fsencode(row["path"]), row["digits"]) for row in rows]
    fields = [line.split("\t") for line in text.split("\n")[:-1]]
    return [(unescape(path), digits) for path, digits, _ in fields]


def unescape(path: str) -> bytes:
    # only control and invisible characters are escaped, not letters beyond ASCII
    def plain(escape: re.Match[str]) -> str:
        return escape[0].encode("ascii").decode("unicode_escape")

    return os.fsencode(re.sub(r"\\(?:x..|u.{4}|.)", plain, path))


@pytest.mark.parametrize("format", ["text", "csv", "jsonl"])
def test_every_odd_name_is_answered_and_can_be_decoded(
    run: Run, odd: list[bytes], format: str
) -> None:
    result = run(
        "predict", "--files-from", "-", "--null", "--format", format, stdin=b"\0".join(odd)
    )
    assert (result.returncode, result.stderr) == (0, b"")
    answers = parse(format, result.stdout)
    assert [path.removeprefix(b"./") for path, _ in answers] == odd
    assert {digits for _, digits in answers} == {"3"}


@pytest.mark.parametrize("format", ["text", "csv", "jsonl"])
def test_every_bad_file_is_named_and_the_good_ones_are_answered(
    run: Run, bad: list[str], samples: Path, format: str
) -> None:
    good = str(samples / "paint-3.png")
    mixed = [path for each in bad for path in (each, good)]
    result = run("predict", "--format", format, *mixed)
    assert result.returncode == 1
    complaints = result.stderr.decode().splitlines()
    assert len(complaints) == len(bad)
    for path, complaint in zip(bad, complaints, strict=True):
        assert complaint.startswith(f"digitnet: {path}: ")
    answers = parse(format, result.stdout)
    expected = [(os.fsencode(good), "3")] * len(bad)
    if format != "text":
        expected = [pair for path in bad for pair in ((os.fsencode(path), ""), expected[0])]
    assert answers == expected


@pytest.mark.slow
def test_figures_are_drawn_for_odd_file_names(run: Run, odd: list[bytes], tmp_path: Path) -> None:
    names = odd[::2]
    listed = b"\0".join(names)
    result = run("predict", "--files-from", "-", "--null", "--plot", "figures", stdin=listed)
    assert (result.returncode, result.stderr) == (0, b"")
    assert len(list((tmp_path / "figures").iterdir())) == len(names)


def test_an_image_that_vanishes_before_its_figure_is_drawn_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path,
    samples: Path,
) -> None:  # fmt: skip
    names = [str(tmp_path / f"{number}.png") for number in range(3)]
    for name in names:
        shutil.copy(samples / "paint-3.png", name)
    write = StandardOutput.write

    def vanish(self: StandardOutput, data: bytes) -> None:
        write(self, data)
        if data.startswith(os.fsencode(names[1])):
            os.unlink(names[1])

    monkeypatch.setattr(StandardOutput, "write", vanish)
    code, output, errors = call(["predict", *names, "--plot", str(tmp_path / "f")], capfd)
    assert (code, output.count("\n")) == (1, 3)
    assert (
        errors == f"digitnet: {names[1]}: not drawn or copied: cannot be opened: no such file or "
        "directory\n"
    )
    assert len(list((tmp_path / "f").iterdir())) == 2


def test_a_growing_file_is_read_up_to_its_size_when_opened(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path,
    samples: Path,
) -> None:  # fmt: skip
    path = tmp_path / "growing.png"
    shutil.copy(samples / "paint-3.png", path)
    fstat = os.fstat

    def grow(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        if os.path.samestat(status, path.stat()):
            os.truncate(path, 200 * 2**20)
        return status

    monkeypatch.setattr(os, "fstat", grow)
    code, output, errors = call(["predict", str(path)], capfd)
    assert (code, output.split("\t")[1], errors) == (0, "3", "")
    assert path.stat().st_size == 200 * 2**20


def call(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Call `digitnet` in this process: exit code, stdout, stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["digitnet", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    assert isinstance(code, int)
    return code, *capfd.readouterr()


def small_files() -> None:
    """Limit the files of this process to 4 kB, to simulate a full disk."""
    import resource  # (Windows has none)

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@pytest.mark.parametrize("there_before", [True, False])
def test_output_on_a_full_disk_leaves_no_partial_file(
    environment: dict[str, str], samples: Path, tmp_path: Path, there_before: bool
) -> None:
    output = tmp_path / "answers.jsonl"
    if there_before:
        output.write_text("a.png\t7\t0.9000\n")
    images = [samples / "paint-two-rows.png"] * 9
    command = [sys.executable, "-m", "digitnet", "predict", *map(str, images), "--format", "jsonl"]
    result = subprocess.run(
        [*command, "--output", str(output)],
        env=unmeasured(environment),
        capture_output=True,
        preexec_fn=small_files,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == (
        f"digitnet: {output} cannot be written: file too large; give another --output\n".encode()
    )
    assert list(tmp_path.iterdir()) == ([output] if there_before else [])
    assert not there_before or output.read_text() == "a.png\t7\t0.9000\n"


def test_leftovers_of_a_killed_program_do_no_harm(
    run: Run, start: Start, samples: Path, tmp_path: Path
) -> None:
    process = start("predict", "--files-from", "-", "missing.png", "--output", "answers.txt")
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"digitnet: missing.png: ")
    process.kill()
    process.wait()
    assert len(list(tmp_path.iterdir())) == 1
    assert run("predict", samples / "paint-3.png", "--output", "answers.txt").returncode == 0
    assert (tmp_path / "answers.txt").read_text().count("\n") == 1


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "2>&1 >/dev/null | true"])
def test_answers_continue_if_stderr_cannot_be_written(
    environment: dict[str, str], samples: Path, tmp_path: Path, closed: str
) -> None:
    digitnet = f"{sys.executable} -m digitnet predict --output answers.txt"
    images = f"missing.png {samples / 'paint-3.png'} gone.png {samples / 'paint-0.png'}"
    command = ["sh", "-c", f"{digitnet} {images} {closed}"]
    subprocess.run(command, env=environment, cwd=tmp_path, check=False)
    lines = (tmp_path / "answers.txt").read_text().splitlines()
    assert [line.split("\t")[1] for line in lines] == ["3", "0"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["predict {image}", "evaluate --model mlp --dataset digits", "--version"]
)
@pytest.mark.parametrize(
    ("redirection", "reason"),
    [
        (">&-", "standard output is closed"),
        (">/dev/full", "standard output cannot be written: no space left on device"),
    ],
)
def test_an_unwritable_stdout_is_reported_on_one_line(
    environment: dict[str, str], samples: Path, command: str, redirection: str, reason: str
) -> None:
    arguments = command.format(image=samples / "paint-3.png")
    result = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m digitnet {arguments} {redirection}"],
        env=environment,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.decode().startswith(f"digitnet: {reason}")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.slow
def test_evaluate_ends_quietly_on_a_closed_pipe(
    environment: dict[str, str],
) -> None:
    digitnet = f"{sys.executable} -m digitnet"
    command = f"{{ {digitnet} evaluate --model mlp --dataset digits; echo $? >&2; }} | true"
    result = subprocess.run(["sh", "-c", command], env=environment, stderr=subprocess.PIPE)
    assert result.stderr == b"0\n"


def test_ctrl_c_writes_finished_answers(start: Start, samples: Path) -> None:
    process = start("predict", "--files-from", "-", "--format", "jsonl", "--jobs", "2")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write((str(samples / "paint-3.png") + "\n").encode() * 500)
    process.stdin.flush()
    answered = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGINT)
    # `communicate` would lose what `readline` has read ahead
    lines = [*answered, *process.stdout.readlines()]
    assert (process.wait(), process.stderr.read()) == (130, b"")
    assert all(line.endswith(b"\n") and json.loads(line)["digits"] == "3" for line in lines)


STUCK = """
import sys, threading
from digitnet import cli
from digitnet.vision.decoding import sources
def decode(*_, **__):
    print("at work", flush=True)
    threading.Event().wait()
assert callable(sources.decode)
sources.decode = decode
sys.argv = ["digitnet", "predict", *sys.argv[1:]]
cli.main()
"""


def test_ctrl_c_does_not_wait_for_a_decoder(environment: dict[str, str], samples: Path) -> None:
    images = [str(samples / "paint-3.png")] * 3
    with subprocess.Popen(
        [sys.executable, "-c", STUCK, *images], env=environment, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        process.send_signal(signal.SIGINT)
        try:
            process.wait(TIMEOUT_S)
        finally:
            process.kill()
    assert process.returncode == 130


IMPORTS = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "cv2":
            os.kill(os.getpid(), signal.SIGINT)  # native code then fails with another error
try:
    sys.meta_path.insert(0, Interrupting())
    import digitnet.cli
    def import_module():
        try:
            import cv2
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None
    digitnet.cli.app = lambda prog_name: import_module()
    digitnet.cli.main()
finally:
    sys.stdout.flush()
"""


def test_ctrl_c_during_an_import_prints_no_traceback(environment: dict[str, str]) -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORTS], env=environment, stderr=subprocess.PIPE)
    assert (ran.returncode, ran.stderr) == (130, b"")


def test_a_background_program_ignores_ctrl_c(environment: dict[str, str], samples: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "digitnet", "predict", "--files-from", "-"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(2):
        process.stdin.write(bytes(samples / "paint-3.png") + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
