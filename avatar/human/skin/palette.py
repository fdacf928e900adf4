"""Colour of skin, in CIELAB: one recipe of offsets serves every tone from porcelain to very deep.

Colours are float RGB 0..1; "linear" is what light adds up in, sRGB what images store.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

import numpy as np

from avatar.character import CharacterDescription, FacialHair, HairStyle
from avatar.human.figure import F32, F64, U8
from avatar.profile import AvatarStyle

# linear sRGB -> CIE XYZ (IEC 61966-2-1), white D65
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(1)
_FROM_XYZ = (np.linalg.inv(_TO_XYZ) * _WHITE).astype(np.float32)

# depth 0 (porcelain) .. 1 (deepest), then L, a, b of unlit albedo; our own table, tuned by eye on rendered busts
_ANCHORS = np.array(
    [
        [0.0, 82, 7.5, 14],
        [0.2, 75, 10.5, 18],
        [0.4, 65.5, 13.5, 22],
        [0.6, 51, 15.5, 24],
        [0.8, 37, 12.6, 18.5],
        [1.0, 25, 8.6, 10.5],
    ]
)
_ENCODE_STEPS = 8192


def to_linear(srgb: F64) -> F64:
    """sRGB 0..1 -> linear."""
    c = np.asarray(srgb, np.float64)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: F64) -> F64:
    """Linear -> sRGB 0..1."""
    c = np.clip(linear, 0, None)
    return np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)


_ENCODE = np.round(to_srgb(np.arange(_ENCODE_STEPS + 1) / _ENCODE_STEPS) * 255).astype(np.uint8)


def encode(linear: F32) -> U8:
    """Linear 0..1 -> 8-bit sRGB by table."""
    return np.asarray(_ENCODE[np.clip(linear * _ENCODE_STEPS, 0, _ENCODE_STEPS).astype(np.int16)], np.uint8)


def hex_to_srgb(colour: str) -> F64:
    """``#rrggbb`` -> sRGB 0..1."""
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])


def srgb_to_lab(srgb: F64) -> F64:
    """sRGB 0..1 (..., 3) -> CIELAB."""
    xyz = to_linear(srgb) @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def lab_to_linear(lab: F32) -> F32:
    """CIELAB planes (3, h, w) -> linear RGB planes, clipped to 0..1."""
    f = np.empty_like(lab)
    f[1] = (lab[0] + 16) * np.float32(1 / 116)
    f[0] = f[1] + lab[1] * np.float32(1 / 500)
    f[2] = f[1] - lab[2] * np.float32(1 / 200)
    xyz = np.where(f > np.float32(0.2069), f * f * f, (f - np.float32(16 / 116)) * np.float32(1 / 7.787))
    out: F32 = (_FROM_XYZ @ xyz.reshape(3, -1)).reshape(lab.shape)
    np.clip(out, 0, 1, out=out)
    return out


def skin_lab(depth: float, undertone: float, olive: float) -> F64:
    """Base tone (3,): depth 0..1, undertone -1 cool/rosy .. 1 warm/golden, olive 0..1 greens it."""
    lab = np.array([np.interp(depth, _ANCHORS[:, 0], _ANCHORS[:, k]) for k in (1, 2, 3)])
    chroma = lab[2] / 20
    lab[1] += chroma * (-2.2 * undertone - 3.0 * olive)
    lab[2] += chroma * (3.4 * undertone + 1.5 * olive)
    return lab


@dataclass(frozen=True, slots=True)
class SkinLook:
    """What the painters need to know of a character. Colours are sRGB."""

    base: F64  # (3,) CIELAB
    depth: float
    dark: float  # 0..1: how far the recipe of deep skin applies
    redness: float
    age: float  # 0 young .. 1 old
    masculine: float
    smooth: float  # 0 pores and mottling .. 1 clean
    flat: bool  # drawn rather than lit: no relief, hardly any shading
    hair: F64
    scalp: float
    stubble: float
    brow: F64
    brow_thickness: float  # 1 is about 7 mm at the head
    brow_arch: float
    brow_opacity: float
    brow_lift: float  # millimetres
    brow_slant: float  # millimetres at the inner end
    freckles: int
    moles: int
    lip_tint: float
    lipstick: F64 | None
    lipstick_opacity: float
    gloss: float
    eyeshadow: F64
    eyeshadow_opacity: float
    blush: F64
    blush_opacity: float
    liner: float
    seed: int


_SCALP = {HairStyle.BALD: 0.0, HairStyle.BUZZ: 0.35}
_STUBBLE = {FacialHair.NONE: 0.0, FacialHair.STUBBLE: 0.6, FacialHair.BEARD: 0.9}


