"""Parts into a GLB: what a reader that is not ours finds in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pygltflib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from avatar.errors import GenerationFailed
from avatar.human import rig
from avatar.human.body import shape_figure
from avatar.human.export import four_joints, to_glb
from avatar.human.figure import AlphaMode, Figure, Material, Part
from avatar.human.human import PLAIN
from avatar.profile import AvatarStyle

READ = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@pytest.fixture(scope="module")
def figure() -> Figure:
    return shape_figure(PLAIN)


def patch(joint: str, count: int = 12, node: str = "Wolf3D_Head", **more: Any) -> Part:
    """A strip of ``count`` vertices that follows one joint."""
    weights = np.zeros((count, len(rig.JOINT_NAMES)), np.float32)
    weights[:, rig.JOINT_NAMES.index(joint)] = 1
    first = np.arange(count - 2)
    part = Part(
        node=node,
        material=Material("Wolf3D_Skin"),
        positions=np.column_stack([np.arange(count) * 0.01, np.full(count, 1.5), (np.arange(count) % 2) * 0.01]),
        normals=np.tile([0.0, 1.0, 0.0], (count, 1)),
        uv=np.zeros((count, 2)),
        triangles=np.column_stack([first, first + 1, first + 2]),
        weights=weights,
    )
    return replace(part, **more)


def load(glb: bytes) -> tuple[pygltflib.GLTF2, bytes]:
    document = pygltflib.GLTF2.load_from_bytes(glb)
    return document, document.binary_blob()


def values(document: pygltflib.GLTF2, blob: bytes, index: int) -> np.ndarray:
    """An accessor with its sparse part applied."""
    accessor = document.accessors[index]
    width, kind = WIDTH[accessor.type], READ[accessor.componentType]

    def stored(view: int, offset: int | None, count: int, kind: str) -> np.ndarray:
        return np.frombuffer(blob, kind, count, (document.bufferViews[view].byteOffset or 0) + (offset or 0))

    out = np.zeros((accessor.count, width), kind)
    if accessor.bufferView is not None:
        out = stored(accessor.bufferView, accessor.byteOffset, accessor.count * width, kind).reshape(-1, width).copy()
    if sparse := accessor.sparse:
        index_kind = READ[sparse.indices.componentType]
        rows = stored(sparse.indices.bufferView, sparse.indices.byteOffset, sparse.count, index_kind)
        replaced = stored(sparse.values.bufferView, sparse.values.byteOffset, sparse.count * width, kind)
        out[rows] = replaced.reshape(-1, width)
    return out


@given(arrays(np.float32, st.tuples(st.integers(1, 6), st.just(4)), elements=st.floats(0, 1, width=32)), st.randoms())
def test_four_joints_sum_to_255_and_stay_within_a_step(shares: np.ndarray, random: Any) -> None:
    shares[:, 0] += 0.25
    weights = np.zeros((len(shares), 67), np.float32)
    for row, share in zip(weights, shares, strict=True):
        row[random.sample(range(67), 4)] = share
    joints, told = four_joints(weights)
    assert (told.astype(int).sum(1) == 255).all()
    assert (joints[told == 0] == 0).all()
    back = np.zeros(weights.shape)
    np.add.at(back, (np.arange(len(weights))[:, None], joints), told / 255)
    assert np.abs(back - weights / weights.sum(1, keepdims=True)).max() <= 1 / 255 + 1e-6


def test_a_vertex_without_a_joint_is_refused() -> None:
    with pytest.raises(GenerationFailed, match="follows no joint"):
        four_joints(np.zeros((2, 67), np.float32))


@pytest.mark.parametrize("what", ["positions", "normals", "uv", "weights"])
def test_broken_numbers_are_refused_with_the_part_that_has_them(figure: Figure, what: str) -> None:
    part = patch("Head")
    bad = getattr(part, what).copy()
    bad[3, 0] = np.nan
    with pytest.raises(GenerationFailed, match=r"Wolf3D_Head/Wolf3D_Skin.*NaN"):
        to_glb(figure, [replace(part, **{what: bad})])


def test_an_empty_part_is_refused(figure: Figure) -> None:
    with pytest.raises(GenerationFailed, match="no triangles"):
        to_glb(figure, [patch("Head", triangles=np.zeros((0, 3), np.int64))])


def test_parts_of_one_node_share_a_mesh_and_its_morphs(figure: Figure) -> None:
    moved = np.zeros((12, 3))
    moved[4] = (0.0, 0.002, 0.001)
    parts = [
        patch("Head", morphs={"jawOpen": moved, "mouthSmile": np.full((12, 3), 0.003)}, importance=3.0),
        patch("Hips", node="Wolf3D_Body"),
        patch("Head", material=Material("Wolf3D_Other")),
    ]
    document, blob = load(to_glb(figure, parts))
    assert [mesh.name for mesh in document.meshes] == ["Wolf3D_Head", "Wolf3D_Body"]
    head, body = document.meshes
    names = list(figure.morphs)
    assert len(names) == 72 and head.extras["targetNames"] == names and head.extras["importance"] == 3.0
    assert [len(primitive.targets) for primitive in head.primitives] == [72, 72]
    assert not body.primitives[0].targets and "targetNames" not in body.extras
    by_name = {n: t["POSITION"] for n, t in zip(names, head.primitives[0].targets, strict=True)}
    jaw, smile = by_name.pop("jawOpen"), by_name.pop("mouthSmile")
    assert document.accessors[jaw].sparse.count == 1
    assert np.allclose(values(document, blob, jaw), moved, atol=1e-7)  # the head does not turn between the poses
    assert document.accessors[smile].sparse is None and np.allclose(values(document, blob, smile), 0.003)
    still = set(by_name.values())
    assert len(still) == 1 and not values(document, blob, still.pop()).any()
    assert len({target["POSITION"] for target in head.primitives[1].targets}) == 1


def test_bounds_of_positions_and_morphs_are_what_is_stored(figure: Figure) -> None:
    moved = np.zeros((12, 3))
    moved[2] = (-0.004, 0.002, 0.0)
    document, blob = load(to_glb(figure, [patch("LeftHand", morphs={"jawOpen": moved})]))
    primitive = document.meshes[0].primitives[0]
    for index in (primitive.attributes.POSITION, *(target["POSITION"] for target in primitive.targets)):
        stored = values(document, blob, index)
        assert np.array_equal(stored.min(0), np.float32(document.accessors[index].min))
        assert np.array_equal(stored.max(0), np.float32(document.accessors[index].max))


def test_morphs_turn_with_the_hand_that_the_t_pose_turns(figure: Figure) -> None:
    moved = np.tile([0.0, 0.01, 0.0], (12, 1))
    document, blob = load(to_glb(figure, [patch("LeftHand", morphs={"jawOpen": moved})]))
    target = document.meshes[0].primitives[0].targets[list(figure.morphs).index("jawOpen")]
    turned = rig.bind(figure).carry[rig.JOINT_NAMES.index("LeftHand"), :3, :3] @ [0.0, 0.01, 0.0]
    assert np.allclose(values(document, blob, target["POSITION"]), turned, atol=1e-6)
    assert not np.allclose(turned, [0.0, 0.01, 0.0], atol=1e-3)


def test_normals_of_the_head_turn_with_its_surface(figure: Figure) -> None:
    x, z = np.meshgrid(np.arange(5) * 0.01, np.arange(5) * 0.01)
    places = np.column_stack([x.ravel(), np.full(25, 1.5), z.ravel()])
    corner = np.array([i for i in range(20) if i % 5 < 4])
    quads = np.stack([corner, corner + 5, corner + 6, corner + 1], axis=1)
    weights = patch("Head", 25).weights
    slope = np.column_stack([np.zeros(25), places[:, 0], np.zeros(25)])  # y grows with x: 45 degrees
    grid = patch("Head", 25, positions=places, triangles=np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]]))
    grid = replace(grid, weights=weights, morphs={"jawOpen": slope, "cheekPuff": slope * 1e-3})
    document, blob = load(to_glb(figure, [grid, replace(grid, node="Wolf3D_Teeth")]))
    targets = dict(zip(figure.morphs, document.meshes[0].primitives[0].targets, strict=True))
    turned = values(document, blob, targets["jawOpen"]["NORMAL"])
    assert np.allclose(turned, [-(0.5**0.5), 0.5**0.5 - 1, 0], atol=1e-5)
    assert not values(document, blob, targets["cheekPuff"]["NORMAL"]).any()  # too little to see
    assert all(target.keys() == {"POSITION", "NORMAL"} for target in targets.values())
    assert all(target.keys() == {"POSITION"} for target in document.meshes[1].primitives[0].targets)


def test_the_skeleton_is_ready_player_mes_and_its_binds_are_its_nodes(figure: Figure) -> None:
    document, blob = load(to_glb(figure, [patch("Head")]))
    skin = document.skins[0]
    assert [document.nodes[i].name for i in skin.joints] == list(rig.JOINT_NAMES)
    parents = {child: index for index, node in enumerate(document.nodes) for child in node.children}
    for index in skin.joints:
        assert document.nodes[parents[index]].name == rig.PARENT[document.nodes[index].name]
    assert document.scenes[0].nodes == [0] and document.nodes[0].name == "Armature"
    inverse = values(document, blob, skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
    world = {0: np.eye(4)}
    for joint, index in enumerate(skin.joints):
        local = np.eye(4)
        local[:3, :3] = Rotation.from_quat(document.nodes[index].rotation).as_matrix()
        local[:3, 3] = document.nodes[index].translation
        world[index] = world[parents[index]] @ local
        assert np.allclose(world[index] @ inverse[joint], np.eye(4), atol=1e-5)


def test_images_are_stored_once_and_as_what_their_alpha_needs(figure: Figure) -> None:
    sheet = np.random.default_rng(1).integers(0, 255, (16, 16, 4), dtype=np.uint8)
    materials = [
        Material("Wolf3D_Hair", sheet, alpha=AlphaMode.MASK, cutoff=0.3, double_sided=True, specular=0.4),
        Material("Wolf3D_Hair_Cap", sheet.copy(), alpha=AlphaMode.BLEND),
        Material("Wolf3D_Teeth", sheet[..., :3], occlusion_roughness_metallic=sheet[..., :3].copy()),
        Material("Wolf3D_Body", sheet),
    ]
    document, _ = load(to_glb(figure, [patch("Head", material=material) for material in materials]))
    hair, cap, teeth, body = document.materials
    assert [image.mimeType for image in document.images] == ["image/png", "image/jpeg", "image/jpeg"]
    assert body.pbrMetallicRoughness.baseColorTexture.index == teeth.pbrMetallicRoughness.baseColorTexture.index
    assert hair.pbrMetallicRoughness.baseColorTexture.index == cap.pbrMetallicRoughness.baseColorTexture.index
    assert teeth.occlusionTexture.index == teeth.pbrMetallicRoughness.metallicRoughnessTexture.index
    assert (hair.alphaMode, hair.alphaCutoff, hair.doubleSided) == ("MASK", 0.3, True)
    assert hair.extensions == {"KHR_materials_specular": {"specularFactor": 0.4}}
    assert document.extensionsUsed == ["KHR_materials_specular"]
    assert (cap.alphaMode, body.alphaMode) == ("BLEND", "OPAQUE")


def test_what_swings_is_told_in_the_bind_pose(figure: Figure) -> None:
    tail = np.array([[0.02, 1.5, 0.0], [0.021, 1.45, -0.01], [0.02, 1.4, 0.0]])
    parts = [
        patch("Head", node="Wolf3D_Hair", springs=(tail, tail[:2])),
        patch("LeftHand", node="Wolf3D_Hair", springs=(tail,)),
        patch("Head"),
    ]
    document, _ = load(to_glb(figure, parts))
    hair, head = document.meshes
    still, short, turned = (np.array(line) for line in hair.extras["springs"])
    carry = rig.bind(figure).carry
    head_at, hand_at = (carry[rig.JOINT_NAMES.index(name)] for name in ("Head", "LeftHand"))
    assert np.allclose(still, tail @ head_at[:3, :3].T + head_at[:3, 3], atol=6e-5)
    assert np.array_equal(short, still[:2])
    assert np.allclose(turned, tail @ hand_at[:3, :3].T + hand_at[:3, 3], atol=6e-5)
    assert not np.allclose(turned, still, atol=1e-2)
    assert "springs" not in head.extras


def test_a_spring_that_is_not_finite_is_refused(figure: Figure) -> None:
    with pytest.raises(GenerationFailed, match="NaN"):
        to_glb(figure, [patch("Head", springs=(np.full((2, 3), np.nan),))])


def test_materials_say_what_clients_may_put_on_them(figure: Figure) -> None:
    rect = {"logo": {"rect": [0.25, 0.25, 0.5, 0.5]}}
    materials = [Material("Wolf3D_Outfit_Top", extras=rect), Material("Wolf3D_Outfit_Top", extras=dict(rect))]
    glb = to_glb(figure, [patch("Hips", material=material) for material in [*materials, Material("Wolf3D_Skin")]])
    top, skin = load(glb)[0].materials
    assert top.extras == rect and not skin.extras


def test_drawn_people_shine_a_little_in_the_colours_they_are_painted_in(figure: Figure) -> None:
    sheet = np.random.default_rng(1).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    parts = [
        patch("Head", material=Material("Wolf3D_Skin", sheet)),
        patch("Head", material=Material("Wolf3D_Glasses", base_factor=(0.5, 1.0, 0.0, 0.3))),
    ]
    character = figure.character.model_copy(update={"style": AvatarStyle.ANIME})
    skin, glass = load(to_glb(replace(figure, character=character), parts))[0].materials
    surface = skin.pbrMetallicRoughness
    assert skin.emissiveTexture.index == surface.baseColorTexture.index
    assert np.allclose(np.add(surface.baseColorFactor[:3], skin.emissiveFactor), 1.0) and min(skin.emissiveFactor) > 0.2
    assert np.allclose(np.add(glass.pbrMetallicRoughness.baseColorFactor[:3], glass.emissiveFactor), [0.5, 1.0, 0.0])
    assert glass.pbrMetallicRoughness.baseColorFactor[3] == 0.3
    plain = load(to_glb(figure, parts))[0].materials
    assert all(material.emissiveFactor == [0.0, 0.0, 0.0] and not material.emissiveTexture for material in plain)


def test_vertex_colours_and_wide_indices(figure: Figure) -> None:
    many = patch("Hips", 66_000, "Wolf3D_Body", colour=np.full((66_000, 3), 0.25, np.float32))
    document, blob = load(to_glb(figure, [many, patch("Head")]))
    wide, narrow = (mesh.primitives[0] for mesh in document.meshes)
    assert document.accessors[wide.indices].componentType == 5125
    assert document.accessors[narrow.indices].componentType == 5123
    colour = values(document, blob, wide.attributes.COLOR_0)
    assert document.accessors[wide.attributes.COLOR_0].normalized
    assert np.allclose(colour[0] / 65535, [0.25, 0.25, 0.25, 1.0], atol=1e-4)
    assert narrow.attributes.COLOR_0 is None


def test_equal_parts_give_equal_bytes_and_say_what_they_are(figure: Figure) -> None:
    one, two = (to_glb(figure, [patch("Head")]) for _ in range(2))
    assert one == two
    asset = load(one)[0].asset
    assert asset.generator.startswith("AR Avatar") and asset.extras["style"] == "realistic"
    assert (asset.extras["contract"]["joints"], asset.extras["contract"]["morphTargets"]) == (67, 72)
    bones = asset.extras["humanoid"]  # joint -> Unity's bone
    assert len(bones) == len(set(bones.values())) == 54 and set(bones) <= set(rig.JOINT_NAMES)
    assert (bones["Spine1"], bones["LeftForeArm"], bones["RightHandPinky2"]) == (
        "Chest", "LeftLowerArm", "RightLittleIntermediate",
    )  # fmt: skip
