"""The command line. Answers go to stdout, everything else to stderr.

This is the only package that prints, and the only place that shows a `DigitnetError`. Commands
import their dependencies when they run, so that `--help` and usage errors are fast.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

from digitnet import __version__
from digitnet.cli import options
from digitnet.cli.draw import draw
from digitnet.cli.evaluate import evaluate
from digitnet.cli.predict import EXIT_CODES, predict
from digitnet.cli.terminal import INTERRUPTED, open_standard_descriptors, print_result, report
from digitnet.cli.train import train
from digitnet.data.sheet_layout import Paper
from digitnet.errors import DigitnetError
from digitnet.files.escape import escape_for_terminal
from digitnet.interruption import ending_signals_raise, exit_code

COMPLETION_VARIABLE = "_DIGITNET_COMPLETE"
"""Environment variable that a shell sets to request its completion script or completions."""

DEFAULT_MODELS = ("cnn", "reader")
"""The default models of `predict`."""

EXAMPLES = """\b
Examples:
  digitnet predict photo.png                       read an image
  digitnet predict --format csv scans/             read a folder into a table
  digitnet train --from cnn --dataset my_digits/   train on your handwriting"""

LEFT_OUT = {
    "h5py": "h5py",
    "matplotlib": "matplotlib",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}
"""Packages that `digitnet-light` does not install: import name and distribution name."""

_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""Base class of Typer's usage errors, which Typer does not export."""

_PLAIN = {
    "is not a valid int range": "is not a whole number",
    "is not a valid float range": "is not a number",
}
"""Plainer wordings for Typer's messages about option values."""


class _Commands(TyperGroup):
    """The command group. Its usage errors are plain and contain no terminal control characters."""

    def make_context(self, *arguments: Any, **options: Any) -> typer.Context:
        with _plain_usage_errors():
            return cast(typer.Context, super().make_context(*arguments, **options))

    def invoke(self, *arguments: Any) -> Any:
        with _plain_usage_errors():
            return super().invoke(*arguments)


@contextlib.contextmanager
def _plain_usage_errors() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        for words, plain in _PLAIN.items():
            error.message = error.message.replace(words, plain)
        # The message has several lines if a command without arguments shows its help.
        error.message = "\n".join(map(escape_for_terminal, error.message.split("\n")))
        raise


# No Rich markup: importing Rich takes as long as the rest of `digitnet --help`.
app = typer.Typer(
    name="digitnet",
    cls=_Commands,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Reads handwritten numbers from images.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        models = "".join(map(_model_version, DEFAULT_MODELS))
        print_result(f"digitnet {__version__}\n{models}")
        raise typer.Exit


def _model_version(name: str) -> str:
    """Describe a model in one line: name, start of its network's SHA-256, network and size."""
    from digitnet.model import bundle

    try:
        card = bundle.load(name).card
    except DigitnetError as error:
        return f"{name}: {escape_for_terminal(str(error))}\n"
    digest = card["files"][bundle.TFLITE_FILE][:12]
    return f"{name} {digest}: {card['network']}, {card['parameters']:,} weights\n"


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the versions of digitnet and its models.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    pass


app.command(epilog=EXIT_CODES)(predict)
app.command()(train)
app.command()(evaluate)
app.command()(draw)


@app.command()
def sheet(
    output: Annotated[
        str,
        typer.Argument(
            metavar="[OUTPUT]",
            callback=options.not_empty,
            help="The file to write, .pdf or .png; an existing file is never replaced.",
        ),
    ] = "sheet.pdf",
    paper: Annotated[Paper, typer.Option(help="Paper size.")] = Paper.A4,
    quiet: options.Quiet = False,
) -> None:
    """Print a sheet for collecting handwriting samples.

    Fill in its boxes, photograph or scan it, and train on it: digitnet train --from cnn --dataset
    PHOTO. For several sheets, give a folder of photos.
    """
    from digitnet.plots.sheet import SUFFIXES, write_sheet

    path = Path(output)
    if path.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(
            f"a sheet cannot be written as {output!r}: give a name ending in "
            f"{' or '.join(SUFFIXES)}",
            param_hint="OUTPUT",
        )
    write_sheet(paper, path)
    if not quiet:
        report(
            f"{output}: print it, fill it in, and train on a photo of it with digitnet train "
            "--dataset PHOTO"
        )


@app.command("help")
def show_help(
    context: typer.Context,
    command: Annotated[str | None, typer.Argument(metavar="COMMAND")] = None,
) -> None:
    """Show the help of digitnet or of one of its commands."""
    commands = cast(typer.Context, context.parent)
    cast(_Commands, commands.command).main(
        [*filter(None, [command]), "--help"], prog_name=commands.info_name
    )


def run() -> NoReturn:
    """Run the command line and exit at once. Entry point of the program `digitnet`.

    By then, all output is written and all files are closed. Python's normal exit would unload all
    libraries, which takes a sixth of the time of reading one image.
    """
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    os._exit(code if isinstance(code, int) else 0)


def _accept_either_order(variable: str) -> None:
    """Accept both Click's `bash_source` and Typer's `source_bash`."""
    shell, _, wanted = os.environ.get(variable, "").partition("_")
    if wanted in ("source", "complete"):
        os.environ[variable] = f"{wanted}_{shell}"


def main() -> None:
    """Run the command line.

    Raises:
        SystemExit: always, with the exit code.
    """
    open_standard_descriptors()
    _accept_either_order(COMPLETION_VARIABLE)
    # OpenBLAS, used by NumPy and OpenCV, starts a busy-waiting thread per core when it is loaded.
    # They take a third of the processor time of reading one image.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ending_signals_raise() as received:
        try:
            app(prog_name="digitnet")
        except DigitnetError as error:
            report(str(error))
            sys.exit(1)
        except SystemExit as end:
            # Typer treats every signal as Ctrl-C.
            if received and end.code == INTERRUPTED:
                sys.exit(exit_code(received[-1]))
            raise
        except ImportError as error:
            # Interrupting an import may surface as an ImportError.
            if received:
                os._exit(exit_code(received[-1]))
            missing = LEFT_OUT.get((error.name or "").partition(".")[0])
            if missing is None:
                raise
            report(f"{missing} is not installed: pip install {missing}")
            sys.exit(1)
