"""The shape of a shoe: rings lofted from the sole's outline over the foot to the opening, and up a shaft."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.character import FootwearKind
from avatar.human.figure import F64
from avatar.human.wardrobe.mesh import smoothstep, unit
from avatar.human.wardrobe.shoes.foot import STATIONS, Foot
from avatar.human.wardrobe.surface import Surface

ARCHIVE = "shoes.npz"
HALF = 10  # columns from the toe to the heel along one side
AROUND = 2 * HALF
_ALONG = np.array([0.993, 0.978, 0.90, 0.79, 0.67, 0.54, 0.41, 0.285, 0.16, 0.05, 0.0])  # stations of those columns
_DOME = np.array([0.0, 0.11, 0.24, 0.40, 0.59, 0.79, 1.0])  # rows of the upper where it closes over the toes,
_WALL = np.array([0.0, 0.14, 0.32, 0.50, 0.68, 0.86, 1.0])  # and where it stands round the heel
_SPARED = (0.59,)  # rows that a boot does without


@dataclass(frozen=True, slots=True)
class ShoeFit:
    """How a kind of shoe is built. Metres on an average adult; heights are over the ground."""

    heel: float  # thickness of the sole under the heel
    tread: float  # and under the toes
    welt: float  # how far the sole stands out
    toe_box: float  # height over the toes
    throat: float  # station where the opening begins
    rim_heel: float  # height of the rim behind,
    rim_side: float  # beside the ankle,
    close: float  # distance of the rim from the skin
    roll: float = 0.0  # thickness of a padded rim
    arch: float = 0.0  # how far a block heel lifts the waist of the sole
    spring: float = 0.010  # lift of the toe
    point: float = 0.0  # 0 round toe, 1 pointed
    swell: float = 2.6  # exponent of the cross-section: large is boxy
    shaft: float = 0.0  # height of a shaft's top over the ankle joint
    tongue: float = 0.0  # how far a tongue stands over the throat
    laces: int = 0
    bow: bool = False
    wide: float = 1.0  # of the opening, times the leg's width


SHOES = {
    FootwearKind.SNEAKERS: ShoeFit(
        heel=0.031, tread=0.024, welt=0.0045, toe_box=0.056, throat=0.50, rim_heel=0.089, rim_side=0.066, close=0.006,
        roll=0.005, tongue=0.018, laces=5, bow=True,
    ),
    FootwearKind.BOOTS: ShoeFit(
        heel=0.036, tread=0.024, welt=0.0055, toe_box=0.062, throat=0.44, rim_heel=0.105, rim_side=0.100, close=0.008,
        roll=0.004, arch=0.012, spring=0.012, swell=2.8, shaft=0.125, laces=7,
    ),
    FootwearKind.LOAFERS: ShoeFit(
        heel=0.024, tread=0.012, welt=0.0035, toe_box=0.044, throat=0.52, rim_heel=0.070, rim_side=0.056, close=0.0025,
        roll=0.0015, arch=0.009, spring=0.007, point=0.35, swell=2.4, wide=1.15,
    ),
    FootwearKind.FLATS: ShoeFit(
        heel=0.012, tread=0.007, welt=0.0015, toe_box=0.038, throat=0.80, rim_heel=0.058, rim_side=0.037, close=0.002,
        roll=0.001, spring=0.004, point=0.25, swell=2.3, bow=True, wide=1.3,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loft:
    """A shoe in the foot's axes; columns start at the toe and go round by the outside."""

    sole: F64  # (2, AROUND, 3) lower and upper edge
    upper: F64  # (rows, AROUND, 3) from the sole up; the last two turn into the shoe
    rim: int  # row of the rim in ``upper``
    throat: int  # row of the opening over the foot: the rim, or the foot of a shaft
    foot: Foot
    fit: ShoeFit


def to_arrays(name: str, made: Loft) -> dict[str, NDArray[Any]]:
    """Flat arrays for an npz archive, keys prefixed."""
    foot = {f"foot/{item.name}": np.asarray(getattr(made.foot, item.name)) for item in fields(Foot)}
    own = {"sole": made.sole.astype(np.float32), "upper": made.upper.astype(np.float32)}
    rows = {"rim": np.array(made.rim), "throat": np.array(made.throat)}
    return {f"{name}/{key}": array for key, array in (own | rows | foot).items()}


