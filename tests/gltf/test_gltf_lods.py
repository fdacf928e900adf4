"""Levels of detail: what shrinks, and what must not change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pygltflib import GLTF2
from scipy.spatial import cKDTree
from specimens import MORPHS, Sketch, altered, ball, figure, grid, overwritten, unpack

from avatar.errors import InvalidInput
from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.lods import build_lod, recipe
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.pose import placed_vertices, placements, triangles, world_matrices
from avatar.gltf.transforms import simplify as simplifying
from avatar.gltf.transforms.compact import compact
from avatar.gltf.transforms.mend import mend
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import simplify
from avatar.gltf.variants import LEVELS, build_variant
from avatar.variant import APART, Variant

Tree = dict[str, Any]


@pytest.fixture(scope="module")
def smallest(person: bytes, sidecar: Sidecar) -> bytes:
    """The person at 3,000 triangles, its meshes apart."""
    return build_variant(person, Variant(lod=2, atlas=APART), sidecar).data


def _rows(document: Document, mesh: int) -> tuple[np.ndarray, np.ndarray]:
    """One row a vertex of a mesh's first primitive: every attribute side by side, and every morph."""
    primitive = document.tree["meshes"][mesh]["primitives"][0]
    attributes = [primitive["attributes"][name] for name in sorted(primitive["attributes"])]
    morphs = [target["POSITION"] for target in primitive.get("targets", ())]
    none = np.zeros((document.tree["accessors"][attributes[0]]["count"], 0))
    return (
        np.concatenate([read_floats(document, at) for at in attributes], axis=1),
        np.concatenate([none, *(read_floats(document, at) for at in morphs)], axis=1),
    )


def _drawn(document: Document) -> int:
    return sum(len(triangles(document, placement.tree(document))) for placement in placements(document))


def _surface(document: Document) -> np.ndarray:
    """Centres of all triangles and of their sides, where the bind pose puts them."""
    worlds = world_matrices(document)
    corners = [
        placed_vertices(document, placement, worlds)[triangles(document, placement.tree(document))]
        for placement in placements(document)
    ]
    whole = np.concatenate(corners)
    mixes = np.random.default_rng(3).dirichlet((1, 1, 1), (len(whole), 12))
    return np.einsum("tkc,tcx->tkx", mixes, whole).reshape(-1, 3)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_level_keeps_what_makes_an_avatar(sidecar: Sidecar, level: int) -> None:
    source = figure(36)
    made = build_variant(source, Variant(lod=level, atlas=APART), sidecar)
    report = made.report
    assert report.triangles == inspect(made.data).triangles <= LEVELS[level].triangles < inspect(source).triangles
    assert report.triangles > 0.97 * LEVELS[level].triangles
    assert report.morphs == MORPHS
    assert report.validation.errors == 0
    assert len(made.data) == report.bytes < len(source)
    before, after = require_sound(source), require_sound(made.data)
    assert after.tree["nodes"] == before.tree["nodes"]
    assert after.tree["materials"] == before.tree["materials"]
    assert [mesh["name"] for mesh in after.tree["meshes"]] == [mesh["name"] for mesh in before.tree["meshes"]]
    assert after.tree["meshes"][0]["extras"] == before.tree["meshes"][0]["extras"]
    assert inspect(made.data).joints == inspect(source).joints
    assert inspect(made.data).animations == ("nod",)
    assert [step.step for step in report.steps] == [
        "names", "dedup", "weld", "simplify", "mend", "unused", "textures", "compact"
    ]  # fmt: skip


