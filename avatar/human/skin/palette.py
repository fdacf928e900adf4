"""How the skin of a described person looks, as a painter would read the description."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

import numpy as np

from avatar.character import BrowStyle, CharacterDescription, FacialHair, HairStyle
from avatar.human.figure import F64
from avatar.human.skin.colours import hex_to_srgb as hex_to_srgb  # lashes and eyes ask for it here
from avatar.human.skin.colours import lab_to_linear, skin_lab, srgb_to_lab, to_srgb
from avatar.profile import AvatarStyle


@dataclass(frozen=True, slots=True)
class SkinLook:
    """What the painters need to know of a character. Colours are sRGB."""

    base: F64  # (3,) CIELAB
    depth: float
    dark: float  # 0..1: how far the recipe of deep skin applies
    redness: float
    age: float  # 0 young .. 1 old
    folds: float  # depth of the folds that every adult has
    wrinkles: float  # of those that come with the years
    masculine: float
    smooth: float  # 0 pores and mottling .. 1 clean
    flat: bool  # drawn rather than lit: no relief, hardly any shading
    warmth: float  # how much redder shade is than light
    hair: F64
    scalp: float
    stubble: float
    brow: F64
    brow_thickness: float  # 1 is about 7 mm at the head
    brow_arch: float
    brow_opacity: float  # of the shade under the hairs
    brow_lift: float  # millimetres
    brow_slant: float  # millimetres at the inner end
    freckles: int
    moles: int
    sun: int  # age spots
    lip_tint: float
    lipstick: F64 | None
    lipstick_opacity: float
    gloss: float
    eyeshadow: F64
    eyeshadow_opacity: float
    blush: F64
    blush_opacity: float
    hatching: float  # opacity of drawn strokes on the cheeks
    contour: float  # made-up cheekbones: light above, shade below
    rim: float  # darkness of the lash roots
    liner: float  # 0..1 of a drawn line
    nail: F64 | None  # polish
    seed: int


_SCALP = {HairStyle.BALD: 0.0, HairStyle.BUZZ: 0.35}
_STUBBLE = {FacialHair.NONE: 0.0, FacialHair.STUBBLE: 0.75}
_UNDER_BEARD = 0.9
_SMOOTH = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 0.75, AvatarStyle.ANIME: 1.0}
_DRAWN = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 0.10, AvatarStyle.ANIME: 0.16}
_BROW_SLANT = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 2.0, AvatarStyle.ANIME: 3.8}
_BROW_SHADE = {AvatarStyle.REALISTIC: 0.50, AvatarStyle.STYLISED: 0.45, AvatarStyle.ANIME: 0.60}
_BROW_STYLE = {  # thickness, arch kept, arch added
    BrowStyle.NATURAL: (1.0, 1.0, 0.0),
    BrowStyle.STRAIGHT: (1.0, 0.0, 0.0),
    BrowStyle.ARCHED: (0.86, 1.0, 0.36),
    BrowStyle.BUSHY: (1.34, 0.9, 0.0),
}


def look_of(character: CharacterDescription) -> SkinLook:
    """Read a character as a painter would; small personal differences come from its seed."""
    rng = np.random.default_rng([character.seed, 0x5C1])
    skin, body, style = character.skin, character.body, character.style
    depth = skin.tone
    dark = _ease(depth, 0.45, 0.9)
    flat, stylised = style is AvatarStyle.ANIME, style is AvatarStyle.STYLISED
    grown = float(np.clip((body.age - 12) / 6, 0, 1))
    masculine = body.gender * grown
    smooth = max(_SMOOTH[style], 0.35 * (1 - grown)) + 0.25 * skin.make_up * (style is AvatarStyle.REALISTIC)
    age = float(np.clip((body.age - 28) / 50, 0, 1)) * (1 - 0.55 * _SMOOTH[style])
    hair = hex_to_srgb(character.hair.colour)
    fair_hair = float(np.clip((srgb_to_lab(hair)[0] - 50) / 40, 0, 1))
    drawn, weight = _DRAWN[style], character.face.brow_weight
    thicker, arch_kept, arch_added = _BROW_STYLE[character.face.brows]
    facial = _STUBBLE.get(character.hair.facial, _UNDER_BEARD)
    worn = _worn(character)
    return SkinLook(
        base=_base(character, age),
        depth=depth,
        dark=dark,
        redness=(0.80 + 0.5 * skin.blush + 0.15 * (1 - grown))
        * (1.2 if stylised else 1.0)
        * (1 - 0.35 * depth)
        * rng.uniform(0.92, 1.08),
        age=age,
        folds=(0.10 * grown + 0.90 * age**0.9) * (0.9 + 0.2 * masculine) * (0.7 if stylised else 1.0),
        wrinkles=float(np.clip((body.age - 30) / 45, 0, 1.1)) ** 1.2 * (1 - 0.6 * _SMOOTH[style]) * (not flat),
        masculine=masculine,
        smooth=smooth,
        flat=flat,
        warmth=1.0 + 0.25 * stylised,
        hair=hair,
        scalp=_SCALP.get(character.hair.style, 0.85) * (1 - 0.8 * fair_hair),  # the skin shows through fair hair
        stubble=facial * (0.5 if flat else 1.0),
        brow=brow_colour(hair),
        brow_thickness=float(np.clip(0.88 + 0.34 * masculine + 0.42 * weight + rng.normal(0, 0.03), 0.35, 1.9))
        * (0.6 if flat else 1.0)
        * thicker,
        brow_arch=float(np.clip(0.46 - 0.26 * masculine + rng.normal(0, 0.08), 0, 1)) * arch_kept + arch_added,
        brow_opacity=_BROW_SHADE[style],
        brow_lift=-1.6 * masculine + (0.6 if smooth > 0.5 else 0.0),
        brow_slant=_BROW_SLANT[style],
        freckles=round(520 * skin.freckles * (1 - 0.75 * _SMOOTH[style])) if skin.freckles > 0.02 else 0,
        moles=int(rng.integers(0, 5)) if smooth < 0.5 else 0,
        sun=round(90 * max(age - 0.45, 0.0) * (0.5 + 0.7 * (1 - dark))) if style is AvatarStyle.REALISTIC else 0,
        lip_tint=0.5 * _SMOOTH[style] + 0.35 * (1 - masculine) - 0.35 * age,
        lipstick=_lipstick(character, dark),
        lipstick_opacity=0.93 * worn,
        gloss=0.7 * worn + 0.25 * stylised,
        eyeshadow=_eyeshadow(character, dark),
        eyeshadow_opacity=max(0.62 * skin.make_up, 0.72 if skin.lid_colour is not None else 0.0),
        blush=np.array([0.87, 0.44, 0.42]) * (1 - dark) + np.array([0.52, 0.17, 0.15]) * dark,
        blush_opacity=float(np.clip(0.24 * skin.make_up + drawn * (0.5 + 2 * skin.blush), 0, 0.6))
        * (1 - 0.5 * masculine)
        * (1 - 0.35 * dark),
        hatching=0.55 * _ease(skin.blush, 0.45, 0.8) if flat else 0.0,
        contour=skin.make_up * (not flat),
        rim=float(max(0.50 * (1 - 0.3 * masculine), 0.9 * skin.make_up)) * (0.4 if flat else 1.0),
        liner=float(max(skin.eyeliner, 0.40 * skin.make_up)),
        nail=None if skin.nail_colour is None else hex_to_srgb(skin.nail_colour),
        seed=character.seed,
    )


def _ease(x: float, low: float, high: float) -> float:
    t = float(np.clip((x - low) / (high - low), 0, 1))
    return t * t * (3 - 2 * t)


def _base(character: CharacterDescription, age: float) -> F64:
    """The tone that everything else departs from: a little greener on Asian skin, sallower on old."""
    depth, ancestry = character.skin.tone, character.face.ancestry
    total = ancestry.african + ancestry.asian + ancestry.european
    asian = ancestry.asian / total if total > 0 else 1 / 3
    olive = 0.15 * asian * float(np.exp(-(((depth - 0.42) / 0.22) ** 2)))
    base = skin_lab(depth, character.skin.undertone, olive)
    fair = 1 - _ease(depth, 0.45, 0.9)
    if character.style is AvatarStyle.ANIME:
        return np.asarray(base + np.array([6.5 * (1 - depth), 1.0 * fair, -1.5 * fair]))
    if character.style is AvatarStyle.STYLISED:
        return np.asarray(base + np.array([1.0, 1.5, 1.5]) * (0.4 + 0.6 * fair))
    return np.asarray(base + np.array([-1.0, -0.8, 1.2]) * age * fair)


def _worn(character: CharacterDescription) -> float:
    """How much of the lips' paint is on, 0..1."""
    skin = character.skin
    return float(np.clip(max(skin.make_up, 0.75) if skin.lip_colour is not None else 0.6 * skin.make_up, 0, 1))


