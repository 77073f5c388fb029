"""Training progress on stderr: a live bar on a terminal, otherwise one line per epoch."""

import contextlib
import sys
from typing import TYPE_CHECKING

from digitnet.files.escape import escape_controls

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from digitnet.training.checkpoint import Row
    from digitnet.training.fit import Plan


class TrainingProgress:
    """Receives progress (see `digitnet.api.run_training.Listener`) and prints it unless `quiet`.

    Attributes:
        quiet: print nothing.
        began: whether training has begun.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.began = False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "TrainingProgress":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._stack.close()

    def say(self, message: str) -> None:
        """Print a line, above the bar if there is one."""
        if self.quiet:
            return
        message = escape_controls(message)  # a network or a data set may have any name
        with contextlib.suppress(OSError, AttributeError):  # closed, full or no longer read
            if self._bar is not None:
                self._bar.console.print(message, highlight=False, markup=False, soft_wrap=True)
            else:
                sys.stderr.write(f"{message}\n")

    def started(self, plan: "Plan") -> None:
        """Print the training plan, and start the bar on a terminal."""
        self.began = True
        options = plan.options
        self._epochs, self._steps = plan.epochs, plan.steps
        self.say(
            f"{plan.network}: {plan.parameters:,} weights, {plan.epochs} epochs of {plan.steps} "
            f"steps, {options.chosen_optimizer()} at {options.highest_learning_rate():g}, "
            f"{plan.shown}"
        )
        for source in plan.sources:
            self.say(source)
        if 1 < plan.first_epoch <= plan.epochs:
            self.say(f"resuming at epoch {plan.first_epoch}")
        if not self.quiet and sys.stderr.isatty():
            self._start_bar(plan)

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """Update the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task,
                completed=(epoch - 1) * self._steps + step,
                description=f"epoch {epoch}/{self._epochs}, step {step}/{self._steps}",
                figures=f"loss {loss:.4f}  error {100 * error:5.2f} %",
            )

    def finished_epoch(self, row: "Row") -> None:
        """Print loss and error of an epoch."""
        width = len(str(self._epochs))
        self.say(
            f"epoch {row['epoch']:{width}.0f}/{self._epochs}  "
            f"loss {row['loss']:.4f}  error {100 * row['error']:5.2f} %  "
            f"validation loss {row['validation_loss']:.4f}  "
            f"error {100 * row['validation_error']:5.2f} %  {row['seconds']:.0f} s"
        )

    def _start_bar(self, plan: "Plan") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._stack.enter_context(self._bar)
        self._task = self._bar.add_task("first step", total=plan.epochs * plan.steps, figures="")
