"""Sneakers lofted over the foot: outline of the sole, wall, dome, ankle opening."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F32, F64, I64, U8, Figure, Material, Part
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.frame import SIDES, Dummy, shell_topology
from avatar.human.wardrobe.mesh import smoothstep, unit, vertex_normals
from avatar.human.wardrobe.raster import rasterise

NODE = "Wolf3D_Outfit_Footwear"
AROUND = 20  # columns round the shoe; one more repeats the heel for the texture's seam
SOLE, WELT, TOE_BOX = 0.026, 0.004, 0.040  # metres: height of the sole, its overhang, height of the toe box
SIZE = 512
_BINS = np.linspace(0, 1, 15)  # stations from heel to toe
_ROWS = 10

# Half outline of an average adult's bare left foot at the stations, metres: inner edge, outer edge, top.
_INNER = np.array([-25, -30, -32, -32, -30, -28, -28, -31, -36, -41, -44, -44, -40, -34, -30]) / 1000
_OUTER = np.array([24, 31, 34, 36, 39, 42, 45, 47, 49, 50, 50, 48, 43, 34, 28]) / 1000
_TOP = np.array([72, 88, 96, 100, 100, 95, 84, 73, 63, 54, 46, 38, 32, 28, 25]) / 1000
_LENGTH, _HEEL, _ANKLE = 0.275, -0.075, 0.083


@dataclass(frozen=True, slots=True)
class Foot:
    """A foot in its own axes: x outward, y up from the ground, z from the ankle towards the toes; metres."""

    inner: F64  # (15,) x of the inner edge at the stations
    outer: F64
    top: F64
    heel: float  # z of the shoe's back
    length: float
    ankle: float  # height of the joint
    opening: F64  # (4,) centre x, centre z, half width, half depth of the leg above the ankle
    scale: float


def _measure(figure: Figure, dummy: Dummy, side: str, sign: float) -> tuple[Foot, F64]:
    """The foot and its axes (3, 3): outward, up, forward."""
    k = dummy.frame.scale
    ankle, ball = figure.joints[f"{side}Foot"], figure.joints[f"{side}ToeBase"]
    forward = unit((ball - ankle) * [1.0, 0.0, 1.0])
    axes = np.stack([np.cross([0.0, 1.0, 0.0], forward) * sign, [0.0, 1.0, 0.0], forward])
    skin = shell_topology().skin
    share = figure.weights[skin][:, [dummy.columns[f"{side}{part}"] for part in ("Foot", "ToeBase", "Toe_End")]].sum(1)
    points = figure.vertices[skin[(share > 0.5) & (figure.vertices[skin, 1] < ankle[1] + 0.02 * k)]]
    x, z = ((points - ankle) @ axes[[0, 2]].T).T
    y = points[:, 1]
    heel, toe = float(z.min()) - 0.006 * k, float(z.max()) + 0.010 * k
    t = (z - heel) / (toe - heel)
    low = y < 0.05 * k
    inner, outer, top = (np.zeros(len(_BINS)) for _ in range(3))
    for number, station in enumerate(np.clip(_BINS, 0.05, 0.93)):
        near = np.abs(t - station) < 0.05
        near_low = near & low if (near & low).any() else near
        inner[number], outer[number], top[number] = x[near_low].min(), x[near_low].max(), y[near].max()
    leg = dummy.positions[
        (np.abs(dummy.positions[:, 1] - (ankle[1] + 0.035 * k)) < 0.018 * k) & (dummy.positions[:, 0] * sign > 0)
    ]
    lx, lz = ((leg - ankle) @ axes[[0, 2]].T).T
    opening = np.array([lx.min() + lx.max(), lz.min() + lz.max(), np.ptp(lx), np.ptp(lz)]) / 2
    opening[2:] += 0.005 * k
    foot = Foot(
        _blur(inner) - 0.005 * k, _blur(outer) + 0.005 * k, _blur(top), heel, toe - heel, float(ankle[1]), opening, k
    )
    return foot, axes


def _blur(values: F64) -> F64:
    return np.convolve(np.r_[values[0], values, values[-1]], [0.25, 0.5, 0.25], "valid")


@functools.cache
def _average_foot() -> Foot:
    return Foot(_INNER, _OUTER, _TOP, _HEEL, _LENGTH, _ANKLE, np.array([0.0, -0.012, 0.038, 0.049]), 1.0)


def _loft(foot: Foot) -> F64:
    """(_ROWS, AROUND, 3) rings from the ground into the opening, in the foot's axes; column 0 at the toe."""
    k = foot.scale
    middle, half = (foot.inner + foot.outer) / 2, (foot.outer - foot.inner) / 2
    phi = np.arange(AROUND) * 2 * np.pi / AROUND  # 0 toe, pi/2 outside, pi heel
    sin, cos = np.sin(phi), np.cos(phi)
    t = 0.5 + 0.5 * np.sign(cos) * np.abs(cos) ** 0.78
    round_toe, round_heel = np.clip((t - 0.72) / 0.28, 0, 1) ** 2.3, np.clip((0.2 - t) / 0.2, 0, 1) ** 2.2
    cap = np.sqrt(np.clip(1 - round_toe - round_heel, 0, 1))
    toe_box = t > 0.72
    centre = np.interp(t, _BINS, middle)
    settled = np.interp(0.72, _BINS, middle) * 0.35 + centre * 0.65
    centre = centre + np.where(toe_box, (settled - centre) * smoothstep(0.72, 1, t), 0)
    width = np.where(toe_box, np.interp(0.72, _BINS, half), np.interp(t, _BINS, half))
    outline = np.stack([centre + width * cap * np.where(np.abs(sin) > 1e-6, np.sign(sin), 0), t], 1)

    sole = SOLE * (0.4 + 0.6 * k)
    x0, z0, half_width, half_depth = foot.opening
    back = max(z0 - half_depth - 0.004 * k, foot.heel + 0.006 * k)
    front = max(foot.heel + 0.50 * foot.length, z0 + half_depth + 0.006 * k)
    z_open = (back + front) / 2 + (front - back) / 2 * cos
    opening = np.stack([x0 + half_width * sin, (z_open - foot.heel) / foot.length], 1)
    ridge = np.maximum.accumulate((foot.top + 0.007 * k)[::-1])[::-1]
    toe_height = sole + TOE_BOX * k
    ridge = np.maximum(ridge, toe_height * (0.6 + 0.4 * smoothstep(1.03, 0.86, _BINS)))

    def dome(x: F64, at: F64) -> F64:
        off = np.abs(x - np.interp(at, _BINS, middle)) / (np.interp(at, _BINS, half) * 1.02)
        height = np.interp(at, _BINS, ridge) - sole
        return sole + height * np.sqrt(1 - np.clip(off, 0, 1) ** 2.6)

    def ring(xt: F64, y: F64) -> F64:
        return np.stack([xt[:, 0], y, foot.heel + xt[:, 1] * foot.length], 1)

    def grown(by: float) -> F64:
        return outline + np.stack([by * sin, by * cos / foot.length], 1)

    spring = 0.010 * k * smoothstep(0.78, 1.0, t)  # the toe lifts off the ground
    rows = [
        ring(grown((WELT - 0.004) * k), spring),
        ring(grown((WELT + 0.0015) * k), sole * 0.45 + spring),
        ring(grown(WELT * k), sole + spring * 0.9),
        ring(grown(0.0), sole + 0.0005 + spring * 0.9),
    ]
    rim = foot.ankle + 0.012 * k * np.maximum(-cos, 0) + 0.016 * k * np.maximum(cos, 0)
    for share in (0.07, 0.22, 0.46, 0.74, 1.0):
        xt = outline + (opening - outline) * share
        over = dome(xt[:, 0], xt[:, 1])
        beside = sole + (rim - sole) * share
        wall = smoothstep(0.62, 0.42, xt[:, 1])
        y = np.minimum(over, np.maximum(rim, over)) * (1 - wall) + np.maximum(beside, np.minimum(over, beside)) * wall
        if share == 1.0:
            y = np.where(cos > 0.2, np.maximum(over * 0.4 + rim * 0.6, rim), rim)
        rows.append(ring(xt, y + spring * (1 - share) * 0.8))
    inside = rows[-1].copy()
    mean = inside[:, [0, 2]].mean(0)
    inside[:, [0, 2]] = mean + (inside[:, [0, 2]] - mean) * 0.86
    inside[:, 1] -= 0.016 * k
    return np.stack([*rows, inside])