def _lipstick(character: CharacterDescription, dark: float) -> F64 | None:
    if character.skin.lip_colour is not None:
        return hex_to_srgb(character.skin.lip_colour)
    if character.skin.make_up > 0:
        return np.array([0.70, 0.29, 0.31]) * (1 - dark) + np.array([0.44, 0.13, 0.17]) * dark
    return None


def _eyeshadow(character: CharacterDescription, dark: float) -> F64:
    if character.skin.lid_colour is not None:
        return hex_to_srgb(character.skin.lid_colour)
    return np.array([0.46, 0.29, 0.26]) * (1 - dark) + np.array([0.20, 0.11, 0.10]) * dark


def brow_colour(hair: F64) -> F64:
    """Eyebrows for a hair colour (sRGB): darker than fair hair, fairer than black, half as loud as a dyed colour."""
    lab = srgb_to_lab(hair)
    lightness = np.interp(lab[0], [0, 15, 40, 65, 85, 100], [9, 14, 27, 41, 60, 72])
    natural = np.array([lightness, 5.0, 8.0])
    grey = float(np.clip(1 - np.hypot(lab[1], lab[2]) / 12, 0, 1)) * float(np.clip((lab[0] - 40) / 20, 0, 1))
    chroma = lab[1:] * 0.55
    natural[1:] = chroma * (1 - 0.5 * grey) if np.hypot(*lab[1:]) > 4 else chroma
    natural += np.array([5.0, 2.6, 5.0]) * grey  # cool light turns neutral grey blue
    planes = natural.astype(np.float32).reshape(3, 1, 1)
    return np.asarray(to_srgb(lab_to_linear(planes).reshape(3).astype(np.float64)))


def only(look: SkinLook, kept: Collection[str]) -> SkinLook:
    """``look`` in which all fields but ``kept`` are blank: a painter that is given it cannot depend on the others."""
    values = {field.name: getattr(look if field.name in kept else _BLANK, field.name) for field in fields(look)}
    return SkinLook(**values)


_NONE = np.zeros(3)
_BLANK = SkinLook(
    base=_NONE, depth=0.0, dark=0.0, redness=0.0, age=0.0, folds=0.0, wrinkles=0.0, masculine=0.0, smooth=0.0,
    flat=False, warmth=1.0, hair=_NONE, scalp=0.0, stubble=0.0, brow=_NONE, brow_thickness=1.0, brow_arch=0.0,
    brow_opacity=0.0, brow_lift=0.0, brow_slant=0.0, freckles=0, moles=0, sun=0, lip_tint=0.0, lipstick=None,
    lipstick_opacity=0.0, gloss=0.0, eyeshadow=_NONE, eyeshadow_opacity=0.0, blush=_NONE, blush_opacity=0.0,
    hatching=0.0, contour=0.0, rim=0.0, liner=0.0, nail=None, seed=0,
)  # fmt: skip
