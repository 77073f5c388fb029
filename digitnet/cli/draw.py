"""`digitnet draw`: draw in the browser and watch the networks."""

import os
import threading
from pathlib import Path
from typing import Annotated

import typer

from digitnet.cli.options import Model, Quiet, not_empty
from digitnet.cli.terminal import flush_within, notes, print_result
from digitnet.errors import DigitnetError
from digitnet.interruption import exit_code
from digitnet.silence import silent_native_code

PORT = 8028
"""Default port, after the 28 x 28 pixels of a classifier's input."""

FLUSH_TIMEOUT_S = 0.2
"""Seconds: pending output must not keep an interrupted program alive."""


def draw(
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, metavar="N", help="Port to listen on; 0: any free port."),
    ] = PORT,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            callback=not_empty,
            help="Address to listen on; 0.0.0.0 accepts connections from other machines, without "
            "authentication.",
        ),
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    output: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="Folder in which labelled drawings are saved, as a data set."
        ),
    ] = Path("my_digits"),
    model: Model = "cnn",
    quiet: Quiet = False,
) -> None:
    """Draw digits in the browser and watch the networks.

    Other programs can use the same server: POST an image to /predict. Its address is printed on
    standard output. Nothing leaves this machine. Ctrl-C stops it.
    """
    try:
        try:
            from digitnet.server.app import build_app
            from digitnet.server.listen import open_port, serve
            from digitnet.server.models import Models
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "digitnet":
                raise
            raise DigitnetError(
                f"draw needs {error.name}, which is not installed: "
                "pip install starlette uvicorn python-multipart"
            ) from None
        notify = notes(quiet=quiet)
        listener = open_port(host, port)
        app = build_app(Models(model, notify), output, host)
        address, number = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        url = f"http://{shown}:{number}/"

        def announce() -> None:
            print_result(f"{url}\n")
            notify("press Ctrl-C to stop")
            if browser:
                import webbrowser

                # A text-mode browser blocks until it is closed.
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

        with silent_native_code():
            serve(app, listener, announce)
    except KeyboardInterrupt as interrupt:
        # Other threads may still be running networks, and Python would wait for them.
        flush_within(FLUSH_TIMEOUT_S)
        os._exit(exit_code(interrupt))
