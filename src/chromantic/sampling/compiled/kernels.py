"""The compiled loops of the fast sampler: one row of some samples, its vertical stack and then pixel by pixel.

Features lie as [sample column (row above, row) channel], so that the window of a causal convolution is one slice.
"""

import contextlib
import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from chromantic.sampling.compiled.packed import PANEL, Layers, StackWeights
from chromantic.sampling.compiled.vector import elu, sigmoid, tile


class Rows(NamedTuple):
    """What the vertical stack remembers of the rows above, for every sample of the batch.

    The columns start and end with one of zeros, the photo's border.

    Attributes:
        canvas: [sample column 2 channel], the canvas two rows above and one row above.
        inputs1: [sample block column 2 channel], what each block's first convolution read in the row above and reads
            in this one.
        inputs2: The same of each second convolution.
    """

    canvas: np.ndarray
    inputs1: np.ndarray
    inputs2: np.ndarray


class Draws(NamedTuple):
    """How mixtures become chroma, and what has been drawn, for every sample of the batch.

    Attributes:
        lightness: [sample row column], normalized.
        gumbel: [sample component row column].
        logistic: [sample 2 row column].
        temperatures: Of the choice of a component, and of its scales.
        grid: Chroma is `normalized * grid[0] + grid[1]`, from grid[2] to grid[3].
        log_scale_bounds: Lower log-scales count as the first, higher ones as the second.
        chroma: [sample row column 2], output; what is known stands there before, below the grid all that is drawn.
        parameters: [sample row column maps], output.
    """

    lightness: np.ndarray
    gumbel: np.ndarray
    logistic: np.ndarray
    temperatures: np.ndarray
    grid: np.ndarray
    log_scale_bounds: np.ndarray
    chroma: np.ndarray
    parameters: np.ndarray


_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def _inner(function: Callable[..., None]) -> Callable[..., None]:
    """Compiles a part of a kernel. What looks roundabout in these parts spares the compiler seconds."""
    compiled: Callable[..., None] = njit(**_OPTIONS | {"no_cpython_wrapper": True})(_plain(function))
    return compiled


def _kernel(function: Callable[..., None]) -> Callable[..., None]:
    """Compiles at first use, and keeps the result beside this file, in the user's cache folder, or not at all."""
    compiled = njit(**_OPTIONS)(_plain(function))
    with contextlib.suppress(RuntimeError):  # neither folder can be written
        compiled.enable_caching()
    kernel: Callable[..., None] = compiled
    return kernel


def _plain(function: Callable[..., None]) -> Callable[..., None]:
    """The function without the checks of shapes that tests may have put around it."""
    plain: Callable[..., None] = inspect.unwrap(function)
    return plain


_tile1, _tile2, _tile4, _tile8 = tile(1), tile(2), tile(4), tile(8)


@_inner
def _add_product(out: np.ndarray, x: np.ndarray, stride: int, panels: np.ndarray) -> None:
    """Adds to each row of `out` the product of a window of `x`, each `stride` after the one before, with weights."""
    rows, outputs = out.shape
    count, depth, _ = panels.shape
    for index in range(count):
        start, panel = index * PANEL, index * depth * PANEL
        row = 0
        while row + 8 <= rows:
            _tile8(out, row * outputs + start, outputs, x, row * stride, stride, panels, panel, depth)
            row += 8
        if row + 4 <= rows:
            _tile4(out, row * outputs + start, outputs, x, row * stride, stride, panels, panel, depth)
            row += 4
        if row + 2 <= rows:
            _tile2(out, row * outputs + start, outputs, x, row * stride, stride, panels, panel, depth)
            row += 2
        if row < rows:
            _tile1(out, row * outputs + start, outputs, x, row * stride, stride, panels, panel, depth)


@_inner
def _copy(x: np.ndarray, out: np.ndarray) -> None:
    """As a loop, because Numba takes seconds to compile an assignment of arrays."""
    for channel in range(x.shape[0]):
        out[channel] = x[channel]


@_inner
def _activate(x: np.ndarray, out: np.ndarray) -> None:
    for channel in range(x.shape[0]):
        out[channel] = elu(x[channel])


