"""The command line: options in, answers on stdout, everything else on stderr.

Nothing else in digitnet prints, and this is the one place where a `DigitnetError` is shown. What a
command needs is imported when it runs, so that `--help` and a typing error cost nothing.
"""

import os
import sys
from typing import Annotated, NoReturn

import typer

from digitnet import __version__
from digitnet.cli.evaluate import evaluate
from digitnet.cli.predict import EXIT_CODES, predict
from digitnet.cli.terminal import INTERRUPTED, open_standard_descriptors, print_result, report
from digitnet.cli.train import train
from digitnet.errors import DigitnetError
from digitnet.interruption import ending_signals_raise, exit_code

# Without Rich's markup: importing Rich takes as long as all the rest of `digitnet --help`.
app = typer.Typer(
    name="digitnet",
    help="Reads handwritten digits in your own images.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print_result(f"digitnet {__version__}\n")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


app.command(epilog=EXIT_CODES)(predict)
app.command()(train)
app.command()(evaluate)


def run() -> NoReturn:
    """Be the program `digitnet`: run the command line, and leave at once.

    All is written and closed by then. Python would take all libraries apart first, which is a sixth
    of the time of reading one image.
    """
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    os._exit(code if isinstance(code, int) else 0)


def main() -> None:
    """Run the command line.

    Raises:
        SystemExit: always, with the exit code.
    """
    open_standard_descriptors()
    # What NumPy and OpenCV use for matrices starts a thread for each core when it is loaded, and
    # they wait by turning in circles: a third of the processor time of reading one image.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ending_signals_raise() as received:
        try:
            app(prog_name="digitnet")
        except DigitnetError as error:
            report(str(error))
            sys.exit(1)
        except SystemExit as end:
            # Typer takes each signal for Ctrl-C.
            if received and end.code == INTERRUPTED:
                sys.exit(exit_code(received[-1]))
            raise
        except ImportError:
            # A library that a signal has caught while it was loading does not say so.
            if not received:
                raise
            os._exit(exit_code(received[-1]))
