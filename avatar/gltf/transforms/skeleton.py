"""Which node is which part of the body, and Ready Player Me's names for them.

Rigs name their joints after Mixamo, VRM, VRoid, Biped, Unreal, Rigify, MakeHuman or Blender's habits. All of them say
a side (Left, L, .L, _l), a part (forearm, lowerarm) and sometimes a number, so one reader takes them all. Where a name
leaves something open (is a Leg the thigh or the calf?) the other names and the tree decide; where they do not, nothing
is renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from avatar.gltf.model.document import Change, Document, Tree

CORE: Final = (
    "Hips", "Spine", "Head",
    "LeftArm", "LeftForeArm", "LeftHand", "RightArm", "RightForeArm", "RightHand",
    "LeftUpLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg", "RightFoot",
)  # fmt: skip
_OURS: Final = frozenset({*CORE, "Spine1", "Spine2", "Neck"})
_SIDES: Final = ("Left", "Right")
_FINGERS: Final = ("Thumb", "Index", "Middle", "Ring", "Pinky")

_PREFIX = re.compile(r"^(?:mixamorig\d*[:_]?|bip\d*[\s_]+|j_(?:bip|adj)_(?:c_)?|cc_base_|def-|org-)", re.IGNORECASE)
_EXPORT_NUMBER = re.compile(r"_\d{1,4}$")  # that one web site's exporter puts behind every name
_SIDED: Final = tuple(
    (re.compile(pattern, flags), side, rest)
    for pattern, flags, side, rest in (
        (r"^(left|right)[\s._-]*(.+)$", re.IGNORECASE, 1, 2),
        (r"^(.+?)[\s._-]*(left|right)$", re.IGNORECASE, 2, 1),
        (r"^([lr])[\s._-]+(.+)$", re.IGNORECASE, 1, 2),
        (r"^(.+?)[\s._-]+([lr])$", re.IGNORECASE, 2, 1),
        (r"^([LRlr])([A-Z].*)$", 0, 1, 2),
        (r"^(.*[a-z0-9])([LR])$", 0, 2, 1),
    )
)
_SEPARATORS = re.compile(r"[\s._\-]+")

# Folded names (small letters, no separators) -> part. A "?" marks a name whose meaning depends on the others.
_CENTRE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("hips", "hip", "pelvis"), "Hips"),
    **dict.fromkeys(("chest", "upperchest", "waist", "abdomenlower", "abdomenupper"), "Spine"),
    **dict.fromkeys(("chestlower", "chestupper"), "Spine"),
    **dict.fromkeys(("headtopend", "headend", "headnub", "headtop"), "HeadTop_End"),
    "root": "Root?",
    "head": "Head",
    "necklower": "Neck",
}
_CENTRE_NUMBERED: Final = ((re.compile(r"spine\d*$"), "Spine"), (re.compile(r"neck(?:twist)?\d*$"), "Neck"))
_LIMBS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("clavicle", "collar", "collarbone"), "Shoulder"),
    **dict.fromkeys(("upperarm", "uparm", "upperarm01", "shldrbend"), "Arm"),
    **dict.fromkeys(("forearm", "lowerarm", "lowerarm01", "elbow", "forearmbend"), "ForeArm"),
    **dict.fromkeys(("hand", "wrist"), "Hand"),
    **dict.fromkeys(("upleg", "upperleg", "thigh", "upperleg01", "thighbend"), "UpLeg"),
    **dict.fromkeys(("lowerleg", "lowerleg01", "calf", "shin", "knee"), "Leg"),
    **dict.fromkeys(("foot", "ankle"), "Foot"),
    **dict.fromkeys(("toebase", "toe", "toes", "ball", "toe0"), "ToeBase"),
    **dict.fromkeys(("toeend", "toesend", "toenub", "toe0nub"), "Toe_End"),
    **dict.fromkeys(("eye", "faceeye"), "Eye"),
    "shoulder": "Shoulder?",
    "arm": "Arm?",
    "leg": "Leg?",
}
_FINGER_NAMES: Final = {"mid": "Middle", "little": "Pinky", **{name.lower(): name for name in _FINGERS}}
_FINGER = re.compile(
    rf"(?:hand|finger|f)?({'|'.join(_FINGER_NAMES)})(?:finger)?(?:0*(\d)|(metacarpal|proximal|intermediate|distal))$"
)
_MAKEHUMAN_FINGER = re.compile(r"finger([1-5])[-_.]([1-3])$", re.IGNORECASE)
_BIPED_FINGER = re.compile(r"finger([0-4])([12])?(nub)?$")
_PHALANGES: Final = {"metacarpal": 0, "proximal": 1, "intermediate": 2, "distal": 3}

_VRM: Final[Mapping[str, str]] = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine1", "upperChest": "Spine2", "neck": "Neck", "head": "Head",
    **{
        f"{side.lower()}{bone}": f"{side}{part}"
        for side in _SIDES
        for bone, part in (
            ("Eye", "Eye"), ("Shoulder", "Shoulder"), ("UpperArm", "Arm"), ("LowerArm", "ForeArm"), ("Hand", "Hand"),
            ("UpperLeg", "UpLeg"), ("LowerLeg", "Leg"), ("Foot", "Foot"), ("Toes", "ToeBase"),
        )
    },
}  # fmt: skip

# part -> the part that it must hang below
_BELOW: Final[Mapping[str, str]] = {
    "Spine": "Hips", "Spine1": "Spine", "Spine2": "Spine1", "Neck": "Spine", "Head": "Spine", "HeadTop_End": "Head",
    **{
        f"{side}{part}": f"{side}{above}" if above[0] != "*" else above[1:]
        for side in _SIDES
        for part, above in (
            ("Shoulder", "*Spine"), ("Arm", "*Spine"), ("ForeArm", "Arm"), ("Hand", "ForeArm"), ("UpLeg", "*Hips"),
            ("Leg", "UpLeg"), ("Foot", "Leg"), ("ToeBase", "Foot"), ("Toe_End", "Foot"), ("Eye", "*Head"),
            *((f"Hand{finger}{k}", "Hand" if k == 1 else f"Hand{finger}{k - 1}")
              for finger in _FINGERS for k in (1, 2, 3, 4)),
        )
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rig:
    """What was found of a body: Ready Player Me's names -> nodes, what is missing of ``CORE``, what is ambiguous."""

    joints: Mapping[str, int]
    missing: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True when every part of the core is known beyond doubt."""
        return not self.missing and not self.doubts


def is_ready_player_me(document: Document) -> bool:
    """True when the joints go by Ready Player Me's names already, ours among them."""
    return {node.get("name") for node in document.list("nodes")} >= _OURS


