"""Joint names of every convention, on skeletons as those tools make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.model.document import Document
from avatar.gltf.transforms.skeleton import CORE, humanoid, is_ready_player_me, normalise_names, read_name
from avatar.human.rig import JOINT_NAMES, PARENT

SIDES = ("Left", "Right")
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")
LIMBS = ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")


def rig(parents: Mapping[str, str], names: Mapping[str, str], **more: Any) -> Document:
    """A skeleton: joint key -> parent key, joint key -> node name (its key where it lacks one)."""
    keys = list(parents)
    nodes: list[dict[str, Any]] = [{"name": names.get(key, key)} for key in keys]
    for at, key in enumerate(keys):
        if parents[key] in parents:
            nodes[keys.index(parents[key])].setdefault("children", []).append(at)
    roots = [at for at, key in enumerate(keys) if parents[key] not in parents]
    tree = {"nodes": nodes, "scenes": [{"nodes": roots}], "skins": [{"joints": list(range(len(keys)))}], **more}
    return Document(tree)


def plain(spell: Callable[[str], str | None]) -> Document:
    """Ready Player Me's tree with other names; joints that ``spell`` has none for are left out."""
    names = {key: name for key in JOINT_NAMES if (name := spell(key)) is not None}
    return rig({key: PARENT[key] for key in names}, names)


def sided(
    body: Mapping[str, str], limbs: Mapping[str, str], fingers: Callable[[int, int], str | None], form: str
) -> Callable[[str], str | None]:
    """How a convention spells a joint. ``form`` joins {side} and {part}; sides are L and R, or Left and Right."""

    def spell(key: str) -> str | None:
        if key in body:
            return body[key]
        for side in SIDES:
            if not key.startswith(side):
                continue
            part = key.removeprefix(side)
            name = limbs.get(part)
            if part.startswith("Hand") and part != "Hand":
                name = fingers(next(k for k, finger in enumerate(FINGERS) if finger in part), int(part[-1]))
            if name is None:
                return None
            short = side[0]
            return form.format(side=side, l=short.lower(), L=short, part=name)
        return None

    return spell


def counted(names: tuple[str, ...], pattern: str) -> Callable[[int, int], str | None]:
    return lambda finger, k: pattern.format(name=names[finger], k=k) if k <= 3 else None


def biped_finger(finger: int, k: int) -> str:
    return f"Finger{finger}{'' if k == 1 else k - 1}" if k <= 3 else f"Finger{finger}Nub"


SMALL = tuple(finger.lower() for finger in FINGERS)
_SPELLED = """
    unity    Shoulder UpperArm  LowerArm Hand  UpperLeg LowerLeg Foot  Toes
    unreal   clavicle upperarm  lowerarm hand  thigh    calf     foot  ball
    biped    Clavicle UpperArm  Forearm  Hand  Thigh    Calf     Foot  Toe0
    blender  shoulder upper_arm forearm  hand  thigh    shin     foot  toe
    cats     shoulder arm       elbow    wrist leg      knee     ankle toe
"""
_ROWS = [line.split() for line in _SPELLED.strip().splitlines()]
UNITY, UNREAL, BIPED, BLENDER, CATS = (dict(zip(LIMBS, row[1:], strict=True)) for row in _ROWS)
UNITY_BODY = {"Hips": "Hips", "Spine": "Spine", "Spine1": "Chest", "Spine2": "UpperChest", "Neck": "Neck"}
UNITY_BODY |= {"Head": "Head"}
VROID = {key: f"J_Bip_C_{name}" for key, name in UNITY_BODY.items()}
UNREAL_BODY = {"Hips": "pelvis", "Spine": "spine_01", "Spine1": "spine_02", "Spine2": "spine_03", "Neck": "neck_01"}
UNREAL_BODY |= {"Head": "head"}
BIPED_BODY = {"Hips": "Pelvis", "Spine": "Spine", "Spine1": "Spine1", "Spine2": "Spine2", "Neck": "Neck"}
BIPED_BODY = {key: f"Bip01 {name}" for key, name in {**BIPED_BODY, "Head": "Head", "HeadTop_End": "HeadNub"}.items()}

