"""Figure 11: beside colorizers that give one picture of a photo."""

from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.systems import protocol_of, single_systems, write_systems


def reproduce(setting: Setting) -> Section:
    """Draws photos by every system side by side."""
    systems = single_systems(setting)
    path = setting.output / "fig11.png"
    write_systems(systems, setting, path)
    return Section(
        title="Beside colorizers that give one picture (Figure 11)",
        protocol=protocol_of(systems, setting),
        findings=["The paper shows pictures, of Iizuka's, Larsson's and Zhang's systems and its own."],
        pictures={"The same photos by several colorizers": path},
    )
