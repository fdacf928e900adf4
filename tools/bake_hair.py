"""Bake what hair needs and no avatar changes: ``avatar/human/data/hair.npz``.

    python -m tools.bake_hair [avatar/human/data/hair.npz]

Reads only the base mesh and the ear mask of ``avatar/human/data/human.npz``. Written are

``luminance``, ``alpha``   the painted atlas (512, 512) uint8, laid out by `avatar.human.hair.atlas.TILES`
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
from scipy import ndimage
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from avatar.human.bundle import VERTEX_COUNT, bundle
from avatar.human.figure import F64, I64
from avatar.human.hair.atlas import MARGIN, SIZE, TILES
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

SEED = 5
FINE = 2  # the atlas is painted at twice its size
STEP = 4.0  # degrees of the scalp table
LOW = -74.0  # its lowest elevation
NEIGHBOURS = 12
BEARD_CARDS = (95, 60)  # short ones on the cheeks, long ones on the chin
BEARD_COLUMNS, BEARD_ROWS = 26, 8


# ------------------------------------------------------------------------------------------------- the painted atlas
def strands(
    width: int,
    height: int,
    count: int,
    rng: np.random.Generator,
    clumps: int = 4,
    end: tuple[float, float] = (0.75, 1.0),
    start: float = 0.06,
    thick: tuple[float, float] = (1.2, 2.6),
    converge: float = 0.6,
    spread: float = 0.46,
    core: float = 0.5,
    taper: float = 0.25,
    wave: float = 0.0,
) -> tuple[F64, F64]:
    """Luminance and alpha (height, width) of painted strands.

    They belong to ``clumps`` locks that converge towards ragged tips. Down to the fraction ``core`` of the length the
    lock is solid; its outline wanders, so that no card shows a straight edge. Gaps that mipmaps would turn into dots
    are closed there, and slivers dropped at the tips.
    """
    lum = np.full((height, width), 0.36)
    alpha = np.zeros((height, width))
    t = np.linspace(0, 1, height)
    centre = (np.arange(clumps) + 0.5) / clumps + rng.normal(0, 0.25 / clumps, clumps)
    clump_end = rng.uniform(*end, clumps)
    clump_tone = rng.normal(0, 0.06, clumps)
    phase = rng.uniform(0, 6.28, clumps)
    order = rng.integers(0, clumps, count)
    depth = np.sort(rng.random(count))  # 0 behind and dark .. 1 in front and light
    half = spread * width
    if core > 0:
        edge = half * (1 - taper * smoothstep(core * 0.3, core, t)) * 0.94
        x = np.arange(width)[None] - width / 2
        # the solid part begins and ends at another height in every column: no straight seams
        jag = ndimage.gaussian_filter1d(rng.normal(0, 1, width), 1.2)
        jag = jag + 1.5 * ndimage.gaussian_filter1d(rng.normal(0, 1, width), 6)
        jag = jag / jag.std()
        last = np.clip(core * (1 + 0.10 * jag), 0.02, 0.97)[None]
        first = (start * np.clip(0.5 + 0.35 * rng.permutation(jag), 0, 1))[None]
        left, right = (edge + (wander(rng, height, 30) * 0.022 + wander(rng, height, 9) * 0.006) * width for _ in "lr")
        reach = np.minimum(np.where(x < 0, left[:, None], right[:, None]), 0.48 * width)
        alpha[(np.abs(x) < reach) & (t[:, None] < last) & (t[:, None] >= first)] = 1
    rows = np.arange(height)
    brush = int(np.ceil(thick[1])) + 1
    for k in range(count):
        c = order[k]
        x0, goal = rng.uniform(-1, 1), (centre[c] * 2 - 1) * 0.9
        pull = converge * smoothstep(0.15, 1.0, t)
        path = (x0 * (1 - pull) + goal * pull + rng.normal(0, 0.06) * t) * half + width / 2
        path = path + wave * width * np.sin(6.283 * t + phase[c] + rng.normal(0, 0.35)) * smoothstep(0, 0.15, t)
        t1, t0 = min(clump_end[c] + rng.normal(0, 0.035), 0.97), rng.uniform(0, start)
        w = rng.uniform(*thick) * np.clip((t1 - t) / 0.2, 0.45, 1)
        tone = 0.36 + 0.32 * depth[k] + clump_tone[c] + rng.normal(0, 0.06)
        live = (t >= t0) & (t <= t1)
        base = np.floor(path).astype(int)
        for o in range(-brush, brush + 1):
            col = base + o
            off = np.abs(col + 0.5 - path)
            cover = np.clip(w * 0.5 + 0.5 - off, 0, 1) * live
            ok = (cover > 0.02) & (col >= 0) & (col < width)
            r, q, a = rows[ok], col[ok], cover[ok]
            shade = tone * (1 - 0.25 * off[ok] / np.maximum(w[ok], 0.5))
            lum[r, q] = lum[r, q] * (1 - a) + shade * a
            alpha[r, q] = np.maximum(alpha[r, q], a)
    solid = ndimage.grey_closing(np.pad(alpha, ((0, 0), (16, 16))), (1, 15))[:, 16:-16]
    tips = ndimage.grey_opening(ndimage.grey_closing(alpha, (1, 3)), (1, 2))
    lock = (t > start) & (t < 0.85 * core)
    return lum, np.where(lock[:, None], solid, tips)


def wander(rng: np.random.Generator, count: int, smooth: float) -> F64:
    """(count,) a smooth random line of unit deviation."""
    line = ndimage.gaussian_filter1d(rng.normal(0, 1, count), smooth)
    scaled: F64 = line / line.std()
    return scaled


def inner(name: str) -> tuple[int, int]:
    """Width and height of a tile in painted pixels, without its margin."""
    tile = TILES[name]
    return FINE * tile.width, FINE * (tile.height - 2 * MARGIN)


def paint_cap(rng: np.random.Generator) -> tuple[F64, F64]:
    """Strands from the pole (top) to a rim (bottom) that thins out."""
    width, height = inner("cap")
    lum, alpha = strands(
        width, height, 1500, rng, clumps=200, end=(0.90, 0.97), start=0.0, converge=0.02, core=0.80,
        spread=0.56, thick=(1.6, 3.0), taper=0.0,
    )  # fmt: skip
    rim = np.linspace(0, 1, height)[:, None]
    return lum, np.maximum(alpha * smoothstep(1.0, 0.90, rim), smoothstep(0.97, 0.84, rim))


def paint_buzz(rng: np.random.Generator) -> tuple[F64, F64]:
    """Fine stubble, dense except at the rim (bottom)."""
    width, height = inner("buzz")
    shape = (height, width)
    fine = ndimage.gaussian_filter(rng.normal(0, 1, shape), (0.9, 0.65), mode="wrap")
    broad = ndimage.gaussian_filter(rng.normal(0, 1, shape), 14, mode="wrap")
    fine, broad = fine / fine.std(), broad / broad.std()
    fade = smoothstep(1.0, 0.72, np.linspace(0, 1, height))[:, None]
    cover = fade * (0.92 + 0.10 * fine) + fine * 0.22 * (1 - fade) * (fade > 0.02)
    return 0.48 + 0.10 * fine + 0.02 * broad, cover


def paint_tile(name: str, rng: np.random.Generator) -> tuple[F64, F64]:
    """One tile of the atlas: luminance and alpha."""
    size, kind = inner(name), name.rstrip("0123456789")
    if kind == "cap":
        return paint_cap(rng)
    if kind == "buzz":
        return paint_buzz(rng)
    if kind == "dense":
        return strands(*size, 190, rng, 7, (0.82, 0.95), 0.09, (2.0, 3.6), core=0.80, taper=0.3)
    if kind == "medium":
        return strands(*size, 110, rng, 5, (0.76, 0.95), thick=(2.0, 3.6), converge=0.8, core=0.62, taper=0.45)
    if kind == "short":
        return strands(*size, 90, rng, 5, (0.70, 0.95), 0.20, (1.8, 3.4), converge=0.7, core=0.60, taper=0.4)
    if kind == "tuft":
        return strands(
            *size, 90, rng, 4, (0.70, 0.95), 0.22, (1.8, 3.4), converge=0.8, spread=0.44, core=0.55, taper=0.5,
            wave=0.03,
        )  # fmt: skip
    return strands(*size, 80, rng, 6, (0.65, 0.95), 0.28, (2.2, 3.6), spread=0.45, core=0.50, taper=0.3, wave=0.02)


def paint_atlas() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Luminance and alpha of the whole atlas.

    Colour is spread from the strands into the clear texels around them, so that mipmaps do not pull in a fringe, and
    luminance is kept to 6 bits: finer steps are invisible in hair and would double the file.
    """
    lum, alpha = np.full((FINE * SIZE, FINE * SIZE), 0.40), np.zeros((FINE * SIZE, FINE * SIZE))
    for number, (name, tile) in enumerate(TILES.items()):
        across = slice(FINE * tile.x, FINE * (tile.x + tile.width))
        window = slice(FINE * tile.y, FINE * (tile.y + tile.height)), across
        grey, cover = paint_tile(name, np.random.default_rng([SEED, number]))
        cover = np.clip(cover, 0, 1)
        empty = cover < 0.05
        near = ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True)
        ends = ((FINE * MARGIN, FINE * MARGIN), (0, 0))
        lum[window] = np.pad(np.where(empty, ndimage.gaussian_filter(grey[tuple(near)], 3), grey), ends, mode="edge")
        alpha[window] = np.pad(cover, ends)
        if name in ("cap", "buzz"):  # closed at the crown
            alpha[FINE * tile.y : FINE * (tile.y + MARGIN), across] = cover[0]
    lum, alpha = (a.reshape(SIZE, FINE, SIZE, FINE).mean((1, 3)) for a in (lum, alpha))
    grey6 = np.round(np.clip(lum, 0, 1) * 63)
    cover5 = np.round(alpha * 31)
    return (grey6 * 255 / 63).round().astype(np.uint8), (cover5 * 255 / 31).round().astype(np.uint8)


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


