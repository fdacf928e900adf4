"""The tailor's tools by themselves: cutting, smoothing, hanging, unwrapping, rasterising, weaving."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.cut import Cloth, clip
from avatar.human.wardrobe.mesh import (
    boundary_loops,
    face_normals,
    four_strongest,
    smoothstep,
    triangulate,
    umbrella,
    unique_edges,
    unit,
    vertex_normals,
)
from avatar.human.wardrobe.radial import DIRECTIONS, RadialGrid, column_angles, radial_grid
from avatar.human.wardrobe.raster import rasterise
from avatar.human.wardrobe.refine import finer_positions, finer_triangles, finer_values
from avatar.human.wardrobe.simplify import simplify
from avatar.human.wardrobe.strips import laid_on, strip
from avatar.human.wardrobe.surface import samples, surface, with_layer
from avatar.human.wardrobe.unwrap import flatten, pack


def sheet(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A flat grid of unit squares in the XY plane, facing +Z."""
    y, x = np.mgrid[0:rows, 0:columns]
    positions = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], 1).astype(float)
    index = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    return positions, triangulate(quads)


def tube(rows: int, columns: int, radius: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """An open cylinder about the Y axis, facing outward."""
    theta = np.arange(columns) * 2 * np.pi / columns
    y, t = np.meshgrid(np.arange(rows) * 0.5, theta, indexing="ij")
    positions = np.stack([np.sin(t).ravel() * radius, y.ravel(), np.cos(t).ravel() * radius], 1)
    index = np.arange(rows * columns).reshape(rows, columns)
    beside = np.roll(index, -1, 1)
    quads = np.stack([index[:-1], beside[:-1], beside[1:], index[1:]], -1).reshape(-1, 4)
    return positions, triangulate(quads)


def area(positions: np.ndarray, triangles: np.ndarray) -> float:
    return float(np.linalg.norm(face_normals(positions, triangles), axis=1).sum() / 2)


class TestMesh:
    def test_normals_of_a_tube_point_outward(self) -> None:
        positions, triangles = tube(5, 24)
        normals = vertex_normals(positions, triangles)
        outward = positions * [1, 0, 1]
        assert ((normals * outward).sum(1) > 0.98).all()

    def test_a_tube_has_two_open_edges_that_run_all_round(self) -> None:
        _, triangles = tube(4, 12)
        assert [len(loop) for loop in boundary_loops(triangles)] == [12, 12]

    def test_smoothing_keeps_an_open_edge_on_its_line(self) -> None:
        positions, triangles = sheet(6, 6)
        positions[14, 2] = 1.0  # a spike in the middle
        smoothed = umbrella(triangles, len(positions)) @ positions
        edge = np.flatnonzero((positions[:, 1] == 0) & (positions[:, 0] > 1) & (positions[:, 0] < 4))
        assert np.allclose(smoothed[edge], positions[edge])
        assert smoothed[14, 2] == 0 and smoothed[15, 2] > 0

    def test_unique_edges_of_two_triangles(self) -> None:
        assert len(unique_edges(np.array([[0, 1, 2], [0, 2, 3]]))) == 5

    @given(st.integers(1, 30), st.integers(5, 12), st.integers(0, 1000))
    def test_four_strongest_keeps_four_that_sum_to_one(self, rows: int, joints: int, seed: int) -> None:
        weights = np.random.default_rng(seed).random((rows, joints))
        kept = four_strongest(weights)
        assert ((kept > 0).sum(1) <= 4).all()
        assert np.allclose(kept.sum(1), 1)
        assert (kept.argmax(1) == weights.argmax(1)).all()

    @given(st.floats(-2, 2), st.floats(-2, 2))
    def test_smoothstep_is_monotone(self, a: float, b: float) -> None:
        low, high = min(a, b), max(a, b)
        assert smoothstep(-1, 1, low) <= smoothstep(-1, 1, high)


class TestCut:
    @settings(max_examples=40, deadline=None)
    @given(st.floats(0.3, 6.5), st.floats(0.0, np.pi))
    def test_what_is_left_lies_on_one_side_and_nothing_is_lost_inside(self, offset: float, angle: float) -> None:
        positions, triangles = sheet(8, 8)
        direction = np.array([np.cos(angle), np.sin(angle), 0.0])
        centre = positions.mean(0)
        values = (positions - centre) @ direction + offset - 3.5
        cut = clip(Cloth(positions, triangles, np.eye(len(positions))), values)
        if not len(cut.triangles):
            assert values.max() < 1.5
            return
        kept = (cut.positions - centre) @ direction + offset - 3.5
        assert kept.min() > -1e-9
        assert (face_normals(cut.positions, cut.triangles)[:, 2] > 0).all()
        assert np.allclose(cut.origin @ positions, cut.positions)
        assert np.allclose(cut.origin.sum(1), 1)

    def test_a_straight_cut_keeps_its_share_of_the_area(self) -> None:
        positions, triangles = tube(6, 16)
        cut = clip(Cloth(positions, triangles, np.eye(len(positions))), 1.1 - positions[:, 1])
        assert area(cut.positions, cut.triangles) == pytest.approx(area(positions, triangles) * 1.1 / 2.5, rel=0.02)
        assert len(boundary_loops(cut.triangles)) == 2


class TestSimplify:
    def test_reaches_the_target_and_keeps_the_outline(self) -> None:
        positions, triangles = sheet(15, 15)
        fewer = simplify(positions, triangles, 60)
        assert len(fewer) <= 60
        assert area(positions, fewer) == pytest.approx(area(positions, triangles))

    def test_a_tube_stays_a_tube(self) -> None:
        positions, triangles = tube(12, 32)
        fewer = simplify(positions, triangles, 200)
        assert len(fewer) <= 200
        assert len(boundary_loops(fewer)) == 2

    def test_leaves_small_meshes_alone(self) -> None:
        positions, triangles = sheet(3, 3)
        assert simplify(positions, triangles, 100) is triangles


class TestUnwrap:
    def test_a_bent_sheet_comes_out_flat_and_true(self) -> None:
        positions, triangles = sheet(9, 9)
        bent = positions.copy()
        bent[:, 0], bent[:, 2] = np.sin(positions[:, 0] / 4) * 4, np.cos(positions[:, 0] / 4) * 4
        flat = flatten(bent, triangles, bent[:, :2])
        edges = unique_edges(triangles)
        length = np.linalg.norm(bent[edges[:, 0]] - bent[edges[:, 1]], axis=1)
        assert np.allclose(np.linalg.norm(flat[edges[:, 0]] - flat[edges[:, 1]], axis=1), length, rtol=0.02)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)), min_size=1, max_size=8))
    def test_packed_boxes_do_not_overlap(self, boxes: list[tuple[float, float]]) -> None:
        sizes = np.array(boxes)
        corners, extent = pack(sizes)
        assert (corners >= 0).all() and (corners + sizes <= extent + 1e-9).all()
        for i in range(len(sizes)):
            for j in range(i):
                apart = (corners[i] + sizes[i] <= corners[j] + 1e-9) | (corners[j] + sizes[j] <= corners[i] + 1e-9)
                assert apart.any()


