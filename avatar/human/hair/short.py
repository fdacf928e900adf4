"""Short hair: buzz, crop, side parting, undercut, pixie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avatar.human.figure import F64
from avatar.human.hair.cap import Inflate, cap, under_volume
from avatar.human.hair.cards import cards
from avatar.human.hair.curtains import POINTS, Curtain, Falling, over_skull, parted_starts, surface
from avatar.human.hair.falls import LOCK, WISP
from avatar.human.hair.hairline import Hairline, dome
from avatar.human.hair.mesh import Grown, HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Layer
from avatar.human.hair.vectors import direction, resample, smoothstep

TUFT = replace(
    LOCK, width=0.018, root_width=0.75, tip_width=0.6, segments=3, tiles=("short0", "short1", "short2", "tuft0"),
    shade=(0.84, 1.0), root_shade=0.88, round=0.25, twist=0.25, spacing=1.0,
)  # fmt: skip


def buzz(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Millimetres of hair: two shells."""
    return Grown(join(shells(head, Hairline(recession=1), "buzz", (0.0022, 0.0036), 0.008, 0.9)))


def shells(
    head: HeadModel, line: Hairline, tile: str, heights: tuple[float, ...], beyond: float, tint: float,
    inflate: Inflate | None = None,
) -> list[HairMesh]:  # fmt: skip
    """Blended shells over the scalp, each a little lighter and with its rim a little further in."""
    out = []
    for number, height in enumerate(heights):
        patch = dome(head, line, beyond * (1 - 0.3 * number))
        out.append(cap(head, patch, tile, height, 52, 7, min(tint + 0.08 * number, 1.0), inflate))
    return out


def tufts(
    combed: Falling, count: int, head: HeadModel, rng: np.random.Generator, *, length: float, lift: tuple[float, float],
    begin: tuple[float, float], look: Layer = TUFT,
) -> HairMesh:  # fmt: skip
    """Short locks that leave a combed surface: they start in it and end ``lift`` metres off it."""
    k = head.scale
    place = (np.arange(count) * 0.6180339 + rng.uniform(0, 0.02, count)) % 1.0
    start = np.sort(rng.uniform(*begin, count))[::-1]  # the lower ones lie under those above
    lines = combed.at(place, 0.0005, 0.0)
    step = np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(1)
    end = np.minimum(start + length * k * rng.uniform(0.8, 1.2, count) / step, 1.0)
    start = np.minimum(start, end - 0.12)
    whole = np.linspace(0, 1, POINTS)
    part = np.stack([resample(lines[i : i + 1], start[i] + (end[i] - start[i]) * whole)[0] for i in range(count)])
    out = head.volume_normal(part)
    rise = rng.uniform(*lift, count)[:, None] * k * whole[None] ** 1.3
    aside = rng.normal(0, 0.006 * k, count)[:, None] * whole[None]
    across = np.cross(out, np.gradient(part, axis=1))
    across = across / np.maximum(np.linalg.norm(across, axis=2, keepdims=True), 1e-9)
    part = part + out * rise[..., None] + across * aside[..., None]
    return cards(part, rise[:, -1], look, head, rng)


