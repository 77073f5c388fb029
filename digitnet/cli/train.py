"""`digitnet train`: train a network, and say how it goes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitnet.cli import options
from digitnet.cli.reader_training import check_numbers, prepare_reader
from digitnet.cli.terminal import notes, report, silent_native_code
from digitnet.cli.training_checks import (
    check_figure,
    check_sources,
    check_strokes,
    check_tensorflow,
    divide_datasets,
    parse_hidden,
)
from digitnet.cli.training_end import draw_curves, how_to_go_on, show_measured
from digitnet.cli.training_progress import TrainingProgress
from digitnet.data.parts import TEST_FRACTION
from digitnet.errors import OutputError
from digitnet.interruption import exit_code
from digitnet.training.options import (
    LEARNING_RATES,
    MAX_INTEGER,
    MAX_LEARNING_RATE,
    MAX_SEED,
    MAX_TEST_FRACTION,
    MIN_TEST_FRACTION,
    Activation,
    Network,
    Optimizer,
    TrainingOptions,
)

if TYPE_CHECKING:
    from digitnet.data.datasets import Dataset
    from digitnet.data.whole_numbers import Numbers
    from digitnet.model.bundle import Bundle

_DEFAULTS = TrainingOptions()

_KEPT_BY_RESUME = ("output", "resume", "finish", "force", "plot", "quiet")
_FIXED_BY_START = ("network", "hidden", "activation")
_OF_CLASSIFIERS = ("activation", "augment", "batch_size", "hidden", "optimizer")


def train(
    context: typer.Context,
    network: Annotated[
        Network,
        typer.Option(
            help="Feed-forward, convolutional or recurrent, for digits; or a reader of whole lines."
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
            help="The share of the digits that is kept for the test.",
        ),
    ] = TEST_FRACTION,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_INTEGER,
            help="How often each digit is seen. Default: 12 for MNIST, more for smaller data sets; "
            "with --from and new digits, 10 rounds in which they are shown among old ones. "
            "A reader: 30, of 40,000 fresh lines each.",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=MAX_INTEGER, help="Digits for each step of gradient descent."
        ),
    ] = _DEFAULTS.batch_size,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            min=0,
            max=MAX_LEARNING_RATE,
            callback=options.finite,
            help="The highest rate of the schedule. Default: "
            + ", ".join(f"{rate:g} for {name}" for name, rate in LEARNING_RATES.items())
            + "; a quarter of it with --from.",
            show_default=False,
        ),
    ] = None,
    optimizer: Annotated[
        Optimizer, typer.Option(help="How the weights go downhill.")
    ] = _DEFAULTS.optimizer,
    activation: Annotated[
        Activation, typer.Option(help="Of the hidden neurons of mlp and cnn.")
    ] = _DEFAULTS.activation,
    hidden: Annotated[
        str, typer.Option(metavar="N,N...", help="Neurons in each hidden layer of mlp.")
    ] = ",".join(map(str, _DEFAULTS.hidden)),
    augment: Annotated[
        bool,
        typer.Option(
            "--augment/--no-augment",
            help="Distort the digits anew in each epoch, and show pictures of no digit.",
        ),
    ] = _DEFAULTS.augment,
    fonts: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            callback=options.not_empty,
            help="Fonts to learn print and letters from, beside those of Matplotlib.",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_INTEGER,
            help="Stop after so many epochs without a better validation loss. Default: go on.",
            show_default=False,
        ),
    ] = _DEFAULTS.patience,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_INTEGER,
            help="Use only so many digits of the data set; for a reader, lines in an epoch.",
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
            help="Train a trained model on: 5 to 50 images of each digit teach it your hand, "
            "and it does not forget the others.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            callback=options.not_empty,
            help="Where the model goes. Default: models/NETWORK; with --from, models/DATASET.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the interrupted training of --output.")
    ] = False,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish", help="With --resume: train no further, make a model of the best weights."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace what lies at --output: a model, or an interrupted training."
        ),
    ] = False,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", callback=options.not_empty, help="Draw the curves of loss and error."
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Train a network.

    It learns from 80 % of the digits and is measured on the other 20 %, which it never sees. Ctrl-C
    and SIGTERM keep the best weights so far; --resume goes on, --resume --finish makes a model of
    them.

    Exit codes: 0 trained, 1 data, model or output is no good, 2 wrong use, 130 interrupted (128 +
    the signal's number).
    """
    check_tensorflow()
    given = _given(context)
    if resume:
        _refuse(given - {*_KEPT_BY_RESUME}, "--resume takes it from the interrupted training")
    elif finish:
        raise typer.BadParameter(
            "give --resume with it: it ends an interrupted training", param_hint="'--finish'"
        )
    if start is not None:
        _refuse(given & {*_FIXED_BY_START}, "--from takes it from the model that is trained on")
        network = _network_of(start)
    if network is Network.READER:
        _refuse(given & {*_OF_CLASSIFIERS}, "it is not for a reader")
    if network is not Network.MLP:
        _refuse(given & {"hidden"}, "it is for --network mlp")
    if network is Network.RNN:
        _refuse(given & {"activation"}, "the cells of rnn have their own gates")
    images, strokes = (_DEFAULTS.dataset, ()) if resume else divide_datasets(dataset)
    if start is not None and network is Network.READER:
        _refuse(given & {"labels_from_name"}, "a reader is trained on with a labels.csv")
        check_numbers(images, strokes)
    elif network is not Network.READER:
        check_strokes(strokes, augment=augment, start=start)
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
        augment=augment,
        fonts=fonts,
        patience=patience,
        limit=limit,
        seed=seed,
        start=start,
    )
    # what is trained on keeps its place, and a hand has a name of its own
    name = network.value if start is None else Path(images).resolve().stem
    target = Path(output) if output else Path("models") / name
    curves = Path(plot) if plot else None
    if curves:
        check_figure(curves)
    progress = TrainingProgress(quiet=quiet)
    try:
        with silent_native_code(), progress:
            written, digits = _train(
                chosen, target, progress, resume=resume, finish=finish, force=force
            )
    except KeyboardInterrupt as interrupt:
        began = resume or progress.began
        report(how_to_go_on(target) if began else "interrupted before the training began")
        raise typer.Exit(exit_code(interrupt)) from None
    if curves:
        draw_curves(curves, written)
    show_measured(written, digits, target, quiet=quiet)


