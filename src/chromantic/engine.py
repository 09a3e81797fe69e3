"""The door to the network: what it understands of a photo, and what it draws, as arrays. torch stays behind it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from chromantic.devices import DeviceName, choose_device
from chromantic.errors import ChromanticError
from chromantic.hints import Hints
from chromantic.model import mixture, pretrained
from chromantic.model.entropy import entropy
from chromantic.model.network import Chromantic, Scene
from chromantic.options import Draws
from chromantic.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples
from chromantic.sampling.coherent import sample_coherently
from chromantic.understanding import Components, Understanding

KnownChroma = tuple[Float32[np.ndarray, "2 h w"], Bool[np.ndarray, "h w"]]
"""Chroma on the grid in CIE units, and where it is known."""
StepCallback = Callable[[int, int], None]
"""Called with the finished and all steps of a draw; may raise to cancel it."""


class Engine:
    """A network that is ready to colorize.

    Attributes:
        name: Name and fingerprint of its weights, which results carry.
        class_names: Of its segmentation; empty where it has none.
        takes_hints: Whether colours that are known can be given to it.
        size: How many parameters it has.
    """

    def __init__(self, network: Chromantic, name: str) -> None:
        """Takes a network in evaluation mode, on any device."""
        self._network = network
        self.name = name
        self.class_names = network.config.classes if network.segmentation is not None else ()
        self.takes_hints = network.config.hints
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
    def understand(
        self, lightness: Float32[np.ndarray, "height width"], hints: KnownChroma | None = None
    ) -> Understanding:
        """Reads a photo.

        Args:
            lightness: L in [0, 100].
            hints: Colours that are known, at the resolution of the result; None where nothing is known.

        Raises:
            ChromanticError: There are hints, and the network takes none.
        """
        if hints and not self.takes_hints:
            raise ChromanticError(f"{self.name}: these weights take no hints; leave them out")
        network, device = self._network, next(self._network.parameters()).device
        known = Hints(*(torch.from_numpy(part)[None].to(device) for part in hints)) if hints else None
        scene = network.encode(torch.from_numpy(lightness)[None, None].to(device), known)
        parameters, logits = scene.chroma_parameters, scene.class_logits
        return Understanding(
            lightness=_array(scene.lightness)[0, 0],
            embedding=_array(scene.embedding)[0],
            scene=_array(network.fuse(scene))[0],
            chroma_parameters=_array(parameters)[0],
            components=Components(*(_array(part)[0] for part in mixture.components(parameters))),
            mean_chroma=_array(mixture.mean(parameters))[0],
            class_probabilities=None if logits is None else _array(logits.softmax(dim=1))[0],
            find_entropy=_entropy,
        )

    @torch.no_grad()
    def draw(
        self, understanding: Understanding, draws: Draws, progress: StepCallback | None = None
    ) -> tuple[Float32[np.ndarray, "samples 2 h w"], tuple[float, ...]]:
        """Draws colorizations of a photo that this network understood.

        Returns:
            Chroma in CIE units, and the log-likelihood of each sample in nats: none where the generator drew nothing.
        """
        scene, generator = self._scene_of(understanding), torch.Generator().manual_seed(draws.seed)
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
        expected = torch.from_numpy(understanding.expected_chroma)
        chosen = _nearest_to_expected(chroma, expected.to(chroma.device), draws.candidates)
        return _array(chroma[chosen]), tuple(likelihoods[chosen].tolist())

    def _scene_of(self, understanding: Understanding) -> Scene:
        """What the network made an understanding of."""
        device, probabilities = next(self._network.parameters()).device, understanding.class_probabilities
        arrays = understanding.lightness[None], understanding.embedding, understanding.chroma_parameters
        lightness, embedding, parameters = (torch.from_numpy(array)[None].to(device) for array in arrays)
        logits = None if probabilities is None else torch.from_numpy(probabilities)[None].log().to(device)
        return Scene(lightness, embedding, parameters, logits)


def _nearest_to_expected(
    drawn: Float[Tensor, "draws 2 h w"], expected: Float[Tensor, "2 h w"], candidates: int
) -> Tensor:
    """The numbers of the draws that are shown: of so many candidates each time the one nearest to the expected."""
    groups = drawn.view(-1, candidates, *drawn.shape[1:])
    nearest = choose_samples(groups, expected.expand(len(groups), -1, -1, -1))
    return nearest + torch.arange(0, len(drawn), candidates, device=drawn.device)


@torch.no_grad()
def _entropy(parameters: Float32[np.ndarray, "maps h w"]) -> Float32[np.ndarray, "h w"]:
    return _array(entropy(torch.from_numpy(parameters)[None])[0])


def _array(tensor: Tensor) -> Float32[np.ndarray, "*size"]:
    array: Float32[np.ndarray, "*size"] = tensor.cpu().numpy()
    return array
