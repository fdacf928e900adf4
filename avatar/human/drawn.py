"""The drawn face of anime: a smooth mask with large eyes on wide shallow balls, a small ridged nose, a pointed chin.

Pushing a realistic face's sliders that far looks uncanny, so this one is authored. The skin is the smoothest surface
through what a draughtsman would draw: the outline of the lids, the profile, and what is kept of nose and lips.
Lids lie on their eyeball and slide over it, so they close on it too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from avatar.character import CharacterDescription
from avatar.human import joints, landmarks
from avatar.human.bundle import VERTEX_COUNT, bundle
from avatar.human.figure import F64, I64
from avatar.human.landmarks import EYEBALLS, smoothstep

_SIZE = 1.129  # head_scale of the adult head that the lengths below are drawn on; metres, from the middle of the eyes
BALL = 0.034  # radius of the eyeball: shallow, so that a wide eye does not bulge
_EYE = (0.0385, -0.0020)  # middle of the opening: outwards, up
_GAZE_INWARDS = 0.0022  # the ball's centre, and so the iris, sits this much towards the nose
_HALF_WIDTH = 0.0226
_UPPER, _LOWER = 0.0194, 0.0138  # height of the lids' arcs over and under the middle
_TILT = 0.0012
SKIN = 0.0006  # the lids' edge lies this much outside the ball
_RIM = 0.0012  # and their inner rim this much inside
_OWN = 0.35  # share of somebody's own profile
_HANDLE = 30.0  # weight of what is drawn against the surface's smoothness
_SOFT_HANDLE = 1.2
_LIP_HANDLE = 2.5
_MOUTH = (-0.0628, 0.0080)  # the middle of the mouth line: up and forward as in the profile
_LIP_HEIGHT, _LIP_DEPTH = 0.75, 0.85  # of the relief of the lips
_CORNERS_UP = 0.0032  # metres that the corners of the mouth are lifted
_FIRM_HANDLE, _FIRM = 2.5, frozenset({164, 294, 297, 312, 343, 733, 5211, 5225})

# Base vertices of the middle line, brow to throat: up and forward from the eyes' middle and foremost point.
_PROFILE: tuple[tuple[int, float, float], ...] = (
    (244, 0.0640, 0.0050),
    (237, 0.0460, 0.0092),
    (227, 0.0310, 0.0092),
    (220, 0.0190, 0.0086),
    (136, 0.0040, 0.0074),
    (134, -0.0075, 0.0086),
    (131, -0.0150, 0.0112),
    (164, -0.0205, 0.0146),
    (291, -0.0252, 0.0186),
    (294, -0.0288, 0.0224),
    (297, -0.0312, 0.0244),
    (302, -0.0328, 0.0238),
    (312, -0.0345, 0.0172),
    (343, -0.0378, 0.0130),
    (5342, -0.0470, 0.0112),
    (491, -0.0775, 0.0058),
    (733, -0.0835, 0.0090),
    (5211, -0.0925, 0.0104),
    (5225, -0.1000, 0.0078),
    (732, -0.1055, -0.0030),
)


@dataclass(frozen=True, slots=True)
class _Mask:
    """The face's skin as a system of equations, the same for everybody."""

    ids: I64  # (n,) base vertices
    rough: csr_array  # (n, n) Laplacian
    keep: F64  # (n,) share of the relief that stays
    stick: F64  # (n,) squared tie to where the skin was
    handles: I64  # places in ``ids`` of what is drawn, in the order of ``_drawn_points``
    pull: F64  # (n,) squared weight of the handles
    solve: Callable[[F64], F64]


def laplacian(triangles: I64, count: int) -> csr_array:
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    graph = csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)
    return csr_array(diags_array(np.ones(count)) - diags_array(1 / degree) @ graph)


@functools.cache
def face_skin() -> tuple[I64, I64]:
    """Base vertices of the head's skin without sockets and mouth, and its triangles in their order."""
    triangles = landmarks.skin_triangles()
    hidden = np.zeros(VERTEX_COUNT, np.bool_)
    hidden[np.setdiff1d(landmarks.mouth_vertices(), _seam())] = True
    for side in EYEBALLS:
        hidden[np.setdiff1d(landmarks.socket_vertices(side), landmarks.lids(side).inner)] = True
    head = (joints.head_weight() > 0.5) & ~hidden
    triangles = triangles[head[triangles].all(axis=1)]
    ids = np.unique(triangles)
    return ids, np.searchsorted(ids, triangles)


def _seam() -> I64:
    rings = landmarks.lips()
    return np.union1d(rings.upper[0], rings.lower[0])


@functools.cache
def _lip_skin() -> I64:
    """The red of the lips, its seam included."""
    rings = landmarks.lips()
    return np.unique(np.concatenate([*rings.upper, *rings.lower]))


