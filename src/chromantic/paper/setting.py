"""What every experiment is given: photos, a place for its trainings and pictures, and how long it may take."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.data.prepare import prepare
from chromantic.errors import ChromanticError
from chromantic.evaluation.results import match_results

_TAKEN = ("chromantic", "grey", "original", "originals", "purple")


@dataclass(frozen=True)
class Setting:
    """Where and how experiments run.

    Attributes:
        data: Folder that holds `VOCdevkit` and, if there are any, `COCO` (photos with VOC labels) and `color_photos`.
        output: Folder for the report, its pictures, the trainings and the packed photos. What is there already from an
            earlier run with the same setting is used again.
        reduced: Train and measure little, to see it run; its figures are no results.
        weights: Name or file of the weights that are measured where none are trained.
        seed: Of samples.
        shown: Folder of photos that the flows' pictures show, grey ones too. None shows some of VOC's, which not
            everybody may publish.
        systems: Names and folders of other systems' results of the `val` photos; several folders under one name are
            its samples.
        study: The study whose answers Table 4 shows; None takes one of its own in the output folder.
    """

    data: Path
    output: Path
    reduced: bool = False
    weights: str = "default"
    seed: int = 0
    shown: Path | None = None
    systems: tuple[tuple[str, Path], ...] = ()
    study: Path | None = None

    @cached_property
    def validation(self) -> list[Example]:
        """The photos of VOC's `val` list; every fourth if reduced.

        Raises:
            ChromanticError: There is no VOC, or a photo or label map is missing.
        """
        return self._all_validation[::4] if self.reduced else self._all_validation

    @cached_property
    def _all_validation(self) -> list[Example]:
        (examples,) = collect(Collections(voc=self.data / "VOCdevkit"), "val").values()
        return examples

    @cached_property
    def brought(self) -> dict[str, list[dict[Example, Path]]]:
        """The results of other systems, by name: for each of a system's folders the picture of every photo.

        Raises:
            ChromanticError: A name is taken or no word; a folder is missing, or its pictures are not of the photos.
        """
        systems: dict[str, list[dict[Example, Path]]] = {}
        for name, folder in self.systems:
            if name in _TAKEN or not re.fullmatch(r"[\w.-]+", name):
                raise ChromanticError(f"{name}: is no name for {folder}; take a word other than {', '.join(_TAKEN)}")
            systems.setdefault(name, []).append(match_results(folder, self._all_validation, self.validation))
        return systems

    @cached_property
    def train_cache(self) -> Path:
        """The photos to train on, packed: VOC's `train_aug` and what else there is; if reduced, the labelled alone."""
        coco, folder = self.data / "COCO", self.data / "color_photos"
        path = self.output / "cache" / f"{self.named('train')}.safetensors"
        if not path.exists():
            collections = Collections(
                voc=self.data / "VOCdevkit",
                coco=coco if coco.exists() else None,
                folders=(folder,) if folder.exists() and not self.reduced else (),
            )
            prepare(collections, output=path)
        return path

    @cached_property
    def validation_cache(self) -> Path:
        """VOC's `val` list, packed and squashed."""
        path = self.output / "cache" / "val.safetensors"
        if not path.exists():
            prepare(Collections(voc=self.data / "VOCdevkit"), output=path, split="val", squash=True)
        return path

    def run(self, name: str) -> Path:
        """The folder of a training."""
        return self.output / "runs" / self.named(name)

    def named(self, name: str) -> str:
        """A name that tells reduced work from full work in the same output folder."""
        return f"{name}-reduced" if self.reduced else name
