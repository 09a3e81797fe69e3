"""What improves trained weights without training: an average with those they began from, and calibration.

A long training learns its photos by heart: it grows too sure of its colours, though it still learns to see. The
average with the weights that it began from keeps what both know (Wortsman et al. 2022, arXiv:2109.01903). Two numbers
make it as unsure as it should be on photos never seen (temperature scaling: Guo et al. 2017, arXiv:1706.04599).
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.data.cache import PhotoCache, load_cache
from chromantic.errors import ChromanticError
from chromantic.model import mixture, pretrained
from chromantic.model.network import Chromantic

_BATCH = 32
_EVERY = 2  # cells from one that is fitted to the next: neighbours tell the same


@dataclass(frozen=True)
class Calibration:
    """What was found on half of the photos, and whether it holds on the others.

    Attributes:
        sharpness: Factor on the mixtures' logits.
        log_scale: What is added to the log-scales.
        before: Bits per dimension of the embedding on the photos that nothing was fitted to.
        after: The same, calibrated.
    """

    sharpness: float
    log_scale: float
    before: float
    after: float


def average(first: str | Path, second: str | Path, share: float, calibration: Path | None, output: Path) -> None:
    """Writes the average of two weights of one network; its origin is that of the first.

    Args:
        first: Name or file of weights.
        second: Of others.
        share: Of the first in the average, in [0, 1].
        calibration: Cache of photos not trained on, to calibrate the embedding by; None leaves it.
        output: The .safetensors file.

    Raises:
        ChromanticError: Weights or cache cannot be used, or the networks differ.
    """
    network, other = pretrained.load(first), pretrained.load(second)
    if network.config != other.config:
        raise ChromanticError(f"{second}: is another network than {first}; average weights of the same")
    tensors = zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    for mine, others in tensors:
        mine.lerp_(others, 1 - share)
    about = pretrained.about(first) | {
        "averaged": {
            "fingerprints": [pretrained.fingerprint(first), pretrained.fingerprint(second)],
            "shares": [share, round(1 - share, 6)],
        }
    }
    if calibration is not None:
        found = calibrate(network, load_cache(calibration))
        about["calibrated"] = {name: round(value, 6) for name, value in vars(found).items()}
    pretrained.save(network, output, about)


def calibrate(network: Chromantic, photos: PhotoCache) -> Calibration:
    """Makes the embedding's mixtures as sharp as they should be, by every other one of the colourful photos.

    Args:
        network: Whose embedding's head is changed.
        photos: Of one size, that were not trained on.

    Raises:
        ChromanticError: Fewer than two photos are colourful, or the photos differ in size.
    """
    colourful = photos.colourful.nonzero().flatten()
    if len(colourful) < 2:
        raise ChromanticError("calibration needs at least two colourful photos; prepare more")
    batches = [photos.tensors(chunk) for chunk in colourful.split(_BATCH)]
    with torch.no_grad():
        parameters = torch.cat([network.encode(batch.lightness).chroma_parameters for batch in batches])
    chroma = torch.cat([batch.chroma for batch in batches])
    fitted, unseen = slice(0, None, 2), slice(1, None, 2)
    some = (fitted, slice(None), slice(None, None, _EVERY), slice(None, None, _EVERY))

    numbers = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([numbers], max_iter=20, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        bits = _bits(_sharpened(parameters[some], numbers), chroma[some])
        bits.backward()
        return bits

    optimizer.step(loss)
    numbers = numbers.detach()
    before = _bits(parameters[unseen], chroma[unseen])
    after = _bits(_sharpened(parameters[unseen], numbers), chroma[unseen])

    conv = network.embedding_head.conv
    assert conv.bias is not None
    conv.weight.copy_(_sharpened(conv.weight[None], numbers * torch.tensor([1.0, 0.0]))[0])
    conv.bias.copy_(_sharpened(conv.bias[None, :, None], numbers)[0, :, 0])
    sharpness, log_scale = numbers.tolist()
    return Calibration(sharpness, log_scale, float(before), float(after))


def _bits(parameters: Tensor, chroma: Tensor) -> Float[Tensor, ""]:
    return mixture.bits_per_dimension(mixture.log_likelihood(parameters, chroma)).mean()


def _sharpened(parameters: Float[Tensor, "batch maps *size"], numbers: Float[Tensor, "2"]) -> Tensor:
    sharpness, log_scale = numbers
    logits, means, log_scales, coefficients = mixture.split_maps(parameters)
    return torch.cat([logits * sharpness, means, log_scales + log_scale, coefficients], dim=1)