def _bell(points: F64, centre: tuple[float, float, float], size: tuple[float, float, float]) -> F64:
    out: F64 = np.exp(-(((points - np.array(centre)) / np.array(size)) ** 2).sum(axis=1))
    return out


@functools.cache
def _mask() -> _Mask:
    ids, triangles = face_skin()
    base = bundle().base[ids]
    rough = laplacian(triangles, len(ids))
    front = smoothstep(0.050, 0.095, base[:, 2]) * smoothstep(0.618, 0.645, base[:, 1])
    sides = np.abs(base[:, 0])
    front = front * smoothstep(0.074, 0.060, sides)
    lips = _bell(base, (0, 0.662, 0.150), (0.030, 0.016, 0.030))
    nose = _bell(base, (0, 0.690, 0.163), (0.013, 0.015, 0.020))
    keep = np.clip(1 - front + 0.6 * smoothstep(0.15, 0.5, lips) + 0.80 * nose, 0, 1)
    stick = (0.008 + 0.5 * (1 - front)) ** 2
    stick *= 1 - 0.95 * smoothstep(0.1, 0.4, lips)
    handles: list[int] = []
    weights: list[float] = []
    for side in EYEBALLS:
        lids = landmarks.lids(side)
        handles += [*lids.upper, *lids.lower, *lids.inner]
        weights += [_HANDLE] * (len(lids.upper) + len(lids.lower) + len(lids.inner))
    handles += [vertex for vertex, _, _ in _PROFILE]
    weights += [_FIRM_HANDLE if vertex in _FIRM else _SOFT_HANDLE for vertex, _, _ in _PROFILE]
    handles += _lip_skin().tolist()
    weights += [_LIP_HANDLE] * len(_lip_skin())
    places = np.searchsorted(ids, np.array(handles))
    pull = np.zeros(len(ids))
    np.add.at(pull, places, np.square(weights))
    system = csc_array(rough.T @ rough + diags_array(stick + pull))
    return _Mask(ids, rough, keep, stick, places, np.square(weights), splu(system).solve)


@dataclass(frozen=True, slots=True)
class DrawnEye:
    """Where one eye is drawn on a head."""

    sign: float  # 1 left, -1 right
    middle: F64  # (2,) of the opening
    centre: F64  # (3,) of the ball
    radius: float
    half_width: float
    upper: float
    lower: float
    tilt: float

    def arc(self, along: F64, upper: bool) -> F64:
        """(n, 2) points of a lid's edge at -1 (inner corner) .. 1 (outer corner)."""
        t = np.abs(along)
        if upper:  # the highest point lies a little outwards
            height = self.upper * (1 - t**2.5) ** 0.72 * (1 + 0.10 * along)
        else:
            height = -self.lower * (1 - t**3.0) ** 0.85
        across = self.middle[0] + self.sign * along * self.half_width
        out: F64 = np.c_[across, self.middle[1] + height + self.tilt * along]
        return out

    def on_ball(self, flat: F64, outside: float) -> F64:
        """(n, 3): points (n, 2) laid on the front of the ball, ``outside`` metres off it."""
        away = flat - self.centre[:2]
        depth = np.sqrt(np.maximum((self.radius + outside) ** 2 - (away**2).sum(axis=1), (0.3 * self.radius) ** 2))
        out: F64 = np.c_[flat, self.centre[2] + depth]
        return out


def drawn_eye(vertices: F64, character: CharacterDescription, side: str, size: float) -> DrawnEye:
    """The eye of a drawn face on a head that is still realistic; ``size`` its scale against the drawing."""
    left, right = (vertices[EYEBALLS[s]].mean(axis=0) for s in EYEBALLS)
    ball = landmarks.eyeball(vertices, side)
    sign = 1.0 if side == "Left" else -1.0
    face, body = character.face, character.body
    grown = float(np.interp(body.age, (12.0, 20.0), (0.0, 1.0)))
    old = _old(character)
    open_ = (1 + 0.13 * face.eye_size) * (1 - (0.05 + 0.13 * body.gender) * grown) * (1 - 0.20 * old)
    apart = _EYE[0] * (1 + 0.05 * face.eye_spacing) + 0.35 * (0.5 * float(left[0] - right[0]) / size - _EYE[0])
    middle = np.array([sign * apart * size, 0.5 * (left[1] + right[1]) + _EYE[1] * size])
    centre = np.array([middle[0] - sign * _GAZE_INWARDS * size, middle[1], ball.centre[2] + ball.radius - BALL * size])
    return DrawnEye(
        sign=sign,
        middle=middle,
        centre=centre,
        radius=BALL * size,
        half_width=_HALF_WIDTH * size * (1 + 0.06 * face.eye_size),
        upper=_UPPER * size * open_ * (1 - 0.10 * old),
        lower=_LOWER * size * open_,
        tilt=(_TILT + 0.0016 * face.eye_tilt - 0.0008 * body.gender - 0.0022 * old) * size,
    )


