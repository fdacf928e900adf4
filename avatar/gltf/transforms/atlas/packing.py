"""Rectangles in a square: a skyline (Jylänki 2010, "A Thousand Ways to Pack the Bin"), the largest first."""

from __future__ import annotations

from collections.abc import Sequence

Size = tuple[int, int]  # width, height in pixels
Spot = tuple[int, int]  # left, top


def pack(sizes: Sequence[Size], side: int) -> list[Spot] | None:
    """Where rectangles of these sizes lie in a square of ``side``, none over another; None when they do not fit."""
    if sum(width * height for width, height in sizes) > side * side:
        return None
    keys = (
        [(height, width) for width, height in sizes],
        [(width * height, height) for width, height in sizes],
        [(width, height) for width, height in sizes],
    )
    for key in keys:
        order = sorted(range(len(sizes)), key=key.__getitem__, reverse=True)
        found = _packed(sizes, side, order)
        if found is not None:
            return found
    return None


def _packed(sizes: Sequence[Size], side: int, order: Sequence[int]) -> list[Spot] | None:
    skyline = [(0, 0, side)]  # left, height, width of each step, from left to right
    spots: dict[int, Spot] = {}
    for number in order:
        width, height = sizes[number]
        found = _lowest(skyline, width, height, side)
        if found is None:
            return None
        left, top = found
        spots[number] = found
        skyline = _raised(skyline, left, top + height, width)
    return [spots[number] for number in range(len(sizes))]


def _lowest(skyline: list[tuple[int, int, int]], width: int, height: int, side: int) -> Spot | None:
    """The lowest place, then the leftmost, at which a rectangle rests on the skyline."""
    best: tuple[int, int] | None = None
    for first, (left, _, _) in enumerate(skyline):
        if left + width > side:
            break
        top = 0
        for start, level, _ in skyline[first:]:
            if start >= left + width:
                break
            top = max(top, level)
        if top + height <= side and (best is None or (top, left) < best):
            best = (top, left)
    return None if best is None else (best[1], best[0])


def _raised(skyline: list[tuple[int, int, int]], left: int, level: int, width: int) -> list[tuple[int, int, int]]:
    """The skyline with what is under [left, left + width) at ``level``."""
    made: list[tuple[int, int, int]] = []
    right = left + width
    for start, height, extent in skyline:
        end = start + extent
        if start < left:
            made.append((start, height, min(end, left) - start))
        if start <= left < end:
            made.append((left, level, width))
        if end > right:
            made.append((max(start, right), height, end - max(start, right)))
    joined: list[tuple[int, int, int]] = []
    for start, height, extent in made:
        if extent <= 0:
            continue
        if joined and joined[-1][1] == height:
            joined[-1] = (joined[-1][0], height, joined[-1][2] + extent)
        else:
            joined.append((start, height, extent))
    return joined
