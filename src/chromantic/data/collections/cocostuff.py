"""COCO-Stuff in its two published layouts.

COCO-Stuff 10K v1.1, whose split is the paper's (9,000 train, 1,000 test):

    cocostuff-10k-v1.1/imageLists/{all,train,test}.txt   one photo name a line
                      /images/NAME.jpg
                      /annotations/NAME.mat              `S`: 0 unlabelled, 1..182 the classes
                      /annotations/NAME.png              or a map like those below

COCO-Stuff (164K), its stuff-thing maps beside COCO's photos:

    dataset/images/{train2017,val2017}/NAME.jpg
           /annotations/{train2017,val2017}/NAME.png     grey PNG: 0..181 the classes, 255 unlabelled

Either may hold `labels.txt` with other classes than COCO-Stuff's, written as the published file: `0: unlabeled`,
`1: person` and so on. Files named `*_labelTrainIds.png`, which other projects make, are not read.
"""

import re
from pathlib import Path

from chromantic.data.classes import VOID
from chromantic.data.collections.lists import find_file, read_list
from chromantic.data.example import Example
from chromantic.errors import ChromanticError

CLASS_NAMES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "street sign", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "hat", "backpack", "umbrella", "shoe", "eye glasses", "handbag", "tie",
    "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
    "surfboard", "tennis racket", "bottle", "plate", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana",
    "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "mirror", "dining table", "window", "desk", "toilet", "door", "tv", "laptop", "mouse",
    "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "blender", "book",
    "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush", "hair brush", "banner", "blanket", "branch",
    "bridge", "building-other", "bush", "cabinet", "cage", "cardboard", "carpet", "ceiling-other", "ceiling-tile",
    "cloth", "clothes", "clouds", "counter", "cupboard", "curtain", "desk-stuff", "dirt", "door-stuff", "fence",
    "floor-marble", "floor-other", "floor-stone", "floor-tile", "floor-wood", "flower", "fog", "food-other", "fruit",
    "furniture-other", "grass", "gravel", "ground-other", "hill", "house", "leaves", "light", "mat", "metal",
    "mirror-stuff", "moss", "mountain", "mud", "napkin", "net", "paper", "pavement", "pillow", "plant-other", "plastic",
    "platform", "playingfield", "railing", "railroad", "river", "road", "rock", "roof", "rug", "salad", "sand", "sea",
    "shelf", "sky-other", "skyscraper", "snow", "solid-other", "stairs", "stone", "straw", "structural-other", "table",
    "tent", "textile-other", "towel", "tree", "vegetable", "wall-brick", "wall-concrete", "wall-other", "wall-panel",
    "wall-stone", "wall-tile", "wall-wood", "water-other", "waterdrops", "window-blind", "window-other", "wood",
)  # fmt: skip
"""By label in the maps, 0..181. COCO annotates 11 of the things (street sign, hat, ...) in no photo."""

_CLASS_LINE = re.compile(r"(\d+): (\S.*)")


def cocostuff_examples(root: Path, split: str) -> list[Example]:
    """The photos of a split with their label maps.

    Args:
        root: `cocostuff-10k-v1.1`, or COCO-Stuff's `dataset` folder.
        split: `train` or `test` of the former, `train2017` or `val2017` of the latter.

    Raises:
        ChromanticError: The layout, the split, a photo or a label map is missing. Or the split is empty, or
            `labels.txt` is no list of classes.
    """
    class_names = _class_names(root / "labels.txt")
    photos, maps = root / "images", root / "annotations"
    if (root / "imageLists").is_dir():
        names = read_list(root / "imageLists" / f"{split}.txt")
    elif photos.is_dir() and maps.is_dir():
        photos, maps = photos / split, maps / split
        names = _photo_names(photos)
    else:
        raise ChromanticError(
            f"{root}: neither imageLists nor images and annotations in it; name the cocostuff-10k-v1.1 folder, "
            "or the dataset folder of COCO-Stuff"
        )
    return [
        Example(
            f"COCO-Stuff/{name}",
            find_file((photos,), f"{name}.jpg"),
            _find_map(maps, name),
            class_names=class_names,
        )
        for name in names
    ]


def _photo_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        others = ", ".join(sorted(other.name for other in folder.parent.iterdir() if other.is_dir())) or "none"
        raise ChromanticError(f"{folder}: no such folder of photos (there: {others}); name another split")
    names = sorted(path.stem for path in folder.glob("*.jpg"))
    if not names:
        raise ChromanticError(f"{folder}: no JPEG photos in it; unpack COCO's photos there")
    return names


def _find_map(folder: Path, name: str) -> Path:
    mat = folder / f"{name}.mat"
    return mat if mat.is_file() else find_file((folder,), f"{name}.png")


def _class_names(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return CLASS_NAMES
    names: dict[int, str] = {}
    for line in filter(str.strip, path.read_text().splitlines()):
        match = _CLASS_LINE.fullmatch(line.strip())
        if not match or int(match[1]) in names:
            raise ChromanticError(f"{path}: {line.strip()!r} is no new class; write NUMBER: NAME on every line")
        names[int(match[1])] = match[2]
    names.pop(0, None)  # unlabelled
    if (
        sorted(names) != list(range(1, len(names) + 1))
        or not 0 < len(names) <= VOID
        or len({*names.values()}) < len(names)
    ):
        raise ChromanticError(f"{path}: number the classes 1, 2, 3 ... up to {VOID} at most, each name once")
    return tuple(names[number] for number in sorted(names))
