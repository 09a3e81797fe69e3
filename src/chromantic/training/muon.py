"""Muon: momentum, orthogonalized kernel by kernel (Jordan et al. 2024, kellerjordan.github.io/posts/muon).

By hand, because PyTorch's (`torch.optim.Muon`) takes matrices alone, and this one the kernels of convolutions.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.training.precision import computes_bfloat16

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan's quintic: quick to near one rather than exact
_ITERATIONS = 5


def orthogonalize(matrices: Float[Tensor, "batch rows columns"]) -> Float[Tensor, "batch rows columns"]:
    """The nearest matrices with orthonormal rows (or columns), roughly: singular values end between 0.7 and 1.2."""
    a, b, c = _NEWTON_SCHULZ
    upright = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if upright else matrices
    x = x.to(torch.bfloat16 if computes_bfloat16() else torch.float32)
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    nearest: Tensor = (x.mT if upright else x).float()
    return nearest


class Muon(torch.optim.Optimizer):
    """Steps of one spectral size for each kernel, whatever its gradient's."""

    def __init__(self, kernels: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        """Takes kernels [out in height width] and the rate, the spectral norm of a step (Nesterov's momentum)."""
        super().__init__(kernels, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Moves every kernel that has a gradient."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for kernel in group["params"]:
                if kernel.grad is not None:
                    matrices = _matrices(self._nesterov(kernel, group["momentum"]))
                    alike[matrices.shape[1:]].append((kernel, matrices))
            for (rows, columns), pairs in alike.items():  # products of many small matrices run faster together
                rate = group["lr"] * max(1.0, rows / columns) ** 0.5
                counts = [len(matrices) for _, matrices in pairs]
                steps = orthogonalize(torch.cat([matrices for _, matrices in pairs])).split(counts)
                for (kernel, _), step in zip(pairs, steps, strict=True):
                    kernel.add_(step.reshape(kernel.shape), alpha=-rate)

    def _nesterov(self, kernel: Tensor, momentum: float) -> Tensor:
        state = self.state[kernel]
        if not state:
            state["momentum"] = torch.zeros_like(kernel)
        gradient = kernel.grad
        assert gradient is not None
        state["momentum"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(state["momentum"], momentum)


def _matrices(kernel: Float[Tensor, "out in height width"]) -> Float[Tensor, "parts rows columns"]:
    """One matrix a kernel; two where the outputs are twice the inputs, as values and their gates are."""
    parts = 2 if kernel.shape[0] == 2 * kernel.shape[1] else 1
    matrices: Tensor = kernel.flatten(1).unflatten(0, (parts, -1))
    return matrices
