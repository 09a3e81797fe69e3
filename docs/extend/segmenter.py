"""A segmenter: any PyTorch network of colour pictures, with the preparation that it was trained with."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's photos


class NetworkSegmenter:
    """Segments by a network that reads normalized squares.

    Attributes:
        name: Stands in measures' names and in caches; it ends with a hash of the weights.
        classes: Names of the classes, by label.
    """

    def __init__(self, network: nn.Module, classes: tuple[str, ...], name: str, side: int = 256) -> None:
        """Takes a network, its classes, a name that ends with a hash of its weights, and the pixels along a side."""
        self.network, self.classes, self.name, self.side = network.eval(), classes, name, side

    @torch.inference_mode()
    def __call__(self, rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes h w"]:
        """Class logits, of any size, of pictures, sRGB in [0, 1]."""
        mean, deviation = (torch.tensor(each)[:, None, None] for each in (MEAN, DEVIATION))
        square = F.interpolate(rgb, (self.side, self.side), mode="bilinear", antialias=True)
        logits: Tensor = self.network((square - mean) / deviation)
        return logits
