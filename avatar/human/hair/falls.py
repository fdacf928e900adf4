"""Hair that falls from a parting: bobs, long hair straight and wavy, curls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F64
from avatar.human.hair.cap import cap, under_volume
from avatar.human.hair.cards import cards
from avatar.human.hair.curtains import POINTS, Curtain, Falling, chains, fall, surface
from avatar.human.hair.hairline import Dome, Hairline, Roots, dome
from avatar.human.hair.mesh import Grown, HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Flow, Layer, grow
from avatar.human.hair.vectors import resample, smoothstep

LONG_REACH = 0.16  # metres below the neck joint that long hair ends, at adult head size
MAX_SIDE = 0.135  # metres from the middle plane: long hair stays off the arms


def everywhere(roots: Roots) -> NDArray[np.bool_]:
    """All of the scalp."""
    return np.ones(len(roots), bool)


LOCK = Layer(
    0, 0.0, everywhere, Flow.DOWN, width=0.027, root_width=0.55, tip_width=0.45, segments=9,
    tiles=("dense0", "dense1", "dense2"), shade=(0.86, 1.0), root_shade=0.9, twist=0.10, round=0.40, spacing=1.25,
)  # fmt: skip
WISP = replace(
    LOCK, width=0.014, tiles=("wisp0",), shade=(0.92, 1.0), twist=0.5, tip_width=0.8, root_width=0.7, segments=7
)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a falling style is made of beside its curtain."""

    curtain: Curtain
    strands: int = 35
    segments: int = 11
    locks: int = 34
    wisps: int = 22
    lock: Layer = LOCK
    wisp: Layer = WISP
    bangs: bool = False
    spread: float = 0.004  # metres that locks stand out from the surface
    tip: float = 1.0  # below 1 the hem is blunt
    end: float = 0.90  # share of the length that the surface reaches; cards go on
    springs: int = 0


def below_jaw(head: HeadModel) -> Curtain:
    """A bob: to the jaw in front, a little shorter behind."""
    k = head.scale
    jaw = head.chin + 0.004 * k

    def hem(p: F64) -> F64:
        height: F64 = jaw + 0.022 * k * smoothstep(0.06, -0.06, p[..., 2] - head.centre[2])
        return height

    return Curtain(part=0.018, front=45, drop=0.20, hem=hem, ragged=0.003, volume=0.014, clearance=0.014)


def down_the_back(head: HeadModel, part: float = 0.0) -> Curtain:
    """Long: over the back to the shoulder blades, over the chest a little shorter."""
    k = head.scale
    end = head.neck[1] - LONG_REACH * k

    def hem(p: F64) -> F64:
        height: F64 = end + 0.035 * k * smoothstep(-0.02, 0.10, p[..., 2] - head.centre[2])
        return height

    return Curtain(part=part, drop=0.50, hem=hem, ragged=0.012, max_side=MAX_SIDE)


def bob(head: HeadModel, rng: np.random.Generator, bangs: bool = False) -> Grown:
    """To the jaw."""
    curtain = below_jaw(head)
    curtain = replace(curtain, part=0.0, parted=0.2, front=47) if bangs else curtain
    return falling(Cut(curtain, segments=13, locks=36, wisps=16, bangs=bangs, tip=0.90, end=0.965), head, rng)


def bob_bangs(head: HeadModel, rng: np.random.Generator) -> Grown:
    """To the jaw, with a fringe."""
    return bob(head, rng, bangs=True)


