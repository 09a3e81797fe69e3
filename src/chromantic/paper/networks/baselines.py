"""Other ways to colorize, on the paper's trunk: a head and a loss each.

A baseline is Table 1 with another last layer. It is trained by the loop that trains the network, on the same photos, so
that a table compares methods and not data. A head is a module with

- `maps`: the numbers per pixel that it reads,
- `loss(maps, chroma)`: [batch h w], given maps [batch maps h w] and the true chroma [batch 2 h w] in CIE units,
- `chroma(maps)`: the colours that the method shows, [batch 2 h w] in CIE units.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from chromantic.colour.lab import normalize_lightness
from chromantic.data.cache import Batch, PhotoCache
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.blocks import build_rows
from chromantic.model.config import NetworkConfig
from chromantic.model.embedding import TABLE_1
from chromantic.training.config import DataSection, OptimizationSection
from chromantic.training.losses import Total, Totals

_CHROMA_UNIT = 32.0
"""About the spread of natural chroma, in CIE units."""
_HISTOGRAM_BINS, _HISTOGRAM_START, _HISTOGRAM_STEP = 32, -124.0, 8.0
_PLANE_SIDE, _PLANE_START, _PLANE_STEP = 23, -110.0, 10.0  # holds all bins of Zhang's
_NEIGHBOURS, _SPREAD = 5, 5.0  # of a soft-encoded colour: bins, and CIE units
_UNIFORM_SHARE = 0.5
_ANNEALING = 0.38


class Regression(nn.Module):
    """The least squared error (as Iizuka et al. 2016): chroma itself."""

    maps = 2

    def loss(self, maps: Tensor, chroma: Tensor) -> Tensor:
        return (maps - chroma / _CHROMA_UNIT).square().mean(dim=1)

    def chroma(self, maps: Tensor) -> Tensor:
        return maps * _CHROMA_UNIT


class Histograms(nn.Module):
    """Histograms of a and of b by cross entropy, shown by their means (as Larsson et al. 2016, their Lab variant)."""

    maps = 2 * _HISTOGRAM_BINS

    def loss(self, maps: Tensor, chroma: Tensor) -> Tensor:
        place = ((chroma - _HISTOGRAM_START) / _HISTOGRAM_STEP).clamp(0, _HISTOGRAM_BINS - 1)[:, :, None]
        bins = torch.arange(_HISTOGRAM_BINS, device=maps.device).view(-1, 1, 1)
        shares = (1 - (place - bins).abs()).clamp(min=0)  # between the two nearest bins
        return -(shares * self._log_shares(maps)).sum(dim=(1, 2))

    def chroma(self, maps: Tensor) -> Tensor:
        centres = _HISTOGRAM_START + _HISTOGRAM_STEP * torch.arange(_HISTOGRAM_BINS, device=maps.device)
        means: Tensor = (self._log_shares(maps).exp() * centres.view(-1, 1, 1)).sum(dim=2)
        return means

    def _log_shares(self, maps: Tensor) -> Tensor:
        log_shares: Tensor = maps.float().unflatten(1, (2, _HISTOGRAM_BINS)).log_softmax(dim=2)
        return log_shares


class Rebalanced(nn.Module):
    """Classes of (a, b), rare colours counted more, shown by the annealed mean (as Zhang et al. 2016).

    Zhang's bins, 10 units wide, on the whole square that holds them: those outside sRGB never occur and are learned to
    be impossible. Of every colour the five nearest bins are the target; a pixel counts as its nearest bin is rare in
    the training photos, half of whose distribution is taken as even.
    """

    maps = _PLANE_SIDE**2

    def __init__(self) -> None:
        super().__init__()
        self.rarity = nn.Buffer(torch.ones(self.maps))

    @torch.no_grad()
    def fit(self, chroma: Float[Tensor, "2 pixels"]) -> None:
        """Learns how rare colours are."""
        a, b = ((chroma - _PLANE_START) / _PLANE_STEP).round().clamp(0, _PLANE_SIDE - 1).long()
        counts = torch.bincount(_PLANE_SIDE * a + b, minlength=self.maps).float().view(1, 1, _PLANE_SIDE, _PLANE_SIDE)
        side = torch.tensor([-1.0, 0.0, 1.0]) * _PLANE_STEP / _SPREAD
        blur = torch.exp(-(side[:, None] ** 2 + side**2) / 2)
        shares = F.conv2d(counts, (blur / blur.sum())[None, None], padding=1).flatten()
        shares /= shares.sum()
        occurs = shares > 0
        weights = occurs / ((1 - _UNIFORM_SHARE) * shares + _UNIFORM_SHARE / occurs.sum())
        self.rarity.copy_(weights / (weights * shares).sum())

    def loss(self, maps: Tensor, chroma: Tensor) -> Tensor:
        nearest, shares = self._encode(chroma)
        log_shares = maps.float().log_softmax(dim=1).gather(1, nearest)
        return -self.rarity[nearest[:, 0]] * (shares * log_shares).sum(dim=1)

    def chroma(self, maps: Tensor) -> Tensor:
        shares = (maps.float() / _ANNEALING).softmax(dim=1)
        return torch.einsum("bkhw,kc->bchw", shares, self._centres(maps.device))

    def _encode(self, chroma: Tensor) -> tuple[Int64[Tensor, "batch 5 h w"], Float[Tensor, "batch 5 h w"]]:
        pixels = chroma.movedim(1, -1).float()
        distances, nearest = torch.cdist(pixels.flatten(0, 2), self._centres(chroma.device)).topk(
            _NEIGHBOURS, largest=False
        )
        shares = torch.exp(-(distances**2) / (2 * _SPREAD**2))
        shares = shares / shares.sum(dim=1, keepdim=True)
        size = pixels.shape[:3]
        return nearest.unflatten(0, size).movedim(-1, 1), shares.unflatten(0, size).movedim(-1, 1)

    def _centres(self, device: torch.device) -> Float[Tensor, "bins 2"]:
        side = _PLANE_START + _PLANE_STEP * torch.arange(_PLANE_SIDE, device=device)
        return torch.cartesian_prod(side, side)


METHODS: dict[str, type[Regression | Histograms | Rebalanced]] = {
    "regression": Regression,
    "histograms": Histograms,
    "rebalanced": Rebalanced,
}


class Baseline(nn.Module):
    """Table 1 and the head of a method."""

    def __init__(self, method: str, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.head = METHODS[method]()
        self.trunk = build_rows(TABLE_1, 2, config.channels)
        self.last = nn.Conv2d(config.channels(TABLE_1[-1].channels), self.head.maps, 1)

    def forward(
        self, lightness: Float[Tensor, "batch 1 height width"], chroma: Float[Tensor, "batch 2 h w"]
    ) -> Float[Tensor, "batch h w"]:
        """The loss of every pixel.

        Args:
            lightness: L in [0, 100]; height and width are multiples of 4.
            chroma: The true one, on the grid, at a quarter of the lightness's resolution.
        """
        return self.head.loss(self._maps(lightness), chroma)

    @torch.inference_mode()
    def colorize(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 2 h w"]:
        """Chroma in CIE units for L in [0, 100]: a `chromantic.evaluation.results.Colorize`."""
        return self.head.chroma(self._maps(lightness.to(self.last.weight.device)))

    def _maps(self, lightness: Tensor) -> Tensor:
        lightness = normalize_lightness(lightness)
        maps: Tensor = self.last(F.elu(self.trunk(torch.cat([lightness, torch.ones_like(lightness)], dim=1))))
        return maps


class BaselineTask:
    """How a baseline is trained (`chromantic.training.tasks.Task`); its loss stands in the embedding's place."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.key = _key(method)

    def build(self, config: NetworkConfig, photos: PhotoCache) -> nn.Module:
        network = Baseline(self.method, config)
        if isinstance(network.head, Rebalanced):
            if not photos.colourful.any():
                raise ChromanticError("no colourful photo to train on; name another cache")
            network.head.fit(photos.colourful_chroma)
        return network

    def photo_weights(self, photos: PhotoCache, config: DataSection) -> Float[Tensor, "photos"]:
        return photos.sampling_weights(config.rare_class_power, config.source_shares)

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
        colourful = batch.colourful[:, None, None].expand_as(batch.labels)
        pixels = network(batch.lightness, batch.chroma)
        return {"embedding": Total((pixels * colourful).sum(), colourful.sum())}


def load_baseline(method: str, path: str | Path) -> Baseline:
    """A trained baseline.

    Raises:
        ChromanticError: The file is missing, damaged or of something else.
    """
    return pretrained.load_module(path, _key(method), lambda config: Baseline(method, config))


def _key(method: str) -> str:
    return f"{method} baseline"
