"""A network that ONNX Runtime computes, without torch."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from jaxtyping import Float32

from chromantic.devices import DeviceName, check_device
from chromantic.errors import ChromanticError
from chromantic.exported.file import ENCODER, ENTROPY, LIKELIHOOD, read_exported
from chromantic.grid import CELL
from chromantic.sampling.compiled.packed import Weights, from_arrays
from chromantic.understanding import Components, KnownChroma, Understanding

_GPUS = {"cuda": ("CUDA",), "auto": ("CUDA", "Dml", "CoreML")}
_INPUTS = {False: {"lightness"}, True: {"lightness", "chroma", "known"}}  # by whether there are hints
_FATAL = 4  # what goes wrong is raised; ONNX Runtime need not print it, too


class ExportedNetwork:
    """Exported weights that are ready to colorize.

    Attributes:
        source: SHA-256 of the weights that were exported.
        class_names: Of its segmentation; empty where it has none.
        takes_hints: Whether colours that are known can be given to it.
        size: How many parameters it has.
    """

    def __init__(self, path: Path, device: DeviceName = "cpu") -> None:
        """Loads a file.

        Raises:
            ChromanticError: It is damaged or of another version, or there is no such device.
        """
        self._path, self._providers = path, choose_providers(device)
        exported = read_exported(path)
        try:
            self.source, self.class_names, self.takes_hints, self.size = _facts(exported.description)
        except (KeyError, TypeError) as error:
            raise ChromanticError(f"{path}: damaged, does not tell of its network; fetch it again") from error
        self._encoder = self._load(exported.graphs[ENCODER])
        if {given.name for given in self._encoder.get_inputs()} != _INPUTS[self.takes_hints]:
            raise ChromanticError(f"{path}: damaged, its encoder is of another network; fetch it again")
        self._small_graphs = {name: exported.graphs[name] for name in (ENTROPY, LIKELIHOOD)}
        self._arrays = exported.generator

    def understand(
        self, lightness: Float32[np.ndarray, "height width"], hints: KnownChroma | None = None
    ) -> Understanding:
        """Reads a photo; see `chromantic.engine.Engine.understand`."""
        given = {"lightness": lightness[None, None]}
        if self.takes_hints:
            height, width = (size // CELL for size in lightness.shape)
            chroma, known = hints or (np.zeros((2, height, width), np.float32), np.zeros((height, width), bool))
            given |= {"chroma": chroma[None], "known": known[None]}
        names = [output.name for output in self._encoder.get_outputs()]
        told = dict(zip(names, (array[0] for array in self._encoder.run(names, given)), strict=True))
        return Understanding(
            lightness=told["small_lightness"][0],
            embedding=told["embedding"],
            scene=told["scene"],
            chroma_parameters=told["chroma_parameters"],
            components=Components(*(told[name] for name in Components._fields)),
            mean_chroma=told["mean_chroma"],
            class_probabilities=told.get("class_probabilities"),
            find_entropy=self._find_entropy,
        )

    @cached_property
    def generator(self) -> Weights:
        """The generator's parameters.

        Raises:
            ChromanticError: They do not fit each other.
        """
        try:
            return from_arrays(self._arrays)
        except (KeyError, ValueError) as error:
            raise ChromanticError(f"{self._path}: damaged, its generator is not whole; fetch it again") from error

    def log_likelihoods(
        self, parameters: Float32[np.ndarray, "samples maps h w"], chroma: Float32[np.ndarray, "samples 2 h w"]
    ) -> Float32[np.ndarray, "samples"]:
        """In nats, of chroma on the grid under the parameters of each of its pixels."""
        (nats,) = self._likelihood.run(None, {"chroma_parameters": parameters, "chroma": chroma})
        likelihoods: np.ndarray = nats.sum(axis=(1, 2))
        return likelihoods

    def _find_entropy(self, parameters: Float32[np.ndarray, "maps h w"]) -> Float32[np.ndarray, "h w"]:
        (bits,) = self._entropy.run(None, {"chroma_parameters": parameters[None]})
        entropy: np.ndarray = bits[0]
        return entropy

    @cached_property
    def _entropy(self) -> onnxruntime.InferenceSession:
        return self._load(self._small_graphs[ENTROPY])

    @cached_property
    def _likelihood(self) -> onnxruntime.InferenceSession:
        return self._load(self._small_graphs[LIKELIHOOD])

    def _load(self, graph: bytes) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # photos are spread over cores, not layers
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # they keep memory and save no time
        options.log_severity_level = _FATAL
        try:
            return onnxruntime.InferenceSession(graph, options, providers=self._providers)
        except Exception as error:  # ONNX Runtime's own kinds have no common one
            raise ChromanticError(f"{self._path}: damaged, its graphs cannot be read; fetch it again") from error


def choose_providers(device: DeviceName) -> list[str]:
    """ONNX Runtime's names of what computes, the best first.

    Raises:
        ChromanticError: There is no such device.
    """
    check_device(device)
    there = onnxruntime.get_available_providers()
    wanted = [f"{name}ExecutionProvider" for name in _GPUS.get(device, ())]
    gpus = [name for name in wanted if name in there]
    if device == "cuda" and not gpus:
        raise ChromanticError("device cuda: ONNX Runtime finds none here; give cpu, or install onnxruntime-gpu")
    return [*gpus[:1], "CPUExecutionProvider"]


def _facts(description: Mapping[str, Any]) -> tuple[str, tuple[str, ...], bool, int]:
    """Source, classes, whether there are hints, and size."""
    network = description["network"]
    segments = network["flow"] != "purple"
    classes = tuple(map(str, network["classes"])) if segments else ()
    return str(description["source"]), classes, bool(network["hints"]), int(description["parameters"])
