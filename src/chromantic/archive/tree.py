"""The photos of a folder and all its sub-folders, whatever else is in there."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from chromantic.archive.manifest import Version
from chromantic.photo import is_photo_name

EXCLUDED = (
    "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "__MACOSX", ".thumbnails", "lost+found",
)  # fmt: skip
"""Names of files and folders that are always passed over: thumbnails, bins and what systems keep for themselves."""
_SIDECAR = ".xmp"


@dataclass
class Tree:
    """What a walk has found, by path in the folder.

    Attributes:
        photos: Files with a photo's suffix, in order of path.
        unreadable: Files and folders that cannot be looked at, with the reason.
        sidecars: How many XMP files belong to photos.
        others: How many files are no photos, by suffix.
        hidden: How many files and folders have names that start with a dot.
        links: How many links lead to folders, which are not followed, for they may lead back up, or to nothing.
        excluded: How many files and folders a pattern excludes.
    """

    photos: dict[Path, Version] = field(default_factory=dict)
    unreadable: dict[Path, str] = field(default_factory=dict)
    sidecars: int = 0
    others: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    links: int = 0
    excluded: int = 0

    @property
    def passed_over(self) -> dict[str, str]:
        """What was passed over, in words, each with its number."""
        suffixes = ", ".join(f"{suffix or 'without suffix'} {count}" for suffix, count in self.others.most_common(5))
        more = ", ..." if len(self.others) > 5 else ""
        counts = {
            "other files": f"{self.others.total()} ({suffixes}{more})" if self.others else "0",
            "hidden": str(self.hidden),
            "links": str(self.links),
            "excluded": str(self.excluded),
        }
        return {what: count for what, count in counts.items() if count != "0"}


def walk(root: Path, exclude: Sequence[str] = ()) -> Tree:
    """Looks through a folder and its sub-folders.

    Args:
        root: An existing folder.
        exclude: Patterns (`*`, `?`, `[...]`) of names that are passed over, beside `EXCLUDED`. One with a slash is
            compared with the path in the folder.
    """
    tree = Tree()
    patterns = [pattern.rstrip("/") for pattern in (*EXCLUDED, *exclude)]

    def report(error: OSError) -> None:
        tree.unreadable[Path(error.filename).relative_to(root)] = error.strerror or str(error)

    for place, folders, files in os.walk(root, onerror=report):
        folder = Path(place)
        inside = folder.relative_to(root)
        kept = _kept(folders, inside, patterns, tree)
        folders[:] = [name for name in kept if not os.path.islink(folder / name)]
        tree.links += len(kept) - len(folders)
        others = []
        for name in _kept(files, inside, patterns, tree):
            try:
                if is_photo_name(name) and (folder / name).is_file():
                    status = (folder / name).stat()
                    tree.photos[inside / name] = Version(status.st_size, status.st_mtime_ns)
                elif (folder / name).is_symlink() and not (folder / name).exists():
                    tree.links += 1
                else:
                    others.append(name)
            except FileNotFoundError:  # gone in the meantime
                continue
            except OSError as error:
                tree.unreadable[inside / name] = error.strerror or str(error)
        _count_others(tree, inside, files, others)
    return tree


def sidecars_of(photo: Path) -> list[tuple[Path, bool]]:
    """The XMP files beside a photo, `photo.xmp` and `photo.jpg.xmp`, each with whether it has the photo's suffix."""
    names = {photo.with_suffix(_SIDECAR): False, photo.with_name(photo.name + _SIDECAR): True}
    return [(path, whole) for path, whole in names.items() if path.is_file()]


def _kept(names: Sequence[str], inside: Path, patterns: Sequence[str], tree: Tree) -> list[str]:
    """Those that are neither excluded nor hidden, in order; the others are counted."""
    kept = []
    for name in sorted(names):
        path = (inside / name).as_posix()
        if any(fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns):
            tree.excluded += 1
        elif name.startswith("."):
            tree.hidden += 1
        else:
            kept.append(name)
    return kept


def _count_others(tree: Tree, inside: Path, files: Sequence[str], others: Sequence[str]) -> None:
    """Tells the photos' sidecars from other files."""
    photos = {name for name in files if inside / name in tree.photos}
    owners = photos | {os.path.splitext(name)[0] for name in photos}
    for name in others:
        stem, suffix = os.path.splitext(name)
        if suffix == _SIDECAR and stem in owners:
            tree.sidecars += 1
        else:
            tree.others[suffix.lower()] += 1
