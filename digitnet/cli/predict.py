"""`digitnet predict`: read the numbers in images."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitnet.cli.answers import (
    answer_alone,
    find_sources,
    open_list,
    with_lengths,
)
from digitnet.cli.options import Model, Quiet, finite, number_range
from digitnet.cli.pictures import Pictures
from digitnet.cli.predict_checks import (
    check_copies,
    check_usage,
    only_image_of,
    parsed_format,
    parsed_grid,
)
from digitnet.cli.terminal import (
    Progress,
    StandardOutput,
    flush_within,
    notes,
    progress_is_useful,
    report,
)
from digitnet.errors import ImageError
from digitnet.files.escape import escape_controls
from digitnet.interruption import exit_code
from digitnet.output.copies import Copies
from digitnet.output.formats import (
    Format,
    encode,
    format_answer,
    format_header,
    reason,
)
from digitnet.output.output_file import OutputFile, check_replaceable
from digitnet.output.rows import Rows
from digitnet.output.template import Template
from digitnet.reading.pipeline import MAX_JOBS
from digitnet.reading.prediction import UNSURE
from digitnet.silence import silent_native_code

if TYPE_CHECKING:
    from digitnet.reading.prediction import Prediction
    from digitnet.reading.recognizer import Recognizer
    from digitnet.reading.sources import Source

ALL_ANSWERED, SOME_UNREADABLE, SOME_UNSURE = 0, 1, 3
"""Exit codes, see `EXIT_CODES`."""

NO_READER = "none"
"""Value of `--reader` that turns the reader off: each connected component is classified alone."""

FLUSH_TIMEOUT_S = 1.0
"""Seconds: a pipe that nobody reads must not keep an interrupted program alive."""

EXIT_CODES = """Exit codes: 0 every image was read; 1 some image could not be read, or the model,
the list or the output cannot be used; 2 wrong usage; 3 every image was read, but some had no digit
or an uncertain one; 130 interrupted (128 + the signal number: 143 for SIGTERM)."""


def predict(
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IMAGE...",
            show_default=False,
            help="Image files, folders, or - for one image on standard input. PDF (needs "
            "digitnet[pdf]), TIFF, animated GIF and WebP are read page by page: scan.pdf#2.",
        ),
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Search folders recursively.")
    ] = False,
    files_from: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Read paths from this file (-: standard input), one on each line, taken "
            "literally; empty lines are skipped.",
        ),
    ] = None,
    null: Annotated[
        bool,
        typer.Option("--null", "-0", help="Paths in --files-from are separated by NUL characters."),
    ] = False,
    pages: Annotated[
        str | None,
        typer.Option(
            metavar="N-M",
            help="Read only these pages of multi-page files: 3, 1-3 or 3-.",
        ),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            metavar="text|csv|jsonl|TEMPLATE",
            autocompletion=lambda: [*Format],
            help="Output format; a template is text with {path}, {digits}, {text}, {confidence}, "
            "{raw}, \\t and \\n.",
        ),
    ] = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the answers to this file atomically."),
    ] = None,
    marks: Annotated[
        bool,
        typer.Option(
            "--marks",
            help="Include marks and gaps in the answer, as in 24/12/2024; JSON Lines always have "
            "both.",
        ),
    ] = False,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="ROWSxCOLUMNS|auto",
            help="Read each image as a table, 9x9 for a sudoku; text and CSV have one line for "
            "each row. auto: detect the size from the walls.",
        ),
    ] = None,
    length: Annotated[
        str | None,
        typer.Option(
            metavar="N-M",
            help="Expected number of digits: 5, 3-5 or 3-. In answers of any other length, each "
            "digit is replaced by ?. With --grid, it applies to each cell that is not empty.",
        ),
    ] = None,
    single: Annotated[
        bool,
        typer.Option("--single", help="Read each image as a single digit, with the classifier."),
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            callback=finite,
            metavar="P",
            show_default="the model's own",
            help="Replace digits and marks below this probability by ?.",
        ),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_FOLDER",
            help="Save a figure of what was read: a file for one image, a folder for several.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the figure in a window.")] = False,
    stages: Annotated[
        bool,
        typer.Option(
            "--stages",
            help="Add every stage to the figure: grayscale, ink, boxes, and the lines with the "
            "reader's probabilities.",
        ),
    ] = False,
    copy_unsure: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Copy images without a digit or with a ? to this folder, for review.",
        ),
    ] = None,
    model: Model = "cnn",
    reader: Annotated[
        str,
        typer.Option(
            metavar="NAME|FOLDER|none",
            help="The model that reads whole lines; none: classify each connected component by "
            "itself, with --model.",
        ),
    ] = "reader",
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_JOBS, metavar="N", show_default="one per core", help="Number of threads."
        ),
    ] = None,
    max_pixels: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default="50 million",
            help="Reject larger images; the limit on file size grows in proportion.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Read the numbers in images.

    Prints one line for each image: the path, the digits, and the probability that all of them are
    right, separated by tabs. ? stands for an uncertain digit.
    """
    names = images or []
    check_usage(names, files_from, null, output, plot)
    answer_format = parsed_format(format)
    wanted_pages = None if pages is None else number_range(pages, "--pages")
    lengths = None if length is None else number_range(length, "--length")
    check_copies(names, recursive, copy_unsure)
    size = parsed_grid(grid, single=single, by_lines=reader != NO_READER)
    only_image = only_image_of(names, files_from)
    pictures = Pictures(
        plot, show=show, stages=stages, single=single, grid=size, image=only_image, quiet=quiet
    )
    try:
        with contextlib.ExitStack() as stack:
            # Open the output first: if it cannot be written, do not read any image.
            if output is not None:
                check_replaceable(output)
            sink = stack.enter_context(OutputFile(output)) if output else StandardOutput()
            paths = None if files_from is None else open_list(files_from)

            from digitnet.reading.recognizer import Recognizer
            from digitnet.reading.sources import answer_all, page_sources
            from digitnet.vision import Limits

            limits = Limits.for_pixels(max_pixels)
            copies = None if copy_unsure is None else Copies(copy_unsure, limits)
            recognizer = Recognizer.load(
                model,
                None if reader == NO_READER else reader,
                threshold=threshold,
                limits=limits,
                notify=notes(quiet=quiet),
            )
            sources = page_sources(
                find_sources(names, paths, b"\0" if null else b"\n", recursive, limits),
                limits,
                wanted_pages,
            )
            total = None
            visible = progress_is_useful(quiet=quiet, answers_on_stdout=output is None)
            if only_image is not None or (visible and paths is None):
                known = list(sources)
                sources, total = iter(known), len(known)
                pictures.check_count(total)
            stack.enter_context(silent_native_code())
            bar = stack.enter_context(Progress(total, wanted=visible))
            # A single image does not use the pipeline, which would take longer.
            alone = total == 1 and jobs is None
            read = (
                answer_alone(recognizer, next(sources), single, size)
                if alone
                else answer_all(recognizer, sources, single, size, jobs)
            )
            stack.enter_context(contextlib.closing(read))
            answers = read if lengths is None else with_lengths(read, lengths)
            rows = None
            if size is not None:
                rows = Rows(size, answer_format, marks=marks, terminal=sink.is_terminal)
            code = _write_answers(
                answers, sink, answer_format, rows, marks, pictures, copies, recognizer, bar
            )
    except KeyboardInterrupt as interrupt:
        # All finished answers have been written. A decoder that is still running in another thread
        # cannot be interrupted, and Python would wait for it.
        flush_within(FLUSH_TIMEOUT_S)
        os._exit(exit_code(interrupt))
    raise typer.Exit(code)


