"""Lids of a drawn face: they slide over their eyeball until they meet, and squint and follow the gaze by shares."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import splu

from avatar.human import landmarks
from avatar.human.bundle import bundle
from avatar.human.drawn import SKIN, face_skin, laplacian
from avatar.human.figure import F64, I64, Delta
from avatar.human.landmarks import EYEBALLS

_SHUT = 0.14  # of the opening: where shut lids meet, above the lower one


@dataclass(frozen=True, slots=True)
class _Lid:
    """The skin around one eye, for spreading what its margin does."""

    ids: I64
    handles: I64  # places in ``ids``: the margin's upper, then its lower vertices, then the inner rim
    solve: Callable[[F64], F64]
    pull: float


@functools.cache
def _lid(side: str) -> _Lid:
    ids, triangles = face_skin()
    base = bundle().base
    lids = landmarks.lids(side)
    middle = base[np.r_[lids.upper, lids.lower]].mean(axis=0)
    away = np.linalg.norm((base[ids] - middle) / [1.15, 1.0, 1.6], axis=1)
    near = away < 0.034
    triangles = triangles[near[triangles].all(axis=1)]
    local = np.unique(triangles)
    rough = laplacian(np.searchsorted(local, triangles), len(local))
    chosen: I64 = ids[local]
    tie = np.where((away[local] < 0.024) & (np.abs(base[chosen, 0]) > 0.004), 0.02, 40.0) ** 2
    handles = np.asarray(np.searchsorted(chosen, np.r_[lids.upper, lids.lower, lids.inner]))
    pull = np.zeros(len(chosen))
    pull[handles] = 60.0**2
    tie[handles] = 0.0
    system = csc_array(rough.T @ rough + diags_array(tie + pull))
    return _Lid(chosen, handles, splu(system).solve, 60.0**2)


def lid_units(vertices: F64) -> dict[str, Delta]:
    """The eye units of a drawn face, without what the balls do: lids that slide over them, and shares of that."""
    out: dict[str, Delta] = {}
    for side in EYEBALLS:
        ball = landmarks.eyeball(vertices, side)
        lids, lid = landmarks.lids(side), _lid(side)
        upper, lower = vertices[lids.upper], vertices[lids.lower]
        order = np.argsort(lower[:, 0])
        floor = np.interp(upper[:, 0], lower[order, 0], lower[order, 1])
        order = np.argsort(upper[:, 0])
        ceiling = np.interp(lower[:, 0], upper[order, 0], upper[order, 1])
        shut_upper = np.c_[upper[:, 0], floor + _SHUT * (upper[:, 1] - floor)]
        shut_lower = np.c_[lower[:, 0], lower[:, 1] + _SHUT * (ceiling - lower[:, 1])]
        moves = []
        for flat, rest in ((shut_upper, upper), (shut_lower, lower)):
            away = flat - ball.centre[:2]
            depth = np.sqrt(np.maximum((ball.radius + SKIN) ** 2 - (away**2).sum(axis=1), 1e-8))
            moves.append(np.c_[flat, ball.centre[2] + depth] - rest)
        by_vertex = dict(zip(lids.lower.tolist(), moves[1], strict=True))
        by_vertex |= dict(zip(lids.upper.tolist(), moves[0], strict=True))
        rim = [by_vertex[int(v)] for v in lids.inner_beside]
        goals = np.concatenate([*moves, np.array(rim)])
        right = np.zeros((len(lid.ids), 3))
        right[lid.handles] = lid.pull * goals
        spread = lid.solve(right)
        for name, share in (("eyeBlink", 1.0), ("eyeSquint", 0.30), ("eyeWide", -0.10), ("eyeLookDown", 0.20)):
            out[f"{name}{side}"] = Delta(lid.ids, share * spread)
        out[f"eyeLookUp{side}"] = Delta(lid.ids, -0.05 * spread)
        for name in ("eyeLookIn", "eyeLookOut"):
            out[f"{name}{side}"] = Delta(lid.ids[:1], np.zeros((1, 3)))
        out[f"cheekSquint{side}"] = Delta(lid.ids, 0.10 * spread)
    return out
