"""What a run trains: written when it begins, so that it resumes as the same training or not at all."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from chromantic import __version__
from chromantic.errors import ChromanticError
from chromantic.files import write_whole
from chromantic.model import pretrained
from chromantic.model.config import NetworkConfig

FILE_NAME = "run.json"


@dataclass(frozen=True)
class Start:
    """Weights that a run started from.

    Attributes:
        name: Name or file, as it was given.
        fingerprint: Of their file.
        photos_seen: Photos they were trained on.
        about: What their file says of their own origin.
    """

    name: str
    fingerprint: str
    photos_seen: int
    about: dict[str, object]

    @classmethod
    def read(cls, weights: str | Path) -> "Start":
        """The record of weights.

        Raises:
            ChromanticError: There are none, or they do not say how many photos they have seen.
        """
        about = pretrained.about(weights)
        photos_seen = about.get("photos_seen")
        if not isinstance(photos_seen, int):
            raise ChromanticError(
                f"{weights}: does not say how many photos it has seen; start from weights of `chromantic train`"
            )
        return cls(str(weights), pretrained.fingerprint(weights), photos_seen, about)


@dataclass(frozen=True)
class RunRecord:
    """What must not change during a run.

    Attributes:
        network: The network.
        data: Number of training photos of every collection.
        batch_size: Photos a step.
        seed: Of the training.
        start: The weights it started from; None if it started afresh.
        task: What is trained, the key of its `Task`.
    """

    network: NetworkConfig
    data: dict[str, int]
    batch_size: int
    seed: int
    start: Start | None = None
    task: str = pretrained.NETWORK_KEY

    def write(self, run: Path) -> None:
        """Writes the record of a run that begins.

        Raises:
            ChromanticError: The run's folder cannot be written to.
        """
        with write_whole(run / FILE_NAME) as partial:
            partial.write_bytes(TypeAdapter(RunRecord).dump_json(self, indent=2))

    def about(self, steps: int, licence: str | None) -> dict[str, object]:
        """What the weights' file says of their origin; photos seen before the start are counted too."""
        seen_before = self.start.photos_seen if self.start else 0
        about: dict[str, object] = {
            "version": __version__,
            "data": self.data,
            "licence": licence,
            "seed": self.seed,
            "steps": steps,
            "photos_seen": seen_before + steps * self.batch_size,
        }
        if self.start:
            about["started_from"] = {"fingerprint": self.start.fingerprint, **self.start.about}
        return about


def record_of(run: Path, experiment: RunRecord, start: str | Path | None) -> RunRecord:
    """The record of a run that is resumed.

    Args:
        run: The run's folder.
        experiment: The record that the run would have if it began now, afresh.
        start: Weights that the run is said to have started from; None leaves that to the record.

    Raises:
        ChromanticError: There is no record, or it is of another training.
    """
    try:
        record = TypeAdapter(RunRecord).validate_json((run / FILE_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise ChromanticError(f"{run}: holds checkpoints but no whole {FILE_NAME}; give another folder") from error
    here, there = ({**asdict(each), **asdict(each.network)} for each in (experiment, record))
    differing = [name for name in here if name not in ("network", "start") and here[name] != there[name]]
    if differing:
        raise ChromanticError(
            f"{run}: holds a training that differs in {', '.join(differing)}; give its config, or another folder"
        )
    if start is not None and str(start) != (record.start.name if record.start else None):
        began = f"from {record.start.name}" if record.start else "afresh"
        raise ChromanticError(f"{run}: its training started {began}, not from {start}; give another folder")
    return record
