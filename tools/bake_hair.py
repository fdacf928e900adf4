"""Bake what hair needs and no avatar changes: ``avatar/human/data/hair.npz``.

    python -m tools.bake_hair [avatar/human/data/hair.npz]

Reads only the base mesh and the ear mask of ``avatar/human/data/human.npz``. Written are

``luminance``, ``alpha``, ``streak``   the atlas that `tools.hair_atlas` paints, laid out by
                           `avatar.human.hair.atlas.TILES`
``scalp_*``                for every direction seen from the middle of the skull: the base vertices, and their weights,
                           that give the scalp there (a local thin-plate spline, which runs smoothly under the ears)
``beard_*``                where on the face a beard grows: base triangles and barycentric weights
``chin``                   a vertex number
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from avatar.human.bundle import VERTEX_COUNT, bundle
from avatar.human.figure import F64, I64
from avatar.human.hair.scalp import BASE_CENTRE
from avatar.human.hair.vectors import (
    angles,
    direction,
    farthest_points,
    quads_to_triangles,
    smoothstep,
    unit,
    vertex_normals,
)
from tools.hair_atlas import paint_atlas

SEED = 5
STEP = 4.0  # degrees of the scalp table
LOW = -74.0  # its lowest elevation
NEIGHBOURS = 12
WHISKERS = (88, 72)  # cards on the cheeks and jaws, and on the chin
BEARD_COLUMNS, BEARD_ROWS = 26, 8
MOUTH_COLUMNS, MOUTH_ROWS = 16, 12


# ------------------------------------------------------------------------------------------------------- the scalp map
def ear_vertices(base: F64) -> I64:
    """Vertices that the ear mask paints."""
    mask = bundle().mask("ears").astype(np.float64) / 255
    corner = bundle().faces("body").reshape(-1, 2)
    uv = bundle().uv[corner[:, 1]]
    n = mask.shape[0] - 1
    row, column = np.clip((1 - uv[:, 1]) * n, 0, n).astype(int), np.clip(uv[:, 0] * n, 0, n).astype(int)
    value = np.zeros(len(base))
    np.maximum.at(value, corner[:, 0], mask[row, column])
    return np.nonzero(value > 0.3)[0]


def scalp_map(base: F64, normals: F64, ears: I64) -> tuple[I64, NDArray[np.float32], int]:
    """(vertex numbers, weights) of every direction of the table, and the chin's vertex."""
    offset = base - BASE_CENTRE
    radius = np.linalg.norm(offset, axis=1)
    head = np.zeros(len(base), bool)
    head[bundle().vertices_of("body")] = True
    head &= (base[:, 1] > 0.60) & (radius < 0.19) & ((normals * offset).sum(1) > 0.25 * radius)
    head[ears] = False  # the map runs under the ears
    head &= ~((np.abs(base[:, 0]) < 0.03) & (base[:, 1] < 0.72) & (offset[:, 2] < 0.05) & (offset[:, 2] > 0))
    middle = np.nonzero(head & (np.abs(base[:, 0]) < 0.01))[0]
    chin = int(middle[base[middle, 1].argmin()])
    ids = np.nonzero(head)[0]
    towards = unit(offset[ids])
    _, first = np.unique(np.round(towards, 3), axis=0, return_index=True)
    ids, towards = ids[first], towards[first]
    az, el = np.meshgrid(np.arange(-180, 181, STEP), np.arange(LOW, 91, STEP), indexing="ij")
    spline = RBFInterpolator(towards, np.eye(len(ids)), neighbors=NEIGHBOURS, smoothing=1e-4)
    dense = spline(direction(az, el).reshape(-1, 3))  # linear in the values: rows are the weights
    order = np.argsort(-np.abs(dense), axis=1)[:, :NEIGHBOURS]
    weight = np.take_along_axis(dense, order, 1)
    shape = (*az.shape, NEIGHBOURS)
    return ids[order].reshape(shape), weight.reshape(shape).astype(np.float32), chin


# ------------------------------------------------------------------------------------------------------------ the beard
BEARD_UPPER: F64 = np.array(
    [
        (0, -40.2), (5, -41), (10, -41.6), (15, -42.6), (20, -44.8), (30, -48), (40, -47), (55, -42), (64, -36),
        (70, -28), (76, -26),
    ],
    float,
)  # fmt: skip
BEARD_LOWER: F64 = np.array([(0, -70), (40, -66), (60, -60), (75, -54), (84, -46)], float)
BEARD_LIMIT = 83.0  # degrees of azimuth