def beard_depth(points: F64) -> F64:
    """Degrees inside the bearded area (> 0) of points on the base face; lips stay free."""
    rel = points - BASE_CENTRE
    az, el = angles(rel)
    a = np.abs(az)
    up = np.interp(a, *BEARD_UPPER.T) - el
    low = el - np.interp(a, *BEARD_LOWER.T)
    back = np.interp(el, [-60, -45, -30], [82, 79, 78]) - a
    lips = (np.hypot(rel[:, 0] / 0.0275, (points[:, 1] - 0.6600) / 0.0110) - 1) * 9
    narrow = 1 + 1.6 * smoothstep(0.660, 0.666, points[:, 1]) * smoothstep(28, 20, a)  # the moustache is a thin band
    return np.where(rel[:, 2] > -0.01, np.minimum.reduce([up * narrow, low, back, lips]), -99.0)


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


def beard_places(base: F64, triangles: I64) -> dict[str, Any]:
    """The shell's grid and the roots of the cards, bound to triangles of the base face."""
    across = np.linspace(-1, 1, BEARD_COLUMNS + 1)
    azimuth = np.sign(across) * np.abs(across) ** 1.15 * BEARD_LIMIT
    side = smoothstep(20, 32, np.abs(azimuth))  # nearer the middle the margin would reach the nose
    top = np.interp(np.abs(azimuth), *BEARD_UPPER.T) + 1.5 * side
    bottom = np.interp(np.abs(azimuth), *BEARD_LOWER.T) - 1
    down = np.linspace(0, 1, BEARD_ROWS + 1)
    elevation = top[:, None] + (bottom - top)[:, None] * down
    az = np.repeat(azimuth, BEARD_ROWS + 1)
    grid, grid_weight = cast(base, triangles, direction(az, elevation.ravel()))
    depth = beard_depth((base[grid] * grid_weight[..., None]).sum(1))
    rng = np.random.default_rng([SEED, 99])
    az, el = rng.uniform(-BEARD_LIMIT, BEARD_LIMIT, 5000), rng.uniform(-72, -26, 5000)
    root, weight = cast(base, triangles, direction(az, el))
    point = (base[root] * weight[..., None]).sum(1)
    lip = (np.abs(az) < 24) & (el > -46.5)
    inside, long = (beard_depth(point) > 1.2) & ~lip, (np.abs(az) < 36) & (el < -47)
    sets = [np.nonzero(inside & which)[0] for which in (~long, long)]
    chosen = np.concatenate([s[farthest_points(point[s], n)] for s, n in zip(sets, BEARD_CARDS, strict=True)])
    lip_root, lip_weight = cast(base, triangles, unit(moustache_points() - MOUTH), MOUTH)
    root, weight = np.concatenate([root[chosen], lip_root]), np.concatenate([weight[chosen], lip_weight])
    place = np.stack(angles((base[root] * weight[..., None]).sum(1) - BASE_CENTRE), 1)
    shape = (BEARD_COLUMNS + 1, BEARD_ROWS + 1)
    return {
        "beard_grid": grid.reshape(*shape, 3).astype(np.uint16),
        "beard_grid_weight": grid_weight.reshape(*shape, 3).astype(np.float32),
        "beard_grid_depth": depth.reshape(shape).astype(np.float32),
        "beard_root": root.astype(np.uint16),
        "beard_root_weight": weight.astype(np.float32),
        "beard_root_place": place.astype(np.float32),
        "beard_root_kind": np.repeat([0, 1, 2], (*BEARD_CARDS, len(lip_root))).astype(np.uint8),
    }


