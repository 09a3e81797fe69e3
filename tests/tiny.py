"""Small weights, untrained, with three classes. `python tests/tiny.py` exports them anew to `EXPORTED`."""

from pathlib import Path

EXPORTED = Path(__file__).with_suffix(".chromantic")


def save(path: Path) -> None:
    """Writes them as a training would."""
    import torch

    from chromantic.model import pretrained
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Chromantic(preset("tiny", ("background", "cat", "dog"), width=1 / 32))
    pretrained.save(network, path, {})


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    from chromantic.reference.export import export

    with TemporaryDirectory() as folder:
        save(Path(folder) / "tiny.safetensors")
        export(Path(folder) / "tiny.safetensors", EXPORTED)
