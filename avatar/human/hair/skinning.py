"""Skin weights: hair follows the head; what hangs below it follows neck and chest, so that it does not tear."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32, F64
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import smoothstep


def hanging_weights(positions: F64, head: HeadModel, joint_names: tuple[str, ...]) -> F32:
    """(n, joints): Head above, blended to Neck and Spine2 below the head joint; rows sum to 1."""
    y, top, base = positions[:, 1], head.head_joint[1], head.neck[1]
    neck = smoothstep(top - 0.02 * head.scale, top - 0.10 * head.scale, y) * 0.45
    chest = smoothstep(base - 0.01, base - 0.12 * head.scale, y) * 0.7
    neck = neck * (1 - chest)
    out = np.zeros((len(positions), len(joint_names)), np.float32)
    out[:, joint_names.index("Neck")] = neck
    out[:, joint_names.index("Spine2")] = chest
    out[:, joint_names.index("Head")] = 1 - neck - chest
    normal: F32 = out / out.sum(1, keepdims=True)
    return normal
