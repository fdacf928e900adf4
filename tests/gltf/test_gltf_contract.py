"""What a build may not do to a model, each done to one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from specimens import altered, overwritten, unpack, with_image

from avatar.gltf.contract import Expected, check_contract, expected_of
from avatar.gltf.gate.checks import Problem, ProblemCode, Severity
from avatar.gltf.gate.embed import embed
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, read_glb
from avatar.gltf.pipeline import Step, run_steps
from avatar.gltf.transforms.compact import compact
from avatar.gltf.transforms.mend import mend
from avatar.gltf.transforms.morphs import prune_morphs
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import simplify
from avatar.gltf.transforms.skeleton import normalise_names
from avatar.variant import RestPose, TextureFormat, Variant

Tree = dict[str, Any]
ASKED = Expected(texture_limit=64, mimes=frozenset({"image/png", "image/jpeg"}))


def loose(data: bytes) -> Document:
    """A document that need not be sound."""
    return embed(read_glb(data))


def errors(problems: tuple[Problem, ...]) -> list[tuple[ProblemCode, str]]:
    return [(problem.code, problem.message) for problem in problems if problem.severity is Severity.ERROR]


@pytest.fixture(scope="module")
def built(person: bytes, sidecar: Sidecar) -> Document:
    """A small level of detail of the person."""
    steps = (
        Step("weld", weld),
        Step("simplify", lambda document: simplify(document, 1500, sidecar)),
        Step("mend", mend),
        Step("compact", lambda document: compact(document, sidecar)),
    )
    return run_steps(require_sound(person), steps)[0]


def test_a_level_of_detail_keeps_the_contract(person: bytes, built: Document) -> None:
    assert check_contract(require_sound(person), built, ASKED) == ()


def test_a_model_keeps_the_contract_with_itself(person: bytes) -> None:
    document = require_sound(person)
    assert check_contract(document, document) == ()


def test_fewer_morphs_are_right_when_they_were_asked_for(person: bytes) -> None:
    before = require_sound(person)
    after = prune_morphs(before, ["jawOpen"]).document
    assert errors(check_contract(before, after, Expected(morphs=["jawOpen", "tongueOut"]))) == []
    lost = errors(check_contract(before, after, Expected(morphs=["jawOpen", "mouthSmileLeft"])))
    assert [code for code, _ in lost] == [ProblemCode.MORPHS] and "mouthSmileLeft" in lost[0][1]
    left = errors(check_contract(before, before, Expected(morphs=["jawOpen"])))
    assert len(left) == 3 and all("not asked for" in message for _, message in left)
    idle = [problem for problem in check_contract(before, after) if problem.code is ProblemCode.UNUSED]
    assert idle and idle[0].where == "/accessors"


def accessor_of(data: bytes, mesh: int, name: str, target: int | None = None) -> int:
    primitive = unpack(data)[0]["meshes"][mesh]["primitives"][0]
    streams = primitive["attributes"] if target is None else primitive["targets"][target]
    found: int = streams[name]
    return found


def scaled_target(factor: float) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        at = accessor_of(data, 0, "POSITION", 0)
        document = require_sound(data)
        view = document.tree["bufferViews"][document.tree["accessors"][at]["bufferView"]]
        values = np.frombuffer(document.binary, np.float32, view["byteLength"] // 4, view["byteOffset"])
        return overwritten(data, at, values.reshape(-1, 3) * np.float32(factor))

    return change


def rows(name: str, values: list[list[float]], mesh: int = 0, target: int | None = None) -> Callable[[bytes], bytes]:
    return lambda data: overwritten(data, accessor_of(data, mesh, name, target), np.array(values, np.float32))


def tree(change: Callable[[Tree], object]) -> Callable[[bytes], bytes]:
    return lambda data: altered(data, change)


def nested(joint: Tree) -> None:
    joint["nodes"][1]["children"], joint["nodes"][2]["children"] = [3], []
    joint["nodes"][3]["children"] = [2]


def image(size: tuple[int, int], kind: str = "JPEG") -> Callable[[bytes], bytes]:
    out = io.BytesIO()
    Image.new("RGB", size).save(out, kind)
    mime = f"image/{kind.lower()}"

    def change(data: bytes) -> bytes:
        return altered(with_image(data, out.getvalue()), lambda tree: tree["images"][0].update(mimeType=mime))

    return change


C = ProblemCode
FAULTS: dict[str, tuple[Callable[[bytes], bytes], ProblemCode, str]] = {
    "a joint renamed": (tree(lambda t: t["nodes"][3].update(name="Skull")), C.SKELETON, "'Head' below 'Spine'"),
    "a joint gone from the skin": (tree(lambda t: t["skins"][0]["joints"].pop()), C.SKELETON, "'Head'"),
    "joints hung elsewhere": (tree(nested), C.SKELETON, "'Spine' below 'Hips'"),
    "weights that sum to 2": (rows("WEIGHTS_0", [[1, 1, 0, 0]]), C.WEIGHTS, "1 vertices do not sum to 1"),
    "a negative weight": (rows("WEIGHTS_0", [[1.5, -0.5, 0, 0]]), C.WEIGHTS, "negative"),
    "a weight that is no number": (rows("WEIGHTS_0", [[np.nan, 1, 0, 0]]), C.WEIGHTS, "not finite"),
    "a joint that is not there": (
        lambda data: overwritten(data, accessor_of(data, 0, "JOINTS_0"), np.array([[9, 0, 0, 0]], np.uint8)),
        C.JOINT_RANGE,
        "joint 9 of a skin with 3",
    ),
    "a normal of length 2": (rows("NORMAL", [[2, 0, 0]]), C.NORMALS, "1 of"),
    "a normal that is no number": (rows("NORMAL", [[np.nan, 0, 0]] * 3), C.NORMALS, "3 of"),
    "a place that is no number": (rows("POSITION", [[np.inf, 0, 0]]), C.NOT_FINITE, "not finite"),
    "joints that stand elsewhere": (
        tree(lambda t: t["nodes"][3].update(rotation=[0, 0.7071068, 0, 0.7071068])),
        C.BIND_POSE,
        "not bound in the rest pose",
    ),
    "matrices that are no numbers": (
        lambda data: overwritten(
            data, unpack(data)[0]["skins"][0]["inverseBindMatrices"], np.full((1, 16), np.nan, np.float32)
        ),
        C.NOT_FINITE,
        "inverse bind matrices",
    ),
    "a vertex far away": (rows("POSITION", [[0, 9, 0]]), C.BOUNDS, "has moved"),
    "a body twice as large": (tree(lambda t: t["nodes"][0].update(scale=[2, 2, 2])), C.BOUNDS, "has moved"),
    "a morph renamed": (
        tree(lambda t: t["meshes"][0]["extras"]["targetNames"].__setitem__(1, "blink")),
        C.MORPHS,
        "'eyeBlinkLeft' is not there",
    ),
    "a name too few": (
        tree(lambda t: t["meshes"][0]["extras"]["targetNames"].pop()),
        C.MORPHS,
        "names 3 morph targets and has 4",
    ),
    "a morph that stands still": (scaled_target(0.0), C.MORPHS, "'jawOpen' moves nothing"),
    "a morph that moves too far": (scaled_target(3.0), C.MORPHS, "'jawOpen' moves 3.0 times"),
    "a morph that is no number": (
        rows("POSITION", [[np.nan, 0, 0]], target=1),
        C.NOT_FINITE,
        "'eyeBlinkLeft' is not finite",
    ),
    "a texture too large": (image((128, 128)), C.IMAGE_SIZE, "128 x 128 pixels, at most 64"),
    "a texture of no power of two": (image((48, 64)), C.IMAGE_SIZE, "no powers of two"),
    "a texture in another format": (image((64, 64), "WEBP"), C.IMAGE_FORMAT, "image/webp where"),
    "a texture that is none": (lambda data: with_image(data, b"hello" * 20), C.IMAGE_FORMAT, "no image"),
    "a texture that says it is another": (
        tree(lambda t: t["images"][0].update(mimeType="image/png")),
        C.IMAGE_FORMAT,
        "says image/png",
    ),
    "a material made opaque": (
        tree(lambda t: t["materials"][1].pop("alphaMode")),
        C.ALPHA,
        "'Wolf3D_Outfit' is OPAQUE",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found(fault: str, person: bytes) -> None:
    change, code, said = FAULTS[fault]
    found = errors(check_contract(require_sound(person), loose(change(person)), ASKED))
    assert code in [code for code, _ in found], found
    assert any(said in message for _, message in found), found


def test_a_fading_morph_is_a_warning(person: bytes) -> None:
    problems = check_contract(require_sound(person), loose(scaled_target(0.1)(person)))
    assert [(problem.code, problem.severity) for problem in problems] == [(C.MORPHS, Severity.WARNING)]


def test_what_was_asked_for_is_no_fault(person: bytes) -> None:
    before = require_sound(person)
    larger = loose(image((128, 128))(person))
    assert errors(check_contract(before, larger)) == []
    odd = Expected(texture_limit=64, power_of_two=False)
    uneven = loose(image((48, 64))(person))
    assert errors(check_contract(before, uneven, odd)) == []
    assert errors(check_contract(uneven, uneven, ASKED)) == []  # it was not scaled


def test_a_variant_says_what_is_expected() -> None:
    variant = Variant(lod=1, morphs=("jawOpen",), pose=RestPose.A, atlas=512, texture_format=TextureFormat.KTX2)
    expected = expected_of(variant)
    assert (expected.morphs, expected.posed, expected.merged) == (("jawOpen",), True, True)
    assert (expected.texture_limit, expected.mimes) == (512, frozenset({"image/ktx2"}))
    assert expected_of(Variant()).mimes == frozenset({"image/jpeg", "image/png"})


def test_a_skin_that_never_was_bound_in_its_rest_pose_is_left_alone_unless_posed(person: bytes) -> None:
    turned = require_sound(altered(person, lambda t: t["nodes"][3].update(rotation=[0, 0.7071068, 0, 0.7071068])))
    assert check_contract(turned, turned) == ()
    found = errors(check_contract(turned, turned, Expected(posed=True)))
    assert [code for code, _ in found] == [C.BIND_POSE]


def test_an_atlas_may_rename_materials(person: bytes) -> None:
    merged = loose(altered(person, lambda t: t["materials"][0].update(name="Wolf3D_Outfit")))
    before = require_sound(person)
    assert [code for code, _ in errors(check_contract(before, merged))] == [C.ALPHA]
    assert check_contract(before, merged, Expected(merged=True)) == ()
    glassy = loose(altered(person, lambda t: t["materials"][0].update(alphaMode="BLEND")))
    assert [problem.code for problem in check_contract(before, glassy, Expected(merged=True))] == [C.ALPHA]


def foreign(data: bytes) -> bytes:
    """The person with all the limbs that a skeleton needs, by Mixamo's names."""

    def grow(t: Tree) -> None:
        chains = [(1, side, ("UpLeg", "Leg", "Foot")) for side in ("Left", "Right")]
        chains += [(2, side, ("Arm", "ForeArm", "Hand")) for side in ("Left", "Right")]
        for start, side, parts in chains:
            above = start
            for part in parts:
                t["nodes"].append({"name": side + part})
                t["nodes"][above].setdefault("children", []).append(len(t["nodes"]) - 1)
                above = len(t["nodes"]) - 1
        for node in (*t["nodes"][1:4], *t["nodes"][6:]):
            node["name"] = f"mixamorig:{node['name']}"

    return altered(data, grow)


