"""The baked tables of ``data/hair.npz``, read once per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from avatar.human.bundle import bundle
from avatar.human.figure import F64, I64, U8
from avatar.human.hair.vectors import quads_to_triangles

PATH = Path(__file__).parent.parent / "data" / "hair.npz"


@dataclass(frozen=True, slots=True)
class HairData:
    """Everything that depends on the base mesh alone. Vertex numbers are those of the hm08 base."""

    luminance: U8  # (512, 1024)
    alpha: U8  # (512, 1024)
    streak: U8  # (512, 1024) which strands take highlights
    scalp_index: I64  # (azimuths, elevations, k) vertices that a direction from the skull's centre interpolates
    scalp_weight: F64  # (azimuths, elevations, k)
    scalp_low: float  # elevation of the first row, degrees
    scalp_step: float  # degrees between rows and columns
    chin: int
    beard_grid: I64  # (columns + 1, rows + 1, 3) vertices under the beard's shell
    beard_grid_weight: F64  # (columns + 1, rows + 1, 3)
    beard_grid_depth: F64  # (columns + 1, rows + 1) degrees inside the bearded area
    mouth_grid: I64  # (columns + 1, rows + 1, 3) the same round the mouth
    mouth_grid_weight: F64
    mouth_grid_depth: F64  # (2, columns + 1, rows + 1) inside a moustache and inside a goatee, about 2/3 mm each
    beard_root: I64  # (n, 3) vertices under the beard's cards
    beard_root_weight: F64  # (n, 3)
    beard_root_place: F64  # (n, 2) azimuth, elevation (degrees) on the base head
    beard_root_edge: F64  # (n,) degrees inside the bearded area
    beard_root_kind: I64  # (n,) 0 cheek, 1 chin, 2 upper lip


@lru_cache(maxsize=1)
def load() -> HairData:
    """Read the tables; about 20 ms once."""
    with np.load(PATH) as z:
        return HairData(
            luminance=z["luminance"],
            alpha=z["alpha"],
            streak=z["streak"],
            scalp_index=z["scalp_index"].astype(np.int64),
            scalp_weight=_normalised(z["scalp_weight"]),
            scalp_low=float(z["scalp_grid"][0]),
            scalp_step=float(z["scalp_grid"][1]),
            chin=int(z["chin"]),
            beard_grid=z["beard_grid"].astype(np.int64),
            beard_grid_weight=_normalised(z["beard_grid_weight"]),
            beard_grid_depth=z["beard_grid_depth"].astype(np.float64),
            mouth_grid=z["mouth_grid"].astype(np.int64),
            mouth_grid_weight=_normalised(z["mouth_grid_weight"]),
            mouth_grid_depth=z["mouth_grid_depth"].astype(np.float64),
            beard_root=z["beard_root"].astype(np.int64),
            beard_root_weight=_normalised(z["beard_root_weight"]),
            beard_root_place=z["beard_root_place"].astype(np.float64),
            beard_root_edge=z["beard_root_edge"].astype(np.float64),
            beard_root_kind=z["beard_root_kind"].astype(np.int64),
        )


@lru_cache(maxsize=1)
def skin_triangles() -> I64:
    """(t, 3) triangles of head, neck and torso: what hair must not enter."""
    quads = bundle().faces("body")[..., 0]
    upper = bundle().base[quads][..., 1].mean(1) > 0.0  # the navel is at .15 m of the base mesh's space
    return quads_to_triangles(quads[upper])


def _normalised(weights: F64) -> F64:
    wide = weights.astype(np.float64)
    summed: F64 = wide / wide.sum(-1, keepdims=True)
    return summed
