"""What the face can do: closed lips at rest, and the 72 contract morphs as displacements of the base vertices."""

from __future__ import annotations

from collections.abc import Mapping

from avatar.human.bundle import bundle
from avatar.human.figure import F64, Delta
from avatar.human.visemes import EXTRAS, VISEMES, mix

ARKIT: tuple[str, ...] = tuple(
    "browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft"
    " cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight"
    " eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft"
    " eyeWideRight jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft"
    " mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight"
    " mouthPucker mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft"
    " mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft"
    " noseSneerRight tongueOut".split()
)
CONTRACT_MORPHS: tuple[str, ...] = (*ARKIT, *VISEMES, *EXTRAS)


def close_lips(vertices: F64) -> F64:
    """The figure with its lips meeting."""
    return vertices


def contract_morphs(vertices: F64) -> Mapping[str, Delta]:
    """Every contract morph by name, in metres on the A-pose."""
    units = {name: bundle().target(f"arkit/{name}") for name in ARKIT}
    out = {name: units[name] for name in ARKIT}
    units["tongueUp"] = mix({}, units)
    for name, parts in {**VISEMES, **EXTRAS}.items():
        out[name] = mix(parts, units)
    return out
