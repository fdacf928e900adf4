"""Bake what every skin shares: UV layout, texel masks, occlusion, noise and landmark indices of the hm08 base.

    python tools/bake_skin.py path/to/mpfb2 [avatar/human/data/skin.npz]

``mpfb2`` is the CC0 MakeHuman data folder that holds ``3dobjs/base.obj`` and ``textures/mpfb_*.jpg``. All avatars
share the topology, so a mask painted once on the un-morphed base lands on the right anatomy of each of them; at
generation time only colours are put together (``avatar.human.skin``). Takes about half a minute and is deterministic.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d, map_coordinates
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
B1 = NDArray[np.bool_]

FINE, COARSE = 1024, 512
NECK_RINGS = 5  # quad rings of neck below the jaw that go with the head; beyond them no face morph moves the skin
SOCKET_RINGS = 2  # quad rings kept inside the lids; deeper ones are always behind the eyeball

# canonical landmarks of the left half (metres, base.obj space)
EYE_CENTRE = np.array([0.03078, 0.72841, 0.12454])
EYE_RADIUS = 0.01495
MOUTH_LINE = 0.6615


# ------------------------------------------------------------------------------------------------------ source data
@dataclass(frozen=True, slots=True)
class Base:
    """base.obj in metres; ``faces[group]`` is (n, 4, 2): vertex and UV index of each quad corner."""

    vertices: F64
    uvs: F64
    faces: dict[str, I64]
    folder: Path


def load_base(folder: Path) -> Base:
    """Read the CC0 base mesh."""
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: dict[str, list[list[list[int]]]] = {}
    group: list[list[list[int]]] = []
    for line in (folder / "3dobjs" / "base.obj").read_text().splitlines():
        head, _, rest = line.partition(" ")
        if head == "v":
            vertices.append([float(x) for x in rest.split()[:3]])
        elif head == "vt":
            uvs.append([float(x) for x in rest.split()[:2]])
        elif head == "g":
            group = faces.setdefault(rest.strip(), [])
        elif head == "f":
            group.append([[int(i) - 1 for i in corner.split("/")[:2]] for corner in rest.split()])
    return Base(np.array(vertices) * 0.1, np.array(uvs), {k: np.array(f) for k, f in faces.items() if f}, folder)


def joint(base: Base, name: str) -> F64:
    """Centre of a joint cube."""
    return np.asarray(base.vertices[np.unique(base.faces[f"joint-{name}"][..., 0])].mean(0))


# --------------------------------------------------------------------------------------------------------- geometry
def triangles_of(quads: I64) -> I64:
    """(n, 4, ...) quads -> (2n, 3, ...) triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def vertex_normals(vertices: F64, triangles: I64) -> F64:
    """Area-weighted unit normals."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(out, triangles[:, k], face)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))


def islands(base: Base) -> I64:
    """Connected UV island of every body quad."""
    corner = base.faces["body"][..., 1]
    pairs = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 3]]])
    count = len(base.uvs)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    label = np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
    return label[corner[:, 0]]


def boundary_loop(quads: I64, among: I64 | None = None) -> list[int]:
    """Ordered vertex loop around a patch of (n, 4) quads; ``among`` picks one of several by its vertices."""
    edges = {(int(q[k]), int(q[(k + 1) % 4])) for q in quads for k in range(4)}
    allowed = None if among is None else set(among.tolist())
    following = {a: b for a, b in edges if (b, a) not in edges and (allowed is None or (a in allowed and b in allowed))}
    start = min(following)
    loop = [start]
    while following[loop[-1]] != start:
        loop.append(following[loop[-1]])
    return loop


def neighbours_of(quads: I64) -> dict[int, set[int]]:
    """Vertex -> its edge neighbours."""
    out: dict[int, set[int]] = {}
    for q in quads:
        for k in range(4):
            a, b = int(q[k]), int(q[(k + 1) % 4])
            out.setdefault(a, set()).add(b)
            out.setdefault(b, set()).add(a)
    return out


def density_warp(coordinate: F64, weight: F64, low: float, high: float, x: F64) -> F64:
    """Monotone map low..high -> 0..1 applied to ``x``; its slope follows ``weight`` (the wanted texel density)."""
    bins, floor = 160, 0.15
    edges = np.linspace(low, high, bins + 1)
    which = np.clip(np.digitize(coordinate, edges) - 1, 0, bins - 1)
    density = np.zeros(bins)
    for b in range(bins):
        inside = weight[which == b]
        density[b] = np.percentile(inside, 90) if len(inside) else 0.0
    density = np.asarray(gaussian_filter1d(density, 4))
    total = np.concatenate([[0.0], np.cumsum(density / density.max() + floor)])
    return np.asarray(np.interp(x, edges, total / total[-1]))


@dataclass(frozen=True, slots=True)
class Layout:
    """How the body quads are shared between the two primitives, with their own UVs (v up)."""

    head: B1  # (13378,) quads of the head primitive
    body: B1  # quads of the body primitive (deep eye sockets are in neither)
    uv: F64  # indexed like ``head_corner`` / ``body_corner``
    corner: I64  # (13378, 4) UV index of every quad corner into ``uv``
    face: B1
    mouth: B1
    socket: B1
    seam: I64  # ordered vertices of the neck seam
    neck_depth: F64  # (19158,) 0 at the jaw .. 1 at the neck seam and below; 0 elsewhere on the head


def build_layout(base: Base) -> Layout:
    """Divide the body into head and body and lay out both UV squares.

    Head: MakeHuman's face island, magnified around the features by two independent monotone warps (they cannot fold),
    the mouth cavity and the sockets packed on the left, and below them the neck as a grid of rings. Body: the torso
    chart shrunk a little, hands magnified into the room that the face island left.
    """
    V, VT, quads = base.vertices, base.uvs, base.faces["body"]
    vert, old = quads[..., 0], quads[..., 1]
    label = islands(base)
    centre = V[vert].mean(1)
    uv_centre = VT[old].mean(1)
    by_size = {int(i): label == i for i in np.unique(label)}
    face = by_size[int(label[np.argmax(centre[:, 1])])]
    small = [m for m in by_size.values() if m.sum() < 450]  # mouth cavity and two sockets
    mouth = next(m for m in small if abs(centre[m][:, 0].mean()) < 0.005)
    sockets = [m for m in small if abs(centre[m][:, 0].mean()) > 0.005]
    torso = max(by_size.values(), key=lambda m: int(m.sum()))
    extremities = [m for m in by_size.values() if m is not face and m is not torso and m.sum() > 450]

    # --- eye sockets: the rings next to the lids
    socket = np.zeros(len(quads), bool)
    ring = np.unique(vert[face])
    for _ in range(SOCKET_RINGS):
        touched = np.isin(vert, ring).any(1) & np.logical_or(*sockets)
        socket |= touched
        ring = np.unique(np.concatenate([ring, vert[touched].ravel()]))

    # --- neck: rings of the torso chart below the jaw, each ordered from the nape over the right side and back
    def ordered(loop: list[int]) -> list[int]:
        points = V[loop]
        nape = int(np.argmin(np.abs(points[:, 0]) + points[:, 2]))
        turned = loop[nape:] + loop[:nape]
        return turned if V[turned[1], 0] < V[turned[-1], 0] else turned[:1] + turned[:0:-1]

    neck = np.zeros(len(quads), bool)
    neck_depth = np.zeros(len(V))
    rings = [ordered(boundary_loop(vert[torso], np.unique(vert[face])))]
    for k in range(NECK_RINGS):
        neck |= np.isin(vert, rings[-1]).any(1) & torso
        rings.append(ordered(boundary_loop(vert[torso & ~neck], np.unique(vert[neck]))))
        neck_depth[rings[-1]] = (k + 1) / NECK_RINGS
    if {len(loop) for loop in rings} != {len(rings[0])}:
        raise ValueError("the neck rings of this base mesh are not regular")
    head = face | mouth | socket | neck
    body = ~head & ~np.logical_or(*sockets)
    body_only = np.setdiff1d(np.unique(vert[body]), rings[-1])
    neck_depth[body_only] = 1.0

    # --- head UVs
    uv = VT.copy()
    points, t = V[vert[face]], VT[old[face]]
    jacobian = np.linalg.pinv(np.roll(t, -1, 1) - t) @ (np.roll(points, -1, 1) - points)
    stretch = np.linalg.norm(jacobian, axis=2)
    c = centre[face]
    importance = 0.25 + 1.2 * np.exp(-((c[:, 0] / 0.055) ** 4 + ((c[:, 1] - 0.70) / 0.075) ** 4)) * np.clip(
        (c[:, 2] - 0.09) / 0.03, 0, 1
    )
    used = np.unique(old[face])
    low, high, middle = VT[used].min(0), VT[used].max(0), 0.4835
    side = VT[used, 1] - middle
    span = max(high[1] - middle, middle - low[1])
    uv[used, 0] = 0.12 + 0.875 * density_warp(
        uv_centre[face][:, 0], stretch[:, 0] * importance, low[0], high[0], VT[used, 0]
    )
    across = density_warp(np.abs(uv_centre[face][:, 1] - middle), stretch[:, 1] * importance, 0, span, np.abs(side))
    uv[used, 1] = 0.5 + 0.496 * np.sign(side) * across

    def place(mask: B1, x: float, y: float, width: float, height: float) -> None:
        k = np.unique(old[mask])
        a, b = VT[k].min(0), VT[k].max(0)
        uv[k] = np.array([x, y]) + (VT[k] - a) / (b - a) * np.array([width, height])

    place(mouth, 0.004, 0.004, 0.13, 0.13)
    place(sockets[0], 0.004, 0.93, 0.05, 0.065)
    place(sockets[1], 0.06, 0.93, 0.05, 0.065)

    # --- body UVs
    place(torso, 0.006, 0.275, 0.635, 0.719)
    hands = [m for m in extremities if centre[m][:, 1].mean() > 0]
    feet = [m for m in extremities if centre[m][:, 1].mean() < 0]
    for k, m in enumerate(hands):
        place(m, 0.65, 0.66 - 0.332 * k, 0.345, 0.326)
    for k, m in enumerate(feet):
        place(m, 0.02 + 0.2 * k, 0.02, 0.18, 0.17)

    # --- the neck gets UVs of its own (the torso chart keeps those of the shared ring)
    corner = old.copy()
    count = len(rings[0])
    where = {v: (r, i) for r, loop in enumerate(rings) for i, v in enumerate(loop)}
    grid = len(uv) + np.arange((NECK_RINGS + 1) * (count + 1)).reshape(NECK_RINGS + 1, count + 1)
    for row in np.flatnonzero(neck):
        index = [where[int(v)] for v in vert[row]]
        wraps = {i for _, i in index} == {0, count - 1}
        corner[row] = [grid[r, count if wraps and i == 0 else i] for r, i in index]
    r, i = np.mgrid[0 : NECK_RINGS + 1, 0 : count + 1]
    neck_uv = np.stack([0.008 + 0.098 * r / NECK_RINGS, 0.145 + 0.775 * i / count], -1)
    return Layout(
        head, body, np.concatenate([uv, neck_uv.reshape(-1, 2)]), corner, face, mouth, socket, np.array(rings[-1]),
        neck_depth,
    )  # fmt: skip


def split(vert: I64, corner: I64) -> tuple[I64, I64, I64]:
    """One output vertex per (vertex, uv) pair: (vertex ids, uv ids, (2n, 3) triangles)."""
    tri = triangles_of(np.stack([vert, corner], -1)).reshape(-1, 2)
    key = tri[:, 0] * 100_000 + tri[:, 1]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return tri[first, 0], tri[first, 1], inverse.reshape(-1, 3)


# ------------------------------------------------------------------------------------------------------- rasteriser
def rasterise(uv: F64, triangles: I64, size: int) -> tuple[I64, F64]:
    """Texel -> triangle (-1 outside) and barycentric weights; image row 0 is v = 1."""
    ident = np.full((size, size), -1, np.int64)
    bary = np.zeros((size, size, 3))
    points = np.c_[uv[:, 0], 1 - uv[:, 1]] * size
    for k, t in enumerate(triangles):
        a, b, c = points[t]
        x0, y0 = np.maximum(np.floor(np.minimum(np.minimum(a, b), c)).astype(int) - 1, 0)
        x1, y1 = np.minimum(np.ceil(np.maximum(np.maximum(a, b), c)).astype(int) + 1, size - 1)
        det = (b[1] - c[1]) * (a[0] - c[0]) + (c[0] - b[0]) * (a[1] - c[1])
        if x1 < x0 or y1 < y0 or abs(det) < 1e-9:
            continue
        X, Y = np.meshgrid(np.arange(x0, x1 + 1) + 0.5, np.arange(y0, y1 + 1) + 0.5)
        w0 = ((b[1] - c[1]) * (X - c[0]) + (c[0] - b[0]) * (Y - c[1])) / det
        w1 = ((c[1] - a[1]) * (X - c[0]) + (a[0] - c[0]) * (Y - c[1])) / det
        w = np.dstack([w0, w1, 1 - w0 - w1])
        inside = w.min(2) >= -0.02
        ident[y0 : y1 + 1, x0 : x1 + 1][inside] = k
        bary[y0 : y1 + 1, x0 : x1 + 1][inside] = w[inside]
    return ident, bary


def ambient_occlusion(points: F64, normals: F64, occluders: F64, cell: float) -> F64:
    """Cosine-weighted openness 0..1 by orthographic point-splat depth maps from 160 directions (no ray tree)."""
    directions, bias = 160, cell * 1.8
    k = np.arange(directions) + 0.5
    phi, z = np.pi * (1 + 5**0.5) * k, 1 - 2 * k / directions
    visible, total = np.zeros(len(points)), np.zeros(len(points))
    for d in np.c_[np.cos(phi) * np.sqrt(1 - z * z), np.sin(phi) * np.sqrt(1 - z * z), z]:
        a = np.cross(d, [0, 1, 0] if abs(d[1]) < 0.9 else [1, 0, 0])
        a /= np.linalg.norm(a)
        b = np.cross(d, a)
        oa, ob, od = occluders @ a, occluders @ b, occluders @ d
        a0, b0 = oa.min() - cell, ob.min() - cell
        width, height = int((oa.max() - a0) / cell) + 3, int((ob.max() - b0) / cell) + 3
        depth = np.full(width * height, -9.0)
        np.maximum.at(depth, ((oa - a0) / cell).astype(int) * height + ((ob - b0) / cell).astype(int), od)
        cosine = np.maximum(normals @ d, 0)
        lit = np.flatnonzero(cosine > 0.02)
        p = points[lit] + normals[lit] * bias
        ia = np.clip(((p @ a - a0) / cell).astype(int), 0, width - 1)
        ib = np.clip(((p @ b - b0) / cell).astype(int), 0, height - 1)
        visible[lit] += cosine[lit] * (p @ d > depth[ia * height + ib] - bias * 0.5)
        total[lit] += cosine[lit]
    return visible / np.maximum(total, 1e-6)


def vertex_openness(base: Base, layout: Layout) -> F64:
    """Openness of every body vertex: fine occluders on the head, coarse ones on the body, blended over the neck."""
    V = base.vertices
    tri = triangles_of(base.faces["body"][..., 0])
    normals = vertex_normals(V, tri)
    area = np.linalg.norm(np.cross(V[tri[:, 1]] - V[tri[:, 0]], V[tri[:, 2]] - V[tri[:, 0]]), axis=1)
    rng = np.random.default_rng(0)

    def cloud(triangles: I64) -> F64:
        pick = triangles[rng.choice(len(triangles), 500_000, p=area[triangles] / area[triangles].sum())]
        r1, r2 = np.sqrt(rng.random((len(pick), 1))), rng.random((len(pick), 1))
        a, b, c = (V[tri[pick, k]] for k in range(3))
        out: F64 = a * (1 - r1) + b * (r1 * (1 - r2)) + c * (r1 * r2)
        return out

    def smooth(values: F64) -> F64:
        total, count = values.copy(), np.ones(len(values))
        for a, b in ((0, 1), (1, 2), (2, 0)):
            np.add.at(total, tri[:, a], values[tri[:, b]])
            np.add.at(count, tri[:, a], 1)
        return total / count

    head_cloud = [cloud(np.flatnonzero(V[tri].mean(1)[:, 1] > 0.5))]
    for s in (1, -1):  # the eyeballs occlude the lids
        g = rng.standard_normal((8000, 3))
        ball = g / np.linalg.norm(g, axis=1, keepdims=True) * EYE_RADIUS * 0.97
        head_cloud.append(EYE_CENTRE * [s, 1, 1] + ball)
    open_head, open_body = np.ones(len(V)), np.ones(len(V))
    vert = base.faces["body"][..., 0]
    head, body = np.unique(vert[layout.head]), np.unique(vert[layout.body | layout.head])
    open_head[head] = ambient_occlusion(V[head], normals[head], np.concatenate(head_cloud), 0.0012)
    open_body[body] = ambient_occlusion(V[body], normals[body], cloud(np.arange(len(tri))), 0.004)
    mix = layout.neck_depth
    return smooth(open_head) * (1 - mix) + smooth(open_body) * mix


# ------------------------------------------------------------------------------------------------- noise and shapes
def solid_noise(points: F64, wavelength: ArrayLike, seed: int) -> F64:
    """Tileable 3-D value noise (about -1..1), seamless over every UV border."""
    grid = gaussian_filter(np.random.default_rng(seed).standard_normal((64,) * 3), 0.75, mode="wrap")
    grid = np.asarray(grid / (grid.std() * 2))
    coords = (points / np.broadcast_to(np.asarray(wavelength, float), 3) * 2).reshape(-1, 3).T
    return np.asarray(map_coordinates(grid, coords, order=1, mode="grid-wrap")).reshape(points.shape[:-1])


def fractal_noise(points: F64, wavelength: float, seed: int, octaves: int = 3) -> F64:
    """Solid noises with halving wavelength and amplitude."""
    total = np.zeros(points.shape[:-1])
    for k in range(octaves):
        total += solid_noise(points, wavelength / 2**k, seed + k) / 2**k
    return total / 1.6


def blob(points: F64, centre: ArrayLike, radii: ArrayLike, mirror: bool = True) -> F64:
    """Gaussian ellipsoid 0..1, on both sides when ``mirror``."""
    q = mirrored(points) if mirror else points
    out: F64 = np.exp(-(((q - np.asarray(centre, float)) / np.asarray(radii, float)) ** 2).sum(-1) * 0.5)
    return out


def smoothstep(low: ArrayLike, high: ArrayLike, x: ArrayLike) -> F64:
    """Hermite step from 0 at ``low`` to 1 at ``high``."""
    lo, hi = np.asarray(low, float), np.asarray(high, float)
    t = np.clip((np.asarray(x, float) - lo) / (hi - lo), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def mirrored(points: F64) -> F64:
    """Fold the right half onto the left."""
    out = points.copy()
    out[..., 0] = np.abs(out[..., 0])
    return out


def strip_coordinates(points: F64, curve: F64, reach: float) -> tuple[F64, F64, B1]:
    """Where points lie relative to a curve on the surface: (u along 0..1, v metres across, + up; within reach)."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    fine = np.linspace(0, length[-1], 400)
    dense = np.stack([np.interp(fine, length, curve[:, k]) for k in range(3)], 1)
    distance, near = cKDTree(dense).query(points, distance_upper_bound=reach)
    ok = np.isfinite(distance)
    near = np.minimum(near, 399)
    tangent = np.gradient(dense, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    away = points - dense[near]
    along = (away * tangent[near]).sum(1)
    across = np.sqrt(np.maximum((away**2).sum(1) - along**2, 0)) * np.where(away[:, 1] >= 0, 1.0, -1.0)
    return (fine[near] + along) / length[-1], across, ok


LID_RINGS = 4  # from the contact with the eye outwards: 0 inner edge, 1 rim, 2 front edge (lash roots), 3 skin


def lid_rings(base: Base, layout: Layout) -> dict[str, list[I64]]:
    """Edge loops of the lids, ``{side}_{upper|lower}`` -> rings from inside out, each from inner to outer corner.

    The border between face and socket is a loop inside the lid; the next rings on the face side are the lid's rim.
    """
    V, vert = base.vertices, base.faces["body"][..., 0]
    label = islands(base)
    near = neighbours_of(vert)
    patch = next(vert[label == i] for i in np.unique(label[layout.socket]) if V[vert[label == i], 0].mean() > 0)
    seen = set(np.unique(patch).tolist())
    rings = []
    ring = boundary_loop(patch)
    for _ in range(LID_RINGS):
        ring = [next(n for n in sorted(near[v]) if n not in seen) for v in ring]
        if len(set(ring)) != len(ring):
            raise ValueError("the lid rings of this base mesh are not regular")
        seen |= set(ring)
        rings.append(np.array(ring))
    inner = int(np.argmin(V[rings[0], 0]))
    outer = (int(np.argmax(V[rings[0], 0])) - inner) % len(rings[0])
    rings = [np.roll(r, -inner) for r in rings]
    one = [r[: outer + 1] for r in rings]
    two = [np.concatenate([r[outer:], r[:1]])[::-1] for r in rings]
    upper, lower = (one, two) if V[one[0], 1].mean() > V[two[0], 1].mean() else (two, one)
    skin = np.unique(vert)
    opposite = cKDTree(V[skin])

    def across(ids: I64) -> I64:
        return np.asarray(skin[opposite.query(V[ids] * [-1, 1, 1])[1]])

    return {
        "left_upper": upper,
        "left_lower": lower,
        "right_upper": [across(r) for r in upper],
        "right_lower": [across(r) for r in lower],
    }


# --------------------------------------------------------------------------------------------------------- surfaces
@dataclass(frozen=True, slots=True)
class Texels:
    """One UV square of the canonical base; every field is extended beyond the charts by the nearest covered texel."""

    vertex: I64
    uv: F64
    triangles: I64
    covered: B1
    position: F64
    normal: F64
    openness: F64
    neck_depth: F64
    metric: F64  # (h, w, 2) metres per texel along columns and rows
    part: dict[str, F64]  # mouth, socket, hand, finger, foot, upper_rim, lower_rim: 0..1
    painted: dict[str, F64]  # the CC0 UV masks


def bake_texels(base: Base, layout: Layout, quads: B1, openness: F64) -> Texels:
    """Rasterise one primitive and interpolate everything that later masks are made of."""
    V, vert = base.vertices, base.faces["body"][..., 0]
    normals = vertex_normals(V, triangles_of(vert))
    vertex, uv_index, tri = split(vert[quads], layout.corner[quads])
    # the original UV of the same corner, for the CC0 masks; neck corners have none and get 0
    old = np.zeros((len(layout.uv), 2))
    old[: len(base.uvs)] = base.uvs
    ident, bary = rasterise(layout.uv[uv_index], tri, FINE)
    covered = ident >= 0
    fill = tuple(np.asarray(distance_transform_edt(~covered, return_distances=False, return_indices=True)))
    vertex_part = vertex_parts(base, layout)
    attributes = np.c_[V, normals, openness, layout.neck_depth, *vertex_part.values()][vertex]
    attributes = np.c_[attributes, old[uv_index]]
    t = tri[np.maximum(ident, 0)]
    texel = np.zeros((FINE, FINE, attributes.shape[1]))
    for k in range(3):
        texel += bary[..., k : k + 1] * attributes[t[..., k]]
    texel = texel[fill]
    position, normal = texel[..., :3], texel[..., 3:6]
    normal = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    metric = np.dstack([np.linalg.norm(np.gradient(position, axis=a), axis=-1) for a in (1, 0)])
    metric = np.clip(gaussian_filter(metric, (2, 2, 0)), 2e-5, 4e-3)
    painted = {}
    for name in ("lips", "ears", "fingernails", "toenails", "aureolae"):
        image = np.asarray(Image.open(base.folder / "textures" / f"mpfb_{name}.jpg").convert("L"), float) / 255
        h, w = image.shape
        at = [(1 - texel[..., -1]) * h - 0.5, texel[..., -2] * w - 0.5]
        painted[name] = np.asarray(map_coordinates(image, at, order=1, mode="nearest"))
    parts = {name: texel[..., 8 + k] for k, name in enumerate(vertex_part)}
    return Texels(
        vertex, layout.uv[uv_index], tri, covered, position, normal, texel[..., 6], texel[..., 7], metric, parts,
        painted,
    )  # fmt: skip


def vertex_parts(base: Base, layout: Layout) -> dict[str, F64]:
    """Soft membership of every vertex in the places that need their own colours."""
    V, vert = base.vertices, base.faces["body"][..., 0]

    def of(mask: B1) -> F64:
        out = np.zeros(len(V))
        out[np.unique(vert[mask])] = 1
        return out

    # along the arm and leg: distance past the wrist / ankle joint, away from the elbow / knee
    q = mirrored(V)
    wrist, elbow = joint(base, "l-hand"), joint(base, "l-elbow")
    arm = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    hand = smoothstep(-0.012, 0.012, (q - wrist) @ arm) * (q[:, 0] > 0.3)
    knuckle = joint(base, "l-finger-3-1")
    finger = smoothstep(-0.012, 0.006, (q - knuckle) @ arm) * hand
    foot = smoothstep(joint(base, "l-ankle")[1] + 0.02, joint(base, "l-ankle")[1] - 0.02, V[:, 1])
    rims = {"upper": np.zeros(len(V)), "lower": np.zeros(len(V))}
    for name, rings in lid_rings(base, layout).items():
        weights = (0.55, 0.75, 1.0, 0.0) if name.endswith("upper") else (1.0, 1.0, 0.5, 0.0)
        for ring, weight in zip(rings, weights, strict=True):
            k = np.arange(len(ring))
            fade = np.clip(np.minimum(k + 0.4, 2 * (len(ring) - 0.6 - k)) / 4, 0, 1)  # sooner at the inner corner
            rim = rims[name.split("_")[1]]
            rim[ring] = np.maximum(rim[ring], weight * fade)
    return {
        "mouth": of(layout.mouth),
        "socket": of(layout.socket),
        "hand": hand,
        "finger": finger,
        "foot": foot,
        "upper_rim": rims["upper"],
        "lower_rim": rims["lower"],
    }


def front_depth(tex: Texels, xy: ArrayLike) -> F64:
    """Give (x, y) points on the front of the face the z of the skin there."""
    ok = tex.covered & (tex.part["mouth"] < 0.5) & (tex.part["socket"] < 0.5)
    p = tex.position[ok]
    points = np.asarray(xy, float)
    z = np.full(len(points), np.nan)
    for k, (x, y) in enumerate(points):
        near = p[(np.abs(p[:, 0] - x) < 0.0012) & (np.abs(p[:, 1] - y) < 0.0012)]
        if len(near):
            z[k] = near[:, 2].max()
    bad = np.isnan(z)
    z[bad] = np.interp(np.flatnonzero(bad), np.flatnonzero(~bad), z[~bad])
    return np.asarray(np.c_[points, z])


WRINKLES: tuple[tuple[tuple[tuple[float, float], ...], float, float], ...] = (
    # (x, y) points in mm (y from .6 m), half width and strength: forehead, glabella, crow's feet, under-eye, nasolabial
    (((0, 163), (15, 165), (30, 164), (44, 159)), 0.7, 0.7),
    (((0, 173), (16, 176), (34, 175), (47, 168)), 0.7, 0.7),
    (((0, 184), (14, 186), (30, 185)), 0.7, 0.55),
    (((4.5, 142), (5.5, 150), (4.8, 157)), 0.6, 0.6),
    (((53.5, 128), (58, 130), (63, 134)), 0.5, 0.6),
    (((53.5, 125.5), (59, 124.5), (64, 124)), 0.5, 0.6),
    (((52, 122.5), (57, 119), (61, 114)), 0.5, 0.5),
    (((16, 119), (24, 113.5), (35, 112.5), (43, 116)), 0.6, 0.65),
    (((19, 88), (24.5, 81), (28.5, 72), (30, 63)), 1.1, 1.0),
    (((27.5, 55), (30, 47), (30, 40)), 0.8, 0.6),
)


def wrinkles(tex: Texels) -> F64:
    """Age lines as depth 0..1."""
    q = mirrored(tex.position)
    region = tex.covered & (q[..., 2] > 0.09) & (tex.part["mouth"] < 0.5)
    depth = np.zeros(tex.covered.shape)
    for points, width_mm, strength in WRINKLES:
        width = width_mm / 1000
        curve = front_depth(tex, np.array(points) / 1000 + [0, 0.6])
        u, v, ok = strip_coordinates(q[region], curve, width * 4)
        ends = np.clip(np.minimum(u, 1 - u) * 5 + (0.6 if points[0][0] == 0 else 0), 0, 1)
        depth[region] += np.where(ok, strength * ends * np.exp(-((v / width) ** 2)), 0)
    return np.clip(depth * (1 + 0.4 * solid_noise(q, 0.006, 5)), 0, 1)


def head_fields(tex: Texels) -> tuple[dict[str, F64], dict[str, F64]]:
    """(coarse, fine) masks of the head in 0..1 and noises in about -2..2 (names beginning with ``noise_``)."""
    p, part = tex.position, tex.part
    ex, ey, _ = EYE_CENTRE
    q = mirrored(p)
    outside = (1 - part["mouth"]) * (1 - part["socket"])
    lips_painted = np.asarray(gaussian_filter(tex.painted["lips"], 2.5))
    lips = smoothstep(0.15, 0.85, lips_painted) * outside
    f: dict[str, F64] = {
        "nose": np.maximum(blob(p, [0, 0.690, 0.165], [0.0125, 0.010, 0.013], False),
                           0.9 * blob(p, [0.0135, 0.6865, 0.153], 0.0065))
        + 0.35 * blob(p, [0, 0.712, 0.150], [0.008, 0.016, 0.012], False),
        "cheeks": blob(p, [0.040, 0.690, 0.132], [0.016, 0.0125, 0.022])
        + 0.35 * blob(p, [0.052, 0.697, 0.115], [0.014, 0.012, 0.02]),
        "ears": np.asarray(gaussian_filter(tex.painted["ears"], 4)) * outside,
        "chin": blob(p, [0, 0.630, 0.150], [0.014, 0.010, 0.015], False),
        "forehead": blob(p, [0, 0.772, 0.140], [0.045, 0.022, 0.05], False),
        "under_eye": blob(p, [ex - 0.004, ey - 0.0125, 0.138], [0.012, 0.0052, 0.02])
        + 0.6 * blob(p, [0.0165, ey - 0.004, 0.135], [0.0055, 0.009, 0.02]),
        "upper_lid": blob(p, [ex + 0.002, ey + 0.0085, 0.138], [0.014, 0.0055, 0.02]),
        "crease": blob(p, [ex + 0.001, ey + 0.0125, 0.137], [0.0135, 0.0024, 0.02]),
        "socket_inner": blob(p, [0.0145, ey + 0.006, 0.136], [0.006, 0.010, 0.02]),
        "brow_shadow": blob(p, [ex, ey + 0.0155, 0.138], [0.015, 0.005, 0.02]),
        "temple": blob(p, [0.066, 0.748, 0.09], [0.008, 0.02, 0.03]),
        "lips_soft": np.asarray(gaussian_filter(tex.painted["lips"], 9)) * outside,
        "mouth": part["mouth"],
        "throat": part["mouth"] * smoothstep(0.118, 0.066, p[..., 2]),
        "lip_inner": lips * np.exp(-(((p[..., 1] - MOUTH_LINE) / 0.0024) ** 2)),
        "lip_lower": smoothstep(MOUTH_LINE, MOUTH_LINE - 0.003, p[..., 1]),
        "shadow_zone": blob(p, [ex + 0.004, ey + 0.0095, 0.138], [0.0145, 0.0055, 0.02])
        + 0.6 * blob(p, [ex + 0.015, ey + 0.009, 0.13], [0.006, 0.005, 0.02]),
        "blush_zone": blob(p, [0.044, 0.694, 0.128], [0.014, 0.010, 0.022])
        + 0.5 * blob(p, [0.056, 0.704, 0.11], [0.012, 0.010, 0.02]),
        "neck": tex.neck_depth,
    }  # fmt: skip
    f["t_zone"] = (
        blob(p, [0, 0.770, 0.145], [0.026, 0.018, 0.04], False)
        + blob(p, [0, 0.700, 0.160], [0.010, 0.028, 0.03], False)
        + 0.7 * f["chin"]
    )
    # beard: jaw band, moustache and chin, fading up the cheeks and down the neck
    jaw_y = np.interp(q[..., 0], [0, 0.03, 0.055, 0.075], [0.662, 0.672, 0.690, 0.725])
    band = smoothstep(0.010, -0.012, p[..., 1] - jaw_y) * smoothstep(0.590, 0.622, p[..., 1])
    band *= smoothstep(0.030, 0.062, p[..., 2])
    moustache = blob(p, [0.010, 0.6755, 0.158], [0.0125, 0.0048, 0.012])
    clear = 1 - np.clip(lips + 0.55 * blob(p, [0.022, 0.650, 0.140], [0.006, 0.006, 0.02]), 0, 1)
    f["beard"] = np.clip(np.maximum(band, moustache), 0, 1) * clear * outside
    f["shave"] = np.asarray(gaussian_filter(f["beard"], 8)) * outside
    # scalp: behind a hairline over the angle around the skull
    theta = np.arctan2(q[..., 0], p[..., 2] - 0.045)
    hair_y = np.interp(
        theta,
        [0, 0.45, 0.75, 1.0, 1.25, 1.5, 1.85, 2.2, 3.2],
        [0.802, 0.800, 0.787, 0.770, 0.742, 0.720, 0.690, 0.664, 0.652],
    )
    scalp = smoothstep(-0.006, 0.006, p[..., 1] - hair_y + 0.0035 * solid_noise(p, 0.003, 77))
    scalp *= 1 - 0.9 * np.clip(f["ears"] * 2, 0, 1)
    mole_zone = (p[..., 2] > 0.06) * (1 - lips) * (p[..., 1] < 0.79) * (1 - f["upper_lid"]) * (1 - f["nose"].clip(0, 1))
    f["mole_zone"] = mole_zone * outside * tex.covered
    face_only = 1 - tex.neck_depth
    small = fractal_noise(p, 0.0028, 9, 2)
    pores = solid_noise(p, 0.0016, 21)
    turned = p @ np.array([[0.7, 0.7, 0], [-0.7, 0.7, 0], [0, 0, 1]])
    lines = solid_noise(turned, [0.0009, 0.006, 0.004], 31)
    pore_zone = 0.45 + 0.7 * f["nose"] + 0.6 * f["cheeks"] + 0.3 * f["forehead"] - lips - 0.7 * f["under_eye"]
    pore_zone = np.clip(pore_zone - 0.6 * f["upper_lid"], 0, 1.2)
    relief = -np.maximum(pores - 0.35, 0) * 4.2 * pore_zone + lines * 0.9 * (1 - lips) + small * 2.0
    f["noise_relief"] = relief * (1 - 0.8 * part["mouth"]) * face_only / RELIEF_SCALE
    f["noise_large"] = fractal_noise(p, 0.030, 1)
    f["noise_medium"] = fractal_noise(p, 0.009, 5)
    f["noise_small"] = small * face_only
    f["noise_lip"] = solid_noise(p, [0.0017, 0.03, 0.03], 41)
    fine: dict[str, F64] = {
        "lips": lips,
        "scalp": scalp * outside,
        "wrinkles": wrinkles(tex),
        "lash_line": smoothstep(0.35, 0.9, part["upper_rim"]) * (1 - part["socket"]),
        "waterline": smoothstep(0.1, 0.9, part["lower_rim"]),
        "open": np.where(part["mouth"] > 0.5, np.maximum(tex.openness, 0.45), tex.openness),
        "noise_grain": solid_noise(p, 0.0011, 14) * face_only,
    }
    return f, fine


RELIEF_SCALE = 4.0  # noise_relief of 1 is this many hundredths of a millimetre
BROW_X_MM = (10.0, 17.0, 26.0, 35.0, 43.0, 51.5, 56.5)
BROW_Y_MM = (144.0, 146.4, 148.4, 150.2, 150.5, 148.0, 145.2)  # above .6 m


def brow_windows(tex: Texels) -> dict[str, NDArray[np.generic]]:
    """Texel windows of both brows: coordinates along (0..1) and across (mm) the canonical brow line."""
    curve = front_depth(tex, np.c_[BROW_X_MM, BROW_Y_MM] / np.array(1000.0) + [0, 0.6])
    out: dict[str, NDArray[np.generic]] = {}
    for name, sign in (("left", 1), ("right", -1)):
        p = tex.position * [sign, 1, 1]
        box = tex.covered & (p[..., 0] > 0.004) & (p[..., 0] < 0.068) & (p[..., 1] > 0.728) & (p[..., 1] < 0.775)
        box &= (p[..., 2] > 0.08) & (tex.part["socket"] < 0.5)
        rows, columns = np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0))
        r, c = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        u = np.full((r.stop - r.start, c.stop - c.start), -1.0)
        v = np.zeros_like(u)
        inside = box[r, c]
        along, across, ok = strip_coordinates(p[r, c][inside], curve, 0.013)
        u[inside] = np.where(ok, along, -1.0)
        v[inside] = np.where(ok, across * 1000, 0.0)
        out[f"brow_{name}_origin"] = np.array([r.start, c.start], np.int64)
        out[f"brow_{name}_u"] = u.astype(np.float16)
        out[f"brow_{name}_v"] = v.astype(np.float16)
    return out


