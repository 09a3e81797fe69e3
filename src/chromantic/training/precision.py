"""How a machine computes fastest: in bfloat16 or not, and without the smallest of numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")  # x86, x86 with matrix tiles, Arm


def computes_bfloat16() -> bool:
    """Whether the device that trainings use here multiplies bfloat16 in hardware.

    A CPU without instructions for it is several times slower in bfloat16 than in float32.
    """
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    return any(able.get(instruction, False) for instruction in _CPU_INSTRUCTIONS)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Makes numbers below 1.2e-38 zero, over which a CPU takes many times longer than over others.

    They are what is left of gradients behind the generator's shut gates. Threads that begin inside compute so, too.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
