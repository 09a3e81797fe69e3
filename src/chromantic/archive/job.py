"""A job over an archive, and what it does to one photo, from file to file."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from chromantic.archive.manifest import Outcome, Version
from chromantic.archive.tree import sidecars_of
from chromantic.colorization import Colorization
from chromantic.colorizer import Colorizer
from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError, describe
from chromantic.files import copy_dates, is_disk_full, sha256, write_whole
from chromantic.options import Options
from chromantic.photo import FORMATS, format_of_suffix, is_sealed, log_notices, read_photo, result_format

_TEMPORARY = ".chromantic-*"  # what `write_whole` leaves where it is killed
_log = logging.getLogger(__name__)


class DiskFullError(ChromanticError):
    """Nothing more can be written: the photos that are left would all fail."""


@dataclass(frozen=True)
class Job:
    """An input and an output folder, what colorizes, and how.

    Attributes:
        source: The input folder.
        target: The output folder.
        model: Name or path of the weights.
        device: Where the network computes.
        options: For every photo.
        keep_dates: Whether results have the dates of their photos' files.
        exclude: Patterns of names that are passed over (`tree.walk`).
    """

    source: Path
    target: Path
    model: str
    device: DeviceName
    options: Options
    keep_dates: bool = False
    exclude: tuple[str, ...] = ()

    def output_of(self, path: Path) -> Path:
        """Where the result of a photo goes, by the photo's name alone.

        A result has the photo's own name, with the suffix of another format behind it: `a.tif` for `a.tif`,
        `a.jpg.png` for `a.jpg`. So photos whose names differ in their suffix only do not meet.
        """
        own = format_of_suffix(path)
        format = self.options.format or result_format(own)
        return path if own == format else path.with_name(path.name + FORMATS[format].suffix)

    def colorize(self, colorizer: Colorizer, path: Path, version: Version) -> Outcome:
        """Colorizes a photo of the input folder into the output folder; what is wrong with it becomes the outcome.

        Args:
            colorizer: Of the job's weights.
            path: The photo in the input folder.
            version: Of the photo's file.

        Raises:
            DiskFullError: There is no room for the result.
        """
        start, digest = time.monotonic(), None
        try:
            digest = sha256(self.source / path)
            output = self.output_of(path)
            if not (self.target / output).parent.resolve().is_relative_to(self.target.resolve()):
                raise ChromanticError(f"{self.target / output}: a link leads out of the output folder; remove it")
            photo = read_photo(self.source / path, strict=self.options.strict)
            log_notices(photo, invert=self.options.invert, descreen=self.options.descreen)
            result = colorizer.colorize(photo, self.options)
            result.save(self.target / output)
            if self.keep_dates:
                copy_dates(self.source / path, self.target / output)
            self._carry_sidecars(path, output, result)
        except Exception as error:  # one photo's trouble, of whatever kind, must not end the work on all others
            if is_disk_full(error):
                raise DiskFullError(f"{self.target}: the disk is full; make room and start again") from error
            _log.debug("%s", self.source / path, exc_info=True)
            return Outcome(path, version, digest, error=describe(self.source / path, error))
        return Outcome(path, version, digest, output, seconds=time.monotonic() - start)

    def _carry_sidecars(self, path: Path, output: Path, result: Colorization) -> None:
        """Writes the photo's XMP files beside its result, as they hold for it; a broken one as it is."""
        for sidecar, whole in sidecars_of(self.source / path):
            place = self.target / (output.with_name(output.name + ".xmp") if whole else output.with_suffix(".xmp"))
            if place.exists() and not is_sealed(place):
                _log.warning("%s: was changed since, or is no result, and stays as it is", place)
                continue
            packet = sidecar.read_bytes()
            with write_whole(place) as partial:
                partial.write_bytes(result.sidecar(packet) or packet)


def remove_leftovers(folder: Path) -> None:
    """Removes what a killed run has left half-written directly in a folder."""
    for leftover in folder.glob(_TEMPORARY):
        for file in leftover.iterdir():
            file.unlink()
        leftover.rmdir()
