"""What known colours buy: the mean colours' errors by how many points of a photo's true colours the network is told."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool
from torch import Tensor

from chromantic.data.example import Example
from chromantic.errors import ChromanticError
from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.measurement import Evaluation, Measurement
from chromantic.evaluation.truth import Resize, read_colourful
from chromantic.model import mixture
from chromantic.model.hints import Hints
from chromantic.model.network import Chromantic

COUNTS = (0, 1, 2, 5, 10, 20, 50, 100)
"""Points that are told, of the 1,024 of the 32 x 32 grid."""


@torch.inference_mode()
def evaluate_hints(
    model: Chromantic, examples: Sequence[Example], *, seed: int = 0, resize: Resize = "squash128"
) -> Evaluation:
    """Measures the mean colours without hints and with more and more of them, at random places.

    Args:
        model: A network that takes hints, in evaluation mode, on the device that shall do the work.
        examples: Photos that the network was not trained on.
        seed: Of the places. Those of few points are among those of more.
        resize: How photos become 128 x 128 pixels.

    Returns:
        Measures of `hints_0`, `hints_1` and so on, by the number of points.

    Raises:
        ChromanticError: The network takes no hints, no photo has colours, or a file is missing or unreadable.
    """
    if model.hints is None:
        raise ChromanticError("hints: this network takes none; give weights of a network that does, such as default")
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    measurement = Measurement(examples, None, None)
    for truth in read_colourful(examples, resize):
        lightness, chroma = truth.lightness.to(device), truth.chroma.to(device)
        order = torch.rand(len(chroma), chroma[0, 0].numel(), generator=generator).argsort(dim=1)
        pictures = {}
        for count in COUNTS:
            hints = Hints(chroma, _first(count, order).view(-1, *chroma.shape[2:]).to(device)) if count else None
            mean = mixture.mean(model.encode(lightness, hints).chroma_parameters)
            pictures[f"hints_{count}"] = truth.draw(mean.cpu())[None]
        measurement.add(Colorized(truth, pictures))
    return measurement.evaluation().under(resize)


def _first(count: int, order: Tensor) -> Bool[Tensor, "photos cells"]:
    """Where the first places of each photo's order are."""
    return torch.zeros(order.shape, dtype=torch.bool).scatter(1, order[:, :count], True)