def lips_apart(points: F64) -> F64:
    """Lip radii outside of the red of the lips (> 0)."""
    away: F64 = np.hypot(points[:, 0] / 0.0280, (points[:, 1] - 0.6603) / 0.0115) - 1
    return away


def full_depth(points: F64) -> F64:
    """Degrees inside a full beard (> 0) of points on the base face; lips stay free."""
    rel = points - BASE_CENTRE
    az, el = angles(rel)
    a = np.abs(az)
    up = np.interp(a, *BEARD_UPPER.T) - el
    low = el - np.interp(a, *BEARD_LOWER.T)
    back = np.interp(el, [-60, -45, -30], [82, 79, 78]) - a
    narrow = 1 + 1.6 * smoothstep(0.660, 0.666, points[:, 1]) * smoothstep(28, 20, a)  # the moustache is a thin band
    return np.where(rel[:, 2] > -0.01, np.minimum.reduce([up * narrow, low, back, lips_apart(points) * 9]), -99.0)


def moustache_depth(points: F64) -> F64:
    """Millimetres and a half inside a moustache that hangs a little over the corners of the mouth."""
    x, y = np.abs(points[:, 0]), points[:, 1]
    top = 0.6798 - 0.30 * np.maximum(x - 0.009, 0)
    mm = np.minimum.reduce([top - y, (0.0325 - x) * 0.8, y - 0.656 + 0 * x, lips_apart(points) * 0.010])
    return np.where(points[:, 2] > 0.1, mm * 1000 * 1.5, -99.0)


def goatee_depth(points: F64) -> F64:
    """The same of a round beard: the moustache, the corners of the mouth and the chin."""
    x, y = np.abs(points[:, 0]), points[:, 1]
    narrow = 0.0318 - 0.10 * np.maximum(0.640 - y, 0)
    mm = np.minimum.reduce([narrow - x, 0.668 - y, y - 0.604, lips_apart(points) * 0.010])
    chin = np.where(points[:, 2] > 0.09, mm * 1000 * 0.9, -99.0)
    return np.maximum(moustache_depth(points), chin)


def cast(base: F64, triangles: I64, directions: F64, origin: F64 = BASE_CENTRE) -> tuple[I64, F64]:
    """Outermost hit of rays (n, 3) from ``origin`` on the face: corner vertices, barycentric weights."""
    corner = base[triangles] - origin
    centre = corner.mean(1)
    outward = (np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]) * centre).sum(1) > 0
    x, height, _ = base[triangles].mean(1).T
    nose = (np.abs(x) < 0.023) & (height > 0.682)  # and the inside of it
    face = np.nonzero(outward & (np.linalg.norm(centre, axis=1) < 0.20) & (height > 0.60) & ~nose)[0]
    _, near = cKDTree(unit(centre[face])).query(directions, 60)
    candidate = face[near]
    p = corner[candidate]
    matrix = np.swapaxes(p, -1, -2) + 1e-12 * np.eye(3)
    goal = np.broadcast_to(directions[:, None, :, None], (*p.shape[:2], 3, 1))
    w = np.linalg.solve(matrix, goal)[..., 0]
    total = w.sum(-1)
    total = np.where(np.abs(total) < 1e-9, 1e-9, total)
    radius, w = 1 / total, w / total[..., None]
    hit = (w.min(-1) > -0.02) & (radius > 0.02) & (radius < 0.2)
    best = np.where(hit, radius, np.clip(w.min(-1), -9, 0) * 0.01).argmax(1)
    rows = np.arange(len(directions))
    weight = np.clip(w[rows, best], 0, 1)
    return triangles[candidate[rows, best]], weight / weight.sum(1, keepdims=True)


def bound(base: F64, index: I64, weight: F64) -> F64:
    """Points (n, 3) of a binding on the base face."""
    points: F64 = (base[index] * weight[..., None]).sum(1)
    return points


