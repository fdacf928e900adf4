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
from avatar.human.wardrobe.raster import Texels, gutter, rasterise

COLOUR_SIZE, NORMAL_SIZE, PACKED_SIZE = 1024, 512, 256
CLOSE = 0.034  # metres from an edge within which distances are exact


def place_at(made: Pattern, chart: str, point: F64) -> F64:
    """(2,) chart metres of a point on the body in front of or behind it: the panel hangs upright there."""
    own = np.flatnonzero(made.chart == made.charts.index(chart))
    nearest = own[np.argmin(((made.position[own] - point) ** 2).sum(1))]
    step = (point - made.position[nearest])[:2] * (-1 if chart.startswith("back") else 1, 1)
    return np.asarray(made.metric[nearest] + step, np.float64)


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

    def arm_at(self, points: F64) -> tuple[F64, F64, F64]:
        """Arm parameter, metres along the arm and angle around it of points (n, 3)."""
        return arm_coordinates(self.body, points)

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
        """(n,) metres from an open edge of the pattern; 9 where not ``chosen``."""
        first = {int(v): k for k, v in reversed(list(enumerate(self.pattern.source)))}
        points = self.pattern.position[[first[int(v)] for v in self.pattern.open_edges[edge]]]
        after = np.roll(points, -1, axis=0)
        dense = np.concatenate([points * (1 - t) + after * t for t in np.arange(8) / 8])
        # measured at the vertices, linear across triangles; closer by, where bands end, at the texels themselves
        tree = cKDTree(dense)
        distance = self.texels.sample(np.asarray(tree.query(self.pattern.position)[0]))
        near = np.flatnonzero(chosen & (distance < CLOSE))
        distance[near] = tree.query(self.at[near])[0]
        return np.where(chosen, distance, np.float32(9))


@dataclass(frozen=True, slots=True)
class Layers:
    """A garment's texture without its colours; the same for every figure, so kept for the life of the process."""

    shade: U8  # brightness, 160 = unchanged
    masks: Mapping[str, U8]  # accent, trim, fade, thread, metal: 0..255
    normal: U8  # (512, 512, 3)
    packed: U8  # (256, 256, 3) occlusion, roughness, metallic


@dataclass(frozen=True, slots=True)
class Relief:
    """The surface of a cloth at the points of a canvas."""

    height: F32  # metres
    rib: F32 | None = None  # 0..1 knitted in ribs
    smooth: F32 | None = None  # 0..1 polished: buttons


Shape = Callable[[Canvas], Relief | F32]
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


def paint(name: str, weave: Weave, relief: Shape, ink: Ink, depth: float) -> Layers:
    """Folds and seams as height at the normal map's size, lines and weave at the colour's.

    depth: factor on the relief, 1 for real cloth, less for drawn styles. Ink may return
    ``dark`` (seams), ``rib``, ``calm`` (no weave) and any of the masks of :class:`Layers`.
    """
    coarse, fine = canvas(name, NORMAL_SIZE), canvas(name, COLOUR_SIZE)
    formed = relief(coarse)
    surface = formed if isinstance(formed, Relief) else Relief(formed)
    bare = np.zeros(len(coarse.at), np.float32)
    rib, smooth = (bare if part is None else part for part in (surface.rib, surface.smooth))
    height, rib, smooth, sky = coarse.texels.images(
        surface.height * np.float32(depth), rib, smooth, coarse.texels.sample(coarse.pattern.openness)
    )
    soft = fabric.cavity(height, coarse.metres_per_pixel)
    shadow = (0.70 + 0.30 * soft) * (0.82 + 0.18 * sky)
    large = np.asarray(Image.fromarray(shadow).resize((COLOUR_SIZE, COLOUR_SIZE), Image.Resampling.BILINEAR))
    drawn = ink(fine)
    dark, ribbed, calm = (drawn.pop(key, None) for key in ("dark", "rib", "calm"))
    woven = np.tile(fabric.CONTRAST[weave] * np.float32(depth) * fabric.weave_tile(weave), (4, 4))
    rows, columns = fine.texels.rows, fine.texels.columns
    if calm is not None:
        woven[rows, columns] *= 1 - calm
    shade = large * (1 + woven)
    if ribbed is not None:
        ribs = fabric.weave_tile(Weave.RIB)[rows % 256, columns % 256] * fabric.CONTRAST[Weave.RIB]
        shade[rows, columns] *= 1 + ribbed * ribs
    if dark is not None:
        shade[rows, columns] *= 1 - dark
    ribs = np.tile(fabric.weave_tile(Weave.RIB)[::2, ::2], (4, 4)) * rib
    return Layers(
        shade=np.clip(shade * NEUTRAL, 0, 255).astype(np.uint8),
        masks={key: mask_image(fine.texels, values) for key, values in drawn.items()},
        normal=fabric.normal_map(height + np.float32(fabric.RIB_HEIGHT * depth) * ribs, coarse.metres_per_pixel),
        packed=_packed(weave, soft, sky, smooth),
    )


def _packed(weave: Weave, soft: F32, sky: F32, smooth: F32) -> U8:
    """Occlusion and roughness of cloth at a quarter of the colour's size."""
    rough = np.float32(fabric.ROUGHNESS[weave]) + np.float32(0.10) * (1 - np.clip(soft, 0, 1))
    rough = rough + (fabric.BUTTON - rough) * smooth
    layers = np.stack([np.clip(soft, 0, 1) * (0.25 + 0.75 * sky), np.clip(rough, 0, 1), np.zeros_like(rough)], -1)
    small = layers.reshape(PACKED_SIZE, 2, PACKED_SIZE, 2, 3).mean((1, 3))
    return np.asarray(small * 255 + 0.5, np.uint8)


def mask_image(texels: Texels, values: F32) -> U8:
    """(size, size) 0..255 of texel values 0..1; carried on into the gutters, so that no seam shines through."""
    out = np.zeros(texels.size * texels.size, np.uint8)
    out[texels.rows * texels.size + texels.columns] = fabric.clip_unit(values) * 255
    place, inward = gutter(texels)
    out[place] = out[inward]
    return out.reshape(texels.size, texels.size)


_ABOVE = ("thread", "metal", "pearl")  # lie on the cloth: not shaded by its folds


def colour(layers: Layers, base: F32, inks: Mapping[str, F32], prints: Mapping[str, U8] | None = None) -> U8:
    """(1024, 1024, 3) sRGB texture: cloth, then inks in their order, shaded, then thread and metal on top.

    base (3,) and inks' values (3,) are display values 0..1; ``prints`` are more masks, by the ink's name.
    """
    shade = layers.shade.astype(np.float32) * np.float32(255 / NEUTRAL)
    out = np.empty((*shade.shape, 3), np.uint8)
    masks = {**layers.masks, **(prints or {})}
    drawn: list[tuple[bool, NDArray[np.intp], F32, F32]] = []
    for name, ink in inks.items():
        if name in masks:
            where = np.flatnonzero(masks[name])
            drawn.append((name in _ABOVE, where, masks[name].reshape(-1)[where] * np.float32(1 / 255), ink))
    for channel in range(3):
        value = np.full(shade.shape, base[channel], np.float32)
        flat = value.reshape(-1)
        for above, where, share, ink in drawn:
            if not above:
                flat[where] += share * (ink[channel] - flat[where])
        value *= shade
        for above, where, share, ink in drawn:
            if above:
                flat[where] += share * (ink[channel] * 235 - flat[where])
        out[..., channel] = np.clip(value, 0, 255)
    return out
