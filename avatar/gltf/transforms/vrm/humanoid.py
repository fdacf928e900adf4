"""Human bones by VRM's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avatar.errors import InvalidModel
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.transforms.skeleton import humanoid

_FINGERS: Final = {"Thumb": "Thumb", "Index": "Index", "Middle": "Middle", "Ring": "Ring", "Pinky": "Little"}
_THUMB: Final = ("Metacarpal", "Proximal", "Distal")
_PHALANGES: Final = ("Proximal", "Intermediate", "Distal")


def _bones() -> dict[str, str]:
    bones = {"Hips": "hips", "Spine": "spine", "Spine1": "chest", "Spine2": "upperChest", "Neck": "neck"}
    bones["Head"] = "head"
    limbs = {"Eye": "Eye", "Shoulder": "Shoulder", "Arm": "UpperArm", "ForeArm": "LowerArm", "Hand": "Hand"}
    limbs |= {"UpLeg": "UpperLeg", "Leg": "LowerLeg", "Foot": "Foot", "ToeBase": "Toes"}
    for finger, name in _FINGERS.items():
        phalanges = _THUMB if finger == "Thumb" else _PHALANGES
        limbs |= {f"Hand{finger}{k}": f"{name}{phalanx}" for k, phalanx in enumerate(phalanges, 1)}
    for side in ("Left", "Right"):
        bones |= {f"{side}{joint}": f"{side.lower()}{bone}" for joint, bone in limbs.items()}
    return bones


BONES: Final[Mapping[str, str]] = _bones()
"""Ready Player Me's joint -> VRM's human bone. Unity's Humanoid has the same bones under similar names."""
REQUIRED: Final = (
    "hips", "spine", "head", "leftUpperLeg", "leftLowerLeg", "leftFoot", "rightUpperLeg", "rightLowerLeg", "rightFoot",
    "leftUpperArm", "leftLowerArm", "leftHand", "rightUpperArm", "rightLowerArm", "rightHand",
)  # fmt: skip
_NEEDS: Final = {
    "upperChest": "chest",
    **{
        f"{side}{name}{phalanges[k]}": f"{side}{name}{phalanges[k - 1]}"
        for side in ("left", "right")
        for name, phalanges in ((name, _THUMB if name == "Thumb" else _PHALANGES) for name in _FINGERS.values())
        for k in (1, 2)
    },
}  # bones that may only be where their parent is


def human_bones(document: Document) -> Mapping[str, int]:
    """VRM's bone -> node. Raises ``InvalidModel`` when a bone that VRM requires is missing."""
    joints = humanoid(document)
    found = {bone: joints[joint] for joint, bone in BONES.items() if joint in joints}
    missing = [bone for bone in REQUIRED if bone not in found]
    if missing:
        raise InvalidModel(
            f"the model has no {', '.join(missing[:4])}, which VRM requires",
            where="/nodes",
            mend="Name its joints as Ready Player Me or Mixamo do, or ask for a GLB",
        )
    for bone, parent in _NEEDS.items():
        if bone in found and parent not in found:
            del found[bone]
    return found


def humanoid_tree(bones: Mapping[str, int]) -> Tree:
    """``VRMC_vrm.humanoid``."""
    return {"humanBones": {bone: {"node": node} for bone, node in bones.items()}}
