"""Which rectangles of its textures a surface uses, how much each is worth, and where in the atlas it goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from avatar.gltf.transforms.atlas.packing import Size, Spot, pack
from avatar.gltf.transforms.atlas.pictures import CLAMP, F64, I64, MIRROR

MOST_REPEATS: Final = 4.0  # of a texture along one axis that are painted out; what tiles more often stays as it is
_EDGE = 1e-4  # coordinates that leave the image by no more than this are rounding
_GRIDS = (64, 32, 16, 8)  # cells a side, until few enough separate regions are left
_MOST_REGIONS = 48
_BLOCK = 4  # pixels: regions begin and end at multiples, as block compression wants it


Box = tuple[float, float, float, float]  # left, top, right, bottom in a surface's coordinates


@dataclass(frozen=True, slots=True)
class Area:
    """What one region asks of the atlas: its extent in pixels at full size, and what a pixel of it spans in the world,
    in units of length divided by importance."""

    width: float
    height: float
    pixel: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a region lies in the atlas: pixels, without its margin."""

    left: int
    top: int
    width: int
    height: int


def unrolled(coordinates: F64, corners: I64, wrap: tuple[int, int]) -> F64:
    """``coordinates`` (n, 2) whose islands are moved by whole repeats of the image, as near to it as they can be."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    if (low >= -_EDGE).all() and (high <= 1 + _EDGE).all():
        return coordinates
    count = len(coordinates)
    pairs = np.concatenate([corners[:, :2], corners[:, 1:]])
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    number, island = connected_components(links, directed=False)
    made = coordinates.copy()
    for axis in range(2):
        if wrap[axis] == CLAMP:
            continue
        period = 2.0 if wrap[axis] == MIRROR else 1.0
        least, most = np.full(number, np.inf), np.full(number, -np.inf)
        np.minimum.at(least, island, made[:, axis])
        np.maximum.at(most, island, made[:, axis])
        # An island that fits into one image is moved by where its middle is, so that rounding does not push it out.
        anchor = np.where(most - least <= 1 + _EDGE, np.minimum((least + most) / 2, least + _EDGE), least + _EDGE)
        made[:, axis] -= (np.floor(anchor / period) * period)[island]
    return made


def find_regions(coordinates: F64, corners: I64) -> tuple[list[Box], I64]:
    """The separate boxes that triangles (t, 3) cover in ``coordinates`` (n, 2), and (n,) the box of each vertex."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    for grid in _GRIDS:
        cells = np.clip(((coordinates - low) / extent * grid).astype(np.int64), 0, grid - 1)
        first, last = cells[corners].min(axis=1), cells[corners].max(axis=1) + 1
        steps = np.zeros((grid + 1, grid + 1), np.int64)  # counts of boxes by their corners, summed up below
        for (x, y), sign in (
            ((first[:, 0], first[:, 1]), 1),
            ((last[:, 0], first[:, 1]), -1),
            ((first[:, 0], last[:, 1]), -1),
            ((last[:, 0], last[:, 1]), 1),
        ):
            np.add.at(steps, (y, x), sign)
        covered = steps.cumsum(axis=0).cumsum(axis=1)[:grid, :grid] > 0
        labels, count = label(covered, np.ones((3, 3), np.int64))
        if count <= _MOST_REGIONS:
            break
    owner = labels[cells[:, 1], cells[:, 0]] - 1
    boxes = np.zeros((count, 4))
    for number in range(count):
        points = coordinates[owner == number]
        boxes[number] = (*points.min(axis=0), *points.max(axis=0))
    boxes, became = _merged(boxes, 0.02 * float(extent.max()))
    return [(box[0], box[1], box[2], box[3]) for box in boxes.tolist()], became[np.maximum(owner, 0)]


def _merged(boxes: F64, margin: float) -> tuple[F64, I64]:
    """Boxes joined where one box costs hardly more than two, and the new number of each old one."""
    groups = [[at] for at in range(len(boxes))]

    def area(box: F64) -> F64:
        found: F64 = (box[..., 2] - box[..., 0] + margin) * (box[..., 3] - box[..., 1] + margin)
        return found

    while len(boxes) > 1:
        joint = np.concatenate(
            [
                np.minimum(boxes[:, None, :2], boxes[None, :, :2]),
                np.maximum(boxes[:, None, 2:], boxes[None, :, 2:]),
            ],
            axis=2,
        )
        own = area(boxes)
        waste = area(joint) / (own[:, None] + own[None, :])
        np.fill_diagonal(waste, np.inf)
        one, two = divmod(int(waste.argmin()), len(boxes))
        if waste[one, two] > 1.05:
            break
        one, two = min(one, two), max(one, two)
        boxes[one] = joint[one, two]
        boxes = np.delete(boxes, two, axis=0)
        groups[one] += groups.pop(two)
    became = np.zeros(sum(map(len, groups)), np.int64)
    for number, members in enumerate(groups):
        became[members] = number
    return boxes, became


def lay_out(areas: Sequence[Area], side: int, margin: int, most: float = math.inf) -> tuple[list[Place], float] | None:
    """Where regions go in a square of ``side`` pixels with ``margin`` pixels around each, and how many pixels a unit
    of (important) length got: as many as fit, at most ``most``, and none of a texture's own pixels more than once.

    None when they do not fit at any size.
    """
    best: tuple[list[Place], float] | None = None
    full = 1 / min((area.pixel for area in areas if area.pixel > 0), default=1.0)
    high = min(most, full)
    found = _placed(areas, high, side, margin)
    if found is not None:
        return found, high
    low = high / 4096
    for _ in range(14):
        middle = math.sqrt(low * high)
        found = _placed(areas, middle, side, margin)
        if found is None:
            high = middle
        else:
            low, best = middle, (found, middle)
    return best


def _placed(areas: Sequence[Area], density: float, side: int, margin: int) -> list[Place] | None:
    sizes: list[Size] = [_pixels(area, density) for area in areas]
    cells = [(_blocks(width + 2 * margin), _blocks(height + 2 * margin)) for width, height in sizes]
    spots: list[Spot] | None = pack(cells, side)
    if spots is None:
        return None
    return [
        Place(left + margin, top + margin, width, height)
        for (left, top), (width, height) in zip(spots, sizes, strict=True)
    ]


def _pixels(area: Area, density: float) -> Size:
    scale = min(1.0, density * area.pixel)
    return max(1, math.ceil(area.width * scale)), max(1, math.ceil(area.height * scale))


def _blocks(pixels: int) -> int:
    return pixels + -pixels % _BLOCK
