"""Figure 12: beside colorizers that give several pictures of a photo."""

from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.systems import diverse_systems, side_by_side

SAMPLES = 3


def reproduce(setting: Setting) -> Section:
    """Draws samples of photos by every system side by side."""
    return side_by_side(
        diverse_systems(setting, SAMPLES),
        setting,
        figure=12,
        given="several pictures",
        others="Deshpande's, Cao's and Royer's",
        caption="Samples of the same photos by several colorizers",
    )
