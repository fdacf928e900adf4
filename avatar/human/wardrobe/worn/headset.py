"""A headset: a padded band over the crown, cushions on both ears, one microphone."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64
from avatar.human.wardrobe.frame import SIDES
from avatar.human.wardrobe.mesh import smoothstep
from avatar.human.wardrobe.worn.head import Head, hull_reach
from avatar.human.wardrobe.worn.solids import Solid, join, tube

ARCH = 15  # points of the band
CUSHION, DARK = 0.30, 0.55  # tints: foam, joints


def headset(head: Head, over: F64 | None = None) -> Solid:
    """The headset outside of the hair, and of a hat whose points ``over`` (n, 3) are given; at most 600 triangles."""
    k = head.size
    ear = {side: head.ears[side] for side, _ in SIDES}
    depth = float(np.mean([p[2] for p in ear.values()])) + 0.004 * k
    level = float(head.eyes["Left"][1]) - 0.014 * k
    out = float(max(abs(p[0]) for p in ear.values()))
    half = out + (0.005 + head.hair.side * 0.6) * k
    arch = _arch(head, over, level, depth, half)
    pad = arch[ARCH // 2 - 3 : ARCH // 2 + 4] - [0.0, 0.0042 * k, 0.0]
    solids = [tube(arch, 0.0048 * k, 4, tall=2.3), tube(pad, 0.0046 * k, 4, tall=1.9, tint=CUSHION)]
    for _, sign in SIDES:
        at, disc = np.array([0.0, level, depth]), np.array([sign, 0.0, 0.0])
        foam = np.array([out - 0.013 * k, out - 0.008 * k, half + 0.001 * k])
        cup = half + np.array([0.0, 0.009, 0.0115]) * k
        plate = half + np.array([0.0105, 0.0125]) * k
        solids.append(tube(at + foam[:, None] * disc, np.array([0.025, 0.0335, 0.0335]) * k, 12, tint=CUSHION))
        solids.append(tube(at + cup[:, None] * disc, np.array([0.0345, 0.0325, 0.026]) * k, 12))
        solids.append(tube(at + plate[:, None] * disc, np.array([0.019, 0.017]) * k, 8, tint=DARK))
    return join([*solids, *_microphone(head, level, depth, half)])


def _arch(head: Head, over: F64 | None, level: float, depth: float, half: float) -> F64:
    """(ARCH, 3) the band: from cup to cup, as near to the hair as it lies."""
    k = head.size
    skull = head.skull[np.abs(head.skull[:, 2] - depth) < 0.025 * k]
    lift = np.clip((skull[:, 1:2] - level) / max(head.crown - level, 1e-6), 0, 1)
    grown = skull + np.concatenate(
        [np.sign(skull[:, :1]) * head.hair.side * 0.75 * k * (1 - lift * 0.6), head.hair.crown * 0.8 * k * lift**2,
         0 * lift], 1
    )  # fmt: skip
    centre = np.array([0.0, level + 0.02 * k, depth])
    points = grown if over is None else np.vstack([grown, over[np.abs(over[:, 2] - depth) < 0.03 * k]])
    flat = (points - centre) * [1.0, 1.0, 0.0]
    turn = np.linspace(-np.pi / 2, np.pi / 2, ARCH)
    directions = np.stack([np.sin(turn), np.cos(turn), np.zeros(ARCH)], 1)
    reach = hull_reach(flat, directions)
    reach = np.maximum(reach, reach[::-1]) + 0.0085 * k
    wide, tall = half - 0.001 * k, float(reach[ARCH // 2])
    bent = (np.abs(directions[:, 0] / wide) ** 2.4 + np.abs(directions[:, 1] / tall) ** 2.4) ** (-1 / 2.4)
    arch = centre + directions * np.maximum(reach, bent)[:, None]
    low = smoothstep(0.35, 0.0, np.cos(turn))
    side = np.sign(directions[:, 0]) * (half + 0.004 * k)
    arch[:, 0] += (side - arch[:, 0]) * low
    for _ in range(2):
        arch[1:-1] = (arch[:-2] + 2 * arch[1:-1] + arch[2:]) / 4
    return np.asarray(arch)


def _microphone(head: Head, level: float, depth: float, half: float) -> list[Solid]:
    k = head.size
    lips = float(head.eyes["Left"][1]) - 0.066 * k
    mouth = np.array([0.030 * k, lips - 0.004 * k, head.bridge + 0.004 * k])
    start = np.array([half + 0.006 * k, level - 0.016 * k, depth + 0.020 * k])
    share = smoothstep(0, 1, np.linspace(0, 1, 6))[:, None]
    boom = start * (1 - share) + mouth * share
    boom[:, 1] -= 0.012 * k * np.sin(np.pi * share[:, 0])
    boom = head.skin.push_out(boom, 0.009 * k)
    tip = boom[-1]
    capsule = tip + np.array([[0.008, 0.0005, -0.005], [0.003, 0.0, -0.002], [-0.008, 0.0, 0.003]]) * k
    return [
        tube(boom, np.array([0.0032, 0.0022, 0.0018, 0.0018, 0.0018, 0.0018]) * k, 4, tint=DARK),
        tube(capsule, np.array([0.0026, 0.0058, 0.0044]) * k, 6, tint=CUSHION),
    ]
