"""The door to the network: what it understands of a photo, and what it draws, as arrays."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError
from chromantic.options import Draws
from chromantic.sampling.choice import choose_samples
from chromantic.sampling.coherent import sample_coherently
from chromantic.sampling.compiled.packed import Weights
from chromantic.sampling.noise import draw_noise, random
from chromantic.understanding import KnownChroma, Understanding
from chromantic.weights_files import EXPORTED, resolve

_TRAIN = ("torch", "pydantic", "safetensors")  # packages of that extra which weights are loaded by
StepCallback = Callable[[int, int], None]
"""Called with the finished and all steps of a draw; may raise to cancel it."""


class Network(Protocol):
    """What computes: ONNX Runtime, or torch."""

    class_names: tuple[str, ...]
    takes_hints: bool
    size: int

    def understand(
        self, lightness: Float32[np.ndarray, "height width"], hints: KnownChroma | None = None
    ) -> Understanding:
        """See `Engine.understand`."""
        ...

    @property
    def generator(self) -> Weights:
        """The generator's parameters."""
        ...

    def log_likelihoods(
        self, parameters: Float32[np.ndarray, "samples maps h w"], chroma: Float32[np.ndarray, "samples 2 h w"]
    ) -> Float32[np.ndarray, "samples"]:
        """In nats, of chroma on the grid under the parameters of each of its pixels."""
        ...


class Engine:
    """A network that is ready to colorize.

    Attributes:
        name: Name and fingerprint of its weights, which results carry.
        class_names: Of its segmentation; empty where it has none.
        takes_hints: Whether colours that are known can be given to it.
        size: How many parameters it has.
    """

    def __init__(self, network: Network, name: str) -> None:
        self._network = network
        self.name, self.class_names = name, network.class_names
        self.takes_hints, self.size = network.takes_hints, network.size

    @classmethod
    def from_pretrained(cls, name_or_path: str | Path, device: DeviceName = "cpu") -> "Engine":
        """Loads shipped weights by name, or a user's file.

        Exported weights have the fingerprint of those that they were exported from: they colorize alike.

        Raises:
            ChromanticError: There are no such weights, they are damaged, of another network or need torch, which is not
                installed, or there is no such device.
        """
        from chromantic.exported.file import is_exported

        path = resolve(name_or_path, EXPORTED)
        if is_exported(path):
            from chromantic.exported.network import ExportedNetwork  # here: other weights need no ONNX Runtime

            exported = ExportedNetwork(path, device)
            return cls(exported, f"{name_or_path}@{exported.source[:12]}")
        try:
            from chromantic.model import pretrained
            from chromantic.reference.device import choose_device
            from chromantic.reference.network import TorchNetwork
        except ModuleNotFoundError as error:
            if error.name not in _TRAIN:
                raise
            raise ChromanticError(
                f"{path}: these weights need torch; pip install 'chromantic[train]', or take exported ones"
            ) from error

        network = TorchNetwork(pretrained.load(path).to(choose_device(device)))
        return cls(network, f"{name_or_path}@{pretrained.fingerprint(path)}")

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
        return self._network.understand(lightness, hints)

    def draw(
        self,
        understanding: Understanding,
        draws: Draws,
        progress: StepCallback | None = None,
        known: KnownChroma | None = None,
    ) -> tuple[Float32[np.ndarray, "samples 2 h w"], tuple[float, ...]]:
        """Draws colorizations of a photo that this network understood.

        Args:
            understanding: Of the photo.
            draws: How many, and how.
            progress: Called as the draws go on.
            known: Chroma that the generator finds on its canvas, and does not draw.

        Returns:
            Chroma in CIE units, and the log-likelihood of each sample in nats: none where the generator drew nothing.
        """
        rng = random(draws.seed)
        if draws.candidates is None:
            temperature = draws.temperature
            return sample_coherently(
                understanding, samples=draws.samples, rng=rng, temperature=temperature, callback=progress
            ), ()
        from chromantic.sampling.compiled.sampler import sample_fast  # here: nothing else needs Numba

        weights, lightness = self._network.generator, understanding.lightness[None]
        samples, components = draws.samples * draws.candidates, len(understanding.components.log_weights)
        _, height, width = lightness.shape
        noise = draw_noise(samples, components, height, width, rng, np.dtype(np.float32))
        chroma, parameters = sample_fast(
            weights, understanding.scene[None], lightness, noise, draws.temperature, draws.temperature, progress, known
        )
        chosen = np.arange(0, samples, draws.candidates)
        groups = chroma.reshape(draws.samples, draws.candidates, *chroma.shape[1:])
        chosen += choose_samples(groups, np.broadcast_to(understanding.expected_chroma, chroma[chosen].shape))
        likelihoods = self._network.log_likelihoods(parameters[chosen], chroma[chosen])
        return chroma[chosen], tuple(likelihoods.tolist())