def body_fields(base: Base, tex: Texels) -> tuple[dict[str, F64], dict[str, F64]]:
    """(coarse, fine) masks and noises of the body."""
    p, n, part = tex.position, tex.normal, tex.part
    q = mirrored(p)
    centres = [joint(base, f"l-finger-{a}-{b}") for a in range(1, 6) for b in range(1, 4)]
    knuckle = np.max([np.exp(-((q - c) ** 2).sum(-1) / (2 * 0.0075**2)) for c in centres], axis=0)
    wrist, first, last = joint(base, "l-hand"), joint(base, "l-finger-2-1"), joint(base, "l-finger-5-1")
    palm_normal = np.cross(first - wrist, last - wrist)
    palm_normal /= np.linalg.norm(palm_normal)
    if palm_normal[0] > 0 and palm_normal[1] > 0:  # the palms of the A-pose face inward and down
        palm_normal = -palm_normal
    facing = (n * np.where(p[..., :1] < 0, palm_normal * [-1, 1, 1], palm_normal)).sum(-1)
    elbow, knee = joint(base, "l-elbow"), joint(base, "l-knee")
    coarse = {
        "knuckle": knuckle * part["finger"],
        "knuckle_back": knuckle * part["hand"] * smoothstep(0.1, -0.4, facing),
        "elbow": blob(p, elbow, 0.035) * smoothstep(0.1, -0.4, n[..., 2])
        + blob(p, knee, 0.045) * smoothstep(0.1, 0.6, n[..., 2]),
        "palm": part["hand"] * smoothstep(-0.05, 0.5, facing),
        "finger_palm": part["finger"] * part["hand"] * smoothstep(-0.05, 0.5, facing),
        "sole": part["foot"] * smoothstep(-0.45, -0.8, n[..., 1]),
        "aureolae": tex.painted["aureolae"],
        "freckle_zone": smoothstep(0.30, 0.50, p[..., 1]) * (1 - part["hand"]) * tex.covered,
        "noise_large": fractal_noise(p, 0.030, 1),
        "noise_medium": fractal_noise(p, 0.009, 5),
    }
    nails = np.clip(tex.painted["fingernails"] + tex.painted["toenails"], 0, 1)
    return coarse, {"nails": nails, "open": tex.openness}


