"""The 15 Oculus visemes and the five Ready Player Me extras: mixes of ARKit shapes, and what lips and tongue do.

A key without Left/Right stands for both sides. What a mix does to the lips is only a beginning, because the source's
units open every mouth in the same way: `SHAPES` says how each sound looks, and `avatar.human.lips.shaped` brings
any face there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatar.human.figure import Delta


@dataclass(frozen=True, slots=True)
class LipShape:
    """The mouth of a sound. Millimetres on an adult's head, measured from the lips closed at rest."""

    width: float  # of the mouth, 1 as at rest
    lift: float  # of the upper lip's edge, in the middle
    drop: float  # of the lower lip's edge
    shown: float  # of the upper incisors, at most
    outline: float = 0.6  # exponent: .5 is an ellipse, less is squarer, 1 a parabola
    upper_forward: float = 0.0  # on top of the mix
    lower_forward: float = 0.0
    corners: float = 0.0  # up, on top of the mix
    bites: bool = False  # the lower lip is dropped from the edge of the upper incisors instead


VISEMES: Mapping[str, Mapping[str, float]] = {
    "viseme_sil": {},
    "viseme_PP": {"mouthPress": 0.45, "mouthRollLower": 0.50, "mouthRollUpper": 0.55, "mouthShrugLower": 0.18},
    "viseme_FF": {"mouthRollLower": 0.60, "mouthUpperUp": 0.30, "mouthShrugLower": 0.25},
    "viseme_TH": {"jawOpen": 0.48, "mouthLowerDown": 0.10, "mouthUpperUp": 0.20},
    "viseme_DD": {"jawOpen": 0.13, "mouthStretch": 0.20, "mouthUpperUp": 0.22, "mouthLowerDown": 0.25},
    "viseme_kk": {"jawOpen": 0.36, "mouthLowerDown": 0.10, "mouthUpperUp": 0.06},
    "viseme_CH": {"jawOpen": 0.04, "mouthFunnel": 0.75, "mouthPucker": 0.15},
    "viseme_SS": {"jawOpen": 0.02, "mouthStretch": 0.35, "mouthSmile": 0.15, "mouthLowerDown": 0.35},
    "viseme_nn": {"jawOpen": 0.24, "mouthUpperUp": 0.08, "mouthLowerDown": 0.10},
    "viseme_RR": {"jawOpen": 0.12, "mouthFunnel": 0.45, "mouthPucker": 0.35},
    "viseme_aa": {"jawOpen": 0.66, "mouthUpperUp": 0.20},
    "viseme_E": {"jawOpen": 0.34, "mouthStretch": 0.32, "mouthSmile": 0.25, "mouthUpperUp": 0.25},
    "viseme_I": {"jawOpen": 0.08, "mouthSmile": 0.45, "mouthStretch": 0.30, "mouthLowerDown": 0.15},
    "viseme_O": {"jawOpen": 0.60, "mouthFunnel": 0.60, "mouthPucker": 0.35},
    "viseme_U": {"jawOpen": 0.28, "mouthPucker": 1.0, "mouthFunnel": 0.20},
}
SHAPES: Mapping[str, LipShape] = {
    "viseme_FF": LipShape(width=0.98, lift=3.0, drop=0.3, shown=3.4, outline=0.42, lower_forward=-2.2, bites=True),
    "viseme_TH": LipShape(width=1.00, lift=3.2, drop=10.0, shown=3.4),
    "viseme_DD": LipShape(width=1.08, lift=3.2, drop=3.6, shown=3.8, outline=0.5),
    "viseme_kk": LipShape(width=0.98, lift=1.6, drop=9.5, shown=1.2),
    "viseme_CH": LipShape(width=0.76, lift=4.6, drop=5.4, shown=4.6, outline=0.38),
    "viseme_SS": LipShape(width=1.14, lift=3.0, drop=3.4, shown=4.2, outline=0.42),
    "viseme_nn": LipShape(width=0.97, lift=2.0, drop=6.0, shown=1.6),
    "viseme_RR": LipShape(width=0.78, lift=2.6, drop=4.0, shown=2.2, outline=0.5),
    "viseme_aa": LipShape(width=0.97, lift=2.6, drop=17.0, shown=3.6, outline=0.55),
    "viseme_E": LipShape(width=1.15, lift=3.4, drop=9.0, shown=4.2, outline=0.55),
    "viseme_I": LipShape(width=1.24, lift=3.2, drop=4.2, shown=4.6, outline=0.5, corners=1.0),
    "viseme_O": LipShape(width=0.64, lift=3.6, drop=12.0, shown=2.8, outline=0.5),
    "viseme_U": LipShape(width=0.50, lift=2.0, drop=3.6, shown=0.8, outline=0.5),
    "mouthFunnel": LipShape(width=0.76, lift=3.4, drop=4.8, shown=3.4, outline=0.45),
    "mouthPucker": LipShape(width=0.66, lift=0.0, drop=-0.4, shown=20.0),
    "tongueOut": LipShape(width=1.0, lift=1.5, drop=14.0, shown=2.2, outline=0.5),
}
OWN: Mapping[str, Mapping[str, float]] = {"tongueOut": {"jawOpen": 0.50}}  # ARKit units that are mixes here

# Which poses the tongue takes, how far, on top of following the jaw; and how far its tip stays where the skull is.
TONGUES: Mapping[str, Mapping[str, float]] = {
    "tongueOut": {"out": 1.0},
    "viseme_TH": {"between": 1.0},
    "viseme_DD": {"ridge": 1.0},
    "viseme_nn": {"ridge": 1.0},
    "viseme_kk": {"back": 1.0},
    "viseme_RR": {"curl": 1.0},
    "viseme_CH": {"ridge": 0.5},
    "viseme_SS": {"ridge": 0.4},
    "viseme_I": {"front": 0.8},
    "viseme_E": {"front": 0.6},
    "viseme_aa": {"low": 1.0},
    "viseme_O": {"low": 1.0},
    "jawOpen": {"low": 1.0},
    "mouthOpen": {"low": 1.0},
}
HELD: Mapping[str, float] = {"viseme_TH": 1.0, "viseme_DD": 1.0, "viseme_nn": 1.0, "viseme_RR": 0.6, "viseme_I": 0.5}
EXTRAS: Mapping[str, Mapping[str, float]] = {
    "mouthOpen": {"jawOpen": 0.60, "mouthLowerDown": 0.10, "mouthUpperUp": 0.10},
    "mouthSmile": {"mouthSmile": 1.0},
    "eyesClosed": {"eyeBlink": 1.0},
    "eyesLookUp": {"eyeLookUp": 1.0},
    "eyesLookDown": {"eyeLookDown": 1.0},
}


def mix(parts: Mapping[str, float], units: Mapping[str, Delta]) -> Delta:
    """The weighted sum of units. Raises KeyError for a unit that is neither there nor there as Left and Right."""
    chosen: list[tuple[Delta, float]] = []
    for name, weight in parts.items():
        names = (name,) if name in units else (f"{name}Left", f"{name}Right")
        chosen += [(units[n], weight) for n in names]
    if not chosen:
        return Delta(np.zeros(0, np.int64), np.zeros((0, 3)))
    index, inverse = np.unique(np.concatenate([d.index for d, _ in chosen]), return_inverse=True)
    offset = np.zeros((len(index), 3))
    np.add.at(offset, inverse, np.concatenate([w * d.offset for d, w in chosen]))
    return Delta(index, offset)
