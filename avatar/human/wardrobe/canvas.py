"""What a garment's painter works on, and what it leaves behind: layers without colour, one set per pattern."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from avatar.human.figure import F32, F64, U8
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.frame import Frame, arm_coordinates, leg_polar, trunk_polar
from avatar.human.wardrobe.garments import Weave
from avatar.human.wardrobe.pattern import Pattern, pattern
from avatar.human.wardrobe.raster import Texels, rasterise

COLOUR_SIZE, NORMAL_SIZE = 1024, 512


@dataclass(frozen=True, slots=True)
class Canvas:
    """The covered texels of one pattern, in the coordinates of the average body it was drafted on."""

    pattern: Pattern
    texels: Texels
    at: F32  # (n, 3) metres on that body
    place: F32  # (n, 2) metres inside the chart
    chart: NDArray[np.int8]  # (n,)
    arm: F32  # (n,) share of arm joints

    @property
    def body(self) -> Frame:
        return self.pattern.body

    @property
    def metres_per_pixel(self) -> tuple[float, float]:
        """Across and down."""
        across, down = (self.pattern.sheet / self.texels.size).tolist()
        return across, down

    def on(self, *charts: str) -> NDArray[np.bool_]:
        """(n,) texels of the charts whose names start so."""
        wanted = [number for number, name in enumerate(self.pattern.charts) if name.startswith(charts)]
        return np.isin(self.chart, wanted)

    def place_of(self, chart: str, point: F64) -> F32:
        """(2,) chart metres of the chart's vertex that is nearest to a point on the body."""
        own = np.flatnonzero(self.pattern.chart == self.pattern.charts.index(chart))
        nearest = own[np.argmin(((self.pattern.position[own] - point) ** 2).sum(1))]
        return np.asarray(self.pattern.metric[nearest])

    def trunk(self, chosen: NDArray[np.bool_]) -> tuple[F32, F32]:
        """Angle and radius about the trunk."""
        angle, radius, _ = trunk_polar(self.body, self.at[chosen].astype(np.float64))
        return angle.astype(np.float32), radius.astype(np.float32)

    def leg(self, chosen: NDArray[np.bool_], side: str) -> tuple[F32, F32]:
        """Angle and radius about a leg."""
        angle, radius, _ = leg_polar(self.body, self.at[chosen].astype(np.float64), side)
        return angle.astype(np.float32), radius.astype(np.float32)

    def sleeve(self, chosen: NDArray[np.bool_]) -> tuple[F32, F32, F32]:
        """Arm parameter, metres along the arm and angle around it."""
        s, along, angle = arm_coordinates(self.body, self.at[chosen].astype(np.float64))
        return s.astype(np.float32), along.astype(np.float32), angle.astype(np.float32)

    def from_edge(self, edge: str, chosen: NDArray[np.bool_]) -> F32:
        """(n,) metres from a turned edge of the pattern; 9 where not ``chosen``."""
        cloth = self.pattern.cut.edges[edge]
        lip = next(loop for loop in self.pattern.lips if np.isin(loop, cloth).any())
        first = {int(v): k for k, v in reversed(list(enumerate(self.pattern.source)))}
        points = self.pattern.position[[first[int(v)] for v in lip]]
        after = np.roll(points, -1, axis=0)
        dense = np.concatenate([points * (1 - t) + after * t for t in np.arange(8) / 8])
        # measured at the vertices: close to an edge the distance is as good as linear across a triangle
        distance = self.texels.sample(np.asarray(cKDTree(dense).query(self.pattern.position)[0]))
        return np.where(chosen, distance, np.float32(9))


@dataclass(frozen=True, slots=True)
class Layers:
    """A garment's texture without its colours; the same for every figure, so kept for the life of the process."""

    shade: U8  # brightness, 160 = unchanged
    masks: Mapping[str, U8]  # accent, fade, thread, metal: 0..255
    normal: U8  # (512, 512, 3)


Relief = Callable[[Canvas], F32]
Ink = Callable[[Canvas], dict[str, F32]]
NEUTRAL = 160.0


@functools.lru_cache(maxsize=1)
def _texels(name: str) -> Texels:
    made = pattern(name)
    return rasterise(made.uv, made.triangles, COLOUR_SIZE)


