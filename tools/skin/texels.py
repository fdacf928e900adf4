"""From the base mesh to texels: a rasteriser, ambient occlusion, and what every later mask is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from tools.skin.base import B1, EYE_CENTRE, EYE_RADIUS, F64, I64, Base, joint, triangles_of, vertex_normals
from tools.skin.layout import Layout, lid_rings, split
from tools.skin.shapes import mirrored, smoothstep

FINE = 1024


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


@dataclass(frozen=True, slots=True)
class Texels:
    """One UV square of the canonical base; every field is extended beyond the charts by the nearest covered texel."""

    vertex: I64
    uv: F64
    triangles: I64
    covered: B1
    fill: tuple[I64, I64]  # rows and columns of the nearest covered texel
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
    near = np.asarray(distance_transform_edt(~covered, return_distances=False, return_indices=True), np.int64)
    fill = (near[0], near[1])
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
        vertex, layout.uv[uv_index], tri, covered, fill, position, normal, texel[..., 6], texel[..., 7], metric, parts,
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