def humanoid(document: Document) -> Mapping[str, int]:
    """Ready Player Me's joint names -> nodes, for as much of a body as is there and certain. Empty when there is none.

    A VRM's own map counts most; names are read otherwise. Joints of skins come first, then nodes that show no mesh.
    """
    return read_rig(document).joints


def normalise_names(document: Document) -> Change:
    """Give the joints Ready Player Me's names; unchanged, with a note, unless the core of the body is certain.

    Nodes keep their numbers and places. Joints that Ready Player Me has no name for keep theirs. Another node that has
    a name which a joint gets is renamed too, for clients find nodes by name. Morph targets are not touched.
    """
    if is_ready_player_me(document):
        return Change(document)
    rig = read_rig(document)
    if not rig.whole:
        return Change(document, (f"joint names stay as they are: {_why(rig)}",))
    nodes = list(document.list("nodes"))
    renamed = 0
    named = {node: name for name, node in rig.joints.items()}
    for at, name in named.items():
        if nodes[at].get("name") != name:
            nodes[at] = {**nodes[at], "name": name}
            renamed += 1
    taken = {node.get("name") for node in nodes}
    aside: list[str] = []
    for at, node in enumerate(nodes):
        if at not in named and node.get("name") in rig.joints:
            free = next(f"{node['name']}_{k}" for k in range(1, len(nodes) + 2) if f"{node['name']}_{k}" not in taken)
            taken.add(free)
            aside.append(free)
            nodes[at] = {**node, "name": free}
    notes = [f"gave {renamed} joints Ready Player Me's names"] if renamed else []
    notes += [f"renamed other nodes that had such a name: {', '.join(aside)}"] if aside else []
    return Change(Document({**document.tree, "nodes": nodes}, document.binary) if notes else document, tuple(notes))