def _longer(character: CharacterDescription) -> float:
    """How much longer than the drawing a face is under the eyes: grown men's are."""
    grown = float(np.interp(character.body.age, (12.0, 22.0), (0.0, 1.0)))
    return 0.97 + grown * (0.03 + 0.09 * character.body.gender) + 0.04 * _old(character)


def _old(character: CharacterDescription) -> float:
    return float(np.interp(character.body.age, (45.0, 78.0), (0.0, 1.0)))


@functools.cache
def _along(side: str) -> tuple[F64, F64]:
    """Where the margin vertices of the upper and the lower lid lie, -1 inner corner .. 1 outer corner."""
    base, lids = bundle().base, landmarks.lids(side)
    ends = np.sort(np.abs(base[lids.upper[[0, -1]], 0]))

    def place(ring: I64) -> F64:
        out: F64 = np.clip(2 * (np.abs(base[ring, 0]) - ends[0]) / (ends[1] - ends[0]) - 1, -1.0, 1.0)
        out[0], out[-1] = -1.0, 1.0
        return out

    return place(lids.upper), place(lids.lower)


def _margin(eye: DrawnEye, side: str) -> dict[int, F64]:
    """Lid margin and inner rim by base vertex."""
    lids = landmarks.lids(side)
    out: dict[int, F64] = {}
    for ring, along, upper in zip((lids.lower, lids.upper), _along(side)[::-1], (False, True), strict=True):
        out |= dict(zip(ring.tolist(), eye.on_ball(eye.arc(along, upper), SKIN), strict=True))
    for inner, beside in zip(lids.inner.tolist(), lids.inner_beside.tolist(), strict=True):
        away = out[beside] - eye.centre
        out[inner] = eye.centre + away * (1 - _RIM / BALL)
    return out


def draw_face(vertices: F64, character: CharacterDescription) -> F64:
    """The same (19158, 3) figure, styled but still realistic in the face, with a drawn face and eyeballs to match."""
    mask = _mask()
    size = landmarks.head_scale(vertices) / _SIZE
    out = vertices.copy()
    goals: list[F64] = []
    for side in EYEBALLS:
        eye = drawn_eye(vertices, character, side, size)
        lids = landmarks.lids(side)
        margin = _margin(eye, side)
        goals += [margin[int(v)] for v in (*lids.upper, *lids.lower, *lids.inner)]
        ball = landmarks.eyeball(vertices, side)
        inside = np.setdiff1d(landmarks.socket_vertices(side), lids.inner)
        out[inside] = eye.centre + 0.9 * (vertices[inside] - ball.centre)
        ids = EYEBALLS[side]
        spokes = vertices[ids] - ball.centre
        out[ids] = eye.centre + eye.radius * spokes / np.linalg.norm(spokes, axis=1, keepdims=True)
    eyes = drawn_eye(vertices, character, "Left", size)
    origin = np.array([0.0, eyes.middle[1] - _EYE[1] * size, eyes.centre[2] + eyes.radius])
    longer = _longer(character)
    for vertex, up, forward in _PROFILE:
        goal = origin + size * np.array([0.0, up * (longer if up < 0 else 1.0), forward])
        goals.append(goal + _OWN * (vertices[vertex] - goal))
    lips, seam = vertices[_lip_skin()], vertices[_seam()]
    middle = seam[np.abs(seam[:, 0]) < 0.25 * np.abs(seam[:, 0]).max()].mean(axis=0)
    shift = origin + size * np.array([0.0, _MOUTH[0] * longer, _MOUTH[1]]) - middle
    corner = np.abs(seam[:, 0]).max()
    across = np.clip(np.abs(lips[:, 0]) / corner, 0, 1)
    order = np.argsort(seam[:, 0])
    line = np.interp(lips[:, 0], seam[order, 0], seam[order, 1])
    flat = lips.copy()
    flat[:, 1] = middle[1] + _LIP_HEIGHT * (lips[:, 1] - line) + size * _CORNERS_UP * across**1.7
    flat[:, 2] = middle[2] + _LIP_DEPTH * (lips[:, 2] - middle[2])
    goals += list(flat + shift * [0, 1, 1])
    skin = vertices[mask.ids]
    right = mask.rough.T @ (mask.keep[:, None] * (mask.rough @ skin)) + mask.stick[:, None] * skin
    np.add.at(right, mask.handles, mask.pull[:, None] * np.array(goals))
    out[mask.ids] = mask.solve(right)
    moved = (out[_seam()] - seam).mean(axis=0)
    mouth = np.setdiff1d(landmarks.mouth_vertices(), _seam())
    for group in ("helper-upper-teeth", "helper-lower-teeth", "helper-tongue"):
        mouth = np.union1d(mouth, bundle().vertices_of(group))
    out[mouth] += moved
    return out
