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
    PIQUE = "pique"
    POPLIN = "poplin"
    FLEECE = "fleece"
    WOOL = "wool"
    CREPE = "crepe"


class Neck(StrEnum):
    CREW = "crew"
    COLLAR = "collar"  # a stand and fall collar, closed by a placket
    HOOD = "hood"
    LAPELS = "lapels"  # open to the buttons, a shirt under it
    SCOOP = "scoop"


@dataclass(frozen=True, slots=True)
class LogoSlot:
    """A square on the front, metres on an average adult."""

    across: float = 0.0  # its centre: to the wearer's left of the middle,
    above: float = 0.010  # and over the height of the breasts' points
    size: float = 0.155


@dataclass(frozen=True, slots=True)
class TopFit:
    """Lengths in metres on an average adult; they shrink and grow with the figure."""

    pattern: str
    weave: Weave
    neck: Neck
    sleeve: float  # arm parameter of the sleeve's end: 1 elbow, 2 wrist
    hem: float = 0.030  # height of the hem over the crotch; negative for a skirt
    ease: float = 0.016  # looseness at the chest
    ease_hem: float = 0.010
    slope: float = 0.10  # how fast cloth falls inward below chest and shoulder blades, metres per metre
    sleeve_ease: float = 0.020
    gap: float = 0.006  # nearest to what is below
    gather: float = 0.0  # share of the sleeve's ease that the cuff takes away
    cinch: float = 0.0  # height of an elastic hem over which the cloth is gathered
    tail: float = 0.0  # how much lower the hem is in front and behind than at the sides
    flare: float = 0.0  # how fast a skirt widens, metres per metre
    folds: float = 1.0  # height of the folds
    placket: float = 0.0  # length of a buttoned front below the neck; 9 = to the hem
    logo: LogoSlot = LogoSlot()
    triangles: int = 1950  # before lips and trimmings


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
    TopKind.T_SHIRT: TopFit(
        "t_shirt", Weave.JERSEY, Neck.CREW, sleeve=0.68, hem=0.038, ease_hem=0.007, sleeve_ease=0.026
    ),
    TopKind.LONG_SLEEVE: TopFit(
        "long_sleeve", Weave.JERSEY, Neck.CREW, sleeve=2.0, hem=0.035, ease=0.014, sleeve_ease=0.016, gather=0.65
    ),
    TopKind.POLO: TopFit(
        "polo", Weave.PIQUE, Neck.COLLAR, sleeve=0.60, hem=0.035, ease=0.013, slope=0.12, sleeve_ease=0.021,
        placket=0.13, folds=0.85, logo=LogoSlot(0.085, 0.022, 0.055), triangles=1700,
    ),
    TopKind.SHIRT: TopFit(
        "shirt", Weave.POPLIN, Neck.COLLAR, sleeve=2.02, hem=0.015, ease=0.016, ease_hem=0.014, slope=0.12,
        sleeve_ease=0.018, gather=0.70, placket=9.0, tail=0.028, folds=1.1, logo=LogoSlot(0.083, 0.0, 0.056),
        triangles=1720,
    ),
    TopKind.HOODIE: TopFit(
        "hoodie", Weave.FLEECE, Neck.HOOD, sleeve=2.02, hem=0.045, ease=0.026, ease_hem=0.034, slope=0.06,
        sleeve_ease=0.027, gap=0.009, gather=0.75, cinch=0.062, folds=1.35, logo=LogoSlot(0.0, -0.005, 0.150),
        triangles=1700,
    ),
    TopKind.BLAZER: TopFit(
        "blazer", Weave.WOOL, Neck.LAPELS, sleeve=2.02, hem=-0.030, ease=0.018, ease_hem=0.018, slope=0.16,
        sleeve_ease=0.021, gap=0.010, folds=0.65, logo=LogoSlot(0.098, -0.025, 0.050), triangles=1720,
    ),
    TopKind.DRESS: TopFit(
        "dress", Weave.CREPE, Neck.SCOOP, sleeve=0.42, hem=-0.300, ease=0.004, ease_hem=0.020, slope=0.42,
        sleeve_ease=0.012, gap=0.005, flare=0.15, folds=0.8, logo=LogoSlot(0.075, 0.060, 0.048), triangles=1900,
    ),
}  # fmt: skip
BOTTOMS = {
    BottomKind.JEANS: BottomFit("trousers", Weave.DENIM, length=2.0, tucks=True),
    BottomKind.TROUSERS: BottomFit(
        "trousers", Weave.TWILL, length=2.0, ease=0.011, ease_hem=0.011, slope=0.11, hem_radius=0.053, folds=0.55
    ),
    BottomKind.SHORTS: BottomFit("shorts", Weave.TWILL, length=0.86, ease=0.012, ease_hem=0.017, slope=0.05),
    BottomKind.SKIRT: BottomFit(
        "skirt", Weave.TWILL, length=0.80, ease=0.006, skirt=True, flare=0.09, waves=0.008, block=300, columns=36
    ),
}
FORK = 0.085  # metres over the crotch where the shell parts into legs: longer tops hang free below this line
FOLD_VARIANTS = 2
DEPTH = {AvatarStyle.REALISTIC: 1.0, AvatarStyle.STYLISED: 0.8, AvatarStyle.ANIME: 0.45}  # of folds and weave