def long_straight(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Parted in the middle, over back and chest."""
    return falling(Cut(down_the_back(head), segments=18, springs=6), head, rng)


def long_bangs(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Long with a fringe."""
    curtain = replace(down_the_back(head), front=47, parted=0.2)
    return falling(Cut(curtain, segments=16, locks=28, bangs=True, springs=6), head, rng)


def long_wavy(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Long waves, parted at the side."""
    curtain = replace(
        down_the_back(head, 0.022), wave=0.013, wave_length=0.19, volume=0.015, clearance=0.016, ragged=0.02
    )
    lock = replace(LOCK, width=0.030, tip_width=0.35, twist=0.35, segments=13)
    return falling(Cut(curtain, segments=18, locks=34, lock=lock, spread=0.006, springs=6), head, rng)


def curly(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Ringlets to the jaw."""
    k = head.scale
    hem_height = head.chin - 0.005 * k
    curtain = Curtain(
        part=0.02, front=47, volume=0.018, clearance=0.016, drop=0.20, hem=lambda p: hem_height + 0 * p[..., 0],
        ragged=0.012, wave=0.007, wave_length=0.09, root_lift=0.5,
    )  # fmt: skip
    lock = replace(
        LOCK, width=0.036, root_width=0.6, tip_width=0.75, tiles=("curl0", "curl1", "curl2"), segments=8, twist=0.5,
        round=0.6, shade=(0.74, 1.0),
    )  # fmt: skip
    wisp = replace(lock, width=0.030, shade=(0.9, 1.0))
    return falling(
        Cut(curtain, strands=33, segments=9, locks=74, wisps=30, lock=lock, wisp=wisp, spread=0.014), head, rng
    )


def falling(cut: Cut, head: HeadModel, rng: np.random.Generator) -> Grown:
    """Cap, inner surface, outer surface, locks, wisps and, if any, a fringe."""
    k, curtain = head.scale, cut.curtain
    line = Hairline()
    patch = dome(head, line)
    under = cap(head, dome(head, line, 0.008), tint=0.72, inflate=under_volume(head, 0.006))
    outer = fall(curtain, head, patch, cut.strands, rng)
    inner_curtain = replace(
        curtain, volume=0.4 * curtain.volume, clearance=max(0.006, 0.45 * curtain.clearance), front=curtain.front + 16,
        ragged=2 * curtain.ragged, guard=curtain.guard + 12,
    )  # fmt: skip
    inner = fall(inner_curtain, head, patch, 25, rng)
    sheets = [
        surface(inner, head, max(5, cut.segments - 4), tile="sheet1", shade=0.66, spacing=0.9, bulge=0.0, end=cut.end),
        surface(outer, head, cut.segments, shade=0.95, end=cut.end),
    ]
    place = (np.arange(cut.locks) + rng.uniform(0.2, 0.8, cut.locks)) / cut.locks
    lift = np.sort(rng.uniform(0.2, 1.0, cut.locks)) * cut.spread * k
    place = rng.permutation(place)
    lines = outer.at(place, lift + 0.0015, rng.normal(0, 0.004 * k, cut.locks))
    locks = cards(lines, lift, replace(cut.lock, tip=cut.tip), head, rng)
    # beside the face first: there an edge shows most
    sides = np.array([0.002, 0.012, 0.03, 0.97, 0.988, 0.998])
    place = np.concatenate([sides, np.sort(rng.uniform(0.02, 0.98, cut.wisps - len(sides)))])
    lift = np.concatenate([np.full(len(sides), 0.001), rng.uniform(0.2, 0.9, cut.wisps - len(sides)) * cut.spread])
    lines = outer.at(place, lift * k + 0.002, rng.normal(0, 0.003 * k, cut.wisps))
    soft = [under, locks, cards(lines, lift, cut.wisp, head, rng)]
    if cut.bangs:
        fringe, tips = bangs(head, patch, rng)
        sheets.append(fringe)
        soft.append(tips)
    level = head.eye_level - 0.03 * k
    return Grown(join(soft), join(sheets), chains(outer.lines, cut.springs, level) if cut.springs else ())


def bangs(head: HeadModel, patch: Dome, rng: np.random.Generator, low: float = 0.020) -> tuple[HairMesh, HairMesh]:
    """(surface, locks and wisps) of a fringe cut ``low`` metres above the eyes."""
    k = head.scale
    count = 23
    azimuth = np.linspace(57, -57, count)
    roots = patch.ring(azimuth, 0.42 + 0.30 * (np.abs(azimuth) / 57) ** 2, rng, 0.0)
    brow = head.eye_level + low * k

    def hem(p: F64) -> NDArray[np.bool_]:
        side = smoothstep(0.035, 0.062, np.abs(p[..., 0]) / k)
        lower: NDArray[np.bool_] = p[..., 1] < brow - 0.016 * k * side
        return lower

    layer = Layer(
        count, 0.17, everywhere, Flow.FRINGE, lift=0.35, flow_weight=0.9, gravity=0.9, comb_length=0.05, adhesion=0.8,
        clearance=(0.016, 0.016), cut=hem, jitter=0.0, chaos=0.0,
    )  # fmt: skip
    lines, _ = grow(layer, head, roots, rng)
    lines = resample(lines, np.linspace(0, 1, POINTS))
    fringe = Falling(lines, np.linspace(0, 1, count), head.volume_normal(lines))
    sheet = surface(fringe, head, 7, tile="sheet1", shade=0.92, root_shade=0.9, period=3, bulge=0.002, end=0.95)
    look = replace(LOCK, tip=0.92, width=0.017, segments=6, root_width=0.6, tip_width=0.55, round=0.3, shade=(0.9, 1.0))
    lift = np.sort(rng.uniform(0.001, 0.004, 15)) * k
    locks = cards(
        fringe.at(rng.permutation((np.arange(15) + 0.5) / 15), lift, rng.normal(0, 0.003, 15)), lift, look, head, rng
    )
    lift = rng.uniform(0.001, 0.005, 14) * k
    thin = cards(fringe.at(rng.random(14), lift), lift, replace(WISP, width=0.012, segments=5), head, rng)
    return sheet, join([locks, thin])