CONVENTIONS: dict[str, Callable[[str], str | None]] = {
    "mixamo": lambda key: f"mixamorig:{key}",
    "mixamo, copied": lambda key: f"mixamorig1:{key}",
    "mixamo, number only": lambda key: f"mixamorig5{key}",
    "mixamo, underscore": lambda key: f"mixamorig_{key}",
    "mixamo, three.js": lambda key: f"mixamorig{key}",
    "mixamo, in a namespace": lambda key: f"Armature|mixamorig:{key}",
    "mixamo, numbered by an exporter": lambda key: f"mixamorig:{key}_0{JOINT_NAMES.index(key) + 1}",
    "small letters": str.lower,
    "snake case": lambda key: "".join(f"_{c.lower()}" if c.isupper() else c for c in key).strip("_"),
    "vroid": sided(
        VROID,
        {**UNITY, "ToeBase": "ToeBase"},
        counted((*FINGERS[:4], "Little"), "{name}{k}"),
        "J_Bip_{L}_{part}",
    ),
    "unity": sided(
        UNITY_BODY,
        {**UNITY, "Eye": "Eye"},
        lambda finger, k: (
            f"{(*FINGERS[:4], 'Little')[finger]}{('Proximal', 'Intermediate', 'Distal')[k - 1]}" if k <= 3 else None
        ),
        "{side}{part}",
    ),
    "biped": sided(BIPED_BODY, {**BIPED, "Toe_End": "Toe0Nub"}, biped_finger, "Bip01 {L} {part}"),
    "biped, three.js": sided(
        {key: name.replace(" ", "_") for key, name in BIPED_BODY.items()}, BIPED, biped_finger, "Bip01_{L}_{part}"
    ),
    "unreal": sided(UNREAL_BODY, UNREAL, counted(SMALL, "{name}_0{k}"), "{part}_{l}"),
    "blender": sided(
        {**UNREAL_BODY, "Hips": "hips", "Spine": "spine", "Spine1": "chest", "Spine2": "upper_chest", "Neck": "neck"},
        {**BLENDER, "Eye": "eye"},
        counted(("thumb", "f_index", "f_middle", "f_ring", "f_pinky"), "{name}.0{k}"),
        "{part}.{L}",
    ),
    "blender, three.js": sided(
        {**UNREAL_BODY, "Hips": "hips", "Spine": "spine", "Spine1": "chest", "Spine2": "upper_chest", "Neck": "neck"},
        BLENDER,
        counted(("thumb", "f_index", "f_middle", "f_ring", "f_pinky"), "{name}0{k}"),
        "{part}{L}",
    ),
    "elbows and knees": sided(
        UNITY_BODY,
        CATS,
        counted(("Thumb", *(f"{finger}Finger" for finger in FINGERS[1:])), "{name}{k}"),
        "{side} {part}",
    ),
}  # fmt: skip


def names(document: Document) -> list[str]:
    return [node["name"] for node in document.tree["nodes"]]


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_becomes_ready_player_mes(convention: str) -> None:
    spell = CONVENTIONS[convention]
    document = plain(spell)
    expected = [key for key in JOINT_NAMES if spell(key) is not None]
    change = normalise_names(document)
    assert names(change.document) == expected
    assert change.notes == (f"gave {sum(spell(key) != key for key in expected)} joints Ready Player Me's names",)
    assert [node.get("children") for node in change.document.tree["nodes"]] == [
        node.get("children") for node in document.tree["nodes"]
    ]
    again = normalise_names(change.document)
    assert again.document is change.document and again.notes == ()


# --- trees of their own -----------------------------------------------------------------------------------------------


