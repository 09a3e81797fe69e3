"""A network that torch computes: for weights that are not exported, and what exported ones are compared with."""

from copy import deepcopy

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.entropy import entropy
from chromantic.model.hints import Hints
from chromantic.model.network import Chromantic, Scene
from chromantic.reference.pack import pack_generator
from chromantic.sampling.compiled.packed import Weights
from chromantic.understanding import Components, KnownChroma, Understanding


class TorchNetwork:
    """A network in torch that is ready to colorize.

    Attributes:
        class_names: Of its segmentation; empty where it has none.
        takes_hints: Whether colours that are known can be given to it.
        size: How many parameters it has.
    """

    def __init__(self, network: Chromantic) -> None:
        """Takes a network in evaluation mode, on any device."""
        self._network = network
        self.class_names = network.config.classes if network.segmentation is not None else ()
        self.takes_hints = network.config.hints
        self.size = sum(weight.numel() for weight in network.parameters())

    @torch.no_grad()
    def understand(
        self, lightness: Float32[np.ndarray, "height width"], hints: KnownChroma | None = None
    ) -> Understanding:
        """Reads a photo; see `chromantic.engine.Engine.understand`."""
        device = next(self._network.parameters()).device
        known = Hints(*(torch.from_numpy(part)[None].to(device) for part in hints)) if hints else None
        scene = self._network.encode(torch.from_numpy(lightness)[None, None].to(device), known)
        (understanding,) = understandings(self._network, scene)
        return understanding

    @property
    def generator(self) -> Weights:
        """The generator's parameters."""
        return pack_generator(deepcopy(self._network.generator).cpu())

    @torch.no_grad()
    def log_likelihoods(
        self, parameters: Float32[np.ndarray, "samples maps h w"], chroma: Float32[np.ndarray, "samples 2 h w"]
    ) -> Float32[np.ndarray, "samples"]:
        """In nats, of chroma on the grid under the parameters of each of its pixels."""
        nats = mixture.log_likelihood(torch.from_numpy(parameters), torch.from_numpy(chroma))
        return _array(nats.sum(dim=(1, 2)))


@torch.no_grad()
def understandings(network: Chromantic, scene: Scene) -> list[Understanding]:
    """What a network understands of each photo of a scene."""
    parameters, logits = scene.chroma_parameters, scene.class_logits
    components = mixture.components(parameters)
    parts = [scene.lightness[:, 0], scene.embedding, network.fuse(scene), parameters, mixture.mean(parameters)]
    arrays = [_array(part) for part in (*parts, *components)]
    probabilities = None if logits is None else _array(logits.softmax(dim=1))
    return [
        Understanding(
            lightness=arrays[0][photo],
            embedding=arrays[1][photo],
            scene=arrays[2][photo],
            chroma_parameters=arrays[3][photo],
            components=Components(*(array[photo] for array in arrays[5:])),
            mean_chroma=arrays[4][photo],
            class_probabilities=None if probabilities is None else probabilities[photo],
            find_entropy=_entropy,
        )
        for photo in range(len(parameters))
    ]


@torch.no_grad()
def _entropy(parameters: Float32[np.ndarray, "maps h w"]) -> Float32[np.ndarray, "h w"]:
    return _array(entropy(torch.from_numpy(parameters)[None])[0])


def _array(tensor: Tensor) -> Float32[np.ndarray, "*size"]:
    array: Float32[np.ndarray, "*size"] = tensor.cpu().numpy()
    return array
