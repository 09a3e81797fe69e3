"""Figure 11: beside colorizers that give one picture of a photo."""

from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.systems import side_by_side, single_systems


def reproduce(setting: Setting) -> Section:
    """Draws photos by every system side by side."""
    return side_by_side(
        single_systems(setting),
        setting,
        figure=11,
        given="one picture",
        others="Iizuka's, Larsson's and Zhang's",
        caption="The same photos by several colorizers",
    )