def limbs(tree: dict[str, str], side: str, arm: list[str], arm_from: str, leg: list[str], leg_from: str) -> None:
    for chain, start in ((arm, arm_from), (leg, leg_from)):
        for above, name in zip([start, *(part.format(side) for part in chain)], chain, strict=False):
            tree[name.format(side)] = above


def rigify(deform: str) -> Document:
    """Blender's metarig: hips, neck and head are bones of one spine, numbered."""
    spine = [f"{deform}spine", *(f"{deform}spine.00{k}" for k in range(1, 7))]
    tree = dict(zip(spine, ["", *spine], strict=False))
    for side in "LR":
        tree[f"{deform}pelvis.{side}"] = spine[0]
        arm = [f"{deform}{part}.{{}}" for part in ("shoulder", "upper_arm", "forearm", "hand", "f_index.01")]
        leg = [f"{deform}{part}.{{}}" for part in ("thigh", "shin", "foot", "toe")]
        limbs(tree, side, arm, spine[3], leg, spine[0])
        tree[f"{deform}upper_arm.{side}.001"] = f"{deform}upper_arm.{side}"
    return rig(tree, {})


@pytest.mark.parametrize("deform", ["", "DEF-"])
def test_rigify_names_hips_neck_and_head_by_their_place(deform: str) -> None:
    document = rigify(deform)
    found = {name: names(document)[at] for name, at in humanoid(document).items()}
    trunk = {"Hips": "spine", "Spine": "spine.001", "Spine1": "spine.002", "Spine2": "spine.003", "Neck": "spine.004"}
    for name, bone in {**trunk, "Head": "spine.006", "LeftArm": "upper_arm.L", "RightLeg": "shin.R"}.items():
        assert found[name] == f"{deform}{bone}"
    made = names(normalise_names(document).document)
    assert f"{deform}upper_arm.L.001" in made and f"{deform}spine.005" in made  # no name for these
    assert "LeftHandIndex1" in made


def makehuman() -> Document:
    """MakeHuman's default rig: root is the hips, five spine bones counted downwards, limbs in halves."""
    tree = {"root": "", "spine05": "root", "spine04": "spine05", "spine03": "spine04", "spine02": "spine03"}
    tree |= {"spine01": "spine02", "neck01": "spine01", "neck02": "neck01", "head": "neck02"}
    for side in "LR":
        arm = ["clavicle.{}", "shoulder01.{}", "upperarm01.{}", "upperarm02.{}", "lowerarm01.{}", "lowerarm02.{}"]
        leg = ["pelvis.{}", "upperleg01.{}", "upperleg02.{}", "lowerleg01.{}", "lowerleg02.{}", "foot.{}", "toe1-1.{}"]
        limbs(tree, side, [*arm, "wrist.{}"], "spine01", leg, "root")
        for finger in range(1, 6):
            chain = [f"wrist.{side}", *(f"finger{finger}-{k}.{side}" for k in (1, 2, 3))]
            tree |= dict(zip(chain[1:], chain, strict=False))
        tree[f"eye.{side}"] = "head"
    return rig(tree, {})


def test_makehuman() -> None:
    document = makehuman()
    made = dict(zip(names(document), names(normalise_names(document).document), strict=True))
    expected = {"root": "Hips", "spine05": "Spine", "spine03": "Spine1", "spine01": "Spine2", "neck01": "Neck"}
    expected |= {"head": "Head", "eye.L": "LeftEye", "finger1-1.R": "RightHandThumb1", "finger5-3.L": "LeftHandPinky3"}
    expected |= {"clavicle.L": "LeftShoulder", "upperarm01.L": "LeftArm", "lowerarm01.L": "LeftForeArm"}
    expected |= {"wrist.L": "LeftHand", "upperleg01.R": "RightUpLeg", "lowerleg01.R": "RightLeg", "foot.R": "RightFoot"}
    assert {key: made[key] for key in expected} == expected
    assert made["upperarm02.L"] == "upperarm02.L" and made["spine04"] == "spine04" and made["pelvis.L"] == "pelvis.L"