def crop(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Short all over, combed forward from the crown into a textured fringe."""
    k = head.scale
    line = Hairline(recession=2, sideburn=2)
    patch = dome(head, line)
    count = 48
    azimuth = np.linspace(-180, 180, count)
    u = np.interp(azimuth, patch.edge_azimuth, patch.arc)
    front = smoothstep(75, 40, np.abs(azimuth))
    goals = patch.directions(u, 0.80 + 0.40 * front)
    starts = patch.directions(u, np.full(count, 0.02))

    def lift(t: F64) -> F64:
        high = (
            0.008
            + 0.006 * front[:, None] * smoothstep(0.3, 1.0, t)
            - 0.005 * (1 - front[:, None]) * smoothstep(0.5, 1, t)
        )
        return high * k * smoothstep(-0.1, 0.2, t)

    combed = over_skull(head, starts, goals, lift)
    top = surface(combed, head, 8, tile="sheet1", shade=0.9, root_shade=0.95, bulge=0.003, period=3, end=0.80)
    crowd = tufts(combed, 104, head, rng, length=0.038, lift=(0.002, 0.008), begin=(0.12, 0.72))
    fringe_place = replace(TUFT, width=0.017)
    fore = Falling(*(a[17:31] for a in (combed.lines, np.linspace(0, 1, count), combed.out)))
    fore = Falling(fore.lines, np.linspace(0, 1, 14), fore.out)
    fringe = tufts(fore, 64, head, rng, length=0.045, lift=(0.001, 0.007), begin=(0.5, 0.85), look=fringe_place)
    sides = shells(head, line, "cap", (0.0025, 0.0050), 0.008, 0.84)
    soft = tufts(
        combed,
        40,
        head,
        rng,
        length=0.03,
        lift=(0.006, 0.011),
        begin=(0.1, 0.7),
        look=replace(WISP, width=0.016, segments=3),
    )
    return Grown(join([*sides, crowd, fringe, soft]), top)


def side_part(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Medium top combed over from a parting on the left, short sides."""
    return parted_top(head, rng, Curtain(part=0.032, front=44, level=8, parted=0.30, volume=0.015), 0.84)


def pixie(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Longer on top, swept over the forehead, close at ears and nape."""
    curtain = Curtain(part=0.036, front=25, level=2, parted=0.30, volume=0.015)
    return parted_top(head, rng, curtain, 0.86, Hairline(sideburn=2), feather=0.006, fringe=7.0)


def parted_top(
    head: HeadModel, rng: np.random.Generator, curtain: Curtain, tint: float, line: Hairline | None = None,
    feather: float = 0.004, fringe: float | None = None,
) -> Grown:  # fmt: skip
    """Hair combed to both sides of a parting, ending above ears and nape over short sides."""
    k, count = head.scale, 41
    line = line or Hairline(recession=1, sideburn=3)
    patch = dome(head, line)
    q = np.linspace(0, 1, count)
    starts = parted_starts(curtain, patch, q)
    turn = np.where(q < 0.5, q, 1 - q) * 2
    azimuth = curtain.front + (180 - curtain.front) * turn
    azimuth = np.where(q <= 0.5, azimuth + 20 * (1 - turn), -azimuth)  # the lesser side leaves the forehead free
    floor = line.elevation(azimuth)
    level = np.maximum(curtain.level - 44 * smoothstep(0.35, 0.9, turn), floor + 5)
    level = np.where(turn < 0.25, np.maximum(floor - 3, curtain.level), level)
    level = level + rng.uniform(-4, 3, count)
    if fringe is not None:  # it falls over the forehead on the greater side, and before the ear on the other
        over = smoothstep(0.30, 0.16, turn)
        level = level + (np.where(q > 0.5, fringe + 10 * np.cos(q * 90), -4.0) - level) * over
    goals = direction(azimuth, level)
    right = (q > 0.5)[:, None]
    front = smoothstep(0.55, 0.0, turn)[:, None]

    def lift(t: F64) -> F64:
        sweep = 1 + 0.32 * front * right * np.sin(np.pi * np.clip(t * 1.1, 0, 1))
        high = curtain.volume * k * sweep * (0.35 + 0.65 * smoothstep(0, 0.3, t)) * (1 - 0.85 * smoothstep(0.5, 1.0, t))
        close = 0.35 + 0.65 * smoothstep(0.0, 0.10, turn)[:, None]  # the edge beside the face lies on the skin
        return high * close * smoothstep(-0.02, 0.10, t)

    arch = np.where(right[:, 0], 0.40, 0.12) * front[:, 0]
    combed = over_skull(head, starts, goals, lift, arch)
    top = surface(combed, head, 9, shade=0.92, root_shade=0.88, bulge=0.0018, period=4, end=0.88)
    place = rng.permutation((np.arange(38) + rng.uniform(0.2, 0.8, 38)) / 38)
    up = np.sort(rng.uniform(0.001, feather, 38)) * k
    look = replace(LOCK, width=0.022, tip_width=0.35, segments=6, tiles=("dense0", "medium0", "medium1"), tip=1.0)
    locks = cards(combed.at(place, up, rng.normal(0, 0.005 * k, 38)), up, look, head, rng)
    ends = tufts(combed, 60, head, rng, length=0.035, lift=(0.001, 0.5 * feather), begin=(0.55, 0.85))
    place = rng.random(18)
    thin = cards(combed.at(place, 0.7 * feather * k), np.full(18, 0.005), replace(WISP, segments=5), head, rng)
    sides = shells(head, line, "cap", (0.0025, 0.0055), 0.008, tint, under_volume(head, 0.003))
    return Grown(join([*sides, ends, locks, thin]), top)


def undercut(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Long on top and combed straight back, the sides shorn."""
    k, count = head.scale, 29
    line = Hairline(recession=2, sideburn=1)
    patch = dome(head, line)
    along = np.linspace(1, -1, count)
    azimuth = 47 * along
    u = np.interp(azimuth, patch.edge_azimuth, patch.arc)
    starts = patch.directions(u, np.full(count, 0.95))
    goals = direction(180 - 52 * along, 24 + 10 * np.abs(along) ** 2 + rng.uniform(-2, 2, count))
    edge = (1 - np.abs(along) ** 4)[:, None]

    def lift(t: F64) -> F64:
        quiff = 0.020 * smoothstep(0, 0.14, t) - 0.010 * smoothstep(0.2, 0.9, t)
        return quiff * k * (0.30 + 0.70 * edge)

    combed = over_skull(head, starts, goals, lift)
    top = surface(
        combed, head, 13, tile="sheet0", shade=0.92, root_shade=0.85, bulge=0.0035, period=4, spacing=1.1, end=0.90
    )
    place = rng.permutation((np.arange(30) + rng.uniform(0.2, 0.8, 30)) / 30)
    up = np.sort(rng.uniform(0.001, 0.005, 30)) * k
    look = replace(LOCK, width=0.020, tip_width=0.4, root_width=0.7, segments=9)
    locks = cards(combed.at(place, up, rng.normal(0, 0.003 * k, 30)), up, look, head, rng)
    place = np.concatenate([np.linspace(0.0, 0.02, 3), np.linspace(0.98, 1.0, 3), rng.random(10)])
    thin = cards(combed.at(place, 0.004 * k), np.full(16, 0.004), replace(WISP, segments=8), head, rng)
    sides = shells(head, line, "buzz", (0.0022, 0.0040), 0.008, 0.88)
    return Grown(join([*sides, locks, thin]), top)