def canvas(name: str, size: int) -> Canvas:
    """The canvas of a pattern for its colour (``COLOUR_SIZE``) or its normals (``NORMAL_SIZE``)."""
    made = pattern(name)
    texels = _texels(name) if size == COLOUR_SIZE else _texels(name).halved()
    return Canvas(
        made, texels, texels.sample(made.position), texels.sample(made.metric),
        made.chart[texels.corners[:, 0]].astype(np.int8), texels.sample(made.arm),
    )  # fmt: skip


def paint(name: str, weave: Weave, relief: Relief, ink: Ink, depth: float) -> Layers:
    """Folds and seams as height at the normal map's size, lines and weave at the colour's.

    depth: factor on the relief, 1 for real cloth, less for drawn styles. Ink may return
    ``dark`` (seams), ``rib`` and any of the masks of :class:`Layers`.
    """
    coarse, fine = canvas(name, NORMAL_SIZE), canvas(name, COLOUR_SIZE)
    relieved, sky = relief(coarse) * np.float32(depth), coarse.texels.sample(coarse.pattern.openness)
    height, open_sky = coarse.texels.images(relieved, sky)
    soft = fabric.cavity(height, coarse.metres_per_pixel)
    soft = (0.62 + 0.38 * soft) * (0.68 + 0.32 * open_sky)
    large = np.asarray(Image.fromarray(soft).resize((COLOUR_SIZE, COLOUR_SIZE), Image.Resampling.BILINEAR))
    drawn = ink(fine)
    dark, rib = (drawn.pop(key, None) for key in ("dark", "rib"))
    tile = fabric.weave_tile(weave)
    shade = large * (1 + fabric.CONTRAST[weave] * depth * np.tile(tile, (4, 4)))
    rows, columns = fine.texels.rows, fine.texels.columns
    if rib is not None:
        ribbed = fabric.weave_tile(Weave.RIB)[rows % 256, columns % 256] * fabric.CONTRAST[Weave.RIB]
        shade[rows, columns] *= 1 + rib * ribbed
    if dark is not None:
        shade[rows, columns] *= 1 - dark
    return Layers(
        shade=np.clip(shade * NEUTRAL, 0, 255).astype(np.uint8),
        masks={key: _mask(fine.texels, values) for key, values in drawn.items()},
        normal=fabric.normal_map(height, coarse.metres_per_pixel),
    )


def _mask(texels: Texels, values: F32) -> U8:
    out = np.zeros((texels.size, texels.size), np.uint8)
    out[texels.rows, texels.columns] = fabric.clip_unit(values) * 255
    # one texel of bleed in each direction hides the chart borders from texture filtering
    grown = out.copy()
    for axis in (0, 1):
        for step in (1, -1):
            grown = np.maximum(grown, np.roll(out, step, axis))
    covered = np.zeros(out.shape, bool)
    covered[texels.rows, texels.columns] = True
    return np.where(covered, out, grown)


def colour(layers: Layers, base: F32, inks: Mapping[str, F32]) -> U8:
    """(1024, 1024, 3) sRGB texture: cloth, then accent and fade, shaded, then thread and metal on top.

    base (3,) and inks' values (3,) are display values 0..1.
    """
    shade = layers.shade.astype(np.float32) * np.float32(255 / NEUTRAL)
    out = np.empty((*shade.shape, 3), np.uint8)
    under = [(layers.masks[key], inks[key]) for key in ("accent", "fade") if key in layers.masks and key in inks]
    above = [(layers.masks[key], inks[key]) for key in ("thread", "metal") if key in layers.masks and key in inks]
    lifted = [(np.flatnonzero(mask), mask, ink) for mask, ink in above]
    for channel in range(3):
        value = np.full(shade.shape, base[channel], np.float32)
        for mask, ink in under:
            value += mask * ((ink[channel] - value) * np.float32(1 / 255))
        value *= shade
        flat = value.reshape(-1)
        for where, mask, ink in lifted:
            share = mask.reshape(-1)[where] * np.float32(1 / 255)
            flat[where] += share * (ink[channel] * 235 - flat[where])
        out[..., channel] = np.clip(value, 0, 255)
    return out
