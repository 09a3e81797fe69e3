"""The door to the network: what it understands of a photo, and what it draws, as arrays. torch stays behind it."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from chromantic.devices import DeviceName, choose_device
from chromantic.model import pretrained
from chromantic.model.entropy import entropy
from chromantic.model.network import Chromantic, Scene
from chromantic.options import Draws
from chromantic.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples, expected_chroma
from chromantic.sampling.coherent import sample_coherently

StepCallback = Callable[[int, int], None]
"""Called with the finished and all steps of a draw; may raise to cancel it."""


class Understanding:
    """What the network understands of one photo, at low resolution.

    Attributes:
        expected_chroma: a and b of the default result, in CIE units.
        class_probabilities: How likely each class is; None where the network has no segmentation.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.expected_chroma: Float32[np.ndarray, "2 h w"] = _array(expected_chroma(scene.chroma_parameters))[0]
        logits = scene.class_logits
        self.class_probabilities: Float32[np.ndarray, "classes h w"] | None = (
            None if logits is None else _array(logits.softmax(dim=1))[0]
        )

    @cached_property
    def entropy(self) -> Float32[np.ndarray, "h w"]:
        """Of each pixel's chroma on the 1-unit grid, in bits from 0 to 16."""
        return _array(entropy(self._scene.chroma_parameters)).squeeze(0)


class Engine:
    """A network that is ready to colorize.

    Attributes:
        name: Name and fingerprint of its weights, which results carry.
        class_names: Of its segmentation; empty where it has none.
        size: How many parameters it has.
    """

    def __init__(self, network: Chromantic, name: str) -> None:
        """Takes a network in evaluation mode, on any device."""
        self._network = network
        self.name = name
        self.class_names = network.config.classes if network.segmentation is not None else ()
        self.size = sum(weight.numel() for weight in network.parameters())

    @classmethod
    def from_pretrained(cls, name_or_path: str | Path, device: DeviceName = "cpu") -> "Engine":
        """Loads shipped weights by name, or a user's file.

        Raises:
            ChromanticError: There are no such weights, they are damaged or of another network, or there is no such
                device.
        """
        network = pretrained.load(name_or_path).to(choose_device(device))
        return cls(network, f"{name_or_path}@{pretrained.fingerprint(name_or_path)}")

    @torch.no_grad()
    def understand(self, lightness: Float32[np.ndarray, "height width"]) -> Understanding:
        """Reads a photo's lightness, L in [0, 100]."""
        device = next(self._network.parameters()).device
        return Understanding(self._network.encode(torch.from_numpy(lightness)[None, None].to(device)))

    @torch.no_grad()
    def draw(
        self, understanding: Understanding, draws: Draws, progress: StepCallback | None = None
    ) -> tuple[Float32[np.ndarray, "samples 2 h w"], tuple[float, ...]]:
        """Draws colorizations of a photo that this network understood.

        Returns:
            Chroma in CIE units, and the log-likelihood of each sample in nats: none where the generator drew nothing.
        """
        scene, generator = understanding._scene, torch.Generator().manual_seed(draws.seed)
        if draws.candidates is None:
            chroma = sample_coherently(
                scene,
                samples=draws.samples,
                generator=generator,
                temperature=draws.temperature,
                callback=progress,
            )
            return _array(chroma), ()
        chroma, likelihoods = sample_chroma(
            self._network,
            scene,
            samples=draws.samples * draws.candidates,
            generator=generator,
            temperature=draws.temperature,
            callback=progress,
        )
        chosen = _nearest_to_expected(chroma, scene, draws.candidates)
        return _array(chroma[chosen]), tuple(likelihoods[chosen].tolist())


def _nearest_to_expected(drawn: Float[Tensor, "draws 2 h w"], scene: Scene, candidates: int) -> Tensor:
    """The numbers of the draws that are shown: of so many candidates each time the one nearest to the expected."""
    groups = drawn.view(-1, candidates, *drawn.shape[1:])
    expected = expected_chroma(scene.chroma_parameters)
    nearest = choose_samples(groups, expected.expand(len(groups), -1, -1, -1))
    return nearest + torch.arange(0, len(drawn), candidates, device=drawn.device)


def _array(tensor: Tensor) -> Float32[np.ndarray, "*size"]:
    array: Float32[np.ndarray, "*size"] = tensor.cpu().numpy()
    return array
