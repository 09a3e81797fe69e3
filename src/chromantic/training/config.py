"""One experiment, as a TOML file says it."""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from chromantic.errors import ChromanticError
from chromantic.model.config import Branch, Flow, Fusion, NetworkConfig, Preset, preset
from chromantic.model.trunks import TRUNKS

SegmentationLoss = Literal["mean_over_pixels_and_classes", "mean_over_pixels"]
_STRICT = ConfigDict(extra="forbid")

Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class NetworkSection:
    """Which network. The classes come from the photos' cache.

    Attributes:
        preset: Its size.
        flow: What is trained together (paper, Figure 3).
        fusion: How the generator sees the segmentation, in the purple-blue-green flow.
        branch: The rows of Table 1 after which the segmentation leaves the embedding.
        trunk: What reads the lightness, by its name in `chromantic.model.trunks`; none takes the preset's.
        reading_cell: Pixels along a side of a cell as a backbone reads it; 5 reads a photo of 128 pixels as one of 160.
    """

    preset: Preset = "paper"
    flow: Flow = "purple-blue-green"
    fusion: Fusion = "concat"
    branch: Branch = "256-channel blocks"
    trunk: str | None = None
    reading_cell: PositiveInt = 5
    __pydantic_config__ = _STRICT

    def build(self, classes: tuple[str, ...]) -> NetworkConfig:
        """The network's config for these classes.

        Raises:
            ChromanticError: There is no such trunk.
        """
        choices = {name: getattr(self, name) for name in ("flow", "fusion", "branch", "reading_cell")}
        config = preset(self.preset, classes, **choices)
        if self.trunk is None:
            return config
        if self.trunk not in TRUNKS:
            raise ChromanticError(f"network.trunk: no trunk {self.trunk}; take one of {', '.join(TRUNKS)}")
        return replace(config, trunk=self.trunk)


@dataclass(frozen=True)
class DataSection:
    """Which photos.

    Attributes:
        train: Cache to train on, made by `chromantic prepare`.
        validation: Cache of squashed photos to measure on; its losses go to the log.
        rare_class_power: How much more often photos with rare classes are drawn; 0 draws all equally often.
        source_shares: How often to draw from each source of the cache, by its name and whatever its size; empty draws
            all photos alike.
        age_probability: Share of photos whose lightness is made to look old.
        stretch_probability: Share of photos of which a larger, smaller or oblong part is brought to the crop's size.
        hint_probability: Share of photos of whose colours the network is told something, if it takes hints.
        half_size_steps: The first steps, which see photos at half their size: about three times as many a second.
        licence: Of the training photos; it is written into the weights.
    """

    train: Path
    validation: Path | None = None
    rare_class_power: NotNegative = 0.5
    source_shares: dict[str, NotNegative] = field(default_factory=dict)
    age_probability: Probability = 0.4
    stretch_probability: Probability = 0.0
    hint_probability: Probability = 0.0
    half_size_steps: Natural = 0
    licence: str | None = None
    __pydantic_config__ = _STRICT


@dataclass(frozen=True)
class OptimizationSection:
    """How to train.

    Attributes:
        steps: Optimizer steps in all.
        batch_size: Photos a step, of all processes together.
        learning_rate: Of Adam, after the warm-up and before the decay.
        muon_learning_rate: Of Muon, which then moves the hidden convolutions, and Adam the rest; None leaves all to
            Adam, as in the paper.
        trunk_learning_rate: Of Adam, for what a trunk learned on ImageNet.
        frozen_blocks: The first blocks of such a trunk, which stay as they are.
        warmup_steps: Steps of linear rise from zero.
        decay_steps: The last steps, of linear fall to zero.
        betas: Of Adam (paper, Section 4.1).
        epsilon: Of Adam.
        clip_norm: Largest norm of the gradient: a guard against explosions, far above the usual norm. The likelihoods'
            gradients grow as distributions sharpen, so a low limit scales all others down
            (docs/architecture/training.md).
        dropout: Share of features that are dropped inside the embedding's and the segmentation's blocks.
        polyak_decay: Of the averaged weights, which are the result of the training.
        weights: Of the losses: the embedding's, the segmentation's, the generator's (paper: 1, 100, 1).
        generator_share: Share of a batch's photos that the generator learns from; the others spare its time.
        segmentation_loss: What the cross entropy is averaged over. Over classes too, 1 : 100 : 1 makes the three
            losses similar in magnitude, as the paper says.
        precision: Of the network's arithmetic: float32 ("no"), bfloat16 under autocast, or ("auto") bfloat16 on devices
            that have instructions for it.
        compile: Compile the network first: that takes a while and a C++ compiler, and makes the steps faster.
    """

    steps: PositiveInt
    batch_size: PositiveInt = 16
    learning_rate: Positive = 1e-3
    muon_learning_rate: Positive | None = None
    trunk_learning_rate: Positive = 2e-4
    frozen_blocks: Natural = 0
    warmup_steps: Natural = 200
    decay_steps: Natural = 0
    betas: tuple[Decay, Decay] = (0.95, 0.9995)
    epsilon: Positive = 1e-6
    clip_norm: Positive = 1000.0
    dropout: Decay = 0.0
    polyak_decay: Decay = 0.998
    weights: tuple[NotNegative, ...] = (1.0, 100.0, 1.0)
    generator_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    segmentation_loss: SegmentationLoss = "mean_over_pixels_and_classes"
    precision: Literal["auto", "no", "bf16"] = "auto"
    compile: bool = False
    __pydantic_config__ = _STRICT


@dataclass(frozen=True)
class LogSection:
    """What is written, every how many steps (0: never).

    Attributes:
        metrics_every: Losses of the training batch.
        validate_every: Losses of the validation photos.
        pictures_every: A sheet of validation photos.
        checkpoint_every: The state, from which an interrupted training goes on.
    """

    metrics_every: Natural = 10
    validate_every: Natural = 500
    pictures_every: Natural = 500
    checkpoint_every: Natural = 250
    __pydantic_config__ = _STRICT


@dataclass(frozen=True)
class TrainingConfig:
    """A whole experiment.

    Attributes:
        data: Which photos.
        optimization: How to train.
        network: Which network.
        log: What is written.
        seed: Of the first weights, and of what is drawn in every step.
    """

    data: DataSection
    optimization: OptimizationSection
    network: NetworkSection = field(default_factory=NetworkSection)
    log: LogSection = field(default_factory=LogSection)
    seed: Natural = 0
    __pydantic_config__ = _STRICT


_SHIPPED = Path(__file__).parents[1] / "configs"


def read_config(path: Path) -> TrainingConfig:
    """The experiment in a TOML file, or the shipped one of that name (`default`, `lite` ...).

    Raises:
        ChromanticError: The file is missing, is not TOML, or has a key or value that is not known.
    """
    shipped = _SHIPPED / f"{path}.toml"
    if not path.exists() and shipped.exists():
        path = shipped
    try:
        return TypeAdapter(TrainingConfig).validate_python(tomllib.loads(path.read_text()))
    except OSError as error:
        raise ChromanticError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChromanticError(f"{path}: is not TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ChromanticError(f"{path}: {where}: {first['msg']}") from error