def test_joints_renamed_on_purpose_are_the_same_joints(person: bytes) -> None:
    before = require_sound(foreign(person))
    after = normalise_names(before).document
    assert errors(check_contract(before, after))[0][0] is C.SKELETON
    assert check_contract(before, after, Expected(normalised=True)) == ()


def test_unused_pictures_are_warnings(person: bytes) -> None:
    spare = loose(altered(person, lambda t: t["materials"][1].pop("normalTexture")))
    found = [(problem.where, problem.severity) for problem in check_contract(require_sound(person), spare)]
    assert found == [("/textures", Severity.WARNING), ("/images", Severity.WARNING)]


def test_more_than_four_influences_are_a_warning(person: bytes) -> None:
    def crowd(t: Tree) -> None:
        for mesh in t["meshes"]:
            attributes = mesh["primitives"][0]["attributes"]
            attributes["JOINTS_1"], attributes["WEIGHTS_1"] = attributes["JOINTS_0"], attributes["WEIGHTS_0"]

    after = require_sound(altered(person, crowd))
    problems = check_contract(require_sound(person), after)
    assert C.WEIGHTS in {problem.code for problem in problems}


def test_nothing_left_to_see_is_an_error(person: bytes) -> None:
    empty = loose(altered(person, lambda t: [node.pop("mesh", None) for node in t["nodes"]]))
    assert C.BOUNDS in [code for code, _ in errors(check_contract(require_sound(person), empty))]
