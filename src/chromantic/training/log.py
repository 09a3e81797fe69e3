"""What a training says: a progress bar, `metrics.jsonl`, TensorBoard."""

import json
from pathlib import Path
from types import TracebackType

from accelerate import Accelerator
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from chromantic.files import write_whole
from chromantic.progress import terminal_bar


class _Speed(ProgressColumn):
    def __init__(self, photos_a_step: int) -> None:
        super().__init__()
        self.photos_a_step = photos_a_step

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed * self.photos_a_step:.1f} photos/s")


class Log:
    """The log of one run, written by the main process.

    `metrics.jsonl` holds only numbers that repeat exactly. Lines after the step that a run resumes from are dropped,
    and speed goes to the progress bar alone.
    """

    def __init__(self, accelerator: Accelerator, run: Path, first: int, steps: int, batch_size: int) -> None:
        self.accelerator = accelerator
        self.path = run / "metrics.jsonl"
        if accelerator.is_main_process and self.path.exists():
            lines = self.path.read_text().splitlines(keepends=True)
            whole = (line for line in lines if line.endswith("\n"))  # the last may have been cut off
            with write_whole(self.path) as partial:
                partial.write_text("".join(line for line in whole if json.loads(line)["step"] <= first))
        accelerator.init_trackers("tensorboard")
        self.progress = terminal_bar(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            _Speed(batch_size),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            shown=accelerator.is_main_process,
        )
        self.task = self.progress.add_task("training", total=steps, completed=first, losses="")

    def __enter__(self) -> "Log":
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()
        self.accelerator.end_training()

    def advance(self) -> None:
        """Counts a step."""
        self.progress.advance(self.task)

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Writes the values of a step."""
        self.accelerator.log(values, step=step)
        if self.accelerator.is_main_process:
            with self.path.open("a") as file:
                file.write(
                    json.dumps({"step": step, **{name: round(value, 6) for name, value in values.items()}}) + "\n"
                )
            self.progress.update(self.task, losses=" ".join(f"{n.split('/')[-1]} {v:.3f}" for n, v in values.items()))
