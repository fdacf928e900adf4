"""The baked maps of ``data/skin.npz`` (made by ``tools/bake_skin.py``), loaded once per process and never changed.

Masks are 8-bit, 0..255 for 0..1; noises are 8-bit with 128 for 0 and 64 steps for 1. *Coarse* maps are 512 square,
*fine* ones 1024. Every map is extended beyond its charts, so mip-maps never bleed in a background.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar.human.figure import F32, F64, I64, U8

FINE, COARSE = 1024, 512


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of the fine head map with coordinates along and across a curve on the left or right of the face."""

    row: int
    column: int
    along: F32  # (h, w) 0 inner .. 1 outer end, -1 outside
    across: F32  # (h, w) millimetres above the curve

    def place(self, values: F32, into: F32) -> None:
        """Raise ``into`` (1024, 1024) to the values of this window (h, w)."""
        h, w = values.shape
        target = into[self.row : self.row + h, self.column : self.column + w]
        np.maximum(target, values, out=target)


@dataclass(frozen=True, slots=True)
class Surface:
    """One skin primitive: topology on the base vertices and its maps."""

    vertex: I64  # (n,) base vertex of each output vertex
    uv: F64  # (n, 2) v down
    triangles: I64  # (t, 3)
    coarse: Mapping[str, U8]  # (512, 512)
    fine: Mapping[str, U8]  # (1024, 1024)
    metric: F32  # (256, 256, 2) metres per fine texel along columns and rows

    def mask(self, name: str) -> F32:
        """Coarse mask as 0..1."""
        return np.multiply(self.coarse[name], np.float32(1 / 255), dtype=np.float32)

    def noise(self, name: str) -> F32:
        """Coarse noise as about -2..2."""
        return decode_noise(self.coarse[name])


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Vertex indices that the face parts hang on."""

    surface: I64  # (13378, 4) every quad of the skin
    neck_seam: I64  # (48,) loop where head and body meet
    mouth_rim: I64  # where the lips turn into the mouth
    lids: Mapping[tuple[str, str], I64]  # ("left"|"right", "upper"|"lower") -> edge at the eye, inner to outer corner
    lash_lines: Mapping[tuple[str, str], I64]  # the same for the front edge of the lid, where lashes grow
    upper_teeth: I64
    lower_teeth: I64
    upper_teeth_canonical: F64  # (68, 3) metres
    lower_teeth_canonical: F64


def decode_noise(values: U8) -> F32:
    """Stored noise -> about -2..2."""
    out = values.astype(np.float32)
    out -= 128
    out *= np.float32(1 / 64)
    return out


def _image(raw: NDArray[np.uint8]) -> U8:
    return np.asarray(Image.open(io.BytesIO(raw.tobytes())), dtype=np.uint8)


@lru_cache(maxsize=1)
def _archive() -> Mapping[str, NDArray[np.generic]]:
    path = resources.files("avatar.human") / "data" / "skin.npz"
    with path.open("rb") as handle, np.load(io.BytesIO(handle.read()), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@lru_cache(maxsize=2)
def surface(name: str) -> Surface:
    """The ``head`` or ``body`` primitive."""
    stored = _archive()

    def images(prefix: str) -> dict[str, U8]:
        return {
            key.removeprefix(prefix): _image(np.asarray(value, np.uint8))
            for key, value in stored.items()
            if key.startswith(prefix)
        }

    return Surface(
        vertex=stored[f"{name}_vertex"].astype(np.int64),
        uv=stored[f"{name}_uv"].astype(np.float64),
        triangles=stored[f"{name}_triangles"].astype(np.int64),
        coarse=images(f"{name}_coarse_"),
        fine=images(f"{name}_fine_"),
        metric=stored[f"{name}_metric"].astype(np.float32),
    )


@lru_cache(maxsize=3)
def windows(curve: str) -> tuple[Window, Window]:
    """Left and right; ``curve`` is ``brow``, ``upper_lid`` (which goes on as a wing) or ``lower_lid``."""
    stored = _archive()
    length = np.float32(stored[f"{curve}_length"].astype(np.float64))

    def window(side: str) -> Window:
        row, column = (int(x) for x in stored[f"{curve}_{side}_origin"].astype(np.int64))
        along, across = (stored[f"{curve}_{side}_{k}"].astype(np.float32) for k in ("along", "across"))
        return Window(row, column, np.where(along <= -100, np.float32(-1), along / length), across)

    return window("left"), window("right")


def brow_windows() -> tuple[Window, Window]:
    """Left and right eyebrow."""
    return windows("brow")


@lru_cache(maxsize=1)
def landmarks() -> Landmarks:
    """Indices shared by eyes, lashes and mouth."""
    stored = _archive()

    def ids(name: str) -> I64:
        return stored[name].astype(np.int64)

    return Landmarks(
        surface=ids("surface"),
        neck_seam=ids("neck_seam"),
        mouth_rim=ids("mouth_rim"),
        lids={(s, w): ids(f"lid_{s}_{w}") for s in ("left", "right") for w in ("upper", "lower")},
        lash_lines={(s, w): ids(f"lash_{s}_{w}") for s in ("left", "right") for w in ("upper", "lower")},
        upper_teeth=ids("upper_teeth_vertex"),
        lower_teeth=ids("lower_teeth_vertex"),
        upper_teeth_canonical=stored["upper_teeth_canonical"].astype(np.float64),
        lower_teeth_canonical=stored["lower_teeth_canonical"].astype(np.float64),
    )
