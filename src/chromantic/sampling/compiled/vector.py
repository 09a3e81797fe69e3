"""What Numba lacks for the pixel loop: matrix products from registers, and exponentials that vectorize.

Numba would leave every partial sum of a product in memory and call the C library once per exponential. These
intrinsics write the LLVM instructions themselves; LLVM fits them to whatever vectors the processor has.
"""

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from chromantic.sampling.compiled.packed import PANEL

DEPTH_STEP = 8
"""Products' depths are multiples of this."""

_INDEX = ir.IntType(64)


def _index(value: int) -> ir.Constant:
    return ir.Constant(_INDEX, value)


def tile(rows: int) -> Callable[..., Any]:
    """An intrinsic for Numba: `rows` times PANEL outputs of a product, from contiguous arrays.

    Its arguments are `(out, out_start, out_stride, x, x_start, x_stride, panels, panel_start, depth)`. To each
    `out[out_start + row * out_stride :][:PANEL]` it adds a product: of `x[x_start + row * x_stride :][:depth]` with the
    (depth, PANEL) matrix from `panels[panel_start]` on. All arrays count as flat. The sums stay in registers. With few
    rows, several sums per output hide the latency of an addition.
    """
    sums = max(1, DEPTH_STEP // rows)

    @intrinsic
    def add_tile(
        typing_context: Any,
        out: Any,
        out_start: Any,
        out_stride: Any,
        x: Any,
        x_start: Any,
        x_stride: Any,
        panels: Any,
        panel_start: Any,
        depth: Any,
    ) -> tuple[Any, Callable[..., Any]]:
        index = types.intp
        signature = types.void(out, index, index, x, index, index, panels, index, index)

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            vector = ir.VectorType(context.get_value_type(x.dtype), PANEL)
            bytes_each = x.dtype.bitwidth // 8
            out_start, x_start, panel_start = (
                builder.gep(context.make_array(kind)(context, builder, array).data, [start])
                for kind, array, start in zip(signature.args[::3], arguments[::3], arguments[1::3], strict=True)
            )
            out_stride, x_stride, depth = arguments[2::3]

            def load(pointer: Any) -> Any:
                return builder.load(builder.bitcast(pointer, vector.as_pointer()), align=bytes_each)

            def spread(number: Any) -> Any:
                undefined = ir.Constant(vector, ir.Undefined)
                first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
                return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), PANEL), None))

            zero = ir.Constant(vector, None)
            variable: Callable[..., Any] = cgutils.alloca_once_value
            totals = [[variable(builder, zero) for _ in range(sums)] for _ in range(rows)]
            with cgutils.for_range(builder, builder.udiv(depth, _index(sums))) as loop:
                first = builder.mul(loop.index, _index(sums))
                for part in range(sums):
                    k = builder.add(first, _index(part))
                    weights = load(builder.gep(panel_start, [builder.mul(k, _index(PANEL))]))
                    for row in range(rows):
                        place = builder.add(k, builder.mul(x_stride, _index(row)))
                        term = builder.fmul(
                            spread(builder.load(builder.gep(x_start, [place]))), weights, flags=("contract",)
                        )
                        total = totals[row][part]
                        builder.store(builder.fadd(builder.load(total), term, flags=("contract",)), total)
            for row in range(rows):
                pointer = builder.gep(out_start, [builder.mul(out_stride, _index(row))])
                result = load(pointer)
                for total in totals[row]:
                    result = builder.fadd(result, builder.load(total))
                builder.store(result, builder.bitcast(pointer, vector.as_pointer()), align=bytes_each)
            return context.get_dummy_value()

        return signature, generate

    return add_tile


def _exponential(builder: ir.IRBuilder, x: Any) -> Any:
    """exp(x) as 2^n exp(r) with |r| <= ln(2) / 2 by Taylor's series: exact to about one unit in the last place."""
    double = isinstance(x.type, ir.DoubleType)
    integer, mantissa, bias, limit, terms = (
        (ir.IntType(64), 52, 1023, 708.0, 14) if double else (ir.IntType(32), 23, 127, 87.0, 8)
    )
    # ln 2 in two parts: the products of n with the first, short one are exact.
    ln2_high = math.ldexp(math.floor(math.ldexp(math.log(2), 32 if double else 12)), -32 if double else -12)
    ln2_low = 1.9082149292705877e-10 if double else math.log(2) - ln2_high

    def real(value: float) -> ir.Constant:
        return ir.Constant(x.type, value)

    for bound, beyond in ((limit, ">"), (-limit, "<")):
        x = builder.select(builder.fcmp_ordered(beyond, x, real(bound)), real(bound), x)
    rint = builder.module.declare_intrinsic("llvm.rint", [x.type])
    n = builder.call(rint, [builder.fmul(x, real(1 / math.log(2)))])
    r = builder.fsub(builder.fsub(x, builder.fmul(n, real(ln2_high))), builder.fmul(n, real(ln2_low)))
    series = real(1 / math.factorial(terms - 1))
    for k in reversed(range(terms - 1)):
        product = builder.fmul(series, r, flags=("contract",))
        series = builder.fadd(product, real(1 / math.factorial(k)), flags=("contract",))
    exponent = builder.add(builder.fptosi(n, integer), ir.Constant(integer, bias))
    power = builder.bitcast(builder.shl(exponent, ir.Constant(integer, mantissa)), x.type)
    return builder.fmul(series, power)


def _elu(builder: ir.IRBuilder, x: Any) -> Any:
    below = builder.fsub(_exponential(builder, x), ir.Constant(x.type, 1.0))
    return builder.select(builder.fcmp_ordered(">", x, ir.Constant(x.type, 0.0)), x, below)


def _sigmoid(builder: ir.IRBuilder, x: Any) -> Any:
    one = ir.Constant(x.type, 1.0)
    return builder.fdiv(one, builder.fadd(one, _exponential(builder, builder.fneg(x))))


def _function(formula: Callable[[ir.IRBuilder, Any], Any]) -> Callable[..., Any]:
    """An intrinsic of one floating-point number."""

    @intrinsic
    def function(typing_context: Any, x: Any) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            return formula(builder, arguments[0])

        return x(x), generate

    return function


elu = _function(_elu)
sigmoid = _function(_sigmoid)
