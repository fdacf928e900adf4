"""A garment's pattern: cut, simplified and unwrapped once on an average body, then worn by every figure.

Baked by ``tools/bake_wardrobe.py`` into ``data/wardrobe.npz`` (tops) and ``data/bottoms.npz``. Because the shell has
the same vertices on every figure, a pattern needs no cutting, simplifying, unwrapping or rasterising when somebody is
dressed.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from avatar.human.bundle import VERTEX_COUNT
from avatar.human.figure import F32, F64, I64
from avatar.human.wardrobe.frame import Frame
from avatar.human.wardrobe.mesh import umbrella, unique_edges

ARCHIVES = ("wardrobe.npz", "bottoms.npz")
FOLD_STEPS = 6000  # a metre in steps of the archive: a sixth of a millimetre, up to 21 mm


@dataclass(frozen=True, slots=True)
class Cut:
    """The cloth as it is draped: shell vertices first, then ``rows`` rows that hang from ``loop``.

    A top is drawn twice as fine: the middles of all edges follow (`avatar.human.wardrobe.refine`).
    """

    origin: I64  # (n, 4) shell vertices that a cloth vertex is mixed from
    share: F64  # (n, 4) of each, rows sum to 1
    triangles: I64  # (t, 3) over n + rows * len(loop) vertices
    loop: I64  # (m,) trunk hem from which rows are extruded; empty when there are none
    rows: int
    inner: int  # so many of the last of ``origin`` are of another garment, seen in an opening of this one
    edges: Mapping[str, I64]  # name (neck, hem, cuffLeft, waist, ...) -> ordered open edge

    @property
    def count(self) -> int:
        """Number of cloth vertices, rows included."""
        return len(self.origin) + self.rows * len(self.loop)

    def is_inner(self) -> NDArray[np.bool_]:
        """Vertices of the fine cloth that belong to the other garment."""
        coarse = np.zeros(self.count, bool)
        coarse[len(self.origin) - self.inner : len(self.origin)] = True
        return np.concatenate([coarse, coarse[unique_edges(self.triangles)[:, 0]]])


@dataclass(frozen=True, slots=True)
class Pattern:
    """A finished pattern. Vertices of the drawn mesh point back into the cloth (``source``)."""

    cut: Cut
    shell: I64  # (t, 3) simplified triangles over the vertices of the cloth, of a top the fine one
    open_edges: Mapping[str, I64]  # name -> ordered open edge of ``shell``
    turned: tuple[str, ...]  # those that are folded inward; their inner vertices follow the cloth's
    folds: F32  # (variants, n) metres by which folds lift that cloth; empty when draping makes them
    source: I64  # (r,) cloth vertex; then inner lip vertices, then those of trimmings, in their order
    uv: F64  # (r, 2) v down
    triangles: I64  # (u, 3) over the r drawn vertices
    chart: I64  # (r,) index into ``charts``
    charts: tuple[str, ...]
    position: F32  # (r, 3) where the drawn vertex lies on the average body: painters work there
    metric: F32  # (r, 2) metres inside the chart
    openness: F32  # (r,) share of the sky that is seen, 0..1
    arm: F32  # (r,) share of arm joints in the skin weights
    hidden: NDArray[np.bool_]  # (19158,) base vertices that need no skin under this garment
    sheet: F64  # (2,) metres of cloth across and down the whole texture
    body: Frame  # measurements of that average body


@functools.cache
def smoother(name: str) -> sp.csr_matrix:
    """The smoothing operator of a pattern's cloth."""
    cut = pattern(name).cut
    return umbrella(cut.triangles, cut.count)


