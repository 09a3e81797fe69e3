"""Segmenters of colour photos: the project's own, anybody's in ONNX, and torchvision's."""

import hashlib
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from chromantic.colour import lab
from chromantic.data.classes import CLASS_NAMES
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.judge.segmenter_network import SEGMENTER_KEY, SegmenterNetwork
from chromantic.grid import CELL, SHORTER_SIDE
from chromantic.model import pretrained
from chromantic.reference.device import choose_device

TORCHVISION = "deeplabv3_resnet101"


def load_segmenter(path: Path) -> Segmenter:
    """A segmenter from a file: `.onnx`, or weights that `chromantic reproduce segmenter` trained; or torchvision's.

    Raises:
        ChromanticError: The file is missing, damaged or no segmenter; torchvision is missing or does not work.
    """
    if str(path) == TORCHVISION:
        return TorchvisionSegmenter()
    return OnnxSegmenter(path) if path.suffix == ".onnx" else ChromaSegmenter(path)


class ChromaSegmenter:
    """The project's own: it reads lightness, and chroma at a quarter of its resolution, as it was trained on them."""

    def __init__(self, path: Path) -> None:
        """Reads weights.

        Raises:
            ChromanticError: The file is missing, damaged or no segmenter.
        """
        network = pretrained.load_module(path, SEGMENTER_KEY, SegmenterNetwork)
        self.network = network.to(choose_device("auto"))
        self.classes = network.config.classes
        self.name = f"table2_chroma32_{pretrained.fingerprint(path)}"

    @torch.inference_mode()
    def __call__(self, rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes h w"]:
        height, width = (side // CELL * CELL for side in rgb.shape[2:])
        if (height, width) != rgb.shape[2:]:
            rgb = F.interpolate(rgb, (height, width), mode="bilinear")  # to whole cells
        lightness, chroma = torch.from_numpy(lab.rgb_to_lab(rgb.numpy())).split([1, 2], dim=1)
        device = next(self.network.parameters()).device
        small = lab.quantize_chroma(F.avg_pool2d(chroma, CELL))
        logits: Tensor = self.network(lightness.to(device), small.to(device))
        return logits


class OnnxSegmenter:
    """Anybody's, by onnxruntime.

    Its first input is [batch 3 128 128], or of any height and width, float32 sRGB in [0, 1]; it does its own
    normalization. Its first output is [batch classes h w]. Its metadata's `classes` is a JSON list of names; 21 classes
    without names are PASCAL VOC's.
    """

    def __init__(self, path: Path) -> None:
        """Opens a model and tries it.

        Raises:
            ChromanticError: The file is missing or damaged, or is no segmenter of such pictures.
        """
        import onnxruntime  # here: other segmenters need none

        if not path.is_file():
            raise ChromanticError(f"{path}: no such file; give a segmenter's .onnx or .safetensors file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()  # more, beside a busy core, wait for each other
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            taken = self._session.get_inputs()[0]
            self._input, self._one_by_one = taken.name, taken.shape[0] == 1
            logits = self._run(torch.zeros(1, 3, SHORTER_SIDE, SHORTER_SIDE))
            named = self._session.get_modelmeta().custom_metadata_map.get("classes")
            self.classes = tuple(json.loads(named)) if named else CLASS_NAMES
        except Exception as error:  # onnxruntime's exceptions have no base of their own
            raise ChromanticError(
                f"{path}: is no segmenter of [batch 3 128 128] pictures ({_reason(error)}); give another"
            ) from error
        if logits.ndim != 4 or logits.shape[1] != len(self.classes):
            raise ChromanticError(
                f"{path}: gives {list(logits.shape)}, not [batch {len(self.classes)} height width]; "
                "name its classes in its metadata's `classes`"
            )
        self.name = f"{path.stem}_{pretrained.fingerprint(path)}"

    def __call__(self, rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes h w"]:
        """Class logits of pictures.

        Raises:
            ChromanticError: The model takes no pictures of this size.
        """
        try:
            return self._run(rgb)
        except Exception as error:
            height, width = rgb.shape[2:]
            raise ChromanticError(
                f"{self.name}: takes no pictures of {width} x {height} ({_reason(error)}); "
                "give a segmenter whose height and width are not fixed"
            ) from error

    def _run(self, rgb: Tensor) -> Tensor:
        parts = rgb.split(1) if self._one_by_one else (rgb,)
        logits = [self._session.run(None, {self._input: part.cpu().numpy()})[0] for part in parts]
        return torch.cat([torch.from_numpy(part) for part in logits])


class TorchvisionSegmenter:
    """torchvision's DeepLab-ResNet101, the paper's kind of judge: PASCAL VOC's 21 classes, learned on COCO's photos."""

    classes: tuple[str, ...] = CLASS_NAMES

    def __init__(self) -> None:
        """Loads the network, whose weights torchvision fetches the first time.

        Raises:
            ChromanticError: torchvision is missing, does not work beside this torch, or cannot fetch the weights.
        """
        try:
            from torchvision.models import segmentation

            weights = segmentation.DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1
            network = segmentation.deeplabv3_resnet101(weights=weights).eval()
        except (ImportError, RuntimeError, OSError) as error:  # a torchvision of another torch fails as RuntimeError
            raise ChromanticError(
                f"{TORCHVISION}: torchvision does not work here ({_reason(error)}); install the one that fits torch "
                f"{torch.__version__}, or give a segmenter's .onnx or .safetensors file"
            ) from error
        self.network = network.to(choose_device("auto"))
        self._prepare = weights.transforms()  # to a shorter side of 520, and ImageNet's mean and deviation
        digest = hashlib.sha256()
        for _, tensor in sorted(network.state_dict().items()):
            digest.update(tensor.cpu().numpy().tobytes())
        self.name = f"torchvision_{TORCHVISION}_{digest.hexdigest()[:12]}"

    @torch.inference_mode()
    def __call__(self, rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 21 h w"]:
        device = next(self.network.parameters()).device
        logits: Tensor = self.network(self._prepare(rgb).to(device))["out"]
        return logits


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
