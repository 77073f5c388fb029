"""`digitnet train`: train a network and print its progress."""

from pathlib import Path
from typing import Annotated

import typer

from digitnet.api.choices import (
    DatasetChoiceError,
    chosen_datasets,
    default_output,
    network_of,
    unfit_choices,
)
from digitnet.api.run_training import run_training
from digitnet.cli import options
from digitnet.cli.terminal import notes, report
from digitnet.cli.training_checks import check_figure, check_tensorflow, parse_hidden
from digitnet.cli.training_end import draw_curves, interruption_message, show_measured
from digitnet.cli.training_progress import TrainingProgress
from digitnet.data.parts import TEST_FRACTION
from digitnet.interruption import exit_code
from digitnet.silence import silent_native_code
from digitnet.training.options import (
    FINE_TUNING_EPOCHS,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_INTEGER,
    MAX_LEARNING_RATE,
    MAX_SEED,
    MAX_TEST_FRACTION,
    MIN_TEST_FRACTION,
    READER_EPOCH_LINES,
    READER_EPOCHS,
    Activation,
    Feedback,
    Network,
    Optimizer,
    TrainingOptions,
)

_DEFAULTS = TrainingOptions()


def train(
    context: typer.Context,
    network: Annotated[
        Network,
        typer.Option(
            help="A classifier of digits (feed-forward, convolutional or recurrent), or a reader "
            "of whole lines."
        ),
    ] = _DEFAULTS.network,
    dataset: options.Datasets = [_DEFAULTS.dataset],  # noqa: B006 (Typer copies it)
    labels_from_name: options.LabelsFromName = None,
    test_fraction: Annotated[
        float,
        typer.Option(
            metavar="FRACTION",
            min=MIN_TEST_FRACTION,
            max=MAX_TEST_FRACTION,
            callback=options.finite,
            help="Fraction of the digits held out as the test set.",
        ),
    ] = TEST_FRACTION,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_INTEGER,
            help=f"Passes over the training set. Default: 12 for MNIST, up to {MAX_EPOCHS} for "
            f"smaller data sets; for a reader {READER_EPOCHS}, of {READER_EPOCH_LINES:,} new lines "
            f"each; with --from {FINE_TUNING_EPOCHS}, in which old digits are mixed with new ones.",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=MAX_INTEGER, help="Digits in each step of gradient descent."
        ),
    ] = _DEFAULTS.batch_size,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            min=0,
            max=MAX_LEARNING_RATE,
            callback=options.finite,
            help="Peak of the learning rate schedule. Default: "
            + ", ".join(f"{rate:g} for {name}" for name, rate in LEARNING_RATES.items())
            + "; a quarter of it with --from.",
            show_default=False,
        ),
    ] = None,
    optimizer: Annotated[
        Optimizer | None,
        typer.Option(
            help="Optimization algorithm. Default: adamw for mlp, muon for others.",
            show_default=False,
        ),
    ] = None,
    activation: Annotated[
        Activation, typer.Option(help="Activation of the hidden layers of mlp and cnn.")
    ] = _DEFAULTS.activation,
    hidden: Annotated[
        str, typer.Option(metavar="N,N...", help="Neurons in each hidden layer of mlp.")
    ] = ",".join(map(str, _DEFAULTS.hidden)),
    feedback: Annotated[
        Feedback,
        typer.Option(
            help="Recurrent connections of rnn: lateral (to the other neurons of the layer), "
            "direct (to itself), indirect (through the previous layer), or gru (gated)."
        ),
    ] = _DEFAULTS.feedback,
    augment: Annotated[
        bool,
        typer.Option(
            "--augment/--no-augment",
            help="Randomly distort the digits in each epoch, and add images that are not digits.",
        ),
    ] = _DEFAULTS.augment,
    fonts: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            callback=options.not_empty,
            help="Fonts for printed digits and letters, in addition to Matplotlib's.",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_INTEGER,
            help="Stop after this many epochs without a better validation loss. Default: never.",
            show_default=False,
        ),
    ] = _DEFAULTS.patience,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_INTEGER,
            help="Use only this many digits of the data set; for a reader, lines per epoch.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=MAX_SEED, help="The same seed gives the same model."),
    ] = _DEFAULTS.seed,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            callback=options.not_empty,
            help="Fine-tune this model: 5 to 50 images of each digit teach it your handwriting; "
            "it keeps its accuracy on others.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            callback=options.not_empty,
            help="Folder for the model. Default: models/NETWORK; with --from, models/DATASET.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted training in --output.")
    ] = False,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish", help="With --resume: stop training and save the best weights as a model."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace the model or interrupted training at --output."),
    ] = False,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            callback=options.not_empty,
            help="Save a figure of loss and error by epoch.",
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Train a network.

    The network is trained on 80 % of the digits and evaluated on the other 20 %, which it never
    sees. Ctrl-C and SIGTERM keep the best weights so far; --resume continues, --resume --finish
    saves them as a model.

    Exit codes: 0 trained, 1 the data, model or output cannot be used, 2 wrong usage, 130
    interrupted (128 + the signal number).
    """
    check_tensorflow()
    given = _given(context)
    if finish and not resume:
        raise typer.BadParameter(
            "requires --resume: it finishes an interrupted training", param_hint="'--finish'"
        )
    if start is not None and not resume:
        network = network_of(start)
    for names, reason in unfit_choices(given, network, start=start is not None, resume=resume):
        flags = ["--from" if name == "start" else f"--{name.replace('_', '-')}" for name in names]
        raise typer.BadParameter(f"leave out {', '.join(flags)}: {reason}", param_hint=flags)
    try:
        images, strokes = (
            (_DEFAULTS.dataset, ())
            if resume
            else chosen_datasets(dataset, network, start=start is not None, augment=augment)
        )
    except DatasetChoiceError as error:
        raise typer.BadParameter(str(error), param_hint="'--dataset'") from None
    chosen = TrainingOptions(
        network=network,
        dataset=images,
        labels_from_name=labels_from_name,
        strokes=strokes,
        test_fraction=test_fraction,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer=optimizer,
        activation=activation,
        hidden=parse_hidden(hidden),
        feedback=feedback,
        augment=augment,
        fonts=fonts,
        patience=patience,
        limit=limit,
        seed=seed,
        start=start,
    )
    target = Path(output) if output else default_output(network, images, start)
    curves = Path(plot) if plot else None
    if curves:
        check_figure(curves)
    progress = TrainingProgress(quiet=quiet)
    try:
        with silent_native_code(), progress:
            written, digits = run_training(
                chosen,
                target,
                progress,
                notes(quiet=quiet),
                resume=resume,
                finish=finish,
                force=force,
            )
    except KeyboardInterrupt as interrupt:
        began = resume or progress.began
        report(interruption_message(target) if began else "interrupted before training started")
        raise typer.Exit(exit_code(interrupt)) from None
    if curves:
        draw_curves(curves, written)
    show_measured(written, digits, target, quiet=quiet)


def _given(context: typer.Context) -> set[str]:
    """Return the names of the parameters given on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}