def _given(context: typer.Context) -> set[str]:
    """The parameters that were spelt out on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}


def _network_of(start: str) -> Network:
    """The network that is trained on: a reader, or any classifier."""
    from digitnet.model import bundle
    from digitnet.model.kinds import Kind

    reads = bundle.load(start).kind is Kind.READER
    return Network.READER if reads else _DEFAULTS.network


def _refuse(names: set[str], reason: str) -> None:
    for name in sorted(names):
        flag = "--from" if name == "start" else f"--{name.replace('_', '-')}"
        raise typer.BadParameter(f"leave out {flag}: {reason}", param_hint=f"'{flag}'")


def _train(
    chosen: TrainingOptions,
    target: Path,
    progress: TrainingProgress,
    *,
    resume: bool,
    finish: bool,
    force: bool,
) -> tuple["Bundle", "Dataset | Numbers"]:
    # what fails without TensorFlow fails before its import
    from digitnet.data import datasets
    from digitnet.evaluation.evaluate import has_changed
    from digitnet.model import bundle
    from digitnet.training.checkpoint import Checkpoint

    state = Checkpoint(target)
    state.check(resume=resume)
    if resume:
        chosen = state.read_options()
        check_sources(chosen)
    elif state.history.is_file() and not force:
        raise OutputError(
            f"an interrupted training lies at {state.folder}: give --force to start anew, or go "
            f"on: {state.command()}"
        )
    instead = "move it away" if resume else "give another --output"
    bundle.check_target(target, force=force, instead=instead)
    parent = bundle.load(chosen.start) if chosen.start else None
    if chosen.fonts:
        from digitnet.synthesis.fonts import font_files

        font_files(chosen.fonts)
    notify = notes(quiet=progress.quiet)
    if chosen.network is Network.READER:
        corpus, own, learned = prepare_reader(chosen, parent, notify)
        progress.say("loading TensorFlow")
        from digitnet.training.reader.train import train_reader

        written = train_reader(
            chosen, corpus, target, progress, own, resume=resume, finish=finish, force=force
        )
        return written, learned
    from digitnet.training.strokes import read_strokes

    strokes = read_strokes(chosen.strokes, chosen.seed)
    digits = datasets.load(chosen.dataset, notify, chosen.labels_from_name)
    if parent and has_changed(parent, digits):
        notify(
            f"{digits.name} has changed since {parent.name} learned digits of it: some of those "
            "kept for the test may be among them"
        )
    split = datasets.split(
        digits, test_fraction=chosen.test_fraction, seed=chosen.seed, limit=chosen.limit
    )
    progress.say("loading TensorFlow")
    from digitnet.training.train import train as fit

    written = fit(
        chosen, digits, split, target, progress, strokes, resume=resume, finish=finish, force=force
    )
    return written, digits
