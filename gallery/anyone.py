"""Somebody at random: every option of a character, in any combination."""

from __future__ import annotations

import colorsys
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

from avatar.character import (
    AccessoryKind,
    BottomKind,
    BrowStyle,
    CharacterDescription,
    FaceShape,
    FacialHair,
    FootwearKind,
    HairStyle,
    IrisPattern,
    LashStyle,
    Logo,
    Pattern,
    TopKind,
)
from avatar.profile import AvatarStyle

E = TypeVar("E", bound=StrEnum)
_HATS = (AccessoryKind.CAP, AccessoryKind.BEANIE)
_SPECTACLES = (AccessoryKind.GLASSES, AccessoryKind.SQUARE_GLASSES, AccessoryKind.SUNGLASSES)


def anyone(seed: int, style: AvatarStyle | None = None) -> CharacterDescription:
    """A character drawn from ``seed``: any age from 8 to 95, any build, colours and clothes."""
    rng = np.random.default_rng(seed)

    def one(kind: type[E]) -> E:
        options = list(kind)
        return options[int(rng.integers(len(options)))]

    def unit(low: float = 0.0, high: float = 1.0) -> float:
        return round(float(rng.uniform(low, high)), 3)

    def colour() -> str:
        red, green, blue = colorsys.hls_to_rgb(unit(), unit(0.12, 0.88), unit(0.0, 0.8))
        return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"

    def perhaps(share: float) -> str | None:
        return colour() if rng.random() < share else None

    age = unit(8, 95)
    gender = unit()
    accessories: list[dict[str, Any]] = []
    if rng.random() < 0.4:
        accessories.append({"kind": _SPECTACLES[int(rng.integers(3))], "colour": colour()})
    if rng.random() < 0.25:
        accessories.append({"kind": _HATS[int(rng.integers(2))], "colour": colour()})
    accessories += [
        {"kind": kind, "colour": colour()}
        for kind in (AccessoryKind.EARRINGS, AccessoryKind.HEADSET)
        if rng.random() < 0.25
    ]
    tall = np.interp(age, [8, 14, 18, 95], [1.28, 1.62, 1.72, 1.66]) + 0.1 * (gender - 0.5)
    return CharacterDescription.model_validate(
        {
            "name": f"Somebody {seed}",
            "style": one(AvatarStyle) if style is None else style,
            "seed": int(rng.integers(2**32)),
            "body": {
                "gender": gender,
                "age": age,
                "height": round(float(np.clip(tall + rng.normal(0, 0.07), 1.05, 2.15)), 3),
                "weight": unit(),
                "muscle": unit(),
            },
            "face": {
                "shape": one(FaceShape),
                "ancestry": {"african": unit(), "asian": unit(), "european": unit()},
                **{
                    name: unit(-1, 1)
                    for name in (
                        "jaw_width", "chin", "nose_width", "nose_length", "nose_profile", "lip_fullness", "mouth_width",
                        "eye_size", "eye_spacing", "eye_tilt", "cheekbones", "cheeks", "ears", "brow_weight",
                    )
                },
                "brows": one(BrowStyle),
            },
            "skin": {
                "tone": unit(),
                "undertone": unit(-1, 1),
                "freckles": unit() if rng.random() < 0.3 else 0.0,
                "blush": unit(),
                "make_up": unit() if rng.random() < 0.4 else 0.0,
                "lip_colour": perhaps(0.2),
                "lid_colour": perhaps(0.2),
                "eyeliner": unit() if rng.random() < 0.3 else 0.0,
                "nail_colour": perhaps(0.2),
            },
            "eyes": {"colour": colour(), "iris": one(IrisPattern), "lashes": one(LashStyle)},
            "hair": {
                "style": one(HairStyle),
                "colour": colour(),
                "highlights": perhaps(0.2),
                "roots": perhaps(0.2),
                "facial": one(FacialHair) if gender > 0.5 and age > 18 else FacialHair.NONE,
            },
            "outfit": {
                "top": {
                    "kind": one(TopKind),
                    "colour": colour(),
                    "accent": perhaps(0.6),
                    "pattern": one(Pattern),
                    "logo": one(Logo),
                },
                "bottom": {
                    "kind": one(BottomKind),
                    "colour": colour(),
                    "accent": perhaps(0.5),
                    "pattern": one(Pattern),
                },
                "footwear": {"kind": one(FootwearKind), "colour": colour(), "accent": perhaps(0.5)},
                "accessories": accessories[:4],
            },
        }
    )  # fmt: skip