def look_of(character: CharacterDescription) -> SkinLook:
    """Read a character as a painter would; small personal differences come from its seed."""
    rng = np.random.default_rng([character.seed, 0x5C1])
    skin, body, style = character.skin, character.body, character.style
    depth = skin.tone
    dark = float(np.clip((depth - 0.45) / 0.45, 0, 1))
    dark = dark * dark * (3 - 2 * dark)
    ancestry = character.face.ancestry
    total = ancestry.african + ancestry.asian + ancestry.european
    asian = ancestry.asian / total if total > 0 else 1 / 3
    olive = 0.3 * asian * float(np.exp(-(((depth - 0.42) / 0.22) ** 2)))
    base = skin_lab(depth, skin.undertone, olive)
    grown = float(np.clip((body.age - 12) / 6, 0, 1))
    masculine = body.gender * grown
    smooth = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 0.8, AvatarStyle.ANIME: 1.0}[style]
    smooth = max(smooth, 0.35 * (1 - grown))
    flat = style is AvatarStyle.ANIME
    if flat:
        base = base + np.array([6 * (1 - depth), 0.5, 1.0])
    hair = hex_to_srgb(character.hair.colour)
    drawn = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 0.08, AvatarStyle.ANIME: 0.13}[style]
    fair_hair = float(np.clip((srgb_to_lab(hair)[0] - 50) / 40, 0, 1))
    weight = character.face.brow_weight
    blush = 0.34 * skin.make_up + drawn * (0.4 + 2 * skin.blush)
    lipstick: F64 | None = None
    if skin.lip_colour is not None:
        lipstick = hex_to_srgb(skin.lip_colour)
    elif skin.make_up > 0:
        lipstick = np.array([0.68, 0.30, 0.32]) * (1 - dark) + np.array([0.42, 0.14, 0.17]) * dark
    worn = max(skin.make_up, 0.75) if skin.lip_colour is not None else 0.6 * skin.make_up
    blush_warm = np.array([0.86, 0.46, 0.42]) * (1 - dark) + np.array([0.50, 0.20, 0.16]) * dark
    return SkinLook(
        base=base,
        depth=depth,
        dark=dark,
        redness=(0.78 + 0.5 * skin.blush) * (1.05 if style is AvatarStyle.STYLISED else 1.0) * rng.uniform(0.92, 1.08),
        age=float(np.clip((body.age - 28) / 50, 0, 1)) * (1 - 0.7 * smooth),
        masculine=masculine,
        smooth=smooth,
        flat=flat,
        hair=hair,
        scalp=_SCALP.get(character.hair.style, 0.85) * (1 - 0.6 * fair_hair),  # the skin shows through fair hair
        stubble=_STUBBLE[character.hair.facial] * (0.5 if flat else 1.0),
        brow=brow_colour(hair),
        brow_thickness=float(np.clip(0.88 + 0.34 * masculine + 0.42 * weight + rng.normal(0, 0.03), 0.35, 1.9))
        * (0.6 if flat else 1.0),
        brow_arch=float(np.clip(0.46 - 0.26 * masculine + rng.normal(0, 0.08), 0, 1)),
        brow_opacity=0.9 if not flat else 0.95,
        brow_lift=-1.6 * masculine + (0.6 if smooth > 0.5 else 0.0),
        brow_slant={AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 3.3, AvatarStyle.ANIME: 8.8}[style],
        freckles=round(300 * skin.freckles * (1 - 0.6 * smooth)) if skin.freckles > 0.02 else 0,
        moles=int(rng.integers(0, 5)) if smooth < 0.5 else 0,
        lip_tint=0.5 * smooth + 0.35 * (1 - masculine),
        lipstick=lipstick,
        lipstick_opacity=float(np.clip(worn, 0, 1) * 0.93),
        gloss=0.7 * float(np.clip(worn, 0, 1)),
        eyeshadow=np.array([0.42, 0.27, 0.25]) * (1 - 0.55 * dark),
        eyeshadow_opacity=0.5 * skin.make_up,
        blush=blush_warm,
        blush_opacity=float(np.clip(blush, 0, 0.6)) * (1 - 0.5 * masculine),
        liner=float(max(0.5 * (1 - 0.35 * masculine) + 0.3 * (smooth > 0.5), 0.95 * skin.make_up)),
        seed=character.seed,
    )


def brow_colour(hair: F64) -> F64:
    """Eyebrows for a hair colour (sRGB): darker than fair hair, fairer than black, half as loud as a dyed colour."""
    lab = srgb_to_lab(hair)
    lightness = np.interp(lab[0], [0, 15, 40, 65, 85, 100], [9, 14, 27, 40, 55, 66])
    natural = np.array([lightness, 5.0, 8.0])
    grey = float(np.clip(1 - np.hypot(lab[1], lab[2]) / 12, 0, 1)) * float(np.clip((lab[0] - 40) / 20, 0, 1))
    chroma = lab[1:] * 0.55
    natural[1:] = chroma * (1 - 0.5 * grey) if np.hypot(*lab[1:]) > 4 else chroma
    planes = natural.astype(np.float32).reshape(3, 1, 1)
    return np.asarray(to_srgb(lab_to_linear(planes).reshape(3).astype(np.float64)))


def only(look: SkinLook, kept: Collection[str]) -> SkinLook:
    """``look`` in which all fields but ``kept`` are blank: a painter that is given it cannot depend on the others."""
    values = {field.name: getattr(look if field.name in kept else _BLANK, field.name) for field in fields(look)}
    return SkinLook(**values)


_NONE = np.zeros(3)
_BLANK = SkinLook(
    base=_NONE, depth=0.0, dark=0.0, redness=0.0, age=0.0, masculine=0.0, smooth=0.0, flat=False, hair=_NONE, scalp=0.0,
    stubble=0.0, brow=_NONE, brow_thickness=1.0, brow_arch=0.0, brow_opacity=0.0, brow_lift=0.0, brow_slant=0.0,
    freckles=0, moles=0, lip_tint=0.0, lipstick=None, lipstick_opacity=0.0, gloss=0.0, eyeshadow=_NONE,
    eyeshadow_opacity=0.0, blush=_NONE, blush_opacity=0.0, liner=0.0, seed=0,
)  # fmt: skip
