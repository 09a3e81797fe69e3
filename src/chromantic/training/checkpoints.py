"""Training state on disk: everything that a training needs to go on as if it had not been interrupted."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from accelerate import Accelerator

from chromantic.errors import ChromanticError
from chromantic.model.config import NetworkConfig

KEEP = 2


def resume(accelerator: Accelerator, run: Path, network: NetworkConfig) -> int:
    """Load the newest checkpoint of a run, if it has one.

    Returns:
        The number of finished steps.

    Raises:
        ChromanticError: The run trains another network.
    """
    record = run / "network.json"
    present = json.loads(json.dumps(asdict(network)))
    if record.exists() and json.loads(record.read_text()) != present:
        raise ChromanticError(f"{run}: holds the training of another network; give another folder")
    if accelerator.is_main_process:
        run.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(present, indent=2))
    accelerator.wait_for_everyone()
    found = sorted((run / "checkpoints").glob("step-*"))
    if not found:
        return 0
    accelerator.load_state(str(found[-1]))
    return int(found[-1].name.removeprefix("step-"))


def save(accelerator: Accelerator, run: Path, step: int) -> None:
    """Write the state after `step` steps, whole or not at all, and drop all but the newest two."""
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