@functools.cache
def average(kind: FootwearKind) -> Loft:
    """The left shoe of an average adult, on which shoes are painted; baked by ``tools/bake_wardrobe.py``."""
    with (resources.files("avatar.human") / "data" / ARCHIVE).open("rb") as handle, np.load(handle) as archive:
        flat = {key.removeprefix(f"{kind}/"): archive[key] for key in archive if key.startswith(f"{kind}/")}
    measured: dict[str, Any] = {item.name: flat[f"foot/{item.name}"] for item in fields(Foot)}
    numbers: dict[str, Any] = {name: value if value.ndim else float(value) for name, value in measured.items()}
    upper, sole = flat["upper"].astype(np.float64), flat["sole"].astype(np.float64)
    return Loft(sole, upper, int(flat["rim"]), int(flat["throat"]), Foot(**numbers), SHOES[kind])


def turns() -> F64:
    """(AROUND,) angle of the columns: 0 toe, pi/2 outside, pi heel."""
    return np.arange(AROUND) * np.pi / HALF


def _along() -> F64:
    return np.concatenate([_ALONG, _ALONG[-2:0:-1]])


def _fold(foot: Foot, fit: ShoeFit, t: F64) -> tuple[F64, F64]:
    """Centre line and half width of the shoe at stations: round at both ends."""
    half = np.interp(t, STATIONS, (foot.outer - foot.inner) / 2)
    toe = np.clip((t - 0.72) / 0.28, 0, 1) ** (2.9 - 0.9 * fit.point)
    heel = np.clip((0.2 - t) / 0.2, 0, 1) ** 2.2
    half = np.where(t > 0.72, np.interp(0.72, STATIONS, (foot.outer - foot.inner) / 2), half)
    at = foot.middle(np.array([0.72]))[0]
    middle = foot.middle(t)
    # the point of the shoe lies between the big toe and the middle of the foot
    middle = middle + (at * 0.35 + middle * 0.65 - middle) * smoothstep(0.72, 1, t) * (t > 0.72)
    return middle, half * np.sqrt(np.clip(1 - toe - heel, 0, 1))


def _sole_top(foot: Foot, fit: ShoeFit, t: F64) -> F64:
    k = 0.4 + 0.6 * foot.scale
    lift = fit.spring * foot.scale * smoothstep(0.76, 1.0, t)
    return (fit.heel + (fit.tread - fit.heel) * smoothstep(0.25, 0.62, t)) * k + lift


def ridge(foot: Foot, fit: ShoeFit, t: F64) -> F64:
    """Height of the upper along its middle."""
    k = foot.scale
    top = np.maximum.accumulate((foot.top + 0.006 * k)[::-1])[::-1]
    box = fit.toe_box * k * (1 + 0.10 * smoothstep(0.86, 0.62, STATIONS))
    line = np.interp(t, STATIONS, np.maximum(top, box))
    base = _sole_top(foot, fit, t)
    fall = np.clip((t - 0.80) / 0.20, 0, 1) ** 2.5
    return np.asarray(base + (line - base) * (1 - fall) ** 0.4)


def dome(foot: Foot, fit: ShoeFit, x: F64, t: F64) -> F64:
    """Height of the closed upper over the plan."""
    middle, half = _fold(foot, fit, t)
    off = np.clip(np.abs(x - middle) / np.maximum(half * 1.015, 1e-6), 0, 1)
    base = _sole_top(foot, fit, t)
    return np.asarray(base + (ridge(foot, fit, t) - base) * (1 - off**fit.swell) ** (1 / fit.swell))


