"""Whether a machine gains by bfloat16: a CPU without instructions for it is several times slower than in float32."""

import torch

_CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")  # x86, x86 with matrix tiles, Arm


def computes_bfloat16() -> bool:
    """Whether the device that trainings use here multiplies bfloat16 in hardware."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    able = torch.cpu.get_capabilities()
    return any(able.get(instruction, False) for instruction in _CPU_INSTRUCTIONS)
