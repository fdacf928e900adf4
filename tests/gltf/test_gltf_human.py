"""Our own human at 3,000 triangles: it still has its face, and its mouth is closed."""

from __future__ import annotations

import numpy as np
import pytest
from people import a_character
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import placed_vertices, placements, target_names, triangles, world_matrices
from avatar.gltf.variants import VariantFile, build_variant
from avatar.human.human import make_human
from avatar.variant import APART, Variant

APART_2 = Variant(lod=2, atlas=APART)  # meshes by their names


@pytest.fixture(scope="module")
def human() -> bytes:
    """A woman with long hair, as the parametric generator makes her."""
    return make_human(a_character())


@pytest.fixture(scope="module")
def lod2(human: bytes, sidecar: Sidecar) -> VariantFile:
    return build_variant(human, APART_2, sidecar)


def _faces(document: Document, node: str, morph: dict[str, float] | None = None) -> np.ndarray:
    """(t, 3, 3) triangles of a node in the bind pose."""
    worlds = world_matrices(document)
    found = [
        placed_vertices(document, placement, worlds, morph=morph)[triangles(document, placement.tree(document))]
        for placement in placements(document)
        if document.tree["nodes"][placement.node]["name"] == node
    ]
    return np.concatenate(found)


def test_all_morphs_and_joints_are_there(human: bytes, lod2: VariantFile) -> None:
    before, after = inspect(human), inspect(lod2.data)
    assert len(before.morphs) == 72
    assert after.morphs == before.morphs
    assert after.joints == before.joints
    names = [mesh.name for mesh in before.meshes]
    assert [mesh.name for mesh in after.meshes] == names
    notes = [note for step in lod2.report.steps for note in step.notes]
    assert any("dropped the normals" in note for note in notes)
    assert lod2.report.triangles <= 3000
    assert lod2.report.validation.errors == 0
    assert max(max(image.width, image.height) for image in lod2.report.textures) <= 512
    assert lod2.report.bytes < 900_000


def test_as_it_is_published_it_takes_two_draw_calls(human: bytes, sidecar: Sidecar) -> None:
    made = build_lod(human, 2, sidecar)
    assert made.report.draw_calls == 2
    assert made.report.morphs == inspect(human).morphs
    assert inspect(made.data).joints == inspect(human).joints
    assert max(max(image.width, image.height) for image in made.report.textures) == 512


def test_the_face_keeps_its_share(human: bytes, lod2: VariantFile) -> None:
    """At least 700 triangles of what a morph moves by a millimetre or more."""
    document = require_sound(lod2.data)
    (primitive,) = next(mesh for mesh in document.tree["meshes"] if mesh["name"] == "Wolf3D_Head")["primitives"]
    moves = [np.linalg.norm(read_floats(document, target["POSITION"]), axis=1) for target in primitive["targets"]]
    assert (np.max(moves, axis=0) > 0.001)[triangles(document, primitive)].any(axis=1).sum() >= 700


def _pieces(data: bytes, node: str) -> int:
    corners = np.round(_faces(require_sound(data), node).reshape(-1, 3), 5)
    ends = np.unique(corners, axis=0, return_inverse=True)[1].reshape(-1, 3)
    size = int(ends.max()) + 1
    links = coo_array((np.ones(2 * len(ends)), (np.tile(ends[:, 0], 2), ends[:, 1:].T.reshape(-1))), (size, size))
    count, _ = connected_components(links, directed=False)
    return int(count)


def test_a_headset_keeps_all_its_pieces(sidecar: Sidecar) -> None:
    """Band, cups, boom and microphone: none may be missing, or the rest would float in the air."""
    outfit = {part: {"colour": "#303848"} for part in ("top", "bottom", "footwear")}
    headset = {"kind": "headset", "colour": "#202020"}
    source = make_human(a_character(outfit=outfit | {"accessories": [headset]}))
    made = build_variant(source, APART_2, sidecar)
    assert 1 < _pieces(source, "Wolf3D_Headwear") == _pieces(made.data, "Wolf3D_Headwear")