def _why(rig: Rig) -> str:
    if not rig.joints and not rig.doubts:
        return "there is no skeleton with arms, legs and a head"
    reasons = [f"no joint was recognised as {', '.join(rig.missing)}"] if rig.missing else []
    return "; ".join([*reasons, *rig.doubts[:5]])


def read_rig(document: Document) -> Rig:
    """What the skeleton says of itself: by a VRM map if there is one, else by names, as they are or without the numbers
    that an exporter put behind them."""
    graph = _Graph(document)
    by_name = [_named(graph, strip) for strip in (False, True)]
    named = next((rig for rig in by_name if rig.whole), by_name[0])
    stated = _stated(document, graph)
    if not stated or _missing(stated):
        return named
    used = set(stated.values())
    more = {name: at for name, at in named.joints.items() if name not in stated and at not in used}
    if "Spine1" not in stated or "Spine2" not in stated:
        more = {name: at for name, at in more.items() if not name.startswith("Spine")}
    return _checked({**stated, **more}, (), graph)


def _missing(joints: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(name for name in CORE if name not in joints)


# --- the tree of nodes ------------------------------------------------------------------------------------------------


class _Graph:
    """Nodes by number, with their way to the root; ``bones`` are those that may be joints."""

    def __init__(self, document: Document) -> None:
        self.nodes = document.list("nodes")
        self._parents = {child: at for at, node in enumerate(self.nodes) for child in node.get("children", ())}
        joints = {joint for skin in document.list("skins") for joint in skin["joints"]}
        self.joints = frozenset(joints)
        skinned = bool(joints)
        self.bones = [at for at, node in enumerate(self.nodes) if at in joints or not (skinned and "mesh" in node)]

    def name(self, at: int) -> str:
        return str(self.nodes[at].get("name", ""))

    def way(self, at: int) -> list[int]:
        """From the node itself up to its root."""
        found = [at]
        while found[-1] in self._parents:
            found.append(self._parents[found[-1]])
        return found

    def below(self, at: int, above: int) -> bool:
        """True when ``at`` hangs somewhere below ``above``."""
        return at != above and above in self.way(at)

    def depth(self, at: int) -> int:
        return len(self.way(at))

    def meeting(self, nodes: Iterable[int]) -> int | None:
        """The lowest node above all of ``nodes`` (or one of them)."""
        ways = [self.way(at) for at in nodes]
        if not ways:
            return None
        return next((at for at in ways[0] if all(at in way for way in ways[1:])), None)


# --- names ------------------------------------------------------------------------------------------------------------


def read_name(name: str) -> tuple[str, str] | None:
    """("Left", "ForeArm"), ("", "Spine"), ("Right", "HandIndex2")... of a joint's name; None when it means no part.

    A part that ends in "?" is what it says only if the rest of the skeleton agrees.
    """
    bare = re.split(r"[:|]", name)[-1] or name
    bare = _PREFIX.sub("", bare, count=1)
    for pattern, side, rest in _SIDED:
        match = pattern.match(bare)
        if match:
            part = _limb(match[rest])
            if part is not None:
                return _SIDES[match[side][0].lower() == "r"], part
    folded = _SEPARATORS.sub("", bare).lower()
    if folded in _CENTRE:
        return "", _CENTRE[folded]
    return next((("", part) for pattern, part in _CENTRE_NUMBERED if pattern.match(folded)), None)


def _limb(rest: str) -> str | None:
    folded = _SEPARATORS.sub("", rest).lower()
    if folded in _LIMBS:
        return _LIMBS[folded]
    if match := _MAKEHUMAN_FINGER.match(rest):
        return f"Hand{_FINGERS[int(match[1]) - 1]}{match[2]}"
    if match := _BIPED_FINGER.match(folded):
        joint = 4 if match[3] else int(match[2] or 0) + 1
        return f"Hand{_FINGERS[int(match[1])]}{joint}"
    if match := _FINGER.match(folded):
        finger = _FINGER_NAMES[match[1]]
        if match[2]:
            return f"Hand{finger}{match[2]}" if match[2] <= "4" else None
        number = _PHALANGES[match[3]]
        return f"Hand{finger}{number}" if number or finger == "Thumb" else None
    return None


def _named(graph: _Graph, strip: bool) -> Rig:
    """The rig as names tell it; ``strip``: without numbers at their ends."""
    found: dict[tuple[str, str], list[int]] = {}
    for at in graph.bones:
        name = graph.name(at)
        read = read_name(_EXPORT_NUMBER.sub("", name) if strip else name)
        if read is not None:
            found.setdefault(read, []).append(at)
    for side in _SIDES:
        _settle(found, side)
    doubts: list[str] = []
    joints: dict[str, int] = {}
    for (side, part), nodes in found.items():
        if part in ("Hips", "Spine", "Neck", "Root?"):
            continue
        name = f"{side}{part}"
        chosen = _one(graph, name, nodes)
        if chosen is not None:
            joints[name] = chosen
        elif name in CORE:
            shown = " or ".join(repr(graph.name(at)) for at in nodes[:3])
            doubts.append(f"{name} may be {shown}")
    _trunk(graph, found, joints)
    return _checked(joints, tuple(doubts), graph)


def _settle(found: dict[tuple[str, str], list[int]], side: str) -> None:
    """Say what the open names of one side mean."""

    def become(part: str, meaning: str) -> None:
        nodes = found.pop((side, part), None)
        if nodes and (side, meaning) not in found:
            found[side, meaning] = nodes

    if (
        (side, "Shoulder?") in found
        and (side, "Shoulder") in found
        and not {(side, "Arm"), (side, "Arm?")} & set(found)
    ):
        become("Shoulder?", "Arm")  # clavicle, shoulder, elbow
    become("Shoulder?", "Shoulder")
    become("Arm?", "Arm")
    become("Leg?", "Leg" if (side, "UpLeg") in found else "UpLeg" if (side, "Leg") in found else "Leg")
    if (side, "HandThumb0") in found:  # numbered from 0: thumbs have their metacarpal where fingers have none
        chain = [found.pop((side, f"HandThumb{k}"), None) for k in (0, 1, 2, 3)]
        present = [nodes for nodes in chain if nodes]
        found.update({(side, f"HandThumb{k}"): nodes for k, nodes in enumerate(present, 1)})


def _one(graph: _Graph, name: str, nodes: Sequence[int]) -> int | None:
    """The node that ``name`` means among those that could: a joint, by that very name if several are."""
    for chosen in (
        nodes,
        [at for at in nodes if at in graph.joints],
        [at for at in nodes if graph.name(at) == name],
        [at for at in nodes if at in graph.joints and graph.name(at) == name],
    ):
        if len(chosen) == 1:
            return chosen[0]
    return None


def _trunk(graph: _Graph, found: Mapping[tuple[str, str], list[int]], joints: dict[str, int]) -> None:
    """Hips, spine, neck and, where names do not tell it, head: by the way from the legs to the arms and beyond."""
    legs = [joints[f"{side}UpLeg"] for side in _SIDES if f"{side}UpLeg" in joints]
    arms = [joints[f"{side}Arm"] for side in _SIDES if f"{side}Arm" in joints]
    chest = graph.meeting(arms) if len(arms) == 2 else None
    if chest is None:
        return
    ends = [*legs, chest]
    hips = [at for at in found.get(("", "Hips"), ()) if all(graph.below(end, at) for end in ends)]
    if not hips and len(legs) == 2:
        fork = graph.meeting(ends)
        others = (*found.get(("", "Spine"), ()), *found.get(("", "Root?"), ()))
        hips = [fork] if fork is not None and fork in others else []
    if not hips:
        return
    joints["Hips"] = max(hips, key=graph.depth)
    trunk = sorted(
        (at for at in found.get(("", "Spine"), ()) if graph.below(at, joints["Hips"])),
        key=graph.depth,
    )
    spine = [at for at in trunk if at in graph.way(chest)]
    above = [at for at in trunk if graph.below(at, chest)]
    if "Head" not in joints and above:
        joints["Head"] = above[-1]
    head = joints.get("Head")
    joints.update(_spine_names(graph, spine))
    if head is not None:
        way = graph.way(head)[1:]
        necks = sorted((at for at in (*found.get(("", "Neck"), ()), *above) if at in way), key=graph.depth)
        if necks:
            joints["Neck"] = necks[0]


def _spine_names(graph: _Graph, spine: Sequence[int]) -> dict[str, int]:
    """Spine, Spine1, Spine2 for the first, the middle and the last; by their own numbers if they are called so."""
    ends = [_SEPARATORS.sub("", graph.name(at)).lower() for at in spine[:3]]
    own = len(ends) == 3 and all(end.endswith(f"spine{k or ''}") for k, end in enumerate(ends))
    chosen = spine if len(spine) <= 3 else spine[:3] if own else (spine[0], spine[len(spine) // 2], spine[-1])
    return dict(zip(("Spine", "Spine1", "Spine2"), chosen, strict=False))


def _checked(joints: Mapping[str, int], doubts: tuple[str, ...], graph: _Graph) -> Rig:
    """The rig without parts that hang where they cannot, those that make the core doubtful told."""
    sound: dict[str, int] = {}
    told = list(doubts)
    for name in sorted(joints, key=lambda name: (name not in CORE, graph.depth(joints[name]))):
        above = _BELOW.get(name)
        lost = above is not None and above not in joints and name not in CORE
        wrong = above is not None and above in joints and not graph.below(joints[name], joints[above])
        if wrong and name in CORE:
            told.append(f"{graph.name(joints[name])!r} does not hang below {graph.name(joints[str(above)])!r}")
        elif not (wrong or lost):
            sound[name] = joints[name]
    twice = len(set(sound.values())) < len(sound)
    if twice:
        told.append("one joint would be two parts of the body")
    return Rig(sound, _missing(joints), tuple(told))


# --- VRM --------------------------------------------------------------------------------------------------------------


def _stated(document: Document, graph: _Graph) -> dict[str, int]:
    """What the humanoid map of VRM 0.x or 1.0 says, by Ready Player Me's names; empty without one."""
    extensions = document.tree.get("extensions")
    if not isinstance(extensions, dict):
        return {}
    bones: dict[str, Any] = {}
    for kind in ("VRMC_vrm", "VRM"):
        bones = bones or _bones(_inside(_inside(extensions.get(kind), "humanoid"), "humanBones"))
    thumbs = any(bone.endswith("ThumbMetacarpal") for bone in bones)
    found: dict[str, int] = {}
    for bone, node in bones.items():
        name = _VRM.get(bone) or _vrm_finger(bone, thumbs)
        if name and isinstance(node, int) and not isinstance(node, bool) and 0 <= node < len(graph.nodes):
            found.setdefault(name, node)
    return found


def _inside(owner: Any, key: str) -> Any:
    return owner.get(key) if isinstance(owner, dict) else None


def _bones(claim: Any) -> dict[str, Any]:
    """Bone -> node, of a list of {bone, node} (0.x) or a map of {node} (1.0)."""
    if isinstance(claim, dict):
        return {bone: _inside(item, "node") for bone, item in claim.items()}
    if isinstance(claim, list):
        items: list[Tree] = [item for item in claim if isinstance(item, dict)]
        return {str(item.get("bone")): item.get("node") for item in items}
    return {}


def _vrm_finger(bone: str, thumbs: bool) -> str | None:
    """``thumbs``: the map counts thumbs from the metacarpal, as 1.0 does."""
    match = re.match(r"(left|right)(Thumb|Index|Middle|Ring|Little)(Metacarpal|Proximal|Intermediate|Distal)$", bone)
    if not match:
        return None
    finger, number = _FINGER_NAMES[match[2].lower()], _PHALANGES[match[3].lower()]
    if finger == "Thumb" and thumbs:
        number = {0: 1, 1: 2, 3: 3}.get(number, number)
    return f"{match[1].capitalize()}Hand{finger}{number}"
