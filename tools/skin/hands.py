"""Hands: nails, the folds over their joints, the lines of the palms, sinews and veins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

from tools.skin.base import F64, Base, joint
from tools.skin.shapes import mirrored, smoothstep, solid_noise, strip_coordinates
from tools.skin.texels import Texels

FINGERS = range(1, 6)
# lines on the back of a finger's joint: metres past it, strength
NEST = ((-0.0052, 0.5), (-0.0028, 0.8), (-0.0004, 1.0), (0.0021, 0.75), (0.0045, 0.45))


@dataclass(frozen=True, slots=True)
class Hand:
    """Frame of the left hand; the right one is folded onto it."""

    joints: dict[tuple[int, int], F64]  # (finger, joint) -> place; finger 1 is the thumb, joint 4 the tip
    wrist: F64
    palm: F64  # unit normal out of the palm
    place: F64  # (h, w, 3) texels folded onto the left
    dorsal: F64  # (h, w) 1 on the back .. 0 in the palm
    inside: F64  # (h, w) 1 on the hand


def read_hand(base: Base, tex: Texels) -> Hand:
    joints = {(a, b): joint(base, f"l-finger-{a}-{b}") for a in FINGERS for b in range(1, 5)}
    wrist = joint(base, "l-hand")
    palm = np.cross(joints[2, 1] - wrist, joints[5, 1] - wrist)
    palm /= np.linalg.norm(palm)
    if palm[0] > 0 and palm[1] > 0:  # the palms of the A-pose face inward and down
        palm = -palm
    normal = tex.normal * np.where(tex.position[..., :1] < 0, [-1, 1, 1], [1, 1, 1])
    return Hand(joints, wrist, palm, mirrored(tex.position), smoothstep(0.1, -0.4, normal @ palm), tex.part["hand"])


def nail_along(hand: Hand, nails: F64) -> F64:
    """How far along its nail a texel lies: 0 at the root .. 1 at the free edge."""
    spots, count = label(nails > 0.3)
    out = np.zeros(nails.shape)
    tips = np.stack([hand.joints[a, 4] for a in FINGERS])
    for k in range(1, count + 1):
        where = spots == k
        place = hand.place[where]
        middle = place.mean(0)
        a = int(np.argmin(np.linalg.norm(tips - middle, axis=1))) + 1
        way = hand.joints[a, 4] - hand.joints[a, 3]
        if middle[1] < 0:  # a toe
            way = np.array([0.0, 0.0, 1.0])
        along = place @ (way / np.linalg.norm(way))
        low, high = np.percentile(along, [1, 99])
        out[where] = np.clip((along - low) / max(high - low, 1e-6), 0, 1)
    return out


def joint_folds(hand: Hand) -> F64:
    """Relief of the creases across the fingers, -1 in the deepest: sharp in the palm, a nest on the back."""
    q = hand.place
    drift = 0.0007 * solid_noise(q, 0.005, 101)
    out = np.zeros(q.shape[:-1])
    for a in FINGERS:
        for b in (1, 2, 3):
            centre = hand.joints[a, b]
            before = hand.joints[a, b - 1] if b > 1 else hand.wrist
            way = hand.joints[a, b + 1] - before
            way /= np.linalg.norm(way)
            away = q - centre
            along = away @ way + drift
            beside = np.linalg.norm(away - (away @ way)[..., None] * way, axis=-1)
            near = smoothstep(0.014, 0.009, beside) * hand.inside
            nest = np.zeros(along.shape)
            for at, power in NEST:
                nest += np.exp(-(((along - at) / 0.00075) ** 2)) * power
            crease = np.exp(-(((along + 0.0012) / 0.0008) ** 2)) + 0.8 * np.exp(-(((along - 0.0017) / 0.0008) ** 2))
            if b == 1 and a > 1:  # the knuckles of the fist carry fewer lines, the palm has its own
                nest, crease = 0.45 * nest, 0.0 * crease
            out -= near * (hand.dorsal * nest + (1 - hand.dorsal) * crease)
    return np.asarray(np.clip(out, -1, 0))


def palm_lines(hand: Hand) -> F64:
    """Relief of the three great lines, -1 in the deepest."""
    index, middle, little, wrist = hand.joints[2, 1], hand.joints[3, 1], hand.joints[5, 1], hand.wrist
    across, down = little - index, wrist - middle

    def line(*points: tuple[float, float]) -> F64:
        """From the index' knuckle: shares of the way to the little finger's, and of the way to the wrist."""
        return np.stack([index + u * across + v * down for u, v in points])

    life = line((0.02, 0.28), (0.26, 0.36), (0.44, 0.56), (0.46, 0.82), (0.40, 1.0))
    head = line((0.02, 0.28), (0.30, 0.36), (0.62, 0.48), (0.85, 0.66))
    heart = line((1.08, 0.30), (0.80, 0.26), (0.50, 0.20), (0.24, 0.08))
    drift = 0.0012 * np.stack([solid_noise(hand.place, 0.012, 111 + k) for k in range(3)], -1)
    flat = hand.place - ((hand.place - index) @ hand.palm)[..., None] * hand.palm + drift
    out = np.zeros(flat.shape[:-1])
    palm_side = hand.inside * (1 - hand.dorsal)
    near = palm_side > 0.05
    for curve, power in ((life, 1.0), (head, 0.85), (heart, 0.9)):
        curve = curve - ((curve - index) @ hand.palm)[:, None] * hand.palm
        u, v, ok = strip_coordinates(flat[near], curve, 0.006)
        ends = np.clip(np.minimum(u, 1 - u) * 6 + 0.25, 0, 1)
        out[near] -= np.where(ok, power * ends * np.exp(-((v / 0.0009) ** 2)), 0)
    return np.asarray(np.clip(out * palm_side, -1, 0))


def sinews(hand: Hand) -> F64:
    """Relief of the back of a hand: sinews to the knuckles and hollows between them."""
    q = hand.place
    out = np.zeros(q.shape[:-1])
    near = (hand.inside * hand.dorsal) > 0.05
    for a in (2, 3, 4, 5):
        start = hand.wrist + 0.25 * (hand.joints[a, 1] - hand.wrist)
        u, _, ok = strip_coordinates(
            q[near], np.stack([start, 0.5 * (start + hand.joints[a, 1]), hand.joints[a, 1]]), 0.03
        )
        shape = np.where(ok, np.clip(u * 2, 0, 1) * smoothstep(1.12, 0.95, u), 0)
        lateral = lateral_offset(q[near], start, hand.joints[a, 1], hand.palm)
        out[near] += shape * np.exp(-((lateral / 0.0022) ** 2))
    for a in FINGERS:
        away = np.linalg.norm(q - hand.joints[a, 1], axis=-1)
        out += 1.1 * np.exp(-((away / 0.009) ** 2)) * hand.dorsal * hand.inside
    return np.asarray(out)


def lateral_offset(points: F64, start: F64, end: F64, normal: F64) -> F64:
    """Metres beside the line from ``start`` to ``end``, seen along ``normal``."""
    way = (end - start) / np.linalg.norm(end - start)
    beside = np.cross(way, normal)
    beside /= np.linalg.norm(beside)
    return np.asarray((points - start) @ beside)


def veins(hand: Hand) -> F64:
    """Branching veins on the back of the hand and on the wrist, 0..1."""
    knuckle = {a: hand.joints[a, 1] for a in FINGERS}

    def between(a: int, b: int, share: float, down: float) -> F64:
        at = knuckle[a] * (1 - share) + knuckle[b] * share
        out: F64 = at + down * (hand.wrist - at)
        return out

    lines = [
        [between(2, 3, 0.5, 0.05), between(2, 3, 0.6, 0.35), between(3, 4, 0.3, 0.65), between(3, 4, 0.4, 1.05)],
        [between(4, 5, 0.5, 0.05), between(4, 5, 0.3, 0.4), between(3, 4, 0.6, 0.65)],
        [between(3, 4, 0.5, 0.03), between(3, 4, 0.7, 0.3), between(4, 5, 0.25, 0.42)],
        [between(1, 2, 0.6, 0.15), between(1, 2, 0.8, 0.5), between(2, 3, 0.2, 0.85), between(2, 3, 0.3, 1.1)],
    ]
    q = hand.place
    drift = 0.0022 * np.stack([solid_noise(q, 0.014, 121 + k) for k in range(3)], -1)
    near = (hand.inside * hand.dorsal) > 0.05
    out = np.zeros(q.shape[:-1])
    for line in lines:
        points = np.stack(line)
        dense = np.stack(
            [np.interp(np.linspace(0, 1, 24), np.linspace(0, 1, len(points)), points[:, k]) for k in range(3)], 1
        )
        flat = (q + drift)[near]
        flat = flat - ((flat - hand.wrist) @ hand.palm)[:, None] * hand.palm
        dense = dense - ((dense - hand.wrist) @ hand.palm)[:, None] * hand.palm
        u, v, ok = strip_coordinates(flat, dense, 0.006)
        ends = np.clip(np.minimum(u, 1 - u) * 6 + 0.1, 0, 1)
        out[near] = np.maximum(out[near], np.where(ok, ends * np.exp(-((v / 0.0013) ** 2)), 0))
    return np.asarray(out * hand.dorsal * hand.inside)
