"""Where a model looks, and what it sees of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import F64, placements, skin_weights

_REACH: Final = 60.0  # degrees of the target, beyond which eyes turn no farther
_TURNS: Final = {"HorizontalInner": 20.0, "HorizontalOuter": 22.0, "VerticalDown": 12.0, "VerticalUp": 12.0}  # degrees
_EYE_LINE: Final = (0.0, 0.06, 0.0)  # metres over the head's joint, where there are no eyes to measure


def look_at_tree(bones: Mapping[str, int], worlds: F64, expressions: Tree) -> Tree:
    """``VRMC_vrm.lookAt``: by the eyes' bones, else by morph targets."""
    eyes = [bones[bone] for bone in ("leftEye", "rightEye") if bone in bones]
    head = worlds[bones["head"]]
    offset: F64 = np.array(_EYE_LINE)
    if len(eyes) == 2:
        between = np.append(worlds[eyes, :3, 3].mean(axis=0), 1.0)
        offset = (np.linalg.inv(head) @ between)[:3]
    by_bone = len(eyes) == 2 or "lookLeft" not in expressions["preset"]
    ranges = {
        f"rangeMap{way}": {"inputMaxValue": _REACH, "outputScale": turn if by_bone else 1.0}
        for way, turn in _TURNS.items()
    }
    return {
        "type": "bone" if by_bone else "expression",
        "offsetFromHeadBone": [round(float(value), 5) for value in offset],
        **ranges,
    }


def first_person_tree(document: Document, head: int) -> Tree:
    """``VRMC_vrm.firstPerson``: what hangs on the head alone is hidden from its own eyes, what has no part in it is
    not, and of the rest a reader decides by triangle."""
    below = _below(document, head)
    shares: dict[int, list[float]] = {}
    for placement in placements(document):
        node = document.tree["nodes"][placement.node]
        found = skin_weights(document, placement.tree(document)) if "skin" in node else None
        if found is None:
            share = 1.0 if placement.node in below else 0.0
        else:
            joints = np.array(document.tree["skins"][node["skin"]]["joints"])
            weights = np.where(np.isin(joints[found[0]], list(below)), found[1], 0.0).sum(axis=1)
            share = float(weights.min()) if weights.min() > 0.5 else (float(weights.max()) and 0.5)
        shares.setdefault(placement.node, []).append(share)
    return {"meshAnnotations": [{"node": node, "type": _seen(found)} for node, found in shares.items()]}


def _seen(shares: list[float]) -> str:
    if min(shares) > 0.5:
        return "thirdPersonOnly"
    return "both" if max(shares) == 0.0 else "auto"


def _below(document: Document, root: int) -> frozenset[int]:
    """``root`` and all nodes under it."""
    found, stack = set(), [root]
    while stack:
        at = stack.pop()
        found.add(at)
        stack.extend(document.tree["nodes"][at].get("children", ()))
    return frozenset(found)
