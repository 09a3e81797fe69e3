"""Segmenters from files: this project's own, and anybody's in ONNX."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from chromantic import lab
from chromantic.data.voc import CLASS_NAMES
from chromantic.errors import ChromanticError
from chromantic.evaluation.segmenter import Segmenter
from chromantic.grid import CELL, SHORTER_SIDE
from chromantic.model import pretrained
from chromantic.model.segmenter import SEGMENTER_KEY, SegmenterNetwork


def load_segmenter(path: Path) -> Segmenter:
    """A segmenter from a file: `.onnx`, or weights that `chromantic reproduce segmenter` trained.

    Raises:
        ChromanticError: the file is missing, damaged or no segmenter.
    """
    return OnnxSegmenter(path) if path.suffix == ".onnx" else ChromaSegmenter(path)


class ChromaSegmenter:
    """The project's own: it reads lightness at 128 x 128 and chroma at 32 x 32, as it was trained on them."""

    def __init__(self, path: Path) -> None:
        """Reads weights.

        Raises:
            ChromanticError: the file is missing, damaged or no segmenter.
        """
        network = pretrained.load_module(path, SEGMENTER_KEY, SegmenterNetwork)
        self.network = network.to("cuda" if torch.cuda.is_available() else "cpu")
        self.classes = network.config.classes
        self.name = f"table2_chroma32_{pretrained.fingerprint(path)}"

    @torch.inference_mode()
    def __call__(self, rgb: Float[Tensor, "batch 3 128 128"]) -> Float[Tensor, "batch classes 32 32"]:
        lightness, chroma = lab.rgb_to_lab(rgb).split([1, 2], dim=1)
        device = next(self.network.parameters()).device
        return self.network(lightness.to(device), lab.quantize_chroma(F.avg_pool2d(chroma, CELL)).to(device))


class OnnxSegmenter:
    """Anybody's, by onnxruntime.

    Its first input is [batch 3 128 128], float32 sRGB in [0, 1]: what normalization it needs is part of the model. Its
    first output is [batch classes height width]. Its classes are its metadata's `classes`, a JSON list of names; a
    model of 21 classes that does not name them has PASCAL VOC's.
    """

    def __init__(self, path: Path) -> None:
        """Opens a model and tries it.

        Raises:
            ChromanticError: the file is missing or damaged, or takes or gives something else than it should.
        """
        import onnxruntime  # an extra

        if not path.is_file():
            raise ChromanticError(f"{path}: no such file; give a segmenter's .onnx or .safetensors file")
        try:
            self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            taken = self._session.get_inputs()[0]
            self._input, self._one_by_one = taken.name, taken.shape[0] == 1
            logits = self(torch.zeros(1, 3, SHORTER_SIDE, SHORTER_SIDE))
            named = self._session.get_modelmeta().custom_metadata_map.get("classes")
            self.classes = tuple(json.loads(named)) if named else CLASS_NAMES
        except Exception as error:  # onnxruntime's exceptions have no base of their own
            reason = " ".join(str(error).split())[:200]
            raise ChromanticError(f"{path}: is no segmenter of [batch 3 128 128] pictures ({reason})") from error
        if logits.ndim != 4 or logits.shape[1] != len(self.classes):
            raise ChromanticError(
                f"{path}: gives {list(logits.shape)}, not [batch {len(self.classes)} height width]; "
                "name its classes in its metadata's `classes`"
            )
        self.name = f"{path.stem}_{pretrained.fingerprint(path)}"

    def __call__(self, rgb: Float[Tensor, "batch 3 128 128"]) -> Float[Tensor, "batch classes height width"]:
        parts = rgb.split(1) if self._one_by_one else (rgb,)
        logits = [self._session.run(None, {self._input: part.cpu().numpy()})[0] for part in parts]
        return torch.cat([torch.from_numpy(part) for part in logits])
