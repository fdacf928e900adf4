"""Fewer triangles: the budget, what must stay, what bends, and what was left behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from specimens import Sketch, altered, ball, figure, grid, sheet

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import Pose, placed_vertices, placements, quaternion_matrix, triangles, world_matrices
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import DEFAULTS, SimplifyOptions, simplify
from avatar.gltf.transforms.simplify.strays import bent, piece_numbers, strays, to_triangles

Tree = dict[str, Any]


def _drawn(document: Document) -> int:
    return sum(len(triangles(document, placement.tree(document))) for placement in placements(document))


def _farthest(before: Document, after: Document, pose: Pose | None = None, every: int = 1) -> np.ndarray:
    """Distance of each vertex of ``before``, or of one in ``every``, from the surface of ``after``, by trying every
    triangle."""
    shapes = []
    for document in (before, after):
        worlds = world_matrices(document, pose)
        shapes.append(
            np.concatenate(
                [
                    placed_vertices(document, placement, worlds)[triangles(document, placement.tree(document))]
                    for placement in placements(document)
                ]
            )
        )
    points = np.unique(shapes[0].reshape(-1, 3), axis=0)[-1::-every]
    return np.array([to_triangles(np.broadcast_to(point, (len(shapes[1]), 3)), shapes[1]).min() for point in points])


def _bare(shapes: list[tuple[np.ndarray, np.ndarray]]) -> Document:
    """A model of several meshes: positions and triangles of each, no skin, no morphs, no material."""
    sketch = Sketch()
    meshes = []
    for positions, corners in shapes:
        attributes = {"POSITION": sketch.positions(positions.astype(np.float32))}
        indices = sketch.accessor(corners.reshape(-1).astype(np.uint32))
        meshes.append({"primitives": [{"attributes": attributes, "indices": indices}]})
    sketch.tree |= {
        "meshes": meshes,
        "nodes": [{"mesh": number} for number in range(len(meshes))],
        "scenes": [{"nodes": list(range(len(meshes)))}],
    }
    return require_sound(sketch.glb())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=st.integers(700, 6500))
def test_the_target_is_hit_within_a_percent(person: bytes, sidecar: Sidecar, target: int) -> None:
    made = simplify(require_sound(person), target, sidecar).document
    assert 0.99 * target <= _drawn(made) <= target


def test_what_is_small_enough_stays_as_it_is(person: bytes, sidecar: Sidecar) -> None:
    document = require_sound(person)
    change = simplify(document, 100_000, sidecar)
    assert change.document is document
    assert "kept all" in change.notes[0]


def test_nothing_but_triangles_changes(person: bytes, sidecar: Sidecar) -> None:
    before = require_sound(person)
    after = simplify(before, 2000, sidecar).document
    for name in ("nodes", "skins", "animations", "materials", "images"):
        assert after.tree[name] == before.tree[name]
    for old, new in zip(before.tree["meshes"], after.tree["meshes"], strict=True):
        for was, now in zip(old["primitives"], new["primitives"], strict=True):
            assert {**now, "indices": was["indices"]} == was
            assert set(triangles(after, now).reshape(-1)) <= set(triangles(before, was).reshape(-1))
    assert after.binary.startswith(before.binary)


def test_a_thin_strand_keeps_its_tip(sidecar: Sidecar) -> None:
    """Sliding down a strand costs a quadric nothing: without a second look it shrinks."""
    positions, _, _ = ball(24, 32, 1.0, -1.0)
    head = (0.1 * (positions - positions.mean(axis=0)) / np.ptp(positions), grid(24, 32))
    u, v = sheet(24, 6)
    around = np.stack([np.cos(2 * np.pi * u), 0 * u, np.sin(2 * np.pi * u)], 1)
    strand = 0.004 * (1 - v)[:, None] * around + np.stack([0.2 + 0 * v, -0.3 * v, 0 * v], 1)
    document = weld(_bare([head, (strand, grid(24, 6))])).document
    target = _drawn(document) // 8
    far = []
    for share in (0.0, DEFAULTS.strays):
        made = simplify(document, target, sidecar, SimplifyOptions(floor=0.0, least=0, strays=share)).document
        assert _drawn(made) <= target
        far.append(float(_farthest(document, made, every=4).max()))
    assert far[1] < 0.02 < 0.05 < far[0]


def _bent_person(document: Document) -> Pose:
    half = np.radians(60) / 2
    turn = quaternion_matrix(np.array([np.sin(half), 0, 0, np.cos(half)]))
    return {"Spine": turn, "Head": turn}


def test_joints_count_by_how_far_they_bend(sidecar: Sidecar) -> None:
    before = weld(require_sound(figure(16))).document
    pose = _bent_person(before)
    errors = [
        float(_farthest(before, simplify(before, 400, sidecar, options).document, pose, 5).mean())
        for options in (DEFAULTS, SimplifyOptions(bends=0.0, strays=0.0))
    ]
    assert errors[0] < errors[1]


def test_neighbours_keep_the_same_vertices_along_their_seam(sidecar: Sidecar) -> None:
    """Two halves of a ball, two meshes: where they met they still meet."""
    positions, _, _ = ball(40, 60, 1.0, -1.0)
    corners = grid(40, 60)
    middle = positions[corners].mean(axis=1)[:, 0] > 0
    document = weld(_bare([(positions, corners[middle]), (positions, corners[~middle])])).document
    made = simplify(document, 500, sidecar).document

    def seam(of: Document) -> set[bytes]:
        sides = []
        for mesh in of.tree["meshes"]:
            shape = read_floats(of, mesh["primitives"][0]["attributes"]["POSITION"])
            sides.append({row.tobytes() for row in shape[triangles(of, mesh["primitives"][0]).reshape(-1)]})
        return sides[0] & sides[1]

    edges = seam(made)
    assert edges
    for mesh in made.tree["meshes"]:
        shape = read_floats(made, mesh["primitives"][0]["attributes"]["POSITION"])
        kept = {row.tobytes() for row in shape[triangles(made, mesh["primitives"][0]).reshape(-1)]}
        assert kept & seam(document) == edges


def test_a_model_without_names_materials_or_joints_goes_through(sidecar: Sidecar) -> None:
    def change(tree: Tree) -> None:
        tree.pop("materials")
        for mesh in tree["meshes"]:
            mesh.pop("name")
            for primitive in mesh["primitives"]:
                primitive.pop("material")
        for node in tree["nodes"]:
            node.pop("name")

    document = require_sound(altered(figure(20, skinned=False), change))
    assert 990 <= _drawn(simplify(document, 1000, sidecar).document) <= 1000


def test_the_probing_pose_bends_joints_and_nothing_else(person: bytes) -> None:
    document = require_sound(person)
    pose = bent(document)
    assert set(pose) == {"Hips", "Spine"}  # the head carries nothing whose bone could say across what to bend
    for turn in pose.values():
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
        assert np.degrees(np.arccos((np.trace(turn) - 1) / 2)) == pytest.approx(45)
    assert bent(require_sound(figure(8, skinned=False))) == {}


POINTS = st.lists(st.floats(-1, 1, width=32), min_size=12, max_size=12)


@given(numbers=POINTS)
def test_the_distance_from_a_triangle_is_the_nearest_point_of_it(numbers: list[float]) -> None:
    point, *corner = np.array(numbers).reshape(4, 3)
    triangle = np.array(corner)
    found = float(to_triangles(point[None], triangle[None])[0])
    steps = np.linspace(0, 1, 41)
    u, v = (axis.reshape(-1) for axis in np.meshgrid(steps, steps))
    u, v = u[u + v <= 1], v[u + v <= 1]
    tried = triangle[0] + u[:, None] * (triangle[1] - triangle[0]) + v[:, None] * (triangle[2] - triangle[0])
    nearest = float(np.linalg.norm(tried - point, axis=1).min())
    longest = float(np.linalg.norm(triangle - np.roll(triangle, 1, axis=0), axis=1).max())
    assert found <= nearest + 1e-6
    assert found >= nearest - longest / 20 - 1e-6


def test_pieces_are_what_no_place_joins() -> None:
    corners = np.array([[0, 1, 2], [3, 4, 5], [6, 7, 8]])
    places = np.array([0, 1, 2, 2, 3, 4, 5, 6, 7])
    numbers = piece_numbers(corners, places)
    assert numbers[0] == numbers[5] != numbers[6]


def test_the_farthest_stray_is_found_first() -> None:
    positions = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0.3], [1, 1, 0.9]])
    whole = np.array([[0, 1, 2], [0, 1, 3], [1, 2, 4]])
    taken = strays([positions], np.arange(5), whole[:1], whole, 1)
    assert taken[4] and not taken[3]
    assert not strays([positions], np.arange(5), whole, whole, 5).any()
