"""How lashes, brows, lid shadows and the glints of the eyes look, by style, sex, make-up and hair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.character import BrowStyle, CharacterDescription, LashStyle
from avatar.human.figure import F64
from avatar.human.skin.palette import hex_to_srgb, look_of
from avatar.profile import AvatarStyle


@dataclass(frozen=True, slots=True)
class Glint:
    """A highlight on the cornea: place and half sizes in iris radii (right and up, seen from the front)."""

    x: float
    y: float
    wide: float
    high: float
    soft: float  # share of the radius over which it fades


@dataclass(frozen=True, slots=True)
class BrowLook:
    """One eyebrow. Lengths in millimetres of the source head; ``arch`` is the shape's height over the brow line."""

    thick: float  # 1 is about 7 mm at its head
    arch: float
    lift: float
    slant: float  # at the inner end
    hairs: int
    length: float  # of the hairs, 1 is natural
    disorder: float
    fill: float  # opacity of the soft ground under the hairs
    drawn: float  # 0 single hairs .. 1 one clean shape


@dataclass(frozen=True, slots=True)
class LashLook:
    """Lengths in metres at source size; colours sRGB."""

    length: float
    lower_length: float
    drawn: float  # 0 hairs .. 1 one stroke of a brush
    wing: float  # how far the outer lashes sweep outwards
    thick: float
    stroke: float  # of a drawn line on the upper part of the eye, of the depth of the lid's shadow
    root: float  # depth of the solid line at the roots, of the strip
    count: int  # upper lashes
    colour: F64
    shadow: float  # opacity of the lid shadow
    shadow_colour: F64
    wet: float  # opacity of the tear line on the lower lid
    glints: tuple[Glint, ...]
    glint_opacity: float
    brow: BrowLook
    brow_colour: F64
    seed: int


@dataclass(frozen=True, slots=True)
class _Growth:
    """A style of lashes: factors."""

    length: float
    lower: float
    thick: float
    count: float
    wing: float


_GROWTH = {
    LashStyle.NATURAL: _Growth(1.0, 1.0, 1.0, 1.0, 0.0),
    LashStyle.LONG: _Growth(1.34, 1.15, 1.0, 1.0, 0.10),
    LashStyle.DRAMATIC: _Growth(1.42, 1.30, 1.55, 1.2, 0.40),
    LashStyle.SPARSE: _Growth(0.80, 0.70, 0.75, 0.55, 0.0),
}
_GLINTS = {
    AvatarStyle.REALISTIC: (Glint(-0.31, 0.37, 0.155, 0.175, 0.5), Glint(0.36, -0.34, 0.07, 0.06, 0.9)),
    AvatarStyle.STYLISED: (Glint(-0.32, 0.38, 0.22, 0.24, 0.25), Glint(0.36, -0.38, 0.10, 0.09, 0.5)),
    AvatarStyle.ANIME: (Glint(-0.34, 0.40, 0.27, 0.31, 0.08), Glint(0.34, -0.42, 0.13, 0.13, 0.10)),
}
# hairs, their length, disorder; thickness and arch are the skin's, which shades the ground
_BROWS = {
    BrowStyle.NATURAL: (1.0, 1.0, 1.0),
    BrowStyle.STRAIGHT: (1.0, 0.95, 0.8),
    BrowStyle.ARCHED: (0.95, 0.9, 0.6),
    BrowStyle.BUSHY: (1.2, 1.28, 2.1),
}


def lash_look(character: CharacterDescription) -> LashLook:
    """Longer and thicker with make-up and on drawn faces, shorter on men, browner with fair hair."""
    made_up, style = character.skin.make_up, character.style
    grown = float(np.clip((character.body.age - 12) / 6, 0, 1))
    masculine = character.body.gender * (0.35 + 0.65 * grown)
    hair = hex_to_srgb(character.hair.colour)
    fair = float(np.clip((hair.mean() - 0.3) / 0.4, 0, 1)) * (1 - made_up) * (0.4 if masculine < 0.5 else 1.0)
    drawn = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 0.6, AvatarStyle.ANIME: 1.0}[style]
    flat = style is AvatarStyle.ANIME
    fair *= 1 - 0.8 * drawn
    growth = _GROWTH[character.eyes.lashes]
    return LashLook(
        length=(0.0066 - 0.0014 * masculine) * (1 + 0.18 * made_up) * growth.length * (0.66 if flat else 1.0),
        lower_length=0.0030 * (1 - 0.25 * masculine) * (1 - 0.45 * drawn) * growth.lower * (0.4 if flat else 1.0),
        drawn=float(flat),
        wing=0.15 * (1 - masculine) + 0.25 * drawn * (1 - 0.6 * masculine) + growth.wing,
        thick=(1.25 - 0.45 * masculine) * (1 + 0.2 * made_up + 1.1 * drawn) * growth.thick,
        stroke=0.30 - 0.10 * masculine,
        root=(0.17 - 0.06 * masculine + 0.07 * made_up) * growth.thick**0.5
        + (0.50 if flat else 0.34 * drawn) * (1 - 0.3 * masculine),
        count=round(120 * (0.22 if flat else 1 - 0.6 * drawn) * growth.count),
        colour=np.array([0.035, 0.024, 0.02]) * (1 - fair) + np.array([0.23, 0.15, 0.10]) * fair,
        shadow=0.72 - 0.20 * drawn,
        shadow_colour=np.array([0.14, 0.05, 0.035]) * (1 - drawn) + np.array([0.16, 0.11, 0.19]) * drawn,
        wet=0.42 * (1 - drawn),
        glints=_GLINTS[style],
        glint_opacity={AvatarStyle.REALISTIC: 0.86, AvatarStyle.STYLISED: 0.95, AvatarStyle.ANIME: 1.0}[style],
        brow=brow_look(character),
        brow_colour=look_of(character).brow,
        seed=character.seed,
    )


def brow_look(character: CharacterDescription) -> BrowLook:
    """The eyebrow's shape is what the skin's palette says, for the ground under it is painted there."""
    skin = look_of(character)
    hairs, length, disorder = _BROWS[character.face.brows]
    return BrowLook(
        thick=skin.brow_thickness,
        arch=skin.brow_arch,
        lift=skin.brow_lift,
        slant=skin.brow_slant,
        hairs=round(300 * hairs * skin.brow_thickness**0.7),
        length=length * min(1.25, skin.brow_thickness**0.45),
        disorder=disorder,
        fill=0.06,
        drawn=skin.smooth,
    )
