"""Hair pulled back and tied: bun, ponytail, two braids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from avatar.human.figure import F64
from avatar.human.hair.cap import cap
from avatar.human.hair.cards import cards
from avatar.human.hair.curtains import POINTS, Falling, surface
from avatar.human.hair.falls import LOCK, WISP, everywhere
from avatar.human.hair.hairline import Hairline, Roots, dome
from avatar.human.hair.mesh import Grown, HairMesh, join
from avatar.human.hair.ropes import TILTED, band, core, plait, tube
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Flow, Layer, grow
from avatar.human.hair.vectors import (
    UP,
    angles,
    direction,
    resample,
    slerp,
    smoothstep,
    unit,
)


def tie_at(head: HeadModel, azimuth: float, elevation: float, off: float) -> tuple[F64, F64]:
    """Position of a tie ``off`` metres over the scalp, and the scalp's normal there."""
    p, n = head.scalp(direction([azimuth], [elevation]))
    return p[0] + n[0] * off * head.scale, n[0]


def pulled(head: HeadModel, roots: Roots, towards: tuple[float, float], tie: F64, puff: float, clear: F64) -> F64:
    """Strands (n, k, 3) over the scalp from their roots to a tie point."""
    t = np.linspace(0, 1, 16)[None, :, None]
    start = direction(roots.azimuth, roots.elevation)
    ways = slerp(start[:, None], np.broadcast_to(direction(*towards), start.shape)[:, None], t)
    p, normal = head.scalp(ways)
    lift = clear[:, None] * smoothstep(0, 0.40, t[..., 0]) + puff * np.sin(np.pi * t[..., 0]) ** 2
    p = p + normal * (lift - 0.0015 * smoothstep(0.25, 0.0, t[..., 0]))[..., None]  # out from under the cap
    gathered: F64 = p + (tie - p) * smoothstep(0.78, 1.0, t) ** 1.5
    return gathered


def pulled_to(
    head: HeadModel, starts: F64, towards: tuple[float, float], tie: F64, puff: float, clear: float
) -> Falling:
    """Strands in order from base directions (n, 3) to a tie; ``puff`` and ``clear`` in metres at adult head size."""
    azimuth, elevation = angles(starts)
    p, normal = head.scalp(starts)
    roots = Roots(p, normal, azimuth, elevation, np.zeros(len(starts)))
    lines = pulled(head, roots, towards, tie, puff * head.scale, np.full(len(starts), clear * head.scale))
    lines = resample(lines, np.linspace(0, 1, POINTS))
    return Falling(lines, np.linspace(0, 1, len(starts)), head.volume_normal(lines))


def slicked(
    head: HeadModel,
    starts: F64,
    towards: tuple[float, float],
    tie: F64,
    rng: np.random.Generator,
    puff: float = 0.007,
    segments: int = 7,
) -> tuple[HairMesh, HairMesh]:
    """(surface, wisps) of hair combed from ``starts`` (base directions (n, 3), in order) to a tie.

    It starts under the cap's soft rim and comes out of it further in.
    """
    k = head.scale
    combed = pulled_to(head, starts, towards, tie, puff, 0.005)
    skin = surface(combed, head, segments, tile="sheet1", shade=1.0, root_shade=0.95, bulge=0.0022, period=3)
    places = rng.uniform(0.02, 0.98, 16)
    loose = combed.at(places, 0.0015 * k, 0.0)
    lift = np.full(16, 0.001)
    return skin, cards(loose, lift, replace(WISP, width=0.010, segments=6, tip=0.7), head, rng)