def beard_places(base: F64, triangles: I64) -> dict[str, Any]:
    """The shells' grids and the roots of the whiskers, bound to triangles of the base face."""
    across = np.linspace(-1, 1, BEARD_COLUMNS + 1)
    azimuth = np.sign(across) * np.abs(across) ** 1.15 * BEARD_LIMIT
    side = smoothstep(20, 32, np.abs(azimuth))  # nearer the middle the margin would reach the nose
    top = np.interp(np.abs(azimuth), *BEARD_UPPER.T) + 1.5 * side
    bottom = np.interp(np.abs(azimuth), *BEARD_LOWER.T) - 1
    down = np.linspace(0, 1, BEARD_ROWS + 1)
    elevation = top[:, None] + (bottom - top)[:, None] * down
    az = np.repeat(azimuth, BEARD_ROWS + 1)
    grid, grid_weight = cast(base, triangles, direction(az, elevation.ravel()))
    depth = full_depth(bound(base, grid, grid_weight))
    x, y = np.meshgrid(
        np.linspace(-0.034, 0.034, MOUTH_COLUMNS + 1), np.linspace(0.6815, 0.603, MOUTH_ROWS + 1), indexing="ij"
    )
    ahead = np.stack([x.ravel(), y.ravel(), np.full(x.size, 0.15)], 1)
    mouth, mouth_weight = cast(base, triangles, unit(ahead - MOUTH), MOUTH)
    place = bound(base, mouth, mouth_weight)
    rng = np.random.default_rng([SEED, 99])
    az, el = rng.uniform(-BEARD_LIMIT, BEARD_LIMIT, 6000), rng.uniform(-72, -26, 6000)
    root, weight = cast(base, triangles, direction(az, el))
    point = bound(base, root, weight)
    lip = (np.abs(point[:, 0]) < 0.034) & (point[:, 1] > 0.664)
    inside = (full_depth(point) > 1.2) & ~lip
    round_ = inside & (goatee_depth(point) > 1.8)
    sets = [np.nonzero(inside & which)[0] for which in (~round_, round_)]
    chosen = np.concatenate([s[farthest_points(point[s], n)] for s, n in zip(sets, WHISKERS, strict=True)])
    lip_root, lip_weight = cast(base, triangles, unit(moustache_points() - MOUTH), MOUTH)
    root, weight = np.concatenate([root[chosen], lip_root]), np.concatenate([weight[chosen], lip_weight])
    point = bound(base, root, weight)
    shape = (BEARD_COLUMNS + 1, BEARD_ROWS + 1)
    around_mouth = (MOUTH_COLUMNS + 1, MOUTH_ROWS + 1)
    return {
        "beard_grid": grid.reshape(*shape, 3).astype(np.uint16),
        "beard_grid_weight": grid_weight.reshape(*shape, 3).astype(np.float32),
        "beard_grid_depth": depth.reshape(shape).astype(np.float32),
        "mouth_grid": mouth.reshape(*around_mouth, 3).astype(np.uint16),
        "mouth_grid_weight": mouth_weight.reshape(*around_mouth, 3).astype(np.float32),
        "mouth_grid_depth": np.stack([moustache_depth(place), goatee_depth(place)])
        .reshape(2, *around_mouth)
        .astype(np.float32),
        "beard_root": root.astype(np.uint16),
        "beard_root_weight": weight.astype(np.float32),
        "beard_root_place": np.stack(angles(point - BASE_CENTRE), 1).astype(np.float32),
        "beard_root_edge": full_depth(point).astype(np.float32),
        "beard_root_kind": np.repeat([0, 1, 2], (*WHISKERS, len(lip_root))).astype(np.uint8),
    }


MOUTH: F64 = np.array([0.0, 0.672, 0.09])  # inside the base head, straight behind the upper lip


def moustache_points() -> F64:
    """Points before the upper lip of the base face: three rows a side, between lip and nose."""
    x = np.array([0.0014, 0.0050, 0.0086, 0.0122, 0.0158, 0.0194, 0.0230, 0.0266])
    lip = 0.6603 + 0.0115 * np.sqrt(np.clip(1 - (x / 0.0285) ** 2, 0, 1))
    top = 0.6795 - 0.30 * np.maximum(x - 0.009, 0)
    rows = [
        np.stack([x - 0.0008 * k, lip + (top - lip) * h, np.full(8, 0.15)], 1) for k, h in enumerate((0.12, 0.48, 0.84))
    ]
    left = np.concatenate(rows)
    return np.concatenate([left, left * [-1, 1, 1]])


def main(path: Path) -> None:
    base = np.asarray(bundle().base)
    assert len(base) == VERTEX_COUNT
    triangles = quads_to_triangles(bundle().faces("body")[..., 0])
    luminance, alpha, streak = paint_atlas()
    index, weight, chin = scalp_map(base, vertex_normals(base, triangles), ear_vertices(base))
    draft = path.with_name(f"new_{path.name}")  # renamed when whole: others may be reading the old one
    np.savez_compressed(
        draft,
        luminance=luminance,
        alpha=alpha,
        streak=streak,
        scalp_index=index.astype(np.uint16),
        scalp_weight=weight,
        scalp_grid=np.array([LOW, STEP]),
        chin=np.array(chin),
        **beard_places(base, triangles),
    )
    draft.replace(path)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "avatar/human/data/hair.npz"))
