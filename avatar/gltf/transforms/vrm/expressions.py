"""Faces by VRM's names, out of whatever morph targets a model has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import target_names
from avatar.shot import EXPRESSIONS, Expression

Weights = Mapping[str, float]


def _both(**weights: float) -> dict[str, float]:
    return {f"{name}{side}": weight for name, weight in weights.items() for side in ("Left", "Right")}


# Each preset as alternatives: the first whose morph targets are all there is taken.
_PRESETS: Final[Mapping[str, tuple[Weights, ...]]] = {
    "happy": (EXPRESSIONS[Expression.HAPPY], {"mouthSmile": 1.0}, {"Fcl_ALL_Joy": 1.0}),
    "angry": (EXPRESSIONS[Expression.RAGE], {"Fcl_ALL_Angry": 1.0}),
    "sad": (EXPRESSIONS[Expression.SAD], {"Fcl_ALL_Sorrow": 1.0}),
    "relaxed": (_both(mouthSmile=0.3, eyeSquint=0.15, eyeBlink=0.12) | {"browInnerUp": 0.1}, {"Fcl_ALL_Fun": 1.0}),
    "surprised": (
        _both(eyeWide=0.7, browOuterUp=0.7) | {"browInnerUp": 0.8, "jawOpen": 0.3, "mouthFunnel": 0.2},
        {"Fcl_ALL_Surprised": 1.0},
    ),
    "aa": ({"viseme_aa": 1.0}, {"jawOpen": 0.6}, {"mouthOpen": 1.0}, {"Fcl_MTH_A": 1.0}),
    "ih": ({"viseme_I": 1.0}, _both(mouthStretch=0.5) | {"jawOpen": 0.2}, {"Fcl_MTH_I": 1.0}),
    "ou": ({"viseme_U": 1.0}, {"mouthPucker": 0.8, "jawOpen": 0.15}, {"Fcl_MTH_U": 1.0}),
    "ee": ({"viseme_E": 1.0}, _both(mouthStretch=0.4) | {"jawOpen": 0.35}, {"Fcl_MTH_E": 1.0}),
    "oh": ({"viseme_O": 1.0}, {"mouthFunnel": 0.7, "jawOpen": 0.35}, {"Fcl_MTH_O": 1.0}),
    "blink": (_both(eyeBlink=1.0), {"eyesClosed": 1.0}, {"Fcl_EYE_Close": 1.0}),
    "blinkLeft": ({"eyeBlinkLeft": 1.0}, {"Fcl_EYE_Close_L": 1.0}),
    "blinkRight": ({"eyeBlinkRight": 1.0}, {"Fcl_EYE_Close_R": 1.0}),
    "lookUp": (_both(eyeLookUp=1.0), {"eyesLookUp": 1.0}),
    "lookDown": (_both(eyeLookDown=1.0), {"eyesLookDown": 1.0}),
    "lookLeft": ({"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},),
    "lookRight": ({"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},),
}
_BLINKING: Final = ("eyeBlinkLeft", "eyeBlinkRight", "eyesClosed")
_TALKING: Final = ("jawOpen", "mouthOpen", "mouthFunnel")
_PROCEDURAL: Final = frozenset({"aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft", "blinkRight"})

Binds = Mapping[str, Sequence[tuple[int, int]]]  # morph target -> (node, number of the target)


def expressions_tree(document: Document) -> Tree:
    """``VRMC_vrm.expressions``: the presets that the model can make, and each of its morph targets by its own name."""
    binds = _binds(document)
    preset: Tree = {"neutral": {}}
    for name, ways in _PRESETS.items():
        weights = next((weights for weights in ways if all(target in binds for target in weights)), None)
        if weights is not None:
            preset[name] = _expression(weights, binds, procedural=name in _PROCEDURAL or name.startswith("look"))
    custom = {name: _expression({name: 1.0}, binds, procedural=True) for name in binds if name not in preset}
    return {"preset": preset} | ({"custom": custom} if custom else {})


def _expression(weights: Weights, binds: Binds, *, procedural: bool) -> Tree:
    made: Tree = {
        "morphTargetBinds": [
            {"node": node, "index": index, "weight": weight}
            for target, weight in weights.items()
            for node, index in binds[target]
        ]
    }
    if not procedural:  # what closes lids or opens lips leaves less of that to blinking and speech
        made |= {"overrideBlink": "blend"} if any(name in weights for name in _BLINKING) else {}
        made |= {"overrideMouth": "blend"} if any(name in weights for name in _TALKING) else {}
    return made


def _binds(document: Document) -> dict[str, list[tuple[int, int]]]:
    """Every morph target that moves something, with all nodes on which it does."""
    found: dict[str, list[tuple[int, int]]] = {}
    moving: dict[int, bool] = {}

    def moves(accessor: Any) -> bool:
        if accessor not in moving:
            moving[accessor] = bool(np.any(read_raw(document, accessor)))
        return moving[accessor]

    for at, node in enumerate(document.list("nodes")):
        if "mesh" not in node:
            continue
        mesh = document.tree["meshes"][node["mesh"]]
        for index, name in enumerate(target_names(mesh)):
            targets = [primitive["targets"][index] for primitive in mesh["primitives"] if primitive.get("targets")]
            if name and any("POSITION" in target and moves(target["POSITION"]) for target in targets):
                found.setdefault(name, []).append((at, index))
    return found
