"""Falling hair: ordered strands that leave a parting, lie over the skull and hang side by side, as smooth surfaces.

A surface has no gaps and a clean outline; locks over it give depth, wisps soften its edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from avatar.human.figure import F64
from avatar.human.hair.atlas import tile_uv
from avatar.human.hair.hairline import Dome, Roots
from avatar.human.hair.mesh import HairMesh
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Flow, Layer, cut_at, grow
from avatar.human.hair.vectors import (
    UP,
    direction,
    grid_quads,
    quads_to_triangles,
    resample,
    slerp,
    smoothstep,
    unit,
    vertex_normals,
)

POINTS = 44  # of a finished guide
APART = 0.036  # metres between neighbours below the jaw that no longer belong together
OVER_SKULL = 16  # points of a guide from the parting to the height of the ears


@dataclass(frozen=True, slots=True)
class Curtain:
    """Metres at adult head size, degrees on the base head."""

    part: float = 0.0  # x of the parting at the forehead
    front: float = 45.0  # azimuth of the strands beside the face
    level: float = -6.0  # elevation where hair leaves the skull
    crown: float = 0.04  # how far from the pole the strands of the crown start, 0..1 of the way to the edge
    forehead: float = 0.985  # where the parting begins, 0..1 of the way from the pole to the edge
    parted: float = 0.27  # share of the strands, each side, that start along the parting
    arch: float = 0.30  # how far hair rises from the forehead before it falls aside
    volume: float = 0.012  # off the scalp
    root_lift: float = 0.4  # share of the volume that hair has where it leaves the scalp
    clearance: float = 0.010  # off skin and clothes further down
    cheek: float = 0.45  # share of volume and clearance that strands beside the face have
    drop: float = 0.36  # length below the level, before the cut
    max_side: float = 0.0  # metres from the middle plane; 0: anywhere
    wave: float = 0.0  # metres
    wave_length: float = 0.16
    guard: float = 42.0  # degrees of azimuth before the face kept free
    hem: Callable[[F64], F64] | None = None  # height at which points are cut
    ragged: float = 0.012  # unevenness of the cut


@dataclass(frozen=True, slots=True)
class Falling:
    """Strands of a curtain in order: from beside one side of the face round the back to the other."""

    lines: F64  # (n, POINTS, 3)
    place: F64  # (n,) 0..1 round the head
    out: F64  # (n, POINTS, 3) away from the head of hair

    def at(self, place: F64, lift: F64 | float = 0.0, shift: F64 | float = 0.0) -> F64:
        """Strands (m, POINTS, 3) between the given ones, ``lift`` metres further out and ``shift`` metres aside."""
        q = np.interp(place, self.place, np.arange(len(self.place)))
        i = np.minimum(q.astype(int), len(self.place) - 2)
        f = (q - i)[:, None, None]
        lines = self.lines[i] * (1 - f) + self.lines[i + 1] * f
        out = unit(self.out[i] * (1 - f) + self.out[i + 1] * f)
        across = unit(np.cross(out, np.gradient(lines, axis=1)))
        grow_in = smoothstep(0.0, 0.25, np.linspace(0, 1, POINTS))[None, :, None]
        far = np.reshape(lift, (-1, 1, 1)) * grow_in
        moved: F64 = lines + out * far + across * np.reshape(shift, (-1, 1, 1)) * grow_in
        return moved


def fall(curtain: Curtain, head: HeadModel, patch: Dome, count: int, rng: np.random.Generator) -> Falling:
    """``count`` ordered strands."""
    k = head.scale
    q = np.linspace(0, 1, count)
    starts = parted_starts(curtain, patch, q)
    turn = np.where(q < 0.5, q, 1 - q) * 2  # 0 beside the face, 1 behind
    azimuth = curtain.front + (180 - curtain.front) * turn
    azimuth = np.where(q <= 0.5, azimuth, -azimuth)
    goal = direction(azimuth, np.full(count, curtain.level) - 10 * smoothstep(0.3, 1.0, turn))
    t = np.linspace(0, 1, OVER_SKULL)[None, :, None]
    omega = np.arccos(np.clip((starts * goal).sum(1), -1, 1))[:, None, None]
    ways = (np.sin((1 - t) * omega) * starts[:, None] + np.sin(t * omega) * goal[:, None]) / np.sin(omega)
    front = smoothstep(0.45, 0.0, turn)[:, None, None]
    ways = unit(ways + UP * curtain.arch * front * np.sin(np.pi * t) ** 1.2)
    p, normal = head.scalp(ways)
    hug = 1 - (1 - curtain.cheek) * smoothstep(0.30, 0.0, turn)[:, None, None] * smoothstep(0.3, 0.9, t)
    lift = curtain.volume * k * (curtain.root_lift + (1 - curtain.root_lift) * smoothstep(0.0, 0.35, t)) * hug
    first = smoothstep(0.0, 0.06, t)
    p = p + normal * (0.002 + lift * first)
    dist, out = head.collision(p)
    p = p + out * np.clip(0.7 * lift[..., 0] * first[..., 0] - dist, 0, 0.03)[..., None]
    p = ndimage.gaussian_filter1d(p, 0.8, axis=0, mode="nearest")
    lines = np.concatenate([p[:, :-1], _below(curtain, head, p, turn, rng)], 1)
    bend = np.arange(lines.shape[1]) - OVER_SKULL
    near = np.exp(-((bend / 9.0) ** 2))[None, :, None]  # where hair leaves the skull it bends softly
    lines = lines + (ndimage.gaussian_filter1d(lines, 3.5, axis=1, mode="nearest") - lines) * near
    lines[:, 3:] = ndimage.gaussian_filter1d(lines, 0.9, axis=0, mode="nearest")[:, 3:]
    if curtain.hem is not None:
        uneven = ndimage.gaussian_filter1d(rng.normal(0, 1, count), 0.6) * curtain.ragged * k
        hem = curtain.hem
        behind = lines[..., 2] < head.neck[2] + 0.045 * k
        dead = (lines[..., 1] < hem(lines) + uneven[:, None]) | (behind & (lines[..., 1] < head.hood))
        lines = cut_at(lines, dead, np.zeros(count))
    lines = resample(lines, np.linspace(0, 1, POINTS))
    if curtain.wave:
        lines = _waved(curtain, head, lines, rng)
    hang = smoothstep(OVER_SKULL / POINTS, 0.5, np.linspace(0, 1, POINTS))
    for _ in range(3):  # smoothing has pulled some into the shoulders
        dist, field = head.collision(lines)
        lines = lines + field * (np.clip(0.6 * curtain.clearance * k - dist, 0, 0.03) * hang)[..., None]
    dist, field = head.collision(lines)
    near = smoothstep(0.05, 0.015, dist)[..., None]
    out = unit(head.volume_normal(lines) * (1 - 0.5 * near) + field * 0.5 * near)
    return Falling(lines, q, out)


def over_skull(
    head: HeadModel, starts: F64, goals: F64, lift: Callable[[F64], F64], arch: F64 | float = 0.0
) -> Falling:
    """Short strands combed over the skull between base directions (n, 3), in order.

    ``lift`` gives metres off the scalp for places (1, k) along them; ``arch`` (n,) how far the way rises in between.
    """
    n = len(starts)
    t = np.linspace(0, 1, POINTS)[None]
    ways = slerp(starts[:, None], goals[:, None], t[..., None])
    rise = np.broadcast_to(np.asarray(arch, np.float64), (n,))[:, None] * np.sin(np.pi * t) ** 1.2
    p, normal = head.scalp(unit(ways + UP * rise[..., None]))
    high = np.broadcast_to(lift(t), (n, POINTS))
    p = p + normal * (0.001 + high)[..., None]
    dist, out = head.collision(p)
    p = p + out * np.clip(0.6 * high - dist, 0, 0.03)[..., None]
    p[:, 3:] = ndimage.gaussian_filter1d(p, 0.8, axis=0, mode="nearest")[:, 3:]
    return Falling(p, np.linspace(0, 1, n), head.volume_normal(p))


def parted_starts(curtain: Curtain, patch: Dome, q: F64) -> F64:
    """Base directions where the strands leave the scalp: along the parting, and round the pole behind it."""
    middle = float(np.degrees(np.arctan2(curtain.part, 0.09)))
    share = curtain.parted
    along = np.where(q < 0.5, q, 1 - q) / share
    v = np.where(along < 1, curtain.forehead + (curtain.crown - curtain.forehead) * along, curtain.crown)
    round_pole = np.clip((q - share) / (1 - 2 * share), 0, 1) * 330 + 15
    hair = 2.0 * smoothstep(0, 0.2, along)  # the two sides of a parting start a little apart
    azimuth = np.where(along < 1, middle + np.where(q < 0.5, hair, -hair), middle + round_pole)
    azimuth = np.where(along < 1, azimuth, (azimuth + 180) % 360 - 180)
    u = np.interp(azimuth, patch.edge_azimuth, patch.arc)
    return patch.directions(u, v)


def _below(curtain: Curtain, head: HeadModel, p: F64, turn: F64, rng: np.random.Generator) -> F64:
    """The strands from the level of the ears on, (n, k, 3), hanging."""
    start = p[:, -1]
    _, out = head.collision(start)
    roots = Roots(start, out, np.zeros(len(start)), np.zeros(len(start)), np.zeros(len(start)))
    layer = Layer(
        len(start), curtain.drop, lambda r: np.ones(len(r), bool), Flow.DOWN, part=curtain.part * head.scale, lift=0.0,
        flow_weight=1.0, gravity=1.0, bend_length=0.02, adhesion=0.0, jitter=0.0, chaos=0.0,
        face_guard=curtain.guard,
    )  # fmt: skip
    hug = 1 - (1 - curtain.cheek) * smoothstep(0.25, 0.0, turn)
    lines, _ = grow(layer, head, roots, rng, clear=curtain.clearance * head.scale * hug)
    if curtain.max_side:
        wide = curtain.max_side * head.scale
        over = np.maximum(np.abs(lines[..., 0]) - wide, 0)
        lines[..., 0] -= np.sign(lines[..., 0]) * over * 0.9
    return lines


def _waved(curtain: Curtain, head: HeadModel, lines: F64, rng: np.random.Generator) -> F64:
    step = np.linalg.norm(np.diff(lines, axis=1), axis=2)
    arc = np.concatenate([np.zeros((len(lines), 1)), np.cumsum(step, 1)], 1)
    phase = ndimage.gaussian_filter1d(rng.normal(0, 1, len(lines)), 3.0) * 2.2
    turn = 6.283 * arc / (curtain.wave_length * head.scale) + phase[:, None]
    begin = smoothstep(0.06, 0.20, arc)
    out = head.volume_normal(lines)
    across = unit(np.cross(out, np.gradient(lines, axis=1)))
    size = curtain.wave * head.scale * begin
    waved = lines + across * (np.sin(turn) * size)[..., None] + out * ((np.cos(turn) * 0.5 + 0.5) * size)[..., None]
    dist, field = head.collision(waved)
    pushed: F64 = waved + field * np.clip(0.7 * curtain.clearance - dist, 0, 0.03)[..., None] * begin[..., None]
    return pushed


def surface(
    falling: Falling,
    head: HeadModel,
    segments: int,
    *,
    tile: str = "sheet0",
    lift: float = 0.0,
    bulge: float = 0.0025,
    period: int = 4,
    shade: float = 0.9,
    root_shade: float = 0.85,
    end: float = 1.0,
    spacing: float = 1.25,
    phase: int = 0,
    inward: bool = False,
) -> HairMesh:
    """One opaque surface through all strands down to the share ``end`` of them.

    Every ``period`` strands it bulges by ``bulge`` metres into a lock.
    """
    t = np.linspace(0, 1, segments + 1) ** spacing
    n = len(falling.lines)
    lock = 0.5 - 0.5 * np.cos(6.283 * (np.arange(n) + phase) / period)
    ends = end + (1 - end) * 0.30 * (lock - 0.5)  # locks reach a little further than what lies between them
    lines = resample(falling.lines + falling.out * lift, t, ends)
    out = unit(resample(falling.out, t * end))
    grown = smoothstep(0.12, 0.5, t)[None, :]
    p = lines + unit(out) * (bulge * head.scale * (lock[:, None] - 0.3) * grown)[..., None]
    for _ in range(2):
        dist, field = head.collision(p)
        p = p + field * (np.clip(0.003 - dist, 0, 0.03) * (t > 0.08))[..., None]
    quads = grid_quads(n - 1, segments)
    flat = p.reshape(-1, 3)
    gap = np.linalg.norm(flat[quads[:, 0]] - flat[quads[:, 3]], axis=1), flat[quads[:, 1]] - flat[quads[:, 2]]
    apart = np.maximum(gap[0], np.linalg.norm(gap[1], axis=1))
    parted = (apart > APART * head.scale) & (flat[quads[:, 0], 1] < head.chin + 0.02 * head.scale)
    triangles = quads_to_triangles(quads[~parted])  # over a shoulder hair falls to the front and to the back
    real = vertex_normals(flat, triangles).reshape(p.shape)
    if (real * out).sum() < 0:
        triangles, real = triangles[:, ::-1], -real
    normal = unit(0.55 * real + 0.45 * unit(head.volume_normal(p)))
    if inward:
        triangles, normal = triangles[:, ::-1], -normal
    tint = shade * (root_shade + (1 - root_shade) * smoothstep(0, 0.4, t))[None]
    tint = tint * (1 - 0.20 * (1 - lock[:, None]) * grown) * sheen(head, p)
    s = np.abs((np.arange(n) / 6.0 + 0.31) % 2 - 1)  # there and back over the tile, six strands across
    uv = tile_uv(tile, s[:, None], 0.80 * t[None, :])  # strands end where cards do
    return HairMesh(flat, normal.reshape(-1, 3), uv.reshape(-1, 2), tint.ravel(), triangles)


def sheen(head: HeadModel, points: F64) -> F64:
    """Tint (...) of points on a head of hair: a ring of light below the crown, darker towards neck and tips."""
    up = head.volume_normal(points)[..., 1]
    ring = np.exp(-(((up - 0.62) / 0.20) ** 2))
    low = smoothstep(head.eye_level, head.chin - 0.05 * head.scale, points[..., 1])
    tint: F64 = 0.90 + 0.10 * ring - 0.08 * low
    return tint


def chains(lines: F64, count: int, level: float, points: int = 4) -> tuple[F64, ...]:
    """``count`` polylines, every so many strands (n, k, 3), from the height ``level`` to the tips."""
    out = []
    for index in np.round((np.arange(count) + 0.5) / count * (len(lines) - 1)).astype(int):
        line = lines[index]
        low = int(np.argmax(line[:, 1] < level))
        if line[-1, 1] < level - 0.04:
            out.append(resample(line[None, max(low - 1, 0) :], np.linspace(0, 1, points))[0])
    return tuple(out)