MOUTH: F64 = np.array([0.0, 0.672, 0.09])  # inside the base head, straight behind the upper lip


def moustache_points() -> F64:
    """Points (28, 3) over the upper lip of the base face: two rows a side, between lip and nose."""
    x = np.array([0.0025, 0.0065, 0.0105, 0.0145, 0.0185, 0.0225, 0.0265])
    lip = 0.6600 + 0.0105 * np.sqrt(np.clip(1 - (x / 0.027) ** 2, 0, 1))
    rows = [np.stack([x, lip + 0.0022, np.full(7, 0.15)], 1), np.stack([x - 0.001, lip + 0.0058, np.full(7, 0.15)], 1)]
    left = np.concatenate(rows)
    return np.concatenate([left, left * [-1, 1, 1]])


def main(path: Path) -> None:
    base = np.asarray(bundle().base)
    assert len(base) == VERTEX_COUNT
    triangles = quads_to_triangles(bundle().faces("body")[..., 0])
    luminance, alpha = paint_atlas()
    index, weight, chin = scalp_map(base, vertex_normals(base, triangles), ear_vertices(base))
    draft = path.with_name(f"new_{path.name}")  # renamed when whole: others may be reading the old one
    np.savez_compressed(
        draft,
        luminance=luminance,
        alpha=alpha,
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