def _write_answers(
    answers: Iterator[tuple["Source", "Prediction | ImageError"]],
    sink: OutputFile | StandardOutput,
    format: Format | Template,
    rows: Rows | None,
    marks: bool,
    pictures: Pictures,
    copies: Copies | None,
    recognizer: "Recognizer",
    bar: Progress,
) -> int:
    """Write answers, errors and figures as soon as they are available.

    Returns:
        The exit code.
    """
    answered = unreadable = unsure = False
    terminal = sink.is_terminal
    # The reader of a pipe closes it when it has enough: `digitnet predict samples/ | head -1`.
    with contextlib.suppress(BrokenPipeError):
        sink.write(encode(rows.header if rows else format_header(format, marks=marks)))
        for (name, image), answer in answers:
            if rows:
                line = rows.format(name, answer)
            else:
                line = format_answer(format, name, answer, marks=marks, terminal=terminal)
            sink.write(encode(line))
            answered = True
            if isinstance(answer, ImageError):
                unreadable = True
                report(f"{escape_controls(name)}: {reason(name, answer)}")
            else:
                doubtful = not answer.sure or (marks and UNSURE in answer.text)
                unsure = unsure or doubtful
                if not isinstance(image, ImageError):
                    try:
                        if pictures.wanted:
                            pictures.draw(name, image, answer, recognizer)
                        if copies and doubtful:
                            copies.add(name, image)
                    except ImageError as error:  # the image has disappeared since it was read
                        unreadable = True
                        report(f"{escape_controls(name)}: not drawn or copied: {error}")
            bar.step()
        if not answered:  # a folder without images counts as answered: with an error
            recognizer.notify("the list of paths is empty: no images were read")
    return SOME_UNREADABLE if unreadable else SOME_UNSURE if unsure else ALL_ANSWERED