def test_surviving_vertices_are_original_bit_by_bit(person: bytes, smallest: bytes) -> None:
    before, after = require_sound(person), require_sound(smallest)
    for mesh in (0, 1):
        (old, old_morphs), (new, new_morphs) = _rows(before, mesh), _rows(after, mesh)
        known = {row.tobytes(): number for number, row in enumerate(old)}
        assert len(new) < len(old)
        origin = [known[row.tobytes()] for row in new]
        kept = old_morphs[origin]
        least = LEVELS[2].negligible  # of less than a metre: what moves less than this is left out
        steps = (len(kept), kept.shape[1] // 3, 3)
        moving = np.repeat((np.abs(kept).reshape(steps) > least).any(axis=2), 3, axis=1)
        np.testing.assert_array_equal(new_morphs[moving], kept[moving])
        np.testing.assert_allclose(new_morphs, kept, atol=least)


def test_the_surface_stays_where_it_was(person: bytes, smallest: bytes) -> None:
    before, after = _surface(require_sound(person)), _surface(require_sound(smallest))
    there, back = cKDTree(after).query(before)[0], cKDTree(before).query(after)[0]
    assert np.percentile(there, 99) < 0.02 and np.percentile(back, 99) < 0.02  # the samples are 5 to 10 mm apart


def _edges(data: bytes) -> tuple[set[bytes], set[bytes]]:
    """Places of the vertices that hang on the jaw, and of those that do not, at the front of the head."""
    document = require_sound(data)
    primitive = document.tree["meshes"][0]["primitives"][0]
    positions = read_floats(document, primitive["attributes"]["POSITION"])
    jaw = read_floats(document, primitive["targets"][0]["POSITION"])[:, 1]
    front = positions[:, 2] > 0.08
    return (
        {place.tobytes() for place in positions[front & (jaw < 0)]},
        {place.tobytes() for place in positions[front & (jaw == 0)]},
    )


def test_both_sides_of_a_slit_keep_the_same_edge(person: bytes, smallest: bytes) -> None:
    """The lips of the specimen lie on each other; what is left of one is left of the other, or the mouth gapes."""
    lower, upper = _edges(person)
    edge = lower & upper
    made_lower, made_upper = _edges(smallest)
    assert len(made_lower & edge) > 4
    assert made_lower & edge == made_upper & edge


def test_morphs_still_move_what_they_moved(person: bytes, smallest: bytes) -> None:
    before, after = require_sound(person), require_sound(smallest)
    for number, name in enumerate(MORPHS):
        means = []
        for document in (before, after):
            primitive = document.tree["meshes"][0]["primitives"][0]
            deltas = read_floats(document, primitive["targets"][number]["POSITION"])
            corners = deltas[triangles(document, primitive)].mean(axis=1)
            positions = read_floats(document, primitive["attributes"]["POSITION"])[triangles(document, primitive)]
            areas = np.linalg.norm(
                np.cross(positions[:, 1] - positions[:, 0], positions[:, 2] - positions[:, 0]), axis=1
            )
            means.append(float((np.linalg.norm(corners, axis=1) * areas).sum()))
        assert means[1] == pytest.approx(means[0], rel=0.15), name


def test_weights_sum_to_one_and_other_readers_agree(smallest: bytes) -> None:
    document = require_sound(smallest)
    for mesh in document.tree["meshes"]:
        weights = read_floats(document, mesh["primitives"][0]["attributes"]["WEIGHTS_0"])
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-3)
    other = GLTF2.load_from_bytes(smallest)
    assert [mesh.name for mesh in other.meshes] == ["Wolf3D_Head", "Wolf3D_Outfit_Top"]
    assert other.accessors[other.meshes[0].primitives[0].targets[0]["POSITION"]].sparse is not None


def test_the_same_bytes_come_of_the_same_source(person: bytes, smallest: bytes, sidecar: Sidecar) -> None:
    assert build_variant(person, Variant(lod=2, atlas=APART), sidecar).data == smallest
    assert build_lod(person, 2, sidecar).data == build_lod(person, 2, sidecar).data


def test_a_level_of_a_level_changes_nothing_more(smallest: bytes, sidecar: Sidecar) -> None:
    again = build_lod(smallest, 2, sidecar)
    assert again.report.triangles == inspect(smallest).triangles
    (simplified,) = (step for step in again.report.steps if step.step == "simplify")
    assert "kept all" in simplified.notes[0]


def test_importance_buys_triangles(person: bytes, sidecar: Sidecar) -> None:
    def head(importance: float) -> int:
        def change(tree: Tree) -> None:
            tree["meshes"][0]["extras"]["importance"] = importance

        made = simplify(require_sound(altered(person, change)), 1000, sidecar).document
        return len(triangles(made, made.tree["meshes"][0]["primitives"][0]))

    counts = [head(importance) for importance in (0.3, 1.5, 4.0)]
    assert counts[0] < 0.8 * counts[1] and counts[1] < counts[2]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=st.integers(20, 5000))
@example(target=23)  # a part leaves the common budget after vertices were locked
def test_never_above_the_target(person: bytes, sidecar: Sidecar, target: int) -> None:
    document = simplify(require_sound(person), target, sidecar).document
    assert 0 < _drawn(document) <= target
    for placement in placements(document):
        assert len(triangles(document, placement.tree(document))) > 0


