"""Edges of lips and lids: pairs of vertices that touch in one expression and part in another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar.gltf.model.pose import F64, I64
from avatar.gltf.transforms.simplify.options import CLOSING, PARTING


def contacts(placed: F64, deltas: Mapping[str, F64], reach: float, most: int) -> NDArray[np.bool_]:
    """(n,) True for up to ``most`` vertices on the edges of lips and lids, in facing pairs.

    A pair touches in one of rest and morph and clearly parts in the other. Where there are too many, those that lie
    farthest from the ones already taken go first, so that both edges keep the same corners all along.
    """
    pairs: list[I64] = []
    middles: list[F64] = []
    for name in (*PARTING, *CLOSING):
        if name not in deltas:
            continue
        moved = placed + deltas[name]
        touching, apart = (moved, placed) if name in CLOSING else (placed, moved)
        movers = np.flatnonzero(np.linalg.norm(deltas[name], axis=1) > 2 * reach)
        if len(movers) == 0:
            continue
        near = cKDTree(touching[movers]).sparse_distance_matrix(cKDTree(touching), reach, output_type="ndarray")
        found = np.column_stack([movers[near["i"]], near["j"]])
        found = found[np.linalg.norm(apart[found[:, 0]] - apart[found[:, 1]], axis=1) > 3 * reach]
        order = np.argsort(np.linalg.norm(touching[found[:, 0]] - touching[found[:, 1]], axis=1), kind="stable")
        _, firsts = np.unique(found[order, 0], return_index=True)  # the nearest opposite of each
        pairs.append(found[order][firsts])
        middles.append(touching[pairs[-1]].mean(axis=1))
    locked = np.zeros(len(placed), np.bool_)
    if not pairs:
        return locked
    every, spots = np.concatenate(pairs), np.concatenate(middles)
    distance = np.full(len(every), np.inf)
    at = count = 0
    while len(every) and count + 2 <= most and distance[at] > 0:
        count += 2 - int(locked[every[at]].sum())
        locked[every[at]] = True
        distance = np.minimum(distance, np.linalg.norm(spots - spots[at], axis=1))
        at = int(distance.argmax())
    return locked
