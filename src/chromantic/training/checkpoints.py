"""A training's state on disk: all that it needs to go on as if it had not been interrupted."""

import shutil
from pathlib import Path

from accelerate import Accelerator
from safetensors import SafetensorError

from chromantic.errors import ChromanticError

KEEP = 2


def newest(run: Path) -> Path | None:
    """The newest checkpoint of a run; None if it has not begun."""
    return max((run / "checkpoints").glob("step-*"), default=None)


def steps_of(checkpoint: Path) -> int:
    """The number of finished steps."""
    return int(checkpoint.name.removeprefix("step-"))


def save(accelerator: Accelerator, run: Path, step: int) -> None:
    """Writes the state after `step` steps, whole or not at all, and drops all but the newest two."""
    folder = run / "checkpoints"
    final, partial = folder / f"step-{step:08d}", folder / "partial"
    if accelerator.is_main_process:
        shutil.rmtree(partial, ignore_errors=True)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(partial))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        if final.exists():
            shutil.rmtree(final)
        partial.rename(final)
        for old in sorted(folder.glob("step-*"))[:-KEEP]:
            shutil.rmtree(old)
    accelerator.wait_for_everyone()


def load(accelerator: Accelerator, checkpoint: Path) -> None:
    """Takes over the state of a checkpoint.

    Raises:
        ChromanticError: It is damaged, or another version of Chromantic wrote it.
    """
    try:
        accelerator.load_state(str(checkpoint))
    except (RuntimeError, OSError, SafetensorError) as error:
        raise ChromanticError(
            f"{checkpoint}: does not load, as it is damaged or of another version of Chromantic; delete it to go on "
            "from the one before, or train in a new folder"
        ) from error
