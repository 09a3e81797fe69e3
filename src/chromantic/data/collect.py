"""The collections of photos that can be asked for, and their photos."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, NamedTuple, get_args, get_type_hints

from cyclopts import Parameter

from chromantic.data.collections.coco import coco_examples
from chromantic.data.collections.cocostuff import cocostuff_examples
from chromantic.data.collections.folder import folder_examples
from chromantic.data.collections.voc import voc_examples
from chromantic.data.example import Example
from chromantic.errors import ChromanticError


class Reader(NamedTuple):
    """How a collection is read.

    Attributes:
        name: Of the collection in caches and reports; `{split}` and `{folder}` are filled in.
        examples: Its photos, from its folder and the split.
    """

    name: str
    examples: Callable[[Path, str], list[Example]]


@dataclass(frozen=True)
class Collections:
    """Where the photos of each collection are. A new collection is a reader in `collections/` and an entry here.

    Attributes:
        voc: A VOCdevkit or VOC2012 folder.
        coco: A folder of COCO photos with VOC labels.
        cocostuff: A cocostuff-10k-v1.1 folder, or COCO-Stuff's dataset folder. Its classes do not mix with VOC's.
        folders: A folder of colour photos and its sub-folders; may be repeated.
    """

    voc: Annotated[Path | None, Reader("VOC2012 {split}", voc_examples)] = None
    coco: Annotated[Path | None, Reader("COCO with VOC labels", lambda root, _: coco_examples(root))] = None
    cocostuff: Annotated[Path | None, Reader("COCO-Stuff {split}", cocostuff_examples)] = None
    folders: Annotated[
        tuple[Path, ...], Parameter("--folder"), Reader("folder {folder}", lambda root, _: folder_examples(root))
    ] = ()


def collect(collections: Collections, split: str) -> dict[str, list[Example]]:
    """The photos of every collection that is there, by its name.

    Args:
        collections: Where they are.
        split: The list of photos to take from collections that have several.

    Raises:
        ChromanticError: No collection is there, or a list, photo or label map of one is missing.
    """
    found: dict[str, list[Example]] = {}
    for entry, hint in get_type_hints(type(collections), include_extras=True).items():
        reader = next(part for part in get_args(hint) if isinstance(part, Reader))
        given = getattr(collections, entry)
        for root in given if isinstance(given, tuple) else (given,):
            if root is not None:
                name = reader.name.format(split=split, folder=root.resolve().name)
                found.setdefault(name, []).extend(reader.examples(root, split))
    if not found:
        names = ", ".join(entry.name for entry in fields(collections))
        raise ChromanticError(f"no photos to read; name the folder of a collection ({names})")
    return found
