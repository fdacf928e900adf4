"""Edges of lips and lids: pairs of vertices that touch in one expression and part in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar.gltf.model.pose import F64, I64
from avatar.gltf.transforms.simplify.columns import Motion, lengths
from avatar.gltf.transforms.simplify.options import CLOSING, PARTING


@dataclass(frozen=True, slots=True)
class Meetings:
    """Where two sides of a part meet or part."""

    count: int  # vertices of the part
    pairs: I64  # (p, 2) vertices that face each other
    middles: F64  # (p, 3) between them, where they touch

    def locks(self, most: int) -> NDArray[np.bool_]:
        """(n,) True for up to ``most`` vertices, in pairs. Where there are too many, those that lie farthest from the
        ones already taken go first, so that both edges keep the same corners all along."""
        locked = np.zeros(self.count, np.bool_)
        distance = np.full(len(self.pairs), np.inf)
        at = count = 0
        while len(self.pairs) and count + 2 <= most and distance[at] > 0:
            count += 2 - int(locked[self.pairs[at]].sum())
            locked[self.pairs[at]] = True
            distance = np.minimum(distance, lengths(self.middles - self.middles[at]))
            at = int(distance.argmax())
        return locked


def meetings(placed: F64, motion: Motion, reach: float) -> Meetings:
    """The edges of lips and lids: each pair touches in one of rest and morph and clearly parts in the other."""
    pairs: list[I64] = [np.zeros((0, 2), np.int64)]
    middles: list[F64] = [np.zeros((0, 3))]
    resting = cKDTree(placed) if set(PARTING) & set(motion.names) else None
    for name in (*PARTING, *CLOSING):
        if name not in motion.names:
            continue
        way = motion.of(name)
        movers = np.flatnonzero(lengths(way) > 2 * reach)
        if len(movers) == 0:
            continue
        touching, apart = (placed + way, placed) if name in CLOSING else (placed, placed + way)
        tree = cKDTree(touching) if resting is None or name in CLOSING else resting
        near = cKDTree(touching[movers]).sparse_distance_matrix(tree, reach, output_type="ndarray")
        found = np.column_stack([movers[near["i"]], near["j"]])
        found = found[lengths(apart[found[:, 0]] - apart[found[:, 1]]) > 3 * reach]
        order = np.argsort(lengths(touching[found[:, 0]] - touching[found[:, 1]]), kind="stable")
        _, firsts = np.unique(found[order, 0], return_index=True)  # the nearest opposite of each
        pairs.append(found[order][firsts])
        middles.append(touching[pairs[-1]].mean(axis=1))
    return Meetings(len(placed), np.concatenate(pairs), np.concatenate(middles))