def _opening(foot: Foot, fit: ShoeFit) -> F64:
    """(AROUND, 3) the rim before it is fitted to the skin."""
    k = foot.scale
    phi = turns()
    sin, cos = np.sin(phi), np.cos(phi)
    x0, z0, width, depth = foot.leg
    back = max(z0 - depth - 0.004 * k, foot.heel + 0.006 * k)
    front = max(foot.heel + fit.throat * foot.length, z0 + depth * 0.8)
    z = (back + front) / 2 + (front - back) / 2 * cos
    t = foot.t(z)
    low = smoothstep(0.50, 0.60, np.full(AROUND, fit.throat))  # low shoes are cut along the foot, not round the leg
    _, half = _fold(foot, fit, t)
    along_foot = foot.middle(t) + np.sign(sin) * np.abs(sin) ** 0.75 * half * 0.80
    x = (x0 + (width + 0.004 * k) * sin) * (1 - low) + along_foot * low
    over = dome(foot, fit, x, t)
    heel = smoothstep(0.15, -0.95, cos) ** 1.6
    side = (fit.rim_side + (fit.rim_heel - fit.rim_side) * heel) * k
    front_share = smoothstep(0.0, 0.85, cos) if fit.throat < 0.55 else smoothstep(-0.2, 0.75, cos)
    return np.stack([x, side * (1 - front_share) + over * front_share, z], 1)


def _settled(rim: F64, fit: ShoeFit, k: float, skin: Surface) -> F64:
    """The rim laid round the leg: as near to the skin as the kind says, and one smooth line."""
    near = fit.close * k
    for _ in range(3):
        signed, outward = skin.distance(rim)
        rim = rim - outward * np.where(signed > near, (signed - near) * 0.8, signed - near)[:, None]
        rim = (np.roll(rim, 1, 0) + 2 * rim + np.roll(rim, -1, 0)) / 4
    return skin.push_out(rim, near)


def loft(foot: Foot, fit: ShoeFit, skin: Surface | None = None) -> Loft:
    """The rings of one shoe. skin: (in the foot's axes) what the upper has to stay outside of."""
    k = foot.scale
    t = _along()
    phi = turns()
    sin, cos = np.sin(phi), np.cos(phi)
    middle, half = _fold(foot, fit, t)
    x, z = middle + half * np.sign(np.round(sin, 9)), foot.z(t)

    def ring(by: float, y: F64) -> F64:
        return np.stack([x + by * k * sin, y, z + by * k * cos], 1)

    top = _sole_top(foot, fit, t)
    lift = fit.spring * k * smoothstep(0.78, 1.0, t)
    waist = fit.arch * k * smoothstep(0.27, 0.31, t) * smoothstep(0.66, 0.50, t)
    ground = lift + waist
    sole = np.stack([ring(fit.welt - 0.0018, ground), ring(fit.welt, top)])
    rim = _opening(foot, fit)
    if skin is not None:
        rim = _settled(rim, fit, k, skin)
    edge = ring(0.0, top)
    wall = smoothstep(0.66, 0.40, t)[:, None]
    shares = [(d, h) for d, h in zip(_DOME, _WALL, strict=True) if not (fit.shaft and d in _SPARED)]
    over = _over(foot, fit, edge, rim, np.array([d for d, _ in shares]))
    rows = []
    for row, (_, h) in enumerate(shares):
        inward = h**2.6 - 0.10 * np.sin(np.pi * h)
        beside = edge + (rim - edge) * np.array([inward, h, inward])
        rows.append(over[row] * (1 - wall) + beside * wall)
    rows[0] = ring(fit.welt, top)
    upper = np.stack(rows)
    if skin is not None:
        inner = upper[1:-1]
        ease = 0.35 * smoothstep(0.82, 0.60, t)[None, :, None]  # toes stay full
        for _ in range(3):  # out of the foot, and even
            inner[:] = skin.push_out(inner.reshape(-1, 3), 0.003 * k).reshape(inner.shape)
            beside = (np.roll(inner, 1, 1) + np.roll(inner, -1, 1)) / 2
            inner += ease * ((upper[:-2] + upper[2:]) / 4 + beside / 2 - inner)
        inner[:] = skin.push_out(inner.reshape(-1, 3), 0.0025 * k).reshape(inner.shape)
        for row in range(len(upper) - 2, 0, -1):  # no row of a wall climbs over the next
            level = upper[row + 1, :, 1] - 0.0045 * k
            upper[row, :, 1] -= np.maximum(upper[row, :, 1] - level, 0) * (wall[:, 0] > 0.3)
        for _ in range(3):  # where the middle of an edge still dips, its ends go out sideways
            middle = (inner + np.roll(inner, -1, 1)) / 2
            signed, outward = skin.distance(middle.reshape(-1, 3))
            push = unit(outward * [1.0, 0.0, 1.0]) * np.maximum(0.0035 * k - signed, 0)[:, None]
            both = push.reshape(inner.shape)
            inner += np.where(np.abs(both) > np.abs(np.roll(both, 1, 1)), both, np.roll(both, 1, 1))
    throat = len(upper) - 1
    if fit.shaft:
        upper = np.concatenate([upper, _shaft(foot, fit, upper[-1], skin)])
    return Loft(sole, np.concatenate([upper, _lining(fit, k, upper[-1], skin)]), len(upper) - 1, throat, foot, fit)


