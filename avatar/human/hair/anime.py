"""Drawn hair: a full cap and hand-placed, ordered locks with sharp tips, for every style that grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avatar.character import HairStyle
from avatar.human.figure import F64
from avatar.human.hair.cap import cap
from avatar.human.hair.curtains import POINTS, Curtain, surface
from avatar.human.hair.falls import MAX_SIDE
from avatar.human.hair.hairline import Hairline
from avatar.human.hair.mesh import Grown
from avatar.human.hair.ropes import band, plait, tube
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.sketch import Sketch, plain
from avatar.human.hair.tied import half_round, hanging_path, pulled_to, tie_at
from avatar.human.hair.vectors import UP, direction, resample, smoothstep, unit, vertex_normals

SLICK = 5  # segments of pulled-back hair
REACH = 0.26  # metres below the neck joint that the longest locks end, at adult head size


def spiky(sketch: Sketch) -> None:
    """Two rings of spikes from the crown outwards, and a short fringe."""
    sketch.under(0.016)
    low = np.linspace(58, 302, 15)
    wave = np.cos(np.arange(15) * 3.1)
    sketch.comb(sketch.at(low, 0.46), sketch.at(low + 4, 1.10 + 0.05 * wave), 0.018, 0.010, 0.050, flick=0.012)
    high = np.linspace(48, 312, 12) + 6
    wave = np.cos(np.arange(12) * 3.1)
    sketch.comb(
        sketch.at(high, 0.06), sketch.at(high + 10, 0.74 + 0.07 * wave), 0.026, 0.024, 0.062, flick=0.024, arch=0.05
    )
    top = np.array([-62.0, -22.0, 20.0, 64.0, 180.0])
    sketch.comb(sketch.at(top + 170, 0.10), sketch.at(top, 0.46), 0.030, 0.030, 0.056, flick=0.022)
    sketch.bangs("short")
    sketch.side_locks(0.045)


def layered(sketch: Sketch, bangs: str, length: float, flick: float) -> None:
    """Medium short: two rings that lie closer, and a swept fringe."""
    sketch.under(0.016)
    low = np.linspace(60, 300, 14)
    wave = np.cos(np.arange(14) * 3.1)
    sketch.comb(sketch.at(low, 0.50), sketch.at(low, 1.12 + length + 0.04 * wave), 0.017, 0.012, 0.054, flick=flick)
    high = np.linspace(50, 310, 12) + 5
    wave = np.cos(np.arange(12) * 3.1)
    sketch.comb(
        sketch.at(high, 0.06), sketch.at(high + 5, 0.92 + 0.05 * wave), 0.025, 0.020, 0.066, flick=0.5 * flick, rings=8
    )
    sketch.comb(
        sketch.at(np.array([150.0, 30.0, -90.0]), 0.08),
        sketch.at(np.array([62.0, -8.0, -66.0]), 0.52),
        0.028,
        0.024,
        0.060,
    )
    sketch.bangs(bangs)
    sketch.side_locks(0.06 + 0.2 * length)


def undercut(sketch: Sketch) -> None:
    """Shorn sides, the top combed back in bold locks."""
    sketch.under(0.004, 0.66)
    along = np.linspace(1, -1, 9)
    goal = direction(180 - 58 * along, 26 + 8 * np.abs(along))
    sketch.comb(sketch.at(47 * along, 0.93), goal, 0.026, 0.012, 0.046, root=0.25, flick=0.008, rings=10)
    along = np.linspace(0.75, -0.75, 6)
    goal = direction(180 - 60 * along, 36 + 8 * np.abs(along))
    sketch.comb(sketch.at(44 * along, 0.80), goal, 0.032, 0.022, 0.046, root=0.4, flick=0.014, rings=9)
    front = np.array([-30.0, -8.0])
    sketch.comb(sketch.at(front, 0.78), direction(front - 16, [6.0, 10.0]), 0.026, 0.016, 0.026, arch=0.2, rings=8)


def round_cloud(sketch: Sketch) -> None:
    """An afro as a drawn cloud of soft bumps."""
    head = sketch.head
    k = head.scale
    centres = sketch.patch.roots(70, lambda r: r.rim > 0.004, sketch.rng)
    middle, rng = direction(centres.azimuth, centres.elevation), sketch.rng

    def lift(az: F64, el: F64, v: F64) -> F64:
        edge = 1 - np.clip(v, 0, 1) ** 5
        apart = np.arccos(np.clip(direction(az, el) @ middle.T, -1, 1)).min(-1)
        bump = np.sqrt(np.clip(1 - (apart / 0.21) ** 2, 0, 1))
        high: F64 = k * (0.050 * (0.74 + 0.38 * smoothstep(-35, 70, el)) + 0.020 * bump) * edge
        return high

    cloud = cap(head, sketch.patch, "cap", 0.003, 64, 18, 1.0, lift)
    real = vertex_normals(cloud.position, cloud.triangles)
    bumpy = np.where((real * cloud.normal).sum(1, keepdims=True) < 0, -real, real)
    towards = unit(cloud.position - head.centre)
    apart = np.arccos(np.clip(towards @ unit(centres.position - head.centre).T, -1, 1))
    cell = rng.uniform(0.90, 1.0, len(middle))[apart.argmin(1)]
    tint = cell * (0.66 + 0.34 * smoothstep(0.21, 0.06, apart.min(1)))  # furrows lie in the shade
    sketch.parts.append(plain(replace(cloud, normal=unit(0.75 * bumpy + 0.25 * cloud.normal), tint=tint)))


def waves(curtain: Curtain, size: float, length: float) -> Curtain:
    """A curtain with waves."""
    return replace(curtain, wave=size, wave_length=length)


def to_jaw(head: HeadModel, front: float = 60.0) -> Curtain:
    """A drawn bob."""
    end = head.chin - 0.012 * head.scale
    return Curtain(
        front=front, parted=0.22, volume=0.024, clearance=0.024, drop=0.22, root_lift=0.8, cheek=0.6, guard=54,
        hem=lambda p: end + 0 * p[..., 0], ragged=0.004,
    )  # fmt: skip


def long(head: HeadModel, front: float = 62.0) -> Curtain:
    """Drawn hair over the back."""
    end = head.neck[1] - REACH * head.scale
    return Curtain(
        front=front, parted=0.20, volume=0.024, clearance=0.022, drop=0.60, root_lift=0.8, cheek=0.6, guard=56,
        hem=lambda p: end + 0 * p[..., 0], ragged=0.012, max_side=1.1 * MAX_SIDE,
    )  # fmt: skip


def slick(sketch: Sketch, tie: tuple[float, float], starts: F64, off: float, count: int) -> tuple[F64, F64]:
    """Hair pulled to a tie: a surface with ``count`` broad locks over it. Returns the tie and its normal."""
    head, k = sketch.head, sketch.head.scale
    point, normal = tie_at(head, *tie, off)
    combed = pulled_to(head, starts, tie, point, 0.012, 0.008)
    combed_skin = surface(combed, head, SLICK, bulge=0.0 if count else 0.006, period=3, shade=0.86 if count else 1.0)
    s = np.abs(np.arange(len(starts)) / 3 % 2 - 1).repeat(SLICK + 1)
    striped = replace(combed_skin, uv=np.stack([0.01 + 0.23 * s, 0 * s], 1))
    sketch.parts.append(plain(combed_skin) if count else striped)
    if count:
        place = (np.arange(count) + 0.5) / count
        lines = combed.at(place, 0.002 * k)
        sketch.add(lines, head.volume_normal(lines), 2.0 * 0.27 / count, depth=0.22, blunt=0.5)
    return point, normal


def all_round(sketch: Sketch) -> F64:
    """Where tied hair starts: round the head just inside of the hairline."""
    return sketch.at(np.linspace(-180, 180, 49), 0.94)


def bun(sketch: Sketch) -> None:
    """A ball high behind, a parted fringe and loose locks before the ears."""
    sketch.under(0.006)
    point, normal = slick(sketch, (180.0, -34.0 if sketch.head.hatted else 54.0), all_round(sketch), 0.012, 20)
    axis = unit(normal + 0.2 * UP)
    k = sketch.head.scale
    w = np.linspace(0, 1, 48)
    high, turn = -0.35 + 1.75 * w**1.1, 6.283 * 2.2 * w + 0.6
    e1 = unit(np.cross(axis, np.array([0.01, 1.0, 0.0])))
    e2 = np.cross(axis, e1)
    ring = np.cos(turn)[:, None] * e1 + np.sin(turn)[:, None] * e2
    radius, centre = 0.046 * k, point + axis * 0.018 * k
    core = centre + (ring * np.cos(high)[:, None] * 0.70 + axis * np.sin(high)[:, None] * 0.62) * radius
    rope = tube(core, centre, np.interp(w, [0, 0.1, 0.8, 1], [0.5, 0.66, 0.5, 0.2]) * radius, 7)
    s = (rope.uv[:, 0] - rope.uv[:, 0].min()) / max(float(np.ptp(rope.uv[:, 0])), 1e-6)
    sketch.parts.append(replace(rope, uv=np.stack([0.01 + 0.23 * s, 0 * s], 1)))
    sketch.bangs("parted", 0.014)
    sketch.side_locks(0.105)


def ponytail(sketch: Sketch) -> None:
    """High behind, falling in a few bold locks."""
    sketch.under(0.006)
    point, normal = slick(sketch, (180.0, -27.0 if sketch.head.hatted else 46.0), all_round(sketch), 0.016, 20)
    bundle(sketch, point, unit(normal + 0.35 * UP), 0.44, 0.034, 9)
    sketch.bangs("swept", 0.014)
    sketch.side_locks(0.115)


def bundle(sketch: Sketch, point: F64, axis: F64, length: float, radius: float, count: int) -> None:
    """A tail of locks from a tie, with its band."""
    head, k = sketch.head, sketch.head.scale
    path = resample(hanging_path(head, point, axis, length, 0.034)[None], np.linspace(0, 1, POINTS))[0]
    t = np.linspace(0, 1, POINTS)
    tangent = unit(np.gradient(path, axis=0))
    out = head.volume_normal(path)
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    belly = np.interp(t, [0, 0.12, 0.4, 0.75, 1], [0.30, 0.75, 1.2, 1.0, 0.55]) * radius * k
    angle = np.linspace(0, 6.283, count, endpoint=False) + 0.3
    away = np.cos(angle)[:, None, None] * across[None] + np.sin(angle)[:, None, None] * out[None]
    lines = path[None] + away * belly[None, :, None]
    dist, skin = head.collision(lines)
    lines = lines + skin * np.clip(0.012 * k - dist, 0, 0.03)[..., None]
    lines = resample(lines, np.linspace(0, 1, POINTS), sketch.rng.uniform(0.80, 1.0, count))
    sketch.add(lines, away + 0 * lines, 2.6 * radius, rings=10, depth=0.5)
    sketch.add(path[None], out[None], 2.2 * radius, rings=10, depth=0.8)
    sketch.parts.append(plain(band(head, point + axis * 0.006 * k, axis, 0.014, 0.006)))
    sketch.springs.append(resample(path[None], np.linspace(0, 1, 5))[0])


def braids(sketch: Sketch) -> None:
    """Two thick plaits from behind the ears."""
    sketch.under(0.003, 0.62)
    head, k = sketch.head, sketch.head.scale
    for side in (1, -1):
        tie = (side * 122.0, -26.0)
        point, normal = slick(sketch, tie, half_round(head, Hairline(irregular=0), side), 0.020, 0)
        path = hanging_path(head, point + np.array([0, 0, 0.02 * k]), unit(normal - 0.3 * UP), 0.30, 0.026)
        path[0] = point
        rope = plait(head, path, head.volume_normal(path), 0.042, 0.024, 0.068, 0.0150, each=5.4)
        s = (rope.uv[:, 0] * 9.7) % 1
        sketch.parts.append(replace(rope, uv=np.stack([0.05 + 0.15 * s, 0 * s], 1)))
        end, down = path[-1], unit(path[-1] - path[-5])
        angle = np.linspace(0, 6.283, 5, endpoint=False)
        e1 = unit(np.cross(down, np.array([1.0, 0.01, 0.0])))
        e2 = np.cross(down, e1)
        away = np.cos(angle)[:, None] * e1 + np.sin(angle)[:, None] * e2
        t = np.linspace(0, 1, POINTS)[None, :, None]
        tuft = end + down * (0.065 * k * t - 0.004) + away[:, None] * (0.011 * k * np.sin(np.pi * (0.15 + 0.75 * t)))
        sketch.add(tuft, away[:, None] + 0 * tuft, 0.022, rings=4, depth=0.6)
        sketch.parts.append(plain(band(head, end, down, 0.012, 0.0045)))
        sketch.springs.append(resample(path[None], np.linspace(0, 1, 5))[0])
    sketch.bangs("parted", 0.014)
    sketch.side_locks(0.09, 0.026)


def falling(sketch: Sketch, curtain: Curtain, bangs: str, count: int, width: float, side: float, **look: float) -> None:
    """Cap, falling locks, fringe, and locks ``side`` metres long beside the face."""
    sketch.under(0.018)
    sketch.hang(curtain, count, width, **look)
    sketch.bangs(bangs)
    if side:
        sketch.side_locks(side, 0.030 if bangs == "full" else 0.026)


def draw(style: HairStyle, sketch: Sketch) -> None:
    """One style."""
    head = sketch.head
    if style is HairStyle.CROP:
        spiky(sketch)
    elif style is HairStyle.SIDE_PART:
        layered(sketch, "swept", 0.0, 0.006)
    elif style is HairStyle.PIXIE:
        layered(sketch, "swept", 0.10, 0.0)
    elif style is HairStyle.UNDERCUT:
        undercut(sketch)
    elif style is HairStyle.AFRO:
        round_cloud(sketch)
    elif style is HairStyle.CURLY:
        curls = waves(replace(to_jaw(head), volume=0.030, clearance=0.028), 0.012, 0.115)
        falling(sketch, curls, "parted", 22, 0.062, 0.09, rings=14)
    elif style is HairStyle.BOB:
        falling(sketch, to_jaw(head), "parted", 22, 0.060, 0.0, curl=0.022, rings=9)
    elif style is HairStyle.BOB_BANGS:
        falling(sketch, to_jaw(head), "full", 22, 0.060, 0.0, curl=0.022, rings=9, blunt=0.5)
    elif style is HairStyle.LONG_STRAIGHT:
        falling(sketch, long(head), "parted", 22, 0.066, 0.15, rings=11)
    elif style is HairStyle.LONG_BANGS:
        falling(sketch, long(head), "full", 22, 0.066, 0.11, rings=11, blunt=0.4)
    elif style is HairStyle.LONG_WAVY:
        falling(sketch, waves(long(head), 0.016, 0.19), "swept", 22, 0.066, 0.12, rings=14)
    elif style is HairStyle.BUN:
        bun(sketch)
    elif style is HairStyle.PONYTAIL:
        ponytail(sketch)
    elif style is HairStyle.BRAIDS:
        braids(sketch)


DRAWN = frozenset(set(HairStyle) - {HairStyle.BALD, HairStyle.BUZZ})


def build(style: HairStyle, head: HeadModel, rng: np.random.Generator) -> Grown:
    """A drawn style."""
    sketch = Sketch(head, rng)
    draw(style, sketch)
    return sketch.grown()
