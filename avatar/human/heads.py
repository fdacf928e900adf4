"""A head of the usual size: how tall and how broad heads are at an age, and a figure that has such a head."""

from __future__ import annotations

import numpy as np

from avatar.character import Body
from avatar.human import joints, landmarks
from avatar.human.bundle import bundle
from avatar.human.figure import F64
from avatar.human.landmarks import smoothstep

MENTON = 5296  # base vertex at the bottom of the chin
ZYGIA = (12342, 5745)  # at the cheekbones' widest
_AGES = (8.0, 10.0, 12.0, 14.0, 16.0, 19.0)
# Means by age, women's and men's. Statures: CDC 2000 growth charts. Heights of the head, menton to vertex, and
# breadths of the face across the cheekbones: adults Gordon 1989 (ANSUR) and Farkas 1994, children Snyder 1977 and
# Farkas 1994. Breadths are some millimetres more than a caliper's, which presses.
_STATURE = ((1.28, 1.38, 1.51, 1.60, 1.625, 1.63), (1.28, 1.39, 1.49, 1.64, 1.74, 1.756))
_HEIGHT = ((0.198, 0.203, 0.208, 0.213, 0.217, 0.219), (0.200, 0.206, 0.211, 0.219, 0.227, 0.232))
_BREADTH = ((0.129, 0.131, 0.132, 0.134, 0.135, 0.136), (0.131, 0.133, 0.135, 0.138, 0.141, 0.144))
_HEAVY = 0.010  # metres that the heaviest face is broader


def head_height(vertices: F64) -> float:
    """Metres from the bottom of the chin to the top of the scalp."""
    return float(vertices[bundle().vertices_of("body"), 1].max() - vertices[MENTON, 1])


def face_breadth(vertices: F64) -> float:
    """Metres across the cheekbones."""
    return float(vertices[ZYGIA[0], 0] - vertices[ZYGIA[1], 0])


def _usual(rows: tuple[tuple[float, ...], tuple[float, ...]], body: Body) -> float:
    women, men = (float(np.interp(body.age, _AGES, row)) for row in rows)
    return (1 - body.gender) * women + body.gender * men


def with_usual_head(vertices: F64, body: Body) -> F64:
    """The same (19158, 3) figure with a head of a size that goes with age, gender and height.

    The source's heads are low and broad. Height is reached by scale about the joint, most of the breadth by moving
    what lies beside the eyes inwards; what a face has of its own stays.
    """
    size = (body.height / _usual(_STATURE, body)) ** 0.5  # heads vary less than heights do
    factor = float(np.clip(_usual(_HEIGHT, body) * size / head_height(vertices), 0.90, 1.12))
    share = 1 - (1 - joints.head_weight()) ** 2.5
    pivot = joints.source_joints(vertices)["Head"]
    out: F64 = vertices + (factor - 1) * share[:, None] * (vertices - pivot)
    wanted = _usual(_BREADTH, body) * size + _HEAVY * max(0.0, 2 * body.weight - 1)
    inwards = float(np.clip(0.4 * (face_breadth(out) - wanted), -0.004, 0.013))
    scale = landmarks.head_scale(out)
    away = np.abs(out[:, 0])
    eyes = out[landmarks.EYEBALLS["Left"], 1].mean()
    low = 1 - 0.35 * smoothstep(eyes, eyes + 0.05 * scale, out[:, 1])  # the skull keeps more of its breadth
    out[:, 0] -= np.sign(out[:, 0]) * inwards * low * share * smoothstep(0.038 * scale, 0.072 * scale, away)
    return out
