"""A headset: a padded band over the crown, cushions on both ears, one microphone."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64
from avatar.human.wardrobe.frame import SIDES
from avatar.human.wardrobe.mesh import smoothstep, unit
from avatar.human.wardrobe.worn.head import Head, hull_reach
from avatar.human.wardrobe.worn.solids import Solid, join, tube

ARCH = 15  # points of the band
CUSHION, DARK = 0.30, 0.50  # tints: foam, joints


def headset(head: Head, over: F64 | None = None) -> Solid:
    """The headset outside of the hair, and of a hat whose points ``over`` (n, 3) are given; at most 600 triangles."""
    k = head.size
    ear = {side: head.ears[side] for side, _ in SIDES}
    depth = float(np.mean([p[2] for p in ear.values()])) + 0.004 * k
    level = float(head.eyes["Left"][1]) - 0.014 * k
    out = float(max(abs(p[0]) for p in ear.values()))
    half = out + (0.005 + head.hair.side * 0.8) * k
    arch = _arch(head, over, level, depth, half)
    solids = [tube(arch, 0.0052 * k, 4, tall=2.3)]
    for _, sign in SIDES:
        # foam, cup and plate are one body: a headset must hold together when it is simplified
        edge = half + 0.0115 * k
        x = [out - 0.013 * k, out - 0.008 * k, half, half + 0.001 * k, half + 0.0095 * k, edge, edge + 0.0012 * k]
        radius = np.array([0.025, 0.0335, 0.0335, 0.035, 0.0325, 0.020, 0.0185]) * k
        tint = np.array([CUSHION, CUSHION, CUSHION, 1.0, 1.0, 1.0, DARK])
        path = np.array([0.0, level, depth]) + np.array(x)[:, None] * np.array([sign, 0.0, 0.0])
        solids.append(tube(path, radius, 12, tint=tint))
    return join([*solids, _microphone(head, level, depth, half)])


def _arch(head: Head, over: F64 | None, level: float, depth: float, half: float) -> F64:
    """(ARCH, 3) the band: from cup to cup, as near to the hair as it lies."""
    k = head.size
    skull = head.skull[np.abs(head.skull[:, 2] - depth) < 0.025 * k]
    lift = np.clip((skull[:, 1:2] - level) / max(head.crown - level, 1e-6), 0, 1)
    centre = np.array([0.0, level + 0.02 * k, depth])
    hair = (head.hair.side + (head.hair.crown - head.hair.side) * lift**0.6) * k
    grown = skull + unit((skull - centre) * [1.0, 1.0, 0.0]) * hair
    points = grown if over is None else np.vstack([grown, over[np.abs(over[:, 2] - depth) < 0.03 * k]])
    flat = (points - centre) * [1.0, 1.0, 0.0]
    turn = np.linspace(-np.pi / 2, np.pi / 2, ARCH)
    directions = np.stack([np.sin(turn), np.cos(turn), np.zeros(ARCH)], 1)
    reach = hull_reach(flat, directions)
    reach = np.maximum(reach, reach[::-1]) + (0.0085 + 0.10 * max(head.hair.crown, head.hair.side)) * k
    wide, tall = half - 0.001 * k, float(reach[ARCH // 2])
    bent = (np.abs(directions[:, 0] / wide) ** 2.4 + np.abs(directions[:, 1] / tall) ** 2.4) ** (-1 / 2.4)
    arch = centre + directions * np.maximum(reach, bent)[:, None]
    low = smoothstep(0.35, 0.0, np.cos(turn))
    side = np.sign(directions[:, 0]) * (half + 0.004 * k)
    arch[:, 0] += (side - arch[:, 0]) * low
    for _ in range(2):
        arch[1:-1] = (arch[:-2] + 2 * arch[1:-1] + arch[2:]) / 4
    return np.asarray(arch)


def _microphone(head: Head, level: float, depth: float, half: float) -> Solid:
    k = head.size
    lips = float(head.eyes["Left"][1]) - 0.066 * k
    mouth = np.array([0.030 * k, lips - 0.004 * k, head.bridge + 0.004 * k])
    start = np.array([half + 0.006 * k, level - 0.016 * k, depth + 0.020 * k])
    share = smoothstep(0, 1, np.linspace(0, 1, 5))[:, None]
    boom = start * (1 - share) + mouth * share
    boom[:, 1] -= 0.012 * k * np.sin(np.pi * share[:, 0])
    boom = head.skin.push_out(boom, 0.009 * k)
    step = boom[-1] - boom[-2]
    boom = np.vstack([boom, boom[-1] + np.array([[0.08], [0.42], [0.56]]) * step])
    return tube(boom, np.array([3.4, 2.6, 2.4, 2.4, 2.6, 5.6, 5.4, 3.0]) * 0.001 * k, 4, tint=DARK)
