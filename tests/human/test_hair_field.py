"""The geometry under hair: angles, polylines, the distance field, the scalp map and the hairline."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import a_character

from avatar.human.body import shape_figure
from avatar.human.figure import F64, I64
from avatar.human.hair import atlas, store
from avatar.human.hair.collision import CLOTH, CollisionField, build_field, surface_samples
from avatar.human.hair.hairline import Hairline, dome
from avatar.human.hair.scalp import HeadModel, head_model
from avatar.human.hair.vectors import (
    angles,
    direction,
    farthest_points,
    grid_quads,
    quads_to_triangles,
    resample,
    slerp,
    unit,
    vertex_normals,
)

RADIUS = 0.09


def sphere() -> tuple[F64, I64]:
    """A ball of 9 cm about the origin, normals outward."""
    az, el = np.meshgrid(np.linspace(-180, 180, 41), np.linspace(-90, 90, 21), indexing="ij")
    points = direction(az, el).reshape(-1, 3) * RADIUS
    return points, quads_to_triangles(grid_quads(40, 20))[:, ::-1]


@pytest.fixture(scope="module")
def ball() -> CollisionField:
    points, triangles = sphere()
    box = np.full(3, 0.2)
    return build_field(points, triangles, -box, box, lambda nodes: np.zeros(len(nodes)))


@given(st.floats(-179.0, 179.0), st.floats(-89.0, 89.0))
def test_angles_invert_directions(azimuth: float, elevation: float) -> None:
    back = angles(direction(azimuth, elevation))
    assert np.allclose(back, (azimuth, elevation), atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_slerp_stays_on_the_sphere_and_divides_the_angle(seed: int, t: float) -> None:
    a, b = unit(np.random.default_rng(seed).normal(0, 1, (2, 3)))
    between = slerp(a, b, t)
    whole = np.arccos(np.clip(a @ b, -1, 1))
    if whole < 3.1:  # opposite directions have no one way between them
        assert np.linalg.norm(between) == pytest.approx(1.0, abs=1e-4)
        assert np.arccos(np.clip(a @ between, -1, 1)) == pytest.approx(t * whole, abs=1e-3)


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_resampling_keeps_ends_and_lies_on_the_line(seed: int, count: int) -> None:
    lines = np.cumsum(np.random.default_rng(seed).normal(0, 1, (3, 6, 3)), axis=1)
    out = resample(lines, np.linspace(0, 1, count))
    assert np.allclose(out[:, 0], lines[:, 0])
    assert np.allclose(out[:, -1], lines[:, -1])
    start, step = lines[:, None, :-1], np.diff(lines, axis=1)[:, None]
    t = np.clip(((out[:, :, None] - start) * step).sum(-1) / (step**2).sum(-1), 0, 1)
    assert np.linalg.norm(out[:, :, None] - start - t[..., None] * step, axis=-1).min(-1).max() < 1e-6


@given(st.integers(0, 2**32 - 1))
def test_farthest_points_spread_wider_than_chance(seed: int) -> None:
    points = np.random.default_rng(seed).random((300, 3))
    chosen = points[farthest_points(points, 12)]
    gaps = np.linalg.norm(chosen[:, None] - chosen[None], axis=2) + np.eye(12)
    assert gaps.min() > 0.3


@settings(max_examples=40)
@given(st.floats(0.03, 0.17), st.floats(-180, 180), st.floats(-89, 89))
def test_the_field_measures_a_ball(ball: CollisionField, radius: float, azimuth: float, elevation: float) -> None:
    place = direction(azimuth, elevation)
    distance, normal = ball((place * radius)[None])
    assert distance[0] == pytest.approx(radius - RADIUS, abs=0.004 if abs(radius - RADIUS) < 0.03 else 0.006)
    assert normal[0] @ place > 0.9


def test_surface_samples_leave_no_gap() -> None:
    points, triangles = sphere()
    samples, normals = surface_samples(points, triangles, 0.004)
    assert np.allclose(np.linalg.norm(samples, axis=1), RADIUS, atol=0.001)
    assert (samples * normals).sum(1).min() > 0
    directions = direction(np.linspace(-180, 180, 97), np.linspace(-80, 80, 97)) * RADIUS
    assert np.linalg.norm(directions[:, None] - samples[None], axis=2).min(1).max() < 0.004


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return head_model(shape_figure(a_character()), 0.2, 0.17)


@pytest.mark.parametrize("side", np.linspace(0.15, 0.19, 9).tolist())
def test_the_inside_of_a_body_is_inside_wherever_the_box_cuts_it(side: float) -> None:
    elder = shape_figure(
        a_character(body={"gender": 1.0, "age": 84, "height": 1.7, "weight": 0.6, "muscle": 0.4}, seed=3)
    )
    model = head_model(elder, 0.2, side)
    inside = np.stack([model.centre, model.neck + np.array([0, 0.03, 0]), model.neck - np.array([0, 0.06, 0])])
    assert model.collision(inside)[0].max() < -0.019


def test_the_scalp_map_lies_on_the_scalp(head: HeadModel) -> None:
    az, el = np.meshgrid(np.arange(-180, 180, 15), np.arange(25, 90, 10))
    position, normal = head.scalp(direction(az, el))
    distance, outward = head.collision(position)
    assert np.abs(distance).max() < 0.003
    assert (normal * outward).sum(-1).min() > 0.8


def test_clothes_count_below_the_collar(head: HeadModel) -> None:
    figure = shape_figure(a_character())
    skin = np.unique(store.skin_triangles())
    place = figure.vertices[skin]
    low = (place[:, 1] < head.neck[1] - 0.04) & (place[:, 1] > head.neck[1] - 0.15) & (np.abs(place[:, 0]) < 0.1)
    normals = vertex_normals(figure.vertices, store.skin_triangles())[skin][low]
    distance, _ = head.collision(place[low] + normals * CLOTH)
    assert np.abs(np.median(distance)) < 0.001
    assert np.quantile(distance, 0.95) < 0.004


@given(st.floats(-180, 180))
def test_a_hairline_runs_from_brow_to_nape(azimuth: float) -> None:
    edge = Hairline().elevation(np.array([azimuth]))[0]
    assert -50 < edge < 30
    if abs(azimuth) < 35:
        assert edge > 15
    if abs(azimuth) > 150:
        assert edge < -35


def test_controls_move_the_hairline_where_they_say() -> None:
    az = np.array([0.0, 38.0, 72.0, 170.0])
    plain = Hairline().elevation(az)
    assert Hairline(height=5).elevation(az)[0] - plain[0] == pytest.approx(5)
    assert Hairline(recession=4).elevation(az)[1] - plain[1] == pytest.approx(4)
    assert plain[0] - Hairline(peak=3).elevation(az)[0] == pytest.approx(3)
    assert plain[2] - Hairline(sideburn=6).elevation(az)[2] == pytest.approx(6)
    assert plain[3] - Hairline(nape=5).elevation(az)[3] == pytest.approx(5)


def test_roots_are_inside_the_hairline_and_evenly_spread(head: HeadModel) -> None:
    patch = dome(head, Hairline())
    roots = patch.roots(120, lambda r: np.ones(len(r), bool), np.random.default_rng(1))
    assert len(roots) == 120
    inside = roots.elevation - Hairline().elevation(roots.azimuth)
    assert (inside > -1.0).mean() > 0.95
    assert inside.min() > -8.0  # the edge is steep at the temple
    assert roots.rim.min() >= 0
    gaps = np.linalg.norm(roots.position[:, None] - roots.position[None], axis=2) + np.eye(120)
    assert gaps.min() > 0.006
    assert np.abs(head.collision(roots.position)[0]).max() < 0.006


def test_tiles_fit_the_atlas_and_do_not_overlap() -> None:
    used = np.zeros((atlas.HEIGHT, atlas.WIDTH), int)
    for tile in atlas.TILES.values():
        used[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] += 1
        assert tile.x + tile.width <= atlas.WIDTH
        assert tile.y + tile.height <= atlas.HEIGHT
    assert used.max() == 1
    data = store.load()
    assert data.alpha.shape == data.luminance.shape == data.streak.shape == used.shape
    assert data.alpha[used == 0].max() == 0  # nothing bleeds in from between the tiles
    for name, tile in atlas.TILES.items():
        window = data.alpha[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        share = (window > 128).mean()
        assert share > (0.12 if name.startswith(("puff", "wisp", "beard")) else 0.45), name
        if name not in atlas.EDGELESS:  # mipmaps would draw dashes at the tips and dots along the sides
            assert window[: atlas.MARGIN].max() == window[-atlas.MARGIN - 2 :].max() == 0, name
            assert window[:, [0, -1]].max() == 0, name


@given(st.sampled_from(sorted(atlas.TILES)), st.floats(0, 1), st.floats(0, 1))
def test_cards_stay_inside_the_margin_of_their_tile(name: str, s: float, t: float) -> None:
    tile = atlas.TILES[name]
    x, y = atlas.tile_uv(name, s, t) * [atlas.WIDTH, atlas.HEIGHT]
    assert tile.x + 1 <= x <= tile.x + tile.width - 1
    assert tile.y + atlas.MARGIN <= y <= tile.y + tile.height - atlas.MARGIN


def test_baked_weights_interpolate() -> None:
    data = store.load()
    for weight in (data.scalp_weight, data.beard_grid_weight, data.mouth_grid_weight, data.beard_root_weight):
        assert np.allclose(weight.sum(-1), 1.0)
    assert data.beard_root_weight.min() >= 0
    assert store.PATH.stat().st_size < 750_000


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 1000))
def test_the_ramp_is_brighter_for_brighter_strands(colour: tuple[int, int, int], seed: int) -> None:
    grey = np.arange(256, dtype=np.uint8)[None]
    plain = atlas.Dye(np.array(colour) / 255.0)
    out = atlas.ramp(plain, grey, grey, 0 * grey, np.random.default_rng(seed))
    assert (np.diff(out[0, :, :3].astype(int), axis=0) >= 0).all()
    assert np.array_equal(out[0, :, 3], grey[0])
    assert np.abs(out[0, 130, :3].astype(float) - np.array(colour)).max() < 40
