"""The photos of a folder and all its sub-folders, whatever else is in there."""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

from chromantic.archive.manifest import Version
from chromantic.photo import is_photo_name

_log = logging.getLogger(__name__)


@dataclass
class Tree:
    """What a walk has found, by path in the folder.

    Attributes:
        photos: Files with a photo's suffix, in order of path.
        unreadable: Folders that cannot be looked into, with the reason.
        others: How many files are no photos.
        links: Links to folders, which are not followed: they may lead back up.
    """

    photos: dict[Path, Version] = field(default_factory=dict)
    unreadable: dict[Path, str] = field(default_factory=dict)
    others: int = 0
    links: int = 0


def walk(root: Path) -> Tree:
    """Looks through a folder and its sub-folders; hidden files and folders are passed over."""
    tree = Tree()

    def report(error: OSError) -> None:
        tree.unreadable[Path(error.filename).relative_to(root)] = error.strerror or str(error)

    for place, folders, files in os.walk(root, onerror=report):
        tree.links += sum(os.path.islink(os.path.join(place, name)) for name in folders)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            path = Path(place, name)
            if not (is_photo_name(name) and path.is_file()):
                tree.others += 1
                continue
            try:
                status = path.stat()
            except OSError:  # gone in the meantime
                continue
            tree.photos[path.relative_to(root)] = Version(status.st_size, status.st_mtime_ns)
    return tree