# ---------------------------------------------------------------------------------------------------------- packing
def png(field: F64, size: int, signed: bool, levels: int = 256) -> NDArray[np.uint8]:
    """Field as the bytes of a lossless 8-bit PNG (128 is zero and 64 is one when signed)."""
    values = np.clip(field * 64 + 128, 0, 255) if signed else np.clip(field, 0, 1) * 255
    if values.shape[0] != size:
        factor = values.shape[0] // size
        values = values.reshape(size, factor, size, factor).mean((1, 3))
    if levels < 256:
        values = np.round(values / 256 * levels) * (256 / levels)
    image = Image.fromarray(np.clip(values.round(), 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def bake(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Everything that goes into the file."""
    base = load_base(folder)
    layout = build_layout(base)
    openness = vertex_openness(base, layout)
    lids = lid_rings(base, layout)
    out: dict[str, NDArray[np.generic]] = {
        "surface": base.faces["body"][..., 0].astype(np.uint16),
        "neck_seam": layout.seam.astype(np.uint16),
        **{f"lid_{name}": rings[0].astype(np.uint16) for name, rings in lids.items()},
        **{f"lash_{name}": rings[2].astype(np.uint16) for name, rings in lids.items()},
    }
    vert = base.faces["body"][..., 0]
    out["mouth_rim"] = np.intersect1d(np.unique(vert[layout.face]), np.unique(vert[layout.mouth])).astype(np.uint16)
    for name in ("upper-teeth", "lower-teeth"):
        ids = np.unique(base.faces[f"helper-{name}"][..., 0])
        key = name.replace("-", "_")
        out[f"{key}_vertex"] = ids.astype(np.uint16)
        out[f"{key}_canonical"] = base.vertices[ids].astype(np.float32)
    for name, quads in (("head", layout.head), ("body", layout.body)):
        tex = bake_texels(base, layout, quads, openness)
        coarse, fine = head_fields(tex) if name == "head" else body_fields(base, tex)
        out[f"{name}_vertex"] = tex.vertex.astype(np.uint16)
        out[f"{name}_uv"] = np.c_[tex.uv[:, 0], 1 - tex.uv[:, 1]].astype(np.float32)
        out[f"{name}_triangles"] = tex.triangles.astype(np.uint16)
        coverage = tex.covered.astype(float)
        out[f"{name}_coarse_covered"] = png(coverage, COARSE, False)
        for key, field in coarse.items():
            out[f"{name}_coarse_{key}"] = png(field, COARSE, key.startswith("noise_"))
        for key, field in fine.items():
            grain = key == "noise_grain"
            out[f"{name}_fine_{key}"] = png(field, FINE, key.startswith("noise_"), 32 if grain else 256)
        out[f"{name}_metric"] = tex.metric.reshape(COARSE // 2, 4, COARSE // 2, 4, 2).mean((1, 3)).astype(np.float16)
        if name == "head":
            out.update(brow_windows(tex))
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Bake the shared skin maps of the hm08 base.")
    parser.add_argument("mpfb2", type=Path, help="folder with 3dobjs/base.obj and textures/mpfb_*.jpg")
    default = Path(__file__).resolve().parent.parent / "avatar" / "human" / "data" / "skin.npz"
    parser.add_argument("out", type=Path, nargs="?", default=default)
    arguments = parser.parse_args()
    arrays = bake(arguments.mpfb2)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **{k: np.asarray(a) for k, a in arrays.items()})
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB, {len(arrays)} arrays")


if __name__ == "__main__":
    main()
