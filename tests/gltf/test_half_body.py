"""Half a body: what stays, what goes, and that nothing is left open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import a_character

from avatar.errors import InvalidModel
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, read_glb
from avatar.gltf.model.pose import placed_vertices, placements, triangles, world_matrices
from avatar.gltf.transforms.half import half_body
from avatar.gltf.transforms.half.clipping import cut
from avatar.gltf.transforms.skeleton import humanoid
from avatar.gltf.variants import VariantFile, build_variant
from avatar.human.human import make_human
from avatar.variant import BodyType, Variant

BOX = np.array(
    [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4],
     [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6], [3, 0, 4], [3, 4, 7]]
)  # fmt: skip
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float)


@pytest.fixture(scope="module")
def halved(sidecar: Sidecar) -> VariantFile:
    return build_variant(make_human(a_character()), Variant(lod=1, body=BodyType.HALF), sidecar)


def test_the_file_is_valid_and_says_so(halved: VariantFile) -> None:
    assert halved.report.validation.errors == 0
    assert len(halved.report.morphs) == 72


def test_head_chest_and_hands_stay(halved: VariantFile) -> None:
    document = read_glb(halved.data)
    worlds, joints = world_matrices(document), humanoid(document)
    at = {name: worlds[node, :3, 3] for name, node in joints.items()}
    names = {document.tree["nodes"][placement.node]["name"] for placement in placements(document)}
    assert {"Wolf3D_Head", "Wolf3D_Hair", "EyeLeft", "Wolf3D_Outfit_Top"} <= names
    assert not names & {"Wolf3D_Outfit_Bottom", "Wolf3D_Outfit_Footwear"}
    for placement in placements(document):
        if document.tree["nodes"][placement.node]["name"] == "Wolf3D_Hair":
            continue
        places = placed_vertices(document, placement, worlds)
        assert places[:, 1].min() > at["Spine1"][1] - 2e-3
        outside = np.abs(places[:, 0]) - at["LeftArm"][0]
        reach = at["LeftForeArm"][0] - at["LeftArm"][0]
        between = (outside > 0.5 * reach) & (np.abs(places[:, 0]) < at["LeftForeArm"][0] + 0.5 * reach)
        assert not between.any()  # no arm
    hands = np.concatenate([placed_vertices(document, placement, worlds) for placement in placements(document)])
    assert hands[:, 0].max() > at["LeftHandMiddle3"][0] and hands[:, 0].min() < at["RightHandMiddle3"][0]
    assert set(joints) >= {"LeftUpLeg", "LeftFoot", "LeftForeArm"}  # whole animations still find their joints


@given(st.lists(st.floats(-1, 1).filter(lambda value: abs(value) > 1e-3), min_size=8, max_size=8))
def test_a_closed_box_stays_closed_wherever_it_is_cut(field: list[float]) -> None:
    made = cut(BOX, np.array(field), np.arange(8))
    every = np.concatenate([made.triangles, made.lids])
    edges = np.concatenate([every[:, [0, 1]], every[:, [1, 2]], every[:, [2, 0]]])
    forth, back = {tuple(edge) for edge in edges.tolist()}, {(b, a) for a, b in edges.tolist()}
    assert forth == back  # each edge has a neighbour that runs it the other way
    assert len(forth) == len(edges)


def test_a_box_cut_in_half_has_half_its_volume() -> None:
    made = cut(BOX, CORNERS[:, 2] - 0.25, np.arange(8))
    between = CORNERS[made.ends[:, 0]] * (1 - made.shares)[:, None] + CORNERS[made.ends[:, 1]] * made.shares[:, None]
    middles = [between[loop].mean(axis=0) for loop in made.loops]
    places = np.concatenate([CORNERS, between, *[middle[None] for middle in middles]])
    a, b, c = places[np.concatenate([made.triangles, made.lids])].transpose(1, 0, 2)
    assert abs(float(np.einsum("ij,ij->", np.cross(a, b), c)) / 6) == pytest.approx(0.75)


def test_lids_close_the_sleeves_and_the_waist() -> None:
    whole = read_glb(make_human(a_character()))
    halved = half_body(whole).document
    skin = next(p for p in placements(halved) if halved.tree["nodes"][p.node]["name"] == "Wolf3D_Body")
    corners = triangles(halved, skin.tree(halved))
    places = placed_vertices(halved, skin, world_matrices(halved))
    seats = np.unique(np.round(places, 5), axis=0, return_inverse=True)[1].reshape(-1)[corners]
    edges = np.concatenate([seats[:, [0, 1]], seats[:, [1, 2]], seats[:, [2, 0]]])
    hands = places[:, 0][corners].min(axis=1) > 0.5
    own = np.tile(hands, 3)
    forth = {tuple(edge) for edge in edges[own].tolist()}
    open_edges = [edge for edge in forth if edge[::-1] not in forth]
    assert not open_edges  # of the left hand


def test_a_model_without_joints_is_refused() -> None:
    with pytest.raises(InvalidModel, match="where half a body ends"):
        half_body(Document({"asset": {"version": "2.0"}, "nodes": [{"name": "Hips"}]}))