@_inner
def _add(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    for channel in range(x.shape[0]):
        out[channel] = x[channel] + y[channel]


@_inner
def _push(x: np.ndarray, slots: np.ndarray) -> None:
    """Puts ELU(x) into the second of two slots, and what was there into the first."""
    channels = x.shape[0]
    before, here = slots[:channels], slots[channels:]
    for channel in range(channels):
        before[channel] = here[channel]
        here[channel] = elu(x[channel])


@_inner
def _add_gated(x: np.ndarray, hidden: np.ndarray) -> None:
    """Adds the values in the first half of `hidden`, let through as far as the second half opens."""
    channels = x.shape[0]
    values, openings = hidden[:channels], hidden[channels:]
    for channel in range(channels):
        x[channel] += values[channel] * sigmoid(openings[channel])


@_inner
def _run_block(
    x: np.ndarray,
    inputs1: np.ndarray,
    inputs2: np.ndarray,
    hidden1: np.ndarray,
    hidden2: np.ndarray,
    weights1: np.ndarray,
    weights2: np.ndarray,
) -> None:
    """A causal block over some positions: the columns of a row, or the samples of a pixel.

    Args:
        x: [position channel], features, in and out.
        inputs1: Of the first convolution, flat: [position (before, here) channel], with equal borders in front of the
            first position and after the last.
        inputs2: The same of the second one.
        hidden1: [position channel], what the first convolution's product is added to.
        hidden2: [position 2*channel], what the second one's is added to.
        weights1: Panels of the first convolution.
        weights2: Panels of the second one.
    """
    positions, channels = x.shape
    window = 2 * channels
    lead = (inputs1.shape[0] - positions * window) // 2
    for position in range(positions):
        _push(x[position], inputs1[lead + position * window : lead + (position + 1) * window])
    _add_product(hidden1, inputs1, window, weights1)
    for position in range(positions):
        _push(hidden1[position], inputs2[lead + position * window : lead + (position + 1) * window])
    _add_product(hidden2, inputs2, window, weights2)
    for position in range(positions):
        _add_gated(x[position], hidden2[position])


@_inner
def _draw(maps: np.ndarray, gumbel: np.ndarray, logistic: np.ndarray, draws: Draws, out: np.ndarray) -> None:
    """`chromantic.model.mixture.draw` of one pixel."""
    components = gumbel.shape[0]
    scale, centre, lowest, highest = draws.grid[0], draws.grid[1], draws.grid[2], draws.grid[3]
    chosen = 0
    best = maps[0] + draws.temperatures[0] * gumbel[0]
    for component in range(1, components):
        value = maps[component] + draws.temperatures[0] * gumbel[component]
        if value > best:
            chosen, best = component, value
    shift = maps[0] * 0
    for channel in range(2):
        mean = maps[(1 + channel) * components + chosen]
        log_scale = maps[(3 + channel) * components + chosen]
        log_scale = min(max(log_scale, draws.log_scale_bounds[0]), draws.log_scale_bounds[1])
        spread = draws.temperatures[1] * logistic[channel] * math.exp(log_scale)
        chroma = np.rint((mean + shift + spread) * scale + centre)
        out[channel] = lowest if chroma < lowest else highest if chroma > highest else chroma
        shift = math.tanh(maps[5 * components + chosen]) * ((out[channel] - centre) / scale)


@_kernel
def add_products(x: np.ndarray, layers: Layers, out: np.ndarray) -> None:
    """A 1x1 convolution, the first of some layers: [position channel] to [position output]."""
    for position in range(x.shape[0]):
        _copy(layers.biases[0], out[position])
    _add_product(out, x.reshape(-1), x.shape[1], layers.weights[0])


@_kernel
def read_rows_above(
    first: int,
    photos: np.ndarray,
    stack: StackWeights,
    links: Layers,
    terms: np.ndarray,
    rows: Rows,
    context: np.ndarray,
) -> None:
    """The vertical stack over a row of some samples.

    Args:
        first: The first sample.
        photos: The photo of each sample.
        stack: Its weights.
        links: To the horizontal stack.
        terms: [photo column term], the scene's in this row.
        rows: Of the batch.
        context: [sample block+1 column channel], output: what the horizontal stack is told.
    """
    blocks, channels = stack.conv1.biases.shape
    width, window = terms.shape[1], 2 * channels
    x = np.empty((width, channels), terms.dtype)
    hidden1 = np.empty((width, channels), terms.dtype)
    hidden2 = np.empty((width, window), terms.dtype)
    for sample in range(photos.shape[0]):
        for column in range(width):
            _copy(stack.input.biases[0], x[column])
        _add_product(x, rows.canvas[first + sample].reshape(-1), 2 * PANEL, stack.input.weights[0])
        for block in range(blocks):
            for column in range(width):
                _copy(stack.conv1.biases[block], hidden1[column])
                _copy(terms[photos[sample], column, block * window : (block + 1) * window], hidden2[column])
                _copy(links.biases[block], context[sample, block, column])
            inputs1 = rows.inputs1[first + sample, block].reshape(-1)
            inputs2 = rows.inputs2[first + sample, block].reshape(-1)
            weights1, weights2 = stack.conv1.weights[block], stack.conv2.weights[block]
            _run_block(x, inputs1, inputs2, hidden1, hidden2, weights1, weights2)
            activated = inputs1[window + channels :]
            _add_product(context[sample, block], activated, window, links.weights[block])
        for column in range(width):
            _activate(x[column], hidden1[column])
            _copy(links.biases[blocks], context[sample, blocks, column])
        _add_product(context[sample, blocks], hidden1.reshape(-1), channels, links.weights[blocks])


@_kernel
def draw_pixels(
    y: int,
    first: int,
    photos: np.ndarray,
    stack: StackWeights,
    head: Layers,
    terms: np.ndarray,
    rows: Rows,
    context: np.ndarray,
    draws: Draws,
) -> None:
    """The horizontal stack and the draws, pixel by pixel, over a row of some samples.

    Args:
        y: The row.
        first: The first sample.
        photos: The photo of each sample.
        stack: Its weights.
        head: Of the mixture.
        terms: [photo column term], the scene's in this row.
        rows: Of the batch; their canvas moves on by this row.
        context: What `read_rows_above` gave.
        draws: Of the batch; takes what is drawn.
    """
    samples, width = photos.shape[0], terms.shape[1]
    blocks, channels = stack.conv1.biases.shape
    window = 2 * channels
    vertical_terms = terms.shape[2] - blocks * window
    canvas = np.zeros((samples, 2 * PANEL), terms.dtype)
    inputs1 = np.zeros((blocks, samples * window), terms.dtype)
    inputs2 = np.zeros((blocks, samples * window), terms.dtype)
    x = np.empty((samples, channels), terms.dtype)
    hidden1 = np.empty((samples, channels), terms.dtype)
    hidden2 = np.empty((samples, window), terms.dtype)
    maps = np.empty((samples, head.biases.shape[1]), terms.dtype)
    for column in range(width):
        for sample in range(samples):
            _add(stack.input.biases[0], context[sample, 0, column], x[sample])
        _add_product(x, canvas.reshape(-1), 2 * PANEL, stack.input.weights[0])
        for block in range(blocks):
            for sample in range(samples):
                first_term = vertical_terms + block * window
                _add(stack.conv1.biases[block], context[sample, block + 1, column], hidden1[sample])
                _copy(terms[photos[sample], column, first_term : first_term + window], hidden2[sample])
            weights1, weights2 = stack.conv1.weights[block], stack.conv2.weights[block]
            _run_block(x, inputs1[block], inputs2[block], hidden1, hidden2, weights1, weights2)
        for sample in range(samples):
            _activate(x[sample], hidden1[sample])
            _copy(head.biases[0], maps[sample])
        _add_product(maps, hidden1.reshape(-1), channels, head.weights[0])
        for sample in range(samples):
            here = first + sample
            chroma = draws.chroma[here, y, column]
            if chroma[0] < draws.grid[2]:
                _draw(maps[sample], draws.gumbel[here, :, y, column], draws.logistic[here, :, y, column], draws, chroma)
            for index in range(draws.parameters.shape[3]):
                draws.parameters[here, y, column, index] = maps[sample, index]
            seen = canvas[sample]
            for index in range(PANEL):
                seen[index] = seen[PANEL + index]
            for channel in range(2):
                seen[PANEL + channel] = (chroma[channel] - draws.grid[1]) / draws.grid[0]
            seen[PANEL + 2] = draws.lightness[here, y, column]
            seen[PANEL + 3] = 1
            remembered = rows.canvas[here, column + 1]
            for index in range(PANEL):
                remembered[0, index] = remembered[1, index]
                remembered[1, index] = seen[PANEL + index]
