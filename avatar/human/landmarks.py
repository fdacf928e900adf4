"""Places on the base topology that every shaped body shares: lid margins, lip edges, eyeballs, face regions.

Index sets are found once from the neutral base mesh and its UV layout, where eye sockets and mouth cavity are islands
of their own; measures are taken on whatever shaped vertices are given.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, VERTEX_COUNT, bundle
from avatar.human.figure import F64, I64

# Rectangles of the UV layout (u from, u to, v from, v to).
_MOUTH_UV = (0.757, 1.0, 0.0, 0.137)
_SOCKET_UV = {"Left": (0.084, 0.153, 0.546, 0.634), "Right": (0.011, 0.079, 0.546, 0.634)}
_HEAD_FLOOR = 0.60  # metres on the base mesh; nails share the mouth's UV corner but not its height
EYEBALLS = {"Left": LEFT_EYE, "Right": RIGHT_EYE}
IRIS_ANGLE = 0.405  # radians from the gaze axis to the iris edge
_LIP_RINGS = 3
_LID_RINGS = 3


def smoothstep(low: float, high: float, value: F64) -> F64:
    """0 below ``low``, 1 above ``high``, cubic between; ``low`` may exceed ``high`` for a falling step."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    out: F64 = t * t * (3 - 2 * t)
    return out


@dataclass(frozen=True, slots=True)
class Sphere:
    centre: F64  # (3,)
    radius: float


@dataclass(frozen=True, slots=True)
class Lids:
    """The margins of one eye, each from the inner to the outer corner; both hold the two corners."""

    upper: I64
    lower: I64
    inner: I64  # the loop just inside the margin, where lid turns to socket
    inner_beside: I64  # for each of ``inner`` the nearest margin vertex
    upper_rings: tuple[I64, ...]  # the margin and the next loops on the lid's edge, outwards
    lower_rings: tuple[I64, ...]


@dataclass(frozen=True, slots=True)
class Lips:
    """Edge loops around the mouth opening, from the inside outwards; each sorted by x."""

    upper: tuple[I64, ...]
    lower: tuple[I64, ...]


@functools.cache
def skin_triangles() -> I64:
    """(t, 3) base-vertex triangles of the body skin, mouth cavity and sockets included."""
    quads = bundle().faces("body")[..., 0]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


@functools.cache
def _neighbours() -> tuple[I64, I64]:
    """CSR adjacency of the body skin: (starts (19159,), neighbours)."""
    quads = bundle().faces("body")[..., 0]
    edges = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    starts = np.searchsorted(edges[:, 0], np.arange(VERTEX_COUNT + 1))
    return starts, edges[:, 1]


def neighbours(vertex: int) -> list[int]:
    """Base vertices that share a skin edge with ``vertex``."""
    starts, others = _neighbours()
    return [int(v) for v in others[starts[vertex] : starts[vertex + 1]]]


def _in_rectangle(rectangle: tuple[float, float, float, float]) -> I64:
    """Body quads whose UV centre lies in a rectangle, on the head."""
    quads = bundle().faces("body")
    uv = bundle().uv[quads[..., 1]].mean(axis=1)
    height = bundle().base[quads[..., 0]].mean(axis=1)[:, 1]
    u0, u1, v0, v1 = rectangle
    inside = (uv[:, 0] > u0) & (uv[:, 0] < u1) & (uv[:, 1] > v0) & (uv[:, 1] < v1) & (height > _HEAD_FLOOR)
    return np.flatnonzero(inside)


def _border(quads: I64) -> list[int]:
    """The closed loop of vertices around a patch of quads."""
    edges = {(int(q[k]), int(q[(k + 1) % 4])) for q in quads for k in range(4)}
    following = {a: b for a, b in edges if (b, a) not in edges}
    start = min(following)
    loop = [start]
    while following[loop[-1]] != start:
        loop.append(following[loop[-1]])
    return loop


@functools.cache
def socket_vertices(side: str) -> I64:
    """Base vertices of the eye socket behind the lid margin (``Left`` or ``Right``)."""
    return np.unique(bundle().faces("body")[_in_rectangle(_SOCKET_UV[side])][..., 0])


@functools.cache
def mouth_vertices() -> I64:
    """Base vertices of the mouth cavity, its border on the lips included."""
    return np.unique(bundle().faces("body")[_in_rectangle(_MOUTH_UV)][..., 0])


