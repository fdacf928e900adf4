"""How the skin is shared between head and body, with texture coordinates of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from tools.skin.base import B1, F64, I64, Base, boundary_loop, islands, neighbours_of, triangles_of

NECK_RINGS = 5  # quad rings of neck below the jaw that go with the head; beyond them no face morph moves the skin
SOCKET_RINGS = 2  # quad rings kept inside the lids; deeper ones are always behind the eyeball


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
    chart shrunk, hands magnified into the room that the face island left.
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

    # --- body UVs: hands are seen most and from nearest
    place(torso, 0.006, 0.425, 0.5, 0.566)
    hands = [m for m in extremities if centre[m][:, 1].mean() > 0]
    feet = [m for m in extremities if centre[m][:, 1].mean() < 0]
    for k, m in enumerate(hands):
        place(m, 0.512, 0.535 - 0.464 * k, 0.483, 0.456)
    for k, m in enumerate(feet):
        place(m, 0.02 + 0.22 * k, 0.18, 0.19, 0.18)

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
