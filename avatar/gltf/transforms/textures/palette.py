"""PNG with a palette: a fourth of the bytes of true colours with alpha."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

_AT_ONCE = 2**20  # pixels: of a larger image every n-th row is looked at for the palette
_ALPHA_WEIGHT = np.array([1.0, 1.0, 1.0, 2.0])  # steps of alpha show more: they move the edge of a cut-out


def indexed_png(pixels: U8, most: int, rounds: int) -> bytes:
    """PNG of ``pixels`` (h, w, 4) with at most ``most`` colours and their alpha; exact when it has no more of them.

    The palette is refined by ``rounds`` of Lloyd's algorithm (1982, "Least squares quantization in PCM") on the
    distinct colours, weighted by the square root of their number, so that rare ones count too.
    """
    height, width = pixels.shape[:2]
    step = -(-height * width // _AT_ONCE)
    distinct, owner, counts = _distinct(pixels[::step])
    palette, nearest = _palette(distinct, np.sqrt(counts), most, rounds)
    if step == 1:
        numbers = nearest[owner].astype(np.uint8)
    else:
        tree = cKDTree(palette * _ALPHA_WEIGHT)
        numbers = np.concatenate([_nearest(tree, strip) for strip in np.array_split(pixels, 4 * step)])
    picture = Image.fromarray(numbers.reshape(height, width), "P")
    picture.putpalette(palette[:, :3].tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True, transparency=palette[:, 3].tobytes())
    return out.getvalue()


def _distinct(pixels: U8) -> tuple[F64, NDArray[np.int64], NDArray[np.int64]]:
    """The colours (n, 4) in (h, w, 4), which of them each pixel has, and how many pixels have each."""
    flat = np.ascontiguousarray(pixels).view(np.uint32).reshape(-1)
    distinct, owner, counts = np.unique(flat, return_inverse=True, return_counts=True)
    return distinct.view(np.uint8).reshape(-1, 4).astype(np.float64), owner.reshape(-1), counts


def _nearest(tree: cKDTree, pixels: U8) -> U8:
    distinct, owner, _ = _distinct(pixels)
    numbers: U8 = np.asarray(tree.query(distinct * _ALPHA_WEIGHT)[1]).astype(np.uint8)[owner]
    return numbers


def _palette(colours: F64, weights: F64, most: int, rounds: int) -> tuple[U8, NDArray[np.int64]]:
    """At most ``most`` colours (p, 4) for distinct ``colours`` (n, 4), and the nearest one of each (n,)."""
    if len(colours) <= most:
        return colours.astype(np.uint8), np.arange(len(colours))
    seen = colours * _ALPHA_WEIGHT
    order = np.lexsort((seen[:, :3].sum(axis=1), np.round(seen[:, 3] / 16)))
    share = np.cumsum(weights[order])
    starts = np.searchsorted(share, (np.arange(most) + 0.5) / most * share[-1])
    middles = seen[order[np.unique(starts)]]
    nearest = np.zeros(len(seen), np.int64)
    for number in range(rounds + 1):
        nearest = np.asarray(cKDTree(middles).query(seen)[1], np.int64)
        if number == rounds:
            break
        total = np.bincount(nearest, weights, len(middles))
        sums = np.stack([np.bincount(nearest, weights * seen[:, axis], len(middles)) for axis in range(4)], axis=1)
        middles = np.where(total[:, None] > 0, sums / np.maximum(total, 1e-12)[:, None], middles)
    palette: U8 = np.clip(np.round(middles / _ALPHA_WEIGHT), 0, 255).astype(np.uint8)
    return palette, nearest
