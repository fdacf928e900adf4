"""The 15 Oculus visemes and the five Ready Player Me extras as mixes of ARKit shapes.

A key without Left/Right stands for both sides. ``tongueUp`` is our own unit (tip of the tongue at the upper teeth);
it is part of the mixes only, not of the contract.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from avatar.human.figure import Delta

VISEMES: Mapping[str, Mapping[str, float]] = {
    "viseme_sil": {},
    "viseme_PP": {"mouthPress": 0.35, "mouthRollLower": 0.30, "mouthRollUpper": 0.30, "mouthPucker": 0.12},
    "viseme_FF": {"jawOpen": 0.07, "mouthRollLower": 0.70, "mouthUpperUp": 0.35, "mouthShrugLower": 0.20},
    "viseme_TH": {"jawOpen": 0.20, "tongueOut": 0.45, "tongueUp": 0.60, "mouthLowerDown": 0.20, "mouthUpperUp": 0.20},
    "viseme_DD": {
        "jawOpen": 0.17,
        "mouthStretch": 0.15,
        "mouthUpperUp": 0.20,
        "mouthLowerDown": 0.25,
        "tongueUp": 0.75,
    },
    "viseme_kk": {"jawOpen": 0.24, "mouthStretch": 0.15, "mouthLowerDown": 0.15, "mouthUpperUp": 0.10},
    "viseme_CH": {
        "jawOpen": 0.12,
        "mouthFunnel": 0.60,
        "mouthPucker": 0.20,
        "mouthUpperUp": 0.15,
        "mouthLowerDown": 0.15,
    },
    "viseme_SS": {
        "jawOpen": 0.05,
        "mouthStretch": 0.30,
        "mouthSmile": 0.12,
        "mouthLowerDown": 0.35,
        "mouthUpperUp": 0.22,
    },
    "viseme_nn": {
        "jawOpen": 0.14,
        "mouthStretch": 0.12,
        "mouthLowerDown": 0.18,
        "mouthUpperUp": 0.12,
        "tongueUp": 0.90,
    },
    "viseme_RR": {"jawOpen": 0.16, "mouthFunnel": 0.42, "mouthPucker": 0.20, "tongueUp": 0.35},
    "viseme_aa": {"jawOpen": 0.58, "mouthLowerDown": 0.05, "mouthUpperUp": 0.36},
    "viseme_E": {
        "jawOpen": 0.30,
        "mouthStretch": 0.30,
        "mouthSmile": 0.20,
        "mouthLowerDown": 0.15,
        "mouthUpperUp": 0.32,
    },
    "viseme_I": {
        "jawOpen": 0.15,
        "mouthSmile": 0.32,
        "mouthStretch": 0.26,
        "mouthLowerDown": 0.20,
        "mouthUpperUp": 0.18,
    },
    "viseme_O": {"jawOpen": 0.42, "mouthFunnel": 0.70, "mouthPucker": 0.22},
    "viseme_U": {"jawOpen": 0.18, "mouthPucker": 0.80, "mouthFunnel": 0.35},
}
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
