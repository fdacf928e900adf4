"""Our joints as Unity's Humanoid calls them, for clients that set an avatar up by a script."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _bones() -> dict[str, str]:
    bones = {"Hips": "Hips", "Spine": "Spine", "Spine1": "Chest", "Spine2": "UpperChest", "Neck": "Neck"}
    bones["Head"] = "Head"
    limbs = {"Eye": "Eye", "Shoulder": "Shoulder", "Arm": "UpperArm", "ForeArm": "LowerArm", "Hand": "Hand"}
    limbs |= {"UpLeg": "UpperLeg", "Leg": "LowerLeg", "Foot": "Foot", "ToeBase": "Toes"}
    for finger in ("Thumb", "Index", "Middle", "Ring", "Pinky"):
        for number, phalanx in enumerate(("Proximal", "Intermediate", "Distal"), 1):
            limbs[f"Hand{finger}{number}"] = f"{finger if finger != 'Pinky' else 'Little'}{phalanx}"
    return bones | {f"{side}{joint}": f"{side}{bone}" for side in ("Left", "Right") for joint, bone in limbs.items()}


HUMANOID: Final[Mapping[str, str]] = MappingProxyType(_bones())
"""Joint -> name of a UnityEngine.HumanBodyBones."""