def test_a_long_spine_gives_its_first_middle_and_last() -> None:
    spell = CONVENTIONS["unreal"]
    keys = {key: name for key in JOINT_NAMES if (name := spell(key)) is not None}
    tree = {name: keys.get(PARENT[key], "root") for key, name in keys.items()}
    tree |= {"root": "", "spine_04": "spine_03", "spine_05": "spine_04"}
    tree |= {"neck_01": "spine_05", "neck_02": "neck_01", "head": "neck_02", "index_metacarpal_l": "hand_l"}
    tree |= {"clavicle_l": "spine_05", "clavicle_r": "spine_05", "upperarm_twist_01_l": "upperarm_l"}
    document = rig(tree, {})
    made = dict(zip(names(document), names(normalise_names(document).document), strict=True))
    assert [made[f"spine_0{k}"] for k in range(1, 6)] == ["Spine", "spine_02", "Spine1", "spine_04", "Spine2"]
    assert made["upperarm_twist_01_l"] == "upperarm_twist_01_l" and made["root"] == "root"


def test_a_short_spine_and_no_neck_are_enough() -> None:
    document = plain(lambda key: None if key in ("Spine1", "Spine2", "Neck") else f"mixamorig:{key}")
    parents = {"Neck": "Spine", "Head": "Spine", "LeftShoulder": "Spine", "RightShoulder": "Spine"}
    keys = [key for key in JOINT_NAMES if key not in ("Spine1", "Spine2", "Neck")]
    document = rig({key: parents.get(key, PARENT[key]) for key in keys}, {key: f"mixamorig:{key}" for key in keys})
    assert names(normalise_names(document).document) == keys


def test_old_bipeds_hang_thighs_on_the_spine_and_clavicles_on_the_neck() -> None:
    spell = CONVENTIONS["biped"]
    keys = {key: name for key in JOINT_NAMES if (name := spell(key)) is not None}
    moved = {"LeftUpLeg": "Spine", "RightUpLeg": "Spine", "LeftShoulder": "Neck", "RightShoulder": "Neck"}
    document = rig({key: moved.get(key, PARENT[key]) for key in keys}, keys)
    assert names(normalise_names(document).document) == list(keys)


# --- VRM --------------------------------------------------------------------------------------------------------------

VRM_BONES = {"Hips": "hips", "Spine": "spine", "Spine1": "chest", "Neck": "neck", "Head": "head"}
for _side in SIDES:
    VRM_BONES |= {f"{_side}{part}": f"{_side.lower()}{bone}" for part, bone in UNITY.items()}
    VRM_BONES |= {f"{_side}HandThumb{k}": f"{_side.lower()}Thumb{n}" for k, n in
                  enumerate(("Metacarpal", "Proximal", "Distal"), 1)}  # fmt: skip


def vrm(kind: str) -> Document:
    """A skeleton with names that tell nothing and a map that tells all; UpperChest is not there."""
    keys = [key for key in JOINT_NAMES if key in VRM_BONES]
    parents = {key: "Spine1" if PARENT[key] == "Spine2" else PARENT[key] for key in keys}
    document = rig(parents, {key: f"bone{at}" for at, key in enumerate(keys)})
    bones = {VRM_BONES[key]: at for at, key in enumerate(keys)}
    if kind == "VRM":
        thumbs = {"Distal": "Distal", "Proximal": "Intermediate", "Metacarpal": "Proximal"}
        older = {bone: bone for bone in bones}
        older |= {bone: bone.replace(a, b) for a, b in thumbs.items() for bone in bones if bone.endswith(f"Thumb{a}")}
        claim: Any = [{"bone": older[bone], "node": at, "useDefaultValues": True} for bone, at in bones.items()]
    else:
        claim = {bone: {"node": at} for bone, at in bones.items()}
    return Document({**document.tree, "extensions": {kind: {"humanoid": {"humanBones": claim}}}})