@functools.cache
def lids(side: str) -> Lids:
    """Lid margins of one eye: the first ring outside the socket's border."""
    base = bundle().base
    loop = _border(bundle().faces("body")[_in_rectangle(_SOCKET_UV[side])][..., 0])
    socket = set(socket_vertices(side).tolist())
    ring: list[int] = []
    for vertex in loop:
        outside = [n for n in neighbours(vertex) if n not in socket]
        if outside and (not ring or outside[0] != ring[-1]):
            ring.append(outside[0])
    x = np.abs(base[ring, 0])
    ring = list(np.roll(ring, -int(np.argmin(x))))
    outer = int(np.argmax(np.abs(base[ring, 0])))
    one, two = np.array(ring[: outer + 1]), np.array([*ring[outer:], ring[0]])[::-1]
    upper, lower = (one, two) if base[one, 1].mean() > base[two, 1].mean() else (two, one)
    margin, inner = np.array(ring), np.array(loop)
    apart = np.linalg.norm(base[inner][:, None] - base[margin][None], axis=2)
    is_upper = dict.fromkeys(upper[1:-1].tolist(), True) | dict.fromkeys(lower[1:-1].tolist(), False)
    seen = socket | set(ring)
    rings, last = [upper], ring
    lower_rings = [lower]
    for _ in range(_LID_RINGS - 1):
        last = _outward(last, seen)
        for vertex in last:
            known = [is_upper[n] for n in neighbours(vertex) if n in is_upper]
            if known:  # beyond the corners neither lid has an edge
                is_upper[vertex] = sum(known) * 2 > len(known)
        seen |= set(last)
        rings.append(np.array([v for v in last if is_upper.get(v) is True]))
        lower_rings.append(np.array([v for v in last if is_upper.get(v) is False]))
    return Lids(upper, lower, inner, margin[apart.argmin(axis=1)], tuple(rings), tuple(lower_rings))


def _outward(ring: Iterable[int], seen: set[int]) -> list[int]:
    return sorted({n for v in ring for n in neighbours(v)} - seen)


@functools.cache
def lips() -> Lips:
    """The mouth opening's edge loops: the cavity's border and the next rings on the lips' red."""
    base = bundle().base
    cavity = bundle().faces("body")[_in_rectangle(_MOUTH_UV)][..., 0]
    loop = _border(cavity)
    corner = np.abs(base[loop, 0]).max()
    middle = float(np.mean([base[v, 1] for v in loop if abs(base[v, 0]) > 0.98 * corner]))
    above = {v for v in loop if base[v, 1] > middle}
    seen = set(mouth_vertices().tolist())
    rings = [loop]
    is_upper = {v: v in above for v in loop}
    for _ in range(_LIP_RINGS - 1):
        ring = _outward(rings[-1], seen)
        for v in ring:
            known = [is_upper[n] for n in neighbours(v) if n in is_upper]
            is_upper[v] = sum(known) * 2 > len(known)
        seen |= set(ring)
        rings.append(ring)

    def ordered(ring: list[int], upper: bool) -> I64:
        chosen = [v for v in ring if is_upper[v] == upper]
        return np.array(sorted(chosen, key=lambda v: float(base[v, 0])))

    return Lips(tuple(ordered(r, True) for r in rings), tuple(ordered(r, False) for r in rings))


def lip_gap(vertices: F64, samples: int = 21) -> tuple[F64, F64, F64]:
    """The slit between the lips, seen from the front: (x, y of the upper lip's edge, y of the lower lip's edge).

    Each (samples,), metres, over the middle nine tenths of the mouth. Upper minus lower is the visible opening, at
    most zero where the lips touch.
    """
    rings = lips()
    half = 0.9 * float(np.abs(vertices[rings.upper[0], 0]).max())
    x = np.linspace(-half, half, samples)

    upper = np.min([outline(vertices, ring, x) for ring in rings.upper], axis=0)
    lower = np.max([outline(vertices, ring, x) for ring in rings.lower], axis=0)
    return x, upper, lower


def outline(vertices: F64, ring: I64, x: F64) -> F64:
    """Height of a chain of vertices, seen from the front, over each x; level beyond its ends."""
    order = np.argsort(vertices[ring, 0])
    line: F64 = np.interp(x, vertices[ring, 0][order], vertices[ring, 1][order])
    return line


def lid_edges(vertices: F64, side: str, x: F64) -> tuple[F64, F64]:
    """Heights of the upper and the lower lid's visible edge over each x, seen from the front."""
    margins = lids(side)
    upper: F64 = np.min([outline(vertices, ring, x) for ring in margins.upper_rings], axis=0)
    lower: F64 = np.max([outline(vertices, ring, x) for ring in margins.lower_rings], axis=0)
    return upper, lower


def eyeball(vertices: F64, side: str) -> Sphere:
    """The sphere through one eye's helper vertices (least squares)."""
    points = vertices[EYEBALLS[side]]
    system = np.c_[2 * points, np.ones(len(points))]
    solution = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
    centre = solution[:3]
    return Sphere(centre, float(np.sqrt(solution[3] + centre @ centre)))


def eye_surface(angle: F64, radius: float, cornea: float = 1.0) -> F64:
    """Distance from the eye's centre to its surface at ``angle`` radians off the gaze axis: sclera plus cornea.

    The ball is drawn a little smaller than the socket's (.985) and the cornea, times ``cornea``, rises .072 R over it
    at the apex.
    """
    bulge = 0.072 * cornea * np.clip(1 - (angle / (1.12 * IRIS_ANGLE)) ** 2, 0.0, 1.0) ** 1.25
    out: F64 = radius * (0.985 + bulge)
    return out


def head_scale(vertices: F64) -> float:
    """Size of the face relative to the base mesh: the mean of eye distance and eye-to-mouth height."""
    base = bundle().base

    def size(points: F64) -> F64:
        left, right = points[LEFT_EYE].mean(axis=0), points[RIGHT_EYE].mean(axis=0)
        mouth = points[lips().upper[0]].mean(axis=0)
        return np.array([left[0] - right[0], left[1] - mouth[1]])

    return float(np.mean(size(vertices) / size(base)))
