"""From trained weights to what colorizes without torch.

The graphs are traced from the modules that train, so that no formula is written twice. TorchScript's exporter traces
them in seconds; that of `torch.export` takes minutes, and gives no faster graph.
"""

import io
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from chromantic.errors import ChromanticError
from chromantic.exported.file import ENCODER, ENTROPY, LIKELIHOOD, Exported, write_exported
from chromantic.files import sha256
from chromantic.grid import CELL
from chromantic.model import mixture, pretrained
from chromantic.model.entropy import entropy
from chromantic.model.hints import Hints
from chromantic.model.network import Chromantic
from chromantic.reference.pack import pack_generator
from chromantic.sampling.compiled.packed import to_arrays
from chromantic.weights_files import EXPORTED

OPSET = 17
_ROWS, _COLUMNS = 8, 12  # cells of the photo that is traced; graphs take any

Sizes = Mapping[str, tuple[str | int, ...]]
"""Of a graph's inputs or outputs; those that differ between photos have names."""


class _Graph(NamedTuple):
    """What is traced."""

    function: Callable[..., Any]
    arguments: tuple[Tensor, ...]
    inputs: Sizes
    outputs: Sizes


class _Module(nn.Module):
    """A function with a network's parameters."""

    def __init__(self, function: Callable[..., Any], network: nn.Module) -> None:
        super().__init__()
        self.function, self.network = function, network

    def forward(self, *arguments: Tensor) -> Any:
        return self.function(*arguments)


def export(name_or_path: str | Path, output: Path) -> None:
    """Writes what inference needs of trained weights.

    Args:
        name_or_path: Weights that ship, or a .safetensors file.
        output: The file, .chromantic.

    Raises:
        ChromanticError: There are no such weights, they are damaged, or the file cannot be written.
    """
    if output.suffix != EXPORTED:
        raise ChromanticError(f"{output}: its name must end with {EXPORTED}; choose another")
    network = pretrained.load(name_or_path)
    graphs = {
        ENCODER: _encoder(network),
        ENTROPY: _of_mixtures(network, entropy, "entropy", ()),
        LIKELIHOOD: _of_mixtures(network, mixture.log_likelihood, "log_likelihood", ("chroma",)),
    }
    description = {
        "network": asdict(network.config),
        "about": pretrained.about(name_or_path),
        "source": sha256(pretrained.resolve(name_or_path)),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "opset": OPSET,
        "inputs": {name: dict(graph.inputs) for name, graph in graphs.items()},
        "outputs": {name: dict(graph.outputs) for name, graph in graphs.items()},
    }
    traced = {name: _trace(graph, network) for name, graph in graphs.items()}
    write_exported(output, Exported(description, traced, dict(to_arrays(pack_generator(network.generator)))))


def _encoder(network: Chromantic) -> _Graph:
    """From lightness, and hints where the network takes them, to all that an `Understanding` holds."""
    components, grid = network.config.components, ("height/4", "width/4")
    arguments: tuple[Tensor, ...] = (torch.rand(1, 1, CELL * _ROWS, CELL * _COLUMNS) * 100,)
    inputs: dict[str, tuple[str | int, ...]] = {"lightness": (1, 1, "height", "width")}
    if network.config.hints:
        arguments += torch.zeros(1, 2, _ROWS, _COLUMNS), torch.zeros(1, _ROWS, _COLUMNS, dtype=torch.bool)
        inputs |= {"chroma": (1, 2, *grid), "known": (1, *grid)}
    with torch.no_grad():
        scene = network.encode(arguments[0])
        told = network.fuse(scene).shape[1]
    outputs: dict[str, tuple[str | int, ...]] = {
        "small_lightness": (1, 1, *grid),
        "embedding": (1, scene.embedding.shape[1], *grid),
        "scene": (1, told, *grid),
        "chroma_parameters": (1, scene.chroma_parameters.shape[1], *grid),
        "mean_chroma": (1, 2, *grid),
        "log_weights": (1, components, *grid),
        "means": (1, 2, components, *grid),
        "variances": (1, 2, components, *grid),
    }
    if scene.class_logits is not None:
        outputs["class_probabilities"] = 1, scene.class_logits.shape[1], *grid

    def encode(lightness: Tensor, *hints: Tensor) -> tuple[Tensor, ...]:
        scene = network.encode(lightness, Hints(*hints) if hints else None)
        parameters, logits = scene.chroma_parameters, scene.class_logits
        told = scene.lightness, scene.embedding, network.fuse(scene), parameters, mixture.mean(parameters)
        classes = () if logits is None else (logits.softmax(dim=1),)
        return *told, *mixture.components(parameters), *classes

    return _Graph(encode, arguments, inputs, outputs)


def _of_mixtures(network: Chromantic, function: Callable[..., Tensor], output: str, others: tuple[str, ...]) -> _Graph:
    """From the parameters of mixtures, and the chroma they are asked about, to a number for each cell."""
    maps, size = network.generator.head.conv.out_channels, ("height", "width")
    parameters = torch.zeros(1, maps, _ROWS, _COLUMNS)
    chroma = (torch.zeros(1, 2, _ROWS, _COLUMNS),) * len(others)
    inputs = {"chroma_parameters": ("batch", maps, *size)} | dict.fromkeys(others, ("batch", 2, *size))
    return _Graph(function, (parameters, *chroma), inputs, {output: ("batch", *size)})


def _trace(graph: _Graph, network: Chromantic) -> bytes:
    """The graph in ONNX, its large weights in float16."""
    content = io.BytesIO()
    sizes = {**graph.inputs, **graph.outputs}
    axes = {
        name: {axis: size for axis, size in enumerate(shape) if isinstance(size, str)} for name, shape in sizes.items()
    }
    torch.onnx.utils.register_custom_op_symbolic("aten::expm1", _expm1, OPSET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is another exporter, and of constants that are meant as such
        torch.onnx.export(
            _Module(graph.function, network).eval(),
            graph.arguments,
            content,  # type: ignore[arg-type]  # which it takes
            dynamo=False,
            opset_version=OPSET,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes=axes,
        )
    model = onnx.load_from_string(content.getvalue())
    del model.graph.value_info[:]
    for output in model.graph.output:  # which the tracer takes for those of the photo that was traced
        output.CopyFrom(helper.make_tensor_value_info(output.name, TensorProto.FLOAT, graph.outputs[output.name]))
    model = _simplified(model)
    _halve(model.graph)
    onnx.checker.check_model(model, full_check=True)
    serialized: bytes = model.SerializeToString()
    return serialized


def _simplified(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same in half as many nodes, all of ONNX itself: it is loaded sooner."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "simplified.onnx")
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


def _expm1(context: Any, x: Any) -> Any:
    """exp(x) - 1 without cancellation, which ONNX lacks: (exp(x) + 1) tanh(x / 2)."""
    half, one = (context.op("Constant", value_t=torch.tensor(value)) for value in (0.5, 1.0))
    tanh = context.op("Tanh", context.op("Mul", x, half))
    return context.op("Mul", context.op("Add", context.op("Exp", x), one), tanh)


def _halve(graph: Any) -> None:
    """Holds the weights that float16 holds exactly in float16; the runtime widens them once, when it loads them."""
    casts = []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or math.prod(array.shape) < 64:
            continue
        half = array.astype("float16")
        if (half == array).all():
            name, tensor_name = f"{tensor.name}.float16", tensor.name
            tensor.CopyFrom(numpy_helper.from_array(half, name))
            casts.append(helper.make_node("Cast", [name], [tensor_name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