def _motion(document: Document) -> dict[str, float]:
    """Name -> displacement of the head, integrated over its surface (m^3)."""
    rest = _faces(document, "Wolf3D_Head")
    areas = np.linalg.norm(np.cross(rest[:, 1] - rest[:, 0], rest[:, 2] - rest[:, 0]), axis=1) / 2
    mesh = next(mesh for mesh in document.tree["meshes"] if mesh["name"] == "Wolf3D_Head")
    (primitive,) = mesh["primitives"]
    corners = triangles(document, primitive)
    return {
        name: float(
            (np.linalg.norm(read_floats(document, target["POSITION"])[corners].mean(axis=1), axis=1) * areas).sum()
        )
        for name, target in zip(target_names(mesh), primitive["targets"], strict=True)
    }


def test_morphs_still_move_what_they_should(human: bytes, lod2: VariantFile) -> None:
    before, after = _motion(require_sound(human)), _motion(require_sound(lod2.data))
    moving = [name for name, amount in before.items() if amount > 0.02 * max(before.values())]
    ratios = {name: after[name] / before[name] for name in moving}
    assert len(moving) > 40
    assert 0.9 < float(np.median(list(ratios.values()))) < 1.1
    assert {name: ratio for name, ratio in ratios.items() if not 0.6 < ratio < 1.5} == {}


def test_weights_still_sum_to_one(lod2: VariantFile) -> None:
    document = require_sound(lod2.data)
    for mesh in document.tree["meshes"]:
        for primitive in mesh["primitives"]:
            sums = read_floats(document, primitive["attributes"]["WEIGHTS_0"]).sum(axis=1)
            np.testing.assert_allclose(sums, 1, atol=1e-3)


def _first_hits(faces: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The z at which rays that come along -z at (x, y) first meet ``faces``; -inf where they miss."""
    low, high = faces.min(axis=1), faces.max(axis=1)
    near = (low[:, 0] < x.max()) & (high[:, 0] > x.min()) & (low[:, 1] < y.max()) & (high[:, 1] > y.min())
    a, b, c = (faces[near, corner] for corner in range(3))
    whole = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    with np.errstate(all="ignore"):
        dx, dy = x[:, None] - a[:, 0], y[:, None] - a[:, 1]
        beta = (dx * (c[:, 1] - a[:, 1]) - dy * (c[:, 0] - a[:, 0])) / whole
        gamma = ((b[:, 0] - a[:, 0]) * dy - (b[:, 1] - a[:, 1]) * dx) / whole
        z = a[:, 2] + beta * (b[:, 2] - a[:, 2]) + gamma * (c[:, 2] - a[:, 2])
    inside = (beta >= -1e-9) & (gamma >= -1e-9) & (beta + gamma <= 1 + 1e-9)
    return np.where(inside, z, -np.inf).max(axis=1)


def _gape(source: Document, made: Document, morph: dict[str, float] | None = None) -> float:
    """The share of rays onto the middle of the mouth that pass its lips by 12 mm or more.

    Where the mouth is, is read off the source: the front of its teeth and 12 mm of jaw below.
    """
    teeth = _faces(source, "Wolf3D_Teeth").reshape(-1, 3)
    front = teeth[teeth[:, 2] > teeth[:, 2].max() - 0.01]
    x, y = np.linspace(-0.012, 0.012, 25), np.linspace(front[:, 1].min() - 0.012, front[:, 1].max(), 60)
    grid = [axis.ravel() for axis in np.meshgrid(x, y)]
    lips = _first_hits(_faces(source, "Wolf3D_Head"), *grid)
    return float((_first_hits(_faces(made, "Wolf3D_Head", morph), *grid) < lips - 0.012).mean())


def test_the_mouth_is_closed_at_rest_and_opens(human: bytes, lod2: VariantFile) -> None:
    source, made = require_sound(human), require_sound(lod2.data)
    assert _gape(source, source) == 0
    assert _gape(source, made) < 0.005
    wide = _gape(source, source, {"jawOpen": 1.0})
    assert wide > 0.2
    assert _gape(source, made, {"jawOpen": 1.0}) == pytest.approx(wide, rel=0.2)