def hanging_path(head: HeadModel, start: F64, axis: F64, length: float, clear: float) -> F64:
    """The middle line (k, 3) of a bundle of hair that leaves ``start`` along ``axis`` and falls."""
    one = Roots(start[None], axis[None], np.zeros(1), np.zeros(1), np.zeros(1))
    way = Layer(
        1, length, everywhere, Flow.DOWN, lift=1.6, flow_weight=0.4, comb_length=0.02, gravity=1.4, bend_length=0.014,
        adhesion=0.0, clearance=(clear, clear), jitter=0.0, chaos=0.0,
    )  # fmt: skip
    path = grow(way, head, one, np.random.default_rng(0))[0][0]
    smooth: F64 = ndimage.gaussian_filter1d(path, 2.0, axis=0, mode="nearest")
    smooth[0] = start
    return smooth


def tail(
    head: HeadModel, start: F64, axis: F64, rng: np.random.Generator, count: int, length: float, radius: float,
    width: float = 0.034, segments: int = 9,
) -> tuple[HairMesh, HairMesh, F64]:  # fmt: skip
    """(cards, wisps, middle line) of a bundle of hair that leaves ``start`` along ``axis`` and falls."""
    k = head.scale
    e1 = unit(np.cross(axis, TILTED))
    e2 = np.cross(axis, e1)
    angle = np.linspace(0, 6.283, count, endpoint=False)
    share = np.where(np.arange(count) % 3 == 0, 0.35, 1.0)
    ring = np.cos(angle)[:, None] * e1 + np.sin(angle)[:, None] * e2
    path = resample(hanging_path(head, start, axis, length, 0.026)[None], np.linspace(0, 1, 30))[0]
    t = np.linspace(0, 1, 30)
    tangent = unit(np.gradient(path, axis=0))
    out = head.volume_normal(path)
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    belly = np.interp(t, [0, 0.12, 0.45, 0.8, 1], [0.45, 0.9, 1.25, 1.0, 0.35]) * radius * k
    a = angle[:, None] + 0.5 * t[None] * np.sin(angle * 3)[:, None]
    offset = np.cos(a)[..., None] * across[None] + np.sin(a)[..., None] * out[None] * 0.75
    lines = path[None] + offset * (belly[None] * share[:, None])[..., None]
    dist, field = head.collision(lines)
    lines = lines + field * np.clip(0.006 - dist, 0, 0.03)[..., None]
    ends = rng.uniform(0.82, 1.0, count)
    lines = resample(lines, np.linspace(0, 1, 30), ends)
    look = replace(
        LOCK, width=width, root_width=0.55, tip_width=0.45, segments=segments, round=0.5, twist=0.15, shade=(0.72, 1.0),
    )  # fmt: skip
    bundle = cards(lines, 0.001 * (share + 0.3 * rng.random(count)), look, head, rng, around=path)
    flying = lines[share == 1.0][:: max(1, count // 12)] + ring[share == 1.0][:: max(1, count // 12)][:, None] * 0.002
    thin = cards(flying, np.zeros(len(flying)), replace(WISP, segments=segments), head, rng, around=path)
    return bundle, thin, path


def capped(head: HeadModel, pole: tuple[float, float]) -> tuple[HairMesh, F64]:
    """The combed cap under hair tied at ``pole``, and where strands start all round, just inside of its edge."""
    line = Hairline(irregular=1.6)
    rim = dome(head, line, 0.008, pole)
    around = np.linspace(0, 1, 61)
    starts = dome(head, line, 0.0, pole).directions(around, np.full(61, 0.93))
    return cap(head, rim, offset=0.004, columns=56, rows=7, tint=0.92), starts


def ponytail(head: HeadModel, rng: np.random.Generator) -> Grown:
    """High behind, under a hat low, falling to the shoulder blades."""
    place = (180.0, -27.0 if head.hatted else 26.0)
    under, starts = capped(head, place)
    point, normal = tie_at(head, *place, 0.016)
    axis = unit(normal + 0.15 * UP)
    slick, loose = slicked(head, starts, place, point, rng)
    bundle, thin, path = tail(head, point, axis, rng, 40, 0.36, 0.022)
    tie = band(head, point + axis * 0.006, axis, 0.0125)
    line = resample(path[None], np.linspace(0, 1, 5))[0]
    return Grown(join([under, loose, bundle, thin]), join([slick, tie, core(head, path, 0.022)]), (line,))


def bun(head: HeadModel, rng: np.random.Generator) -> Grown:
    """A knot high behind, under a hat at the nape."""
    place = (180.0, -32.0 if head.hatted else 50.0)
    under, starts = capped(head, place)
    point, normal = tie_at(head, *place, 0.012)
    axis = unit(normal + 0.15 * UP)
    slick, loose = slicked(head, starts, place, point, rng)
    rope = knotted(head, point + axis * 0.014 * head.scale, axis)
    return Grown(join([under, loose]), join([slick, rope]))


def knotted(head: HeadModel, centre: F64, axis: F64) -> HairMesh:
    """A rope of hair wound into a bun: a spiral from the rim to the top."""
    radius = 0.039 * head.scale
    e1 = unit(np.cross(axis, TILTED))
    e2 = np.cross(axis, e1)
    w = np.linspace(0, 1, 60)
    high = -0.35 + 1.75 * w**1.1
    a = 6.283 * 2.6 * w + 0.6
    ring = np.cos(a)[:, None] * e1 + np.sin(a)[:, None] * e2
    core = centre + (ring * np.cos(high)[:, None] * 0.72 + axis * np.sin(high)[:, None] * 0.62) * radius
    return tube(core, centre, np.interp(w, [0, 0.1, 0.8, 1], [0.45, 0.62, 0.5, 0.2]) * radius, 8)


def half_round(head: HeadModel, line: Hairline, side: int) -> F64:
    """Base directions (n, 3) round one half of the scalp: hairline, middle parting, nape."""
    patch = dome(head, line)

    def edge(azimuth: F64) -> F64:
        u = np.interp(azimuth * side, patch.edge_azimuth, patch.arc)
        return patch.directions(u, np.full(len(azimuth), 0.93))

    front, behind = edge(np.linspace(82, 4, 12)), edge(np.linspace(177, 130, 7))
    first, last = (np.degrees(np.arctan2(d[1], d[2])) for d in (front[-1], behind[0]))
    over = np.linspace(first, last % 360, 17)[1:-1]
    middle = np.stack([np.full(15, 0.012 * side), np.sin(np.radians(over)), np.cos(np.radians(over))], 1)
    return np.concatenate([front, unit(middle), behind])


def braids(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Parted in the middle, two plaits from behind the ears over the chest."""
    k = head.scale
    line = Hairline(irregular=1.6)
    soft = [cap(head, dome(head, line, 0.008), offset=0.003, tint=0.88)]
    hard, springs = [], []
    for side in (1, -1):
        place = (side * 124.0, -32.0)
        point, axis = tie_at(head, *place, 0.016)
        slick, loose = slicked(head, half_round(head, line, side), place, point, rng, 0.005, 6)
        start = Roots(point[None] + [[0, 0, 0.025 * k]], unit(axis)[None], *(np.zeros(1) for _ in range(3)))
        way = Layer(
            1, 0.28, everywhere, Flow.DOWN, lift=0.4, flow_weight=0.3, comb_length=0.03, gravity=1.0,
            bend_length=0.02, adhesion=0.0, clearance=(0.022, 0.022), jitter=0.0, chaos=0.0,
        )  # fmt: skip
        path = grow(way, head, start, rng)[0][0]
        path = np.concatenate([point[None], path[3:]])
        out = head.volume_normal(path)
        hard += [slick, plait(head, path, out)]
        end, down = path[-1], unit(path[-1] - path[-4])
        tassel, thin, _ = tail(head, end - down * 0.004, down, rng, 12, 0.065, 0.010, 0.020, 3)
        hard.append(band(head, end, down, 0.0085, 0.0035))
        soft += [loose, tassel, thin]
        springs.append(resample(path[None], np.linspace(0, 1, 5))[0])
    return Grown(join(soft), join(hard), tuple(springs))