@functools.cache
def _topology() -> tuple[I64, F64, NDArray[np.int64]]:
    """Triangles (wound for the left foot), uv (v down) and the loft's point of each vertex."""
    columns = AROUND + 1
    turn = (np.arange(columns) + AROUND // 2) % AROUND  # the seam runs down the heel
    source = (np.arange(_ROWS)[:, None] * AROUND + turn[None]).ravel()
    index = np.arange(_ROWS * columns).reshape(_ROWS, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    wall = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    base, j = _ROWS * columns, np.arange(AROUND)
    tread = np.stack([base + (j + 1) % AROUND, base + j, np.full(AROUND, base + AROUND)], 1)
    u, v = np.meshgrid(np.linspace(0.01, 0.99, columns), np.linspace(0.01, 0.81, _ROWS))
    flat = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    under = np.r_[np.stack([0.5 + 0.06 * np.sin(flat), 0.92 + 0.06 * np.cos(flat)], 1), [[0.5, 0.92]]]
    uv = np.vstack([np.stack([u.ravel(), v.ravel()], 1), under])
    # the tread repeats the first ring; its middle is a point of its own
    return np.vstack([wall, tread]), uv, np.r_[source, turn[:AROUND], _ROWS * AROUND]


def _points(rings: F64) -> F64:
    """Loft points and the middle of the tread."""
    return np.vstack([rings.reshape(-1, 3), rings[0].mean(0)])


def sneaker_coat(colour: str) -> Coat:
    """``Wolf3D_Outfit_Footwear``."""
    return Coat(
        Material(NODE, roughness=0.6, double_sided=True),
        {
            Slot.COLOUR: Paint(paint_key("sneakers", colour), lambda: _colour(_layers()[0], colour)),
            Slot.NORMAL: Paint(paint_key("sneakers relief"), lambda: _layers()[1]),
        },
    )


def sneakers(figure: Figure, dummy: Dummy, colour: str) -> tuple[Part, NDArray[np.bool_]]:
    """Both shoes as one part, and which base vertices they hide (19158,)."""
    triangles, uv, source = _topology()
    positions: list[F64] = []
    normals: list[F64] = []
    faces: list[I64] = []
    weights: list[F32] = []
    hidden = np.zeros(len(figure.vertices), bool)
    for side, sign in SIDES:
        foot, axes = _measure(figure, dummy, side, sign)
        k = foot.scale
        loft = _points(_loft(foot))
        ankle = figure.joints[f"{side}Foot"] * [1.0, 0.0, 1.0]
        local = loft[source]
        own = triangles if sign > 0 else triangles[:, ::-1]
        place = ankle + local @ axes
        welded = vertex_normals(ankle + loft @ axes, source[own])[source]
        ball = float((figure.joints[f"{side}ToeBase"] - figure.joints[f"{side}Foot"]) @ axes[2])
        toes = smoothstep(ball - 0.03 * k, ball + 0.035 * k, local[:, 2]) * (local[:, 1] < 0.11 * k)
        leg = smoothstep(foot.ankle + 0.015 * k, foot.ankle + 0.07 * k, local[:, 1])
        weight = np.zeros((len(local), len(figure.joint_names)), np.float32)
        weight[:, dummy.columns[f"{side}ToeBase"]] = toes
        weight[:, dummy.columns[f"{side}Foot"]] = (1 - toes) * (1 - leg)
        weight[:, dummy.columns[f"{side}Leg"]] = (1 - toes) * leg
        faces.append(own + len(local) * len(positions))
        positions.append(place)
        normals.append(welded)
        weights.append(weight)
        share = figure.weights[:, [dummy.columns[f"{side}{part}"] for part in ("Foot", "ToeBase", "Toe_End")]].sum(1)
        hidden |= (share > 0.3) & (figure.vertices[:, 1] < foot.ankle - 0.012 * k)
    part = Part(
        node=NODE,
        material=sneaker_coat(colour).painted(),
        positions=np.vstack(positions), normals=np.vstack(normals), uv=np.vstack([uv, uv]),
        triangles=np.vstack(faces), weights=np.vstack(weights),
    )  # fmt: skip
    return part, hidden


@dataclass(frozen=True, slots=True)
class _Roles:
    shade: F32  # (512, 512)
    masks: dict[str, F32]  # sole, trim, tongue, lace, inside: painted in this order


@functools.cache
def _layers() -> tuple[_Roles, U8]:
    """Where a sneaker is what, and its relief; painted on an average foot."""
    triangles, uv, source = _topology()
    texels = rasterise(uv, triangles, SIZE)
    foot = _average_foot()
    points = _points(_loft(foot))[source]
    along = (points[:, 2] - foot.heel) / foot.length
    off = points[:, 0] - np.interp(along, _BINS, (foot.inner + foot.outer) / 2)
    x, y, t = texels.sample(np.stack([off, points[:, 1], along], 1)).T
    rings = np.r_[np.repeat(np.arange(_ROWS), AROUND + 1), np.full(AROUND + 1, -1)]
    row = texels.sample(rings.astype(np.float64))
    z = t * np.float32(foot.length)
    sole = row < 2.6
    upper, vamp = ~sole, (row > 4) & ~sole
    dark = 0.75 * fabric.line(row - 3, 0.10) + 0.5 * fabric.line(z - np.float32(0.795 * foot.length), 0.0012) * upper
    height = 0.0012 * fabric.ramp(0.80, 0.79, t) * upper
    heel = fabric.ramp(0.165, 0.158, t) * upper
    stripe = np.zeros(len(t), np.float32)
    side = (np.abs(x) > 0.018) & (y < 0.075) & upper & (row > 3.3)
    for shift in (0.0, 0.045, 0.09):
        stripe += (
            fabric.line((t - np.float32(0.40 + shift)) * np.float32(foot.length) - (y - 0.045) * 0.55, 0.0036) * side
        )
    tongue = (fabric.ramp(0.0178, 0.0165, np.abs(x)) * ((t > 0.38) & (t < 0.76) & vamp)).astype(np.float32)
    dark += 0.5 * fabric.line(np.abs(x) - 0.0185, 0.0012) * ((t > 0.36) & (t < 0.76) & vamp)
    lace = np.zeros(len(t), np.float32)
    for number in range(6):
        station = np.float32((0.44 + number * 0.055) * foot.length)
        lace = np.maximum(lace, fabric.line(z - station - np.abs(x) * 0.25, 0.0026) * ((np.abs(x) < 0.024) & vamp))
        eyelet = np.hypot(z - station - 0.006, np.abs(x) - 0.025)
        dark += 0.7 * fabric.ramp(0.0030, 0.0022, eyelet) * vamp
    dark += 0.3 * fabric.stitches(z, y - 0.060, 0.005, 0.0008) * (upper & (np.abs(x) > 0.015))
    dark += 0.25 * fabric.line(y - np.float32(SOLE * 0.8), 0.0012) * sole
    height += 0.001 * heel + 0.0022 * lace
    height += 0.0008 * np.sin(z * np.float32(2 * np.pi / 0.007)) * (sole & (y < SOLE * 0.45))
    bend = fabric.crease(z / np.float32(0.011) + 0.3 * np.sin(x * 90))
    height += 0.0020 * (bend - 0.5) * fabric.bump(t - np.float32(0.68), 0.05) * upper
    height += 0.00012 * fabric.noise(z, x + y, 0.004, 5) * upper
    shade = np.clip(0.66 + y / 0.06 * 0.5, 0.66, 1) * (1 - np.clip(dark, 0, 0.8))
    masks = {
        "sole": sole.astype(np.float32), "trim": fabric.clip_unit(np.maximum(heel, stripe)), "tongue": tongue,
        "lace": lace, "inside": ((row > _ROWS - 1.85) & upper).astype(np.float32),
    }  # fmt: skip
    pixel = foot.length * 2.4 / SIZE
    relief, lit, *drawn = texels.images(height.astype(np.float32), shade, *masks.values())
    return _Roles(lit, dict(zip(masks, drawn, strict=True))), fabric.normal_map(relief, (pixel, pixel / 2))


def _colour(roles: _Roles, colour: str) -> U8:
    """(512, 512, 3): white soles and laces; stripes darker on a light shoe, lighter on a dark one."""
    base = fabric.srgb(colour)
    light = float(base @ np.array([0.30, 0.59, 0.11], np.float32)) > 0.45
    trim = base * 0.35 + np.array([0.02, 0.03, 0.06], np.float32) if light else 0.45 + base * 0.55
    inks = {
        "sole": np.array([0.93, 0.93, 0.91], np.float32), "trim": trim, "tongue": base * 0.84,
        "lace": np.array([0.95, 0.95, 0.93], np.float32) if not light or base.min() < 0.8 else base * 0.8,
        "inside": np.array([0.12, 0.12, 0.13], np.float32),
    }  # fmt: skip
    out = np.broadcast_to(base, (SIZE, SIZE, 3)).astype(np.float32)
    for name, ink in inks.items():
        out += roles.masks[name][..., None] * (ink - out)
    painted: U8 = np.clip(out * roles.shade[..., None] * 255, 0, 255).astype(np.uint8)
    return painted
