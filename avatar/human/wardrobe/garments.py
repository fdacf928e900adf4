"""The garments on the rail: what each is cut from and how it falls. A new one is a new row here and a new pattern."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from avatar.character import BottomKind, TopKind
from avatar.profile import AvatarStyle


class Weave(StrEnum):
    JERSEY = "jersey"
    RIB = "rib"
    DENIM = "denim"
    TWILL = "twill"


@dataclass(frozen=True, slots=True)
class TopFit:
    """Lengths in metres on an average adult; they shrink and grow with the figure."""

    pattern: str
    weave: Weave
    sleeve: float  # arm parameter of the sleeve's end: 1 elbow, 2 wrist
    hem: float = 0.058  # height of the hem over the crotch
    ease: float = 0.012  # looseness at the chest
    ease_hem: float = 0.004
    slope: float = 0.19  # how fast cloth falls inward below chest and shoulder blades, metres per metre
    sleeve_ease: float = 0.012
    gap: float = 0.006  # nearest to what is below
    gather: float = 0.0  # share of the sleeve's ease that the cuff takes away
    triangles: int = 1660  # before lips


@dataclass(frozen=True, slots=True)
class BottomFit:
    """Lengths in metres on an average adult; they shrink and grow with the figure."""

    pattern: str
    weave: Weave
    length: float  # leg parameter of the hem: 1 knee, 2 over the shoe
    ease: float = 0.008  # at the thigh
    ease_hem: float = 0.008
    slope: float = 0.17  # taper; small hangs straight
    hem_radius: float = 0.047  # of a long leg, at least
    folds: float = 1.0  # at knee and ankle, of the deepest
    tucks: bool = False  # long legs go into the shafts of boots
    skirt: bool = False
    flare: float = 0.0  # of a skirt, metres per metre
    waves: float = 0.0  # depth of a skirt's folds at its hem
    gap: float = 0.005
    block: int = 460  # triangles round the hips, before the part under the top is dropped
    columns: int = 16  # round a leg, or round a skirt


TOPS = {
    TopKind.T_SHIRT: TopFit("t_shirt", Weave.JERSEY, sleeve=0.62, sleeve_ease=0.015),
    TopKind.LONG_SLEEVE: TopFit("long_sleeve", Weave.JERSEY, sleeve=1.95, sleeve_ease=0.012, gather=0.7),
}
TOPS |= dict.fromkeys((TopKind.POLO, TopKind.DRESS), TOPS[TopKind.T_SHIRT])
TOPS |= dict.fromkeys((TopKind.SHIRT, TopKind.HOODIE, TopKind.BLAZER), TOPS[TopKind.LONG_SLEEVE])
BOTTOMS = {
    BottomKind.JEANS: BottomFit("trousers", Weave.DENIM, length=2.0, tucks=True),
    BottomKind.TROUSERS: BottomFit(
        "trousers", Weave.TWILL, length=2.0, ease=0.011, ease_hem=0.011, slope=0.11, hem_radius=0.053, folds=0.55
    ),
    BottomKind.SHORTS: BottomFit("shorts", Weave.TWILL, length=0.86, ease=0.014, ease_hem=0.022, slope=0.04),
    BottomKind.SKIRT: BottomFit(
        "skirt", Weave.TWILL, length=0.80, ease=0.006, skirt=True, flare=0.13, waves=0.009, block=300, columns=36
    ),
}
FORK = 0.085  # metres over the crotch where the shell parts into legs: longer tops hang free below this line
FOLD_VARIANTS = 2
DEPTH = {AvatarStyle.REALISTIC: 1.0, AvatarStyle.STYLISED: 0.8, AvatarStyle.ANIME: 0.45}  # of folds and weave
