"""Figure 12: beside colorizers that give several pictures of a photo."""

from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.systems import diverse_systems, protocol_of, write_systems

SAMPLES = 3


def reproduce(setting: Setting) -> Section:
    """Draws samples of photos by every system side by side."""
    systems = diverse_systems(setting, SAMPLES)
    path = setting.output / "fig12.png"
    write_systems(systems, setting, path)
    return Section(
        title="Beside colorizers that give several pictures (Figure 12)",
        protocol=protocol_of(systems, setting),
        findings=["The paper shows pictures, of Deshpande's, Cao's and Royer's systems and its own."],
        pictures={"Samples of the same photos by several colorizers": path},
    )