class TestRadial:
    def grid(self, radius: np.ndarray) -> RadialGrid:
        return RadialGrid(radius, 0.0, 0.01)

    def test_cloth_hangs_from_a_bulge_and_not_above_it(self) -> None:
        radius = np.full((20, DIRECTIONS), 0.1)
        radius[12] = 0.2
        hung = self.grid(radius).hanging(0.5).radius
        assert np.allclose(hung[11], 0.195) and np.allclose(hung[13], 0.1)
        assert (np.diff(hung[:13], axis=0) <= 0.005 + 1e-12).all()
        flared = self.grid(radius).hanging(-0.5).radius
        assert np.allclose(flared[11], 0.205) and np.allclose(flared[0], 0.26)
        tented = self.grid(radius).tented(0.5).radius
        assert np.allclose(tented[13], 0.195) and np.allclose(tented[11], 0.1)

    def test_bridging_spans_a_hollow_and_leaves_a_circle(self) -> None:
        theta = column_angles()
        assert np.allclose(self.grid(np.full((2, DIRECTIONS), 0.1)).bridged().radius, 0.1, rtol=0.01)
        dented = 0.1 - 0.04 * np.exp(-((theta / 0.3) ** 2))
        bridged = self.grid(np.tile(dented, (2, 1))).bridged().radius[0]
        assert bridged[DIRECTIONS // 2] > dented[DIRECTIONS // 2] + 0.02
        assert (bridged >= dented - 1e-12).all()

    def test_a_cylinder_is_measured_as_one(self) -> None:
        rng = np.random.default_rng(0)
        y, theta = rng.uniform(0, 1, 4000), rng.uniform(-np.pi, np.pi, 4000)
        grid = radial_grid(y, theta, np.full(4000, 0.3), 0.0, 1.0, 0.05)
        assert np.allclose(grid.radius, 0.3)
        assert np.allclose(grid.sample(np.array([-5.0, 0.5, 5.0]), np.array([-3.14, 0.0, 3.14])), 0.3)

    def test_raised_only_widens(self) -> None:
        grid = self.grid(np.full((5, DIRECTIONS), 0.1))
        raised = grid.raised(np.array([0.02, 9.0]), np.array([0.0, 0.0]), np.array([0.2, 0.5]))
        assert raised.radius.max() == 0.2 and (raised.radius >= grid.radius).all()


class TestSurface:
    def test_push_out_reaches_the_gap_from_either_side(self) -> None:
        positions, triangles = tube(21, 64)
        wall = surface(positions, vertex_normals(positions, triangles))
        points = np.array([[0.9, 5.0, 0.0], [1.01, 5.0, 0.0], [1.5, 5.0, 0.0]])
        moved = wall.push_out(points, 0.05)
        assert np.hypot(moved[:2, 0], moved[:2, 2]) == pytest.approx([1.05, 1.05], abs=4e-3)
        assert np.allclose(moved[2], points[2])

    def test_a_layer_is_outside_of_the_one_below(self) -> None:
        positions, triangles = tube(21, 64)
        normals = vertex_normals(positions, triangles)
        wider = positions * [1.1, 1, 1.1]
        both = with_layer(surface(positions, normals), wider, normals, triangles)
        signed, _ = both.distance(np.array([[1.05, 5.0, 0.0], [1.2, 5.0, 0.0]]))
        assert signed[0] < signed[1] and signed[1] == pytest.approx(0.1, abs=0.01)

    def test_samples_name_their_triangle(self) -> None:
        positions, triangles = sheet(3, 3)
        points, normals, owner = samples(positions, triangles)
        assert len(points) == 4 * len(triangles) and np.allclose(normals, [0, 0, 1])
        assert np.allclose(points[: len(triangles)], positions[triangles[owner[: len(triangles)]]].mean(1))


class TestRefine:
    def test_a_tube_becomes_rounder_and_stays_whole(self) -> None:
        positions, triangles = tube(4, 12)
        normals = unit(positions * [1.0, 0.0, 1.0])
        edges = unique_edges(triangles)
        fine, faces = finer_positions(positions, normals, edges), finer_triangles(triangles, len(positions))
        assert len(faces) == 4 * len(triangles) and len(boundary_loops(faces)) == 2
        assert (face_normals(fine, faces) * fine[faces].mean(1) * [1, 0, 1]).sum(1).min() > 0
        middles = fine[len(positions) :]
        straight = (positions[edges[:, 0]] + positions[edges[:, 1]]) / 2
        assert np.array_equal(finer_values(positions, edges)[len(positions) :], straight)
        short = np.hypot(straight[:, 0], straight[:, 2]) < 0.99
        assert (np.hypot(middles[short, 0], middles[short, 2]) > np.hypot(straight[short, 0], straight[short, 2])).all()
        assert np.hypot(middles[:, 0], middles[:, 2]).max() < 1.02


class TestStrips:
    def test_a_strip_faces_outward_and_lies_upright(self) -> None:
        x, y = np.meshgrid(np.arange(5) * 0.1, np.arange(3) * 0.2)
        rows = np.stack([x, y, np.zeros_like(x)], -1)
        made = strip("collar", rows, np.ones((5, 1)))
        assert (face_normals(made.positions, made.triangles)[:, 2] > 0).all()
        assert np.allclose(made.place, made.positions[:, :2])
        assert made.weights.shape == (15, 1)
        hanging = strip("collar", rows[::-1], np.ones((5, 1)), turned=True)
        assert (face_normals(hanging.positions, hanging.triangles)[:, 2] > 0).all()
        assert np.allclose(hanging.place[:, 1], hanging.positions[:, 1] - 0.4)

    def test_laid_on_a_tube_from_either_side(self) -> None:
        positions, triangles = tube(21, 64)
        wall = surface(positions, vertex_normals(positions, triangles))
        lying = laid_on(wall, np.array([[0.8, 5.0, 0.0], [1.3, 5.0, 0.0]]), 0.02)
        assert np.hypot(lying[:, 0], lying[:, 2]) == pytest.approx([1.02, 1.02], abs=5e-3)


class TestRaster:
    def test_covers_every_texel_of_a_square_once_and_interpolates(self) -> None:
        positions, triangles = sheet(5, 5)
        texels = rasterise(positions[:, :2] / 4, triangles, 32)
        assert len(texels.rows) == 32 * 32
        assert np.allclose(texels.share.sum(1), 1, atol=1e-5)
        x = texels.sample(positions[:, 0])
        assert np.allclose(x, (texels.columns + 0.5) / 8, atol=1e-5)

    def test_margin_is_less_than_two_texels(self) -> None:
        uv = np.array([[0.25, 0.25], [0.75, 0.25], [0.25, 0.75]])
        texels = rasterise(uv, np.array([[0, 1, 2]]), 64)
        assert texels.columns.min() >= 14 and texels.rows.min() >= 14
        assert (texels.columns + texels.rows).max() <= 64 + 2
        half = texels.halved()
        assert half.size == 32 and abs(len(half.rows) * 4 - len(texels.rows)) < 0.15 * len(texels.rows)

    def test_gutters_take_the_nearest_value(self) -> None:
        uv = np.array([[0.4, 0.4], [0.6, 0.4], [0.5, 0.6]])
        texels = rasterise(uv, np.array([[0, 1, 2]]), 32)
        (image,) = texels.images(np.full(len(texels.rows), 0.7, np.float32))
        assert np.allclose(image, 0.7)


class TestFabric:
    def test_a_flat_height_has_normals_straight_out(self) -> None:
        normal = fabric.normal_map(np.zeros((8, 8), np.float32), (0.001, 0.001))
        assert (np.abs(normal.astype(int) - [127, 127, 255]) <= 1).all()

    def test_a_slope_to_the_right_leans_left_and_one_downwards_leans_up(self) -> None:
        ramp = np.tile(np.arange(8, dtype=np.float32) * 0.001, (8, 1))
        right, down = fabric.normal_map(ramp, (0.001, 0.001)), fabric.normal_map(ramp.T, (0.001, 0.001))
        assert right[4, 4, 0] < 60 and abs(int(right[4, 4, 1]) - 127) <= 1
        assert down[4, 4, 1] > 190 and abs(int(down[4, 4, 0]) - 127) <= 1

    def test_noise_repeats_and_differs_by_seed(self) -> None:
        x = np.linspace(0, 1, 200, dtype=np.float32)
        first = fabric.noise(x, x, 0.1, 3)
        assert np.array_equal(first, fabric.noise(x, x, 0.1, 3))
        assert not np.allclose(first, fabric.noise(x, x, 0.1, 4))
        assert 0.3 < first.std() < 3

    @given(st.floats(0.002, 0.02), st.floats(-1, 1))
    def test_stitches_lie_on_their_line(self, pitch: float, distance: float) -> None:
        along = np.linspace(0, 0.5, 400, dtype=np.float32)
        drawn = fabric.stitches(along, np.full(400, distance, np.float32), pitch, 0.001)
        if abs(distance) > 0.004:
            assert not drawn.any()
        assert drawn.max(initial=0) <= 1

    def test_hex_colours(self) -> None:
        assert fabric.srgb("#ff8000") == pytest.approx([1.0, 128 / 255, 0.0])
