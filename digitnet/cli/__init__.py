"""The command line: options in, answers on stdout, everything else on stderr.

Nothing else in digitnet prints, and this is the one place where a `DigitnetError` is shown. What a
command needs is imported when it runs, so that `--help` and a typing error cost nothing.
"""

import sys
from typing import Annotated

import typer

from digitnet import __version__
from digitnet.cli.evaluate import evaluate
from digitnet.cli.predict import EXIT_CODES, predict
from digitnet.cli.terminal import report
from digitnet.cli.train import train
from digitnet.errors import DigitnetError

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
        typer.echo(f"digitnet {__version__}")
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


def main() -> None:
    """Run the command line and leave the program with its exit code."""
    try:
        app(prog_name="digitnet")
    except DigitnetError as error:
        report(str(error))
        sys.exit(1)