@pytest.mark.parametrize("kind", ["VRM", "VRMC_vrm"])
def test_a_vrm_says_which_bone_is_which(kind: str) -> None:
    document = vrm(kind)
    change = normalise_names(document)
    assert names(change.document) == [key for key in JOINT_NAMES if key in VRM_BONES]
    assert change.document.tree["extensions"] == document.tree["extensions"]


@pytest.mark.parametrize(
    "claim", [None, [], {}, "x", [{"bone": "hips"}], {"hips": {"node": 999}}, {"hips": {"node": "0"}}]
)
def test_a_broken_map_is_no_map(claim: Any) -> None:
    document = plain(CONVENTIONS["vroid"])
    tree = {**document.tree, "extensions": {"VRM": {"humanoid": {"humanBones": claim}}}}
    assert set(names(normalise_names(Document(tree)).document)) >= set(CORE)


# --- what is left alone -----------------------------------------------------------------------------------------------


def without_joints(gone: set[str]) -> Document:
    return plain(lambda key: None if key in gone else f"mixamorig:{key}")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (without_joints({"LeftForeArm"}), "LeftForeArm"),
        (without_joints({"RightFoot", "Head", "HeadTop_End"}), "Head, RightFoot"),
        (plain(lambda key: f"bone{JOINT_NAMES.index(key)}"), "no skeleton with arms"),
        (Document({"nodes": [{"name": "Cube", "mesh": 0}], "meshes": []}), "no skeleton with arms"),
        (Document({}), "no skeleton with arms"),
    ],
)
def test_an_incomplete_body_keeps_its_names_and_is_told_what_is_missing(document: Document, said: str) -> None:
    change = normalise_names(document)
    assert change.document is document
    assert len(change.notes) == 1 and said in change.notes[0] and "stay as they are" in change.notes[0]


def test_two_bodies_in_one_file_are_ambiguous() -> None:
    tree = {f"{who}:{key}": f"{who}:{PARENT[key]}" for who in ("ann", "bob") for key in JOINT_NAMES}
    document = rig(tree, {})
    change = normalise_names(document)
    assert change.document is document and "may be 'ann:" in change.notes[0]


def test_a_joint_in_an_impossible_place_is_no_arm() -> None:
    parents = {**PARENT, "LeftForeArm": "LeftUpLeg"}
    document = rig(parents, {key: f"mixamorig:{key}" for key in parents})
    change = normalise_names(document)
    assert change.document is document and "does not hang below" in change.notes[0]


def test_names_stay_unique_when_a_mesh_has_one_already() -> None:
    document = plain(CONVENTIONS["vroid"])
    nodes = [*document.tree["nodes"], {"name": "Head", "mesh": 0}, {"name": "Head_1", "mesh": 0}]
    change = normalise_names(Document({**document.tree, "nodes": nodes}))
    made = names(change.document)
    assert len(set(made)) == len(made) and made[-2:] == ["Head_2", "Head_1"]
    assert "Head_2" in change.notes[-1]


def test_ours_are_recognised_and_skipped(person: bytes) -> None:
    ours = plain(lambda key: key)
    assert is_ready_player_me(ours) and not is_ready_player_me(require_sound(person))
    assert normalise_names(ours).document is ours
    assert set(humanoid(ours)) == set(JOINT_NAMES)


@given(st.text(max_size=30))
def test_any_name_can_be_read(name: str) -> None:
    read = read_name(name)
    assert read is None or read[0] in ("", *SIDES)


@pytest.mark.parametrize(
    "name",
    ["upperarm_twist_01_l", "J_Sec_L_Bust1", "LeftHandIndex9", "ik_hand_l", "Wolf3D_Head", "Hair_R", "LeftToe_End_end"],
)
def test_names_of_other_things_mean_no_part(name: str) -> None:
    assert read_name(name) is None