def _over(foot: Foot, fit: ShoeFit, edge: F64, rim: F64, shares: F64) -> F64:
    """(rows, AROUND, 3) lines from the sole's edge over the closed upper to the rim, at shares of their length."""
    s = np.linspace(0, 1, 48)[:, None, None] ** 1.8
    path = edge + (rim - edge) * s
    flat = path.reshape(-1, 3)
    path[..., 1] = dome(foot, fit, flat[:, 0], foot.t(flat[:, 2])).reshape(path.shape[:2])
    lack = rim[:, 1] - dome(foot, fit, rim[:, 0], foot.t(rim[:, 2]))
    path[..., 1] += lack * s[..., 0] ** 2
    step = np.linalg.norm(np.diff(path, axis=0), axis=2)
    length = np.vstack([np.zeros(AROUND), np.cumsum(step, 0)])
    out = np.zeros((len(shares), AROUND, 3))
    for column in range(AROUND):
        along = length[:, column] / length[-1, column]
        for axis in range(3):
            out[:, column, axis] = np.interp(shares, along, path[:, column, axis])
    return out


def _shaft(foot: Foot, fit: ShoeFit, ankle: F64, skin: Surface | None) -> F64:
    """(2, AROUND, 3) rings from the ankle to the shaft's level top."""
    k = foot.scale
    phi = turns()
    x0, z0, width, depth = foot.leg
    top = foot.ankle + fit.shaft * k
    out = []
    for share in (0.42, 1.0):
        y = ankle[:, 1] + (top + 0.004 * k * np.cos(phi) - ankle[:, 1]) * share
        ring = np.stack([x0 + width * 1.1 * np.sin(phi), y, z0 + depth * 1.1 * np.cos(phi)], 1)
        if skin is not None:
            for _ in range(3):
                signed, outward = skin.distance(ring)
                ring[:, [0, 2]] += (outward * (fit.close * 1.4 * k - signed)[:, None])[:, [0, 2]]
                ring[:, [0, 2]] = (np.roll(ring, 1, 0) + 2 * ring + np.roll(ring, -1, 0))[:, [0, 2]] / 4
        out.append(ring)
    out[0][:, [0, 2]] = 0.35 * ankle[:, [0, 2]] + 0.65 * out[0][:, [0, 2]]
    return np.stack(out)


def _lining(fit: ShoeFit, k: float, rim: F64, skin: Surface | None) -> F64:
    """(2, AROUND, 3) the rim's roll, and a lining that ends inside the leg: nobody looks into a gap."""
    centre = rim.mean(0)
    inward = (centre - rim) * [1.0, 0.0, 1.0]
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
    roll = rim + inward * max(fit.roll, 0.0012) * k + [0.0, fit.roll * 0.25 * k, 0.0]
    deep = rim + inward * 0.012 * k - [0.0, 0.013 * k, 0.0]
    if skin is not None:
        for _ in range(2):
            signed, outward = skin.distance(deep)
            deep = deep - outward * (signed + 0.003 * k)[:, None]
    return np.stack([roll, deep])
