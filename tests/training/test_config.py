"""Experiments as files: read strictly."""

from pathlib import Path

import pytest

from chromantic.errors import ChromanticError
from chromantic.model.network import Chromantic
from chromantic.training.config import NetworkSection, read_config

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.toml"))
MINIMAL = '[data]\ntrain = "a"\n[optimization]\nsteps = 10\n'


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_projects_own_configs_name_real_networks(path: Path) -> None:
    config = read_config(path)
    assert config.network.build(("background", "cat")).classes == ("background", "cat")
    assert path.read_text().startswith("# ")


def test_shipped_configs_are_known_by_name() -> None:
    assert read_config(Path("tiny-examples")) == read_config(ROOT / "configs" / "tiny-examples.toml")


def test_the_papers_optimizer_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(MINIMAL)
    optimization = read_config(path).optimization
    assert (optimization.learning_rate, *optimization.betas) == (1e-3, 0.95, 0.9995)
    assert optimization.weights == (1, 100, 1)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (MINIMAL + "step = 3\n", "optimization.step"),
        (MINIMAL.replace("10", '"many"'), "optimization.steps"),
        (MINIMAL + '[network]\npreset = "huge"\n', "network.preset"),
        ("[data]\n", "data.train"),
        (MINIMAL.replace("10", "0"), "optimization.steps"),
        ("seed = -1\n" + MINIMAL, "seed"),
        *[
            (MINIMAL + f"{name} = {value}\n", f"optimization.{name}")
            for name, value in {
                "batch_size": 0,
                "learning_rate": 0.0,
                "warmup_steps": -1,
                "decay_steps": -1,
                "betas": "[0.9, 1.0]",
                "epsilon": 0,
                "clip_norm": "nan",
                "polyak_decay": 1.0,
                "weights": "[1, -1, 1]",
            }.items()
        ],
        (MINIMAL.replace('"a"', '"a"\nage_probability = 1.1'), "data.age_probability"),
        (MINIMAL.replace('"a"', '"a"\nrare_class_power = -1'), "data.rare_class_power"),
        (MINIMAL + "[log]\nmetrics_every = -1\n", "log.metrics_every"),
        ("steps 3", "is not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, names: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ChromanticError, match=names) as caught:
        read_config(path)
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml")


def test_networks_are_built_of_the_caches_classes() -> None:
    assert Chromantic(read_config(CONFIGS[0]).network.build(("a", "b"))).config.classes == ("a", "b")


def test_another_trunk_may_stand_under_a_preset() -> None:
    assert NetworkSection(preset="tiny", trunk="efficientnet-lite0").build(("a",)).trunk == "efficientnet-lite0"
    assert NetworkSection(preset="lite").build(("a",)).trunk == "efficientnet-lite1"
    with pytest.raises(ChromanticError, match=r"network\.trunk: no trunk vgg; take one of tables, efficientnet-lite0"):
        NetworkSection(trunk="vgg").build(("a",))