def to_arrays(name: str, value: Pattern) -> dict[str, NDArray[Any]]:
    """Flat arrays for an npz archive, small types, keys prefixed with the pattern's name."""
    cut = value.cut
    flat: dict[str, NDArray[Any]] = {
        "cut/origin": cut.origin.astype(np.int16),
        "cut/share": cut.share.astype(np.float32),
        "cut/triangles": cut.triangles.astype(np.int16),
        "cut/loop": cut.loop.astype(np.int16),
        "cut/rows": np.array(cut.rows),
        "cut/inner": np.array(cut.inner),
        "shell": value.shell.astype(np.int16),
        "turned": np.array(value.turned),
        "folds": np.round(value.folds * FOLD_STEPS).astype(np.int8),
        "source": value.source.astype(np.int16),
        "uv": value.uv.astype(np.float32),
        "triangles": value.triangles.astype(np.int16),
        "chart": value.chart.astype(np.int8),
        "charts": np.array(value.charts),
        "position": value.position.astype(np.float32),
        "metric": value.metric.astype(np.float32),
        "openness": np.round(value.openness * 255).astype(np.uint8),
        "arm": np.round(value.arm * 255).astype(np.uint8),
        "hidden": np.packbits(value.hidden),
        "sheet": value.sheet,
    }
    flat |= {f"edges/{edge}": loop.astype(np.int16) for edge, loop in cut.edges.items()}
    flat |= {f"open/{edge}": loop.astype(np.int16) for edge, loop in value.open_edges.items()}
    for item in fields(Frame):
        measured = getattr(value.body, item.name)
        if isinstance(measured, Mapping):
            flat |= {f"body/{item.name}/{side}": np.asarray(array) for side, array in measured.items()}
        else:
            flat[f"body/{item.name}"] = np.asarray(measured)
    return {f"{name}/{key}": array for key, array in flat.items()}


@functools.cache
def _archive() -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for name in ARCHIVES:
        with (resources.files("avatar.human") / "data" / name).open("rb") as handle, np.load(handle) as archive:
            found |= archive
    return found


@functools.cache
def pattern(name: str) -> Pattern:
    """The baked pattern of that name. Raises KeyError when there is none."""
    return from_arrays(name, _archive())


def from_arrays(name: str, archive: Mapping[str, NDArray[Any]]) -> Pattern:
    """The inverse of :func:`to_arrays`. Raises KeyError for a name that is not in the archive."""
    flat = {key.removeprefix(f"{name}/"): array for key, array in archive.items() if key.startswith(f"{name}/")}

    def index(key: str) -> I64:
        return flat[key].astype(np.int64)

    def group(prefix: str) -> dict[str, NDArray[Any]]:
        return {key.removeprefix(prefix): array for key, array in flat.items() if key.startswith(prefix)}

    if not flat:
        raise KeyError(name)
    cut = Cut(
        origin=index("cut/origin"),
        share=flat["cut/share"].astype(np.float64),
        triangles=index("cut/triangles"),
        loop=index("cut/loop"),
        rows=int(flat["cut/rows"]),
        inner=int(flat["cut/inner"]),
        edges={key: array.astype(np.int64) for key, array in group("edges/").items()},
    )
    measured: dict[str, Any] = {}
    for key, array in group("body/").items():
        item, _, part = key.partition("/")
        if part:
            measured.setdefault(item, {})[part] = array
        else:
            measured[item] = float(array) if array.ndim == 0 else array
    return Pattern(
        cut=cut,
        shell=index("shell"),
        open_edges={key: array.astype(np.int64) for key, array in group("open/").items()},
        turned=tuple(str(edge) for edge in flat["turned"]),
        folds=flat["folds"].astype(np.float32) / np.float32(FOLD_STEPS),
        source=index("source"),
        uv=flat["uv"].astype(np.float64),
        triangles=index("triangles"),
        chart=index("chart"),
        charts=tuple(str(chart) for chart in flat["charts"]),
        position=flat["position"],
        metric=flat["metric"],
        openness=flat["openness"].astype(np.float32) / np.float32(255),
        arm=flat["arm"].astype(np.float32) / np.float32(255),
        hidden=np.unpackbits(flat["hidden"], count=VERTEX_COUNT).astype(bool),
        sheet=flat["sheet"],
        body=Frame(**measured),
    )