def _soup(count: int) -> bytes:
    """Loose triangles that share nothing."""
    random = np.random.default_rng(2)
    centres = random.random((count, 1, 3))
    corners = (centres + 0.01 * random.standard_normal((count, 3, 3))).reshape(-1, 3).astype(np.float32)
    sketch = Sketch()
    sketch.tree |= {
        "meshes": [{"primitives": [{"attributes": {"POSITION": sketch.positions(corners)}}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    return sketch.glb()


def test_even_a_triangle_soup_meets_its_budget(sidecar: Sidecar) -> None:
    made = build_lod(_soup(5000), 2, sidecar)
    assert 1000 < made.report.triangles <= 3000


def test_an_unindexed_model_is_welded_first(sidecar: Sidecar) -> None:
    loose, whole = figure(16, indexed=False), figure(16)
    welded = weld(require_sound(loose)).document
    assert _drawn(welded) == _drawn(weld(require_sound(whole)).document)
    made = build_lod(loose, 2, sidecar)
    assert made.report.vertices < 0.75 * inspect(whole).vertices < 0.2 * inspect(loose).vertices
    assert made.report.morphs == MORPHS


def test_a_model_without_a_skin_works(sidecar: Sidecar) -> None:
    made = build_lod(figure(20, skinned=False), 2, sidecar)
    assert inspect(made.data).joints == ()
    assert made.report.triangles <= 3000


def test_two_skins_and_two_nodes_on_one_mesh_work(sidecar: Sidecar) -> None:
    def change(tree: Tree) -> None:
        tree["skins"].append({**tree["skins"][0], "joints": tree["skins"][0]["joints"][::-1], "name": "Second"})
        tree["nodes"][5]["skin"] = 1
        tree["nodes"].append({"name": "Twin", "mesh": 1, "skin": 0})
        tree["nodes"][0]["children"].append(6)

    made = build_lod(altered(figure(20), change), 2, sidecar)
    after = require_sound(made.data)
    assert [skin.get("name") for skin in after.tree["skins"]] == ["Rig", "Second"]
    assert _drawn(after) == made.report.triangles <= 3000  # the twin's triangles count too


def test_points_and_lines_are_dropped_and_strips_become_lists(sidecar: Sidecar) -> None:
    positions = ball(4, 6, 1.0, -1.0)[0].astype(np.float32)
    sketch = Sketch()
    at = sketch.positions(positions)
    strip = sketch.accessor(np.array([0, 7, 1, 8, 2, 9], np.uint16))
    attributes = {"POSITION": at}
    sketch.tree |= {
        "meshes": [
            {"name": "Mixed", "primitives": [{"attributes": attributes, "mode": mode} for mode in (0, 1)]},
            {"name": "Strip", "primitives": [{"attributes": attributes, "indices": strip, "mode": 5}]},
        ],
        "nodes": [{"mesh": 0}, {"mesh": 1}],
        "scenes": [{"nodes": [0, 1]}],
    }
    made = build_lod(sketch.glb(), 0, sidecar)
    notes = [note for step in made.report.steps for note in step.notes]
    assert any("dropped points" in note for note in notes) and any("dropped lines" in note for note in notes)
    after = require_sound(made.data)
    assert [mesh["name"] for mesh in after.tree["meshes"]] == ["Strip"]
    assert "mesh" not in after.tree["nodes"][0]
    corners = read_floats(after, after.tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"])[
        triangles(after, after.tree["meshes"][0]["primitives"][0])
    ]
    expected = positions[np.array([[0, 7, 1], [1, 7, 8], [1, 8, 2], [2, 8, 9]])]

    def facing(shapes: np.ndarray) -> list[bytes]:
        normals = np.cross(shapes[:, 1] - shapes[:, 0], shapes[:, 2] - shapes[:, 0])
        kept = shapes[np.linalg.norm(normals, axis=1) > 1e-9]
        return sorted(np.roll(shape, -int(np.lexsort(shape.T)[0]), axis=0).tobytes() for shape in kept)

    assert facing(corners) == facing(expected)


def test_quantised_streams_keep_their_types(sidecar: Sidecar) -> None:
    """KHR_mesh_quantization: 16-bit positions under a node scale, bytes for normals."""
    shape, normals, _ = ball(50, 60, 1.0, -1.0)
    sketch = Sketch()
    positions = np.zeros((len(shape), 4), np.int16)
    positions[:, :3] = np.round((shape - [0, 1.6, 0]) * 200_000)
    packed = np.zeros((len(shape), 4), np.int8)
    packed[:, :3] = np.round(normals * 127)
    at = sketch.accessor(positions, min=positions[:, :3].min(0).tolist(), max=positions[:, :3].max(0).tolist())
    side = sketch.accessor(packed, normalized=True)
    for number, stride in ((at, 8), (side, 4)):
        sketch.tree["accessors"][number]["type"] = "VEC3"
        sketch.tree["bufferViews"][sketch.tree["accessors"][number]["bufferView"]]["byteStride"] = stride
    indices = sketch.accessor(grid(50, 60).reshape(-1).astype(np.uint16))
    sketch.tree |= {
        "extensionsUsed": ["KHR_mesh_quantization"],
        "extensionsRequired": ["KHR_mesh_quantization"],
        "meshes": [{"primitives": [{"attributes": {"POSITION": at, "NORMAL": side}, "indices": indices}]}],
        "nodes": [{"mesh": 0, "scale": [5e-6] * 3, "translation": [0, 1.6, 0]}],
        "scenes": [{"nodes": [0]}],
    }
    made = build_lod(sketch.glb(), 2, sidecar)
    after = require_sound(made.data)
    streams = after.tree["meshes"][0]["primitives"][0]["attributes"]
    assert [read_raw(after, streams[name]).dtype for name in ("POSITION", "NORMAL")] == [np.int16, np.int8]
    assert after.tree["extensionsRequired"] == ["KHR_mesh_quantization"]
    found = inspect(made.data).bounds
    assert found is not None and found.high[1] == pytest.approx(1.72, abs=0.01)


def test_there_are_three_levels(person: bytes, sidecar: Sidecar) -> None:
    for level in (-1, 3):
        with pytest.raises(InvalidInput, match="0 to 2"):
            build_lod(person, level, sidecar)
    assert len({recipe(level) for level in range(3)}) == 3
    assert all(len(recipe(level)) == 64 for level in range(3))


def test_the_recipe_knows_how_parts_are_treated(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe(1)
    for table in ("APART", "NAMED"):
        with monkeypatch.context() as patch:
            patch.setattr(simplifying, table, getattr(simplifying, table)[1:])
            assert recipe(1) != before
    assert recipe(1) == before


# --- the smaller transforms -------------------------------------------------------------------------------------------


def test_lengths_that_are_not_one_are_mended_and_no_others(person: bytes, sidecar: Sidecar) -> None:
    tree, _ = unpack(person)
    head = tree["meshes"][0]["primitives"][0]["attributes"]
    broken = overwritten(person, head["WEIGHTS_0"], np.array([[0, 0, 0.5, 0], [0, 0, 0, 0]], np.float32), at=8)
    broken = overwritten(broken, head["NORMAL"], np.array([[0, 3, 0], [0, 0, 0]], np.float32), at=20)
    broken = altered(broken, lambda tree: tree["nodes"][3].update(rotation=[0, 0, 0, 2]))
    assert validate(broken, sidecar).errors > 0
    before = require_sound(broken)
    change = mend(before)
    assert change.notes and validate(write_glb(change.document), sidecar).errors == 0
    after = change.document.tree["meshes"][0]["primitives"][0]["attributes"]
    weights = read_floats(change.document, after["WEIGHTS_0"])
    np.testing.assert_allclose(weights[8:10], [[0, 0, 1, 0], [1, 0, 0, 0]], atol=1e-6)
    untouched = np.delete(np.arange(len(weights)), [8, 9])
    np.testing.assert_array_equal(weights[untouched], read_floats(before, head["WEIGHTS_0"])[untouched])
    assert read_floats(change.document, after["NORMAL"])[20:22].tolist() == [[0, 1, 0], [0, 0, 1]]
    assert change.document.tree["nodes"][3]["rotation"] == [0, 0, 0, 1]


def test_mending_sound_data_is_no_change(person: bytes) -> None:
    document = require_sound(person)
    assert mend(document).document is document


def test_compacting_leaves_out_what_nothing_reaches(person: bytes, sidecar: Sidecar) -> None:
    def change(tree: Tree) -> None:
        tree["accessors"] += [dict(tree["accessors"][0]) for _ in range(50)]
        tree["meshes"].append({"name": "Unseen", "primitives": [dict(tree["meshes"][1]["primitives"][0])]})
        tree["extensionsUsed"] = ["KHR_materials_specular", "ACME_secret"]
        tree["materials"][0]["extensions"] = {"KHR_materials_specular": {"specularFactor": 0.3}, "ACME_secret": {}}

    document = require_sound(altered(person, change))
    made = compact(document, sidecar)
    tree = made.document.tree
    assert [mesh["name"] for mesh in tree["meshes"]] == ["Wolf3D_Head", "Wolf3D_Outfit_Top"]
    assert tree["materials"][0]["extensions"] == {"KHR_materials_specular": {"specularFactor": 0.3}}
    assert tree["extensionsUsed"] == ["KHR_materials_specular"]
    assert any("ACME_secret" in note for note in made.notes) and any("Unseen" in note for note in made.notes)
    summary = validate(write_glb(made.document), sidecar)
    assert summary.errors == 0
    assert not any(issue.code == "UNUSED_OBJECT" for issue in summary.issues)
    assert len(made.document.binary) < 0.8 * len(document.binary)


def test_the_validator_reports_in_its_own_words(person: bytes, sidecar: Sidecar) -> None:
    assert validate(person, sidecar).errors == 0
    broken = altered(person, lambda tree: tree["accessors"][3].update(count=10**6))
    found = validate(broken, sidecar)
    assert found.errors > 0 and found.issues[0].severity == "error"
    assert found.issues[0].where.startswith("/accessors/3")
    assert read_glb(broken).tree["accessors"][3]["count"] == 10**6
