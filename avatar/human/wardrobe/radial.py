"""Radius of a trunk or a leg over height and angle, and what cloth makes of it: bridge hollows, hang from bulges."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from avatar.human.figure import F64

DIRECTIONS = 72  # columns of a grid: 5 degrees each


@dataclass(frozen=True, slots=True)
class RadialGrid:
    """``radius[row, column]`` in metres about a vertical axis; rows go up from ``low`` in steps of ``step``."""

    radius: F64  # (rows, DIRECTIONS)
    low: float
    step: float

    @property
    def heights(self) -> F64:
        """(rows,) height of each row, metres."""
        return np.asarray(self.low + self.step * np.arange(len(self.radius)), np.float64)

    @property
    def theta(self) -> F64:
        """(DIRECTIONS,) angle of each column, 0 at the front, positive to the left."""
        return column_angles()

    def bridged(self, amount: float = 1.0) -> RadialGrid:
        """Span horizontal hollows (cleavage, spine, between the buttocks) by ``amount`` of the convex hull."""
        hull = np.maximum(hull_radius(self.radius), self.radius)
        return replace(self, radius=self.radius + amount * (hull - self.radius))

    def hanging(self, slope: float | F64) -> RadialGrid:
        """Below every bulge the radius shrinks by at most ``slope`` metres per metre; where that is negative, it grows.

        One value, one per column, or one per cell.
        """
        radius = self.radius.copy()
        fall = np.broadcast_to(np.asarray(slope) * self.step, radius.shape)
        for row in range(len(radius) - 2, -1, -1):
            radius[row] = np.maximum(radius[row], radius[row + 1] - fall[row])
        return replace(self, radius=radius)

    def tented(self, slope: float) -> RadialGrid:
        """Above every bulge the radius shrinks by at most ``slope``: cloth spans from the chest to the hips."""
        flipped = replace(self, radius=self.radius[::-1]).hanging(slope)
        return replace(self, radius=flipped.radius[::-1].copy())

    def raised(self, y: F64, theta: F64, radius: F64) -> RadialGrid:
        """At least as wide as a layer of points (n,) that is already worn."""
        row = np.round((y - self.low) / self.step).astype(np.int64)
        inside = (row >= 0) & (row < len(self.radius))
        column = np.floor((theta + np.pi) / (2 * np.pi) * DIRECTIONS).astype(np.int64) % DIRECTIONS
        grid = self.radius.copy()
        np.maximum.at(grid, (row[inside], column[inside]), radius[inside])
        return replace(self, radius=grid)

    def smoothed(self) -> RadialGrid:
        """Soft, yet nowhere narrower than before by more than a cell's worth: a peak must not be cut off."""
        soft = self.blurred(2.5, 1.5)
        return replace(self, radius=np.maximum(soft.radius, self.radius)).blurred(1.0, 0.75)

    def blurred(self, rows: float, columns: float) -> RadialGrid:
        """Gaussian smoothing; sigmas in cells."""
        return replace(self, radius=gaussian_filter(self.radius, (rows, columns), mode=("nearest", "wrap")))

    def sample(self, y: F64, theta: F64) -> F64:
        """Bilinear radius at heights ``y`` and angles ``theta``; heights outside the grid take the nearest row."""
        row = np.clip((y - self.low) / self.step, 0, len(self.radius) - 1)
        column = (theta + np.pi) / (2 * np.pi) * DIRECTIONS - 0.5
        wrapped = np.concatenate([self.radius[:, -2:], self.radius, self.radius[:, :2]], axis=1)
        return np.asarray(map_coordinates(wrapped, [row, column + 2], order=1, mode="nearest"))


def column_angles() -> F64:
    """(DIRECTIONS,) centres of the columns from -pi to pi."""
    return -np.pi + (np.arange(DIRECTIONS) + 0.5) * 2 * np.pi / DIRECTIONS


def hull_radius(radius: F64) -> F64:
    """Radial function of the convex hull of each row's outline, by its support function at the same directions.

    radius: (rows, DIRECTIONS); returns the same shape.
    """
    theta = column_angles()
    cosine = np.cos(theta[:, None] - theta[None])
    support = (radius[:, :, None] * cosine[None]).max(1)
    bound = np.where(cosine > 0.05, support[:, None, :] / np.maximum(cosine, 0.05)[None], np.inf)
    return np.asarray(bound.min(2))


def radial_grid(y: F64, theta: F64, radius: F64, low: float, high: float, step: float) -> RadialGrid:
    """The outermost radius of a dense point cloud in each cell; gaps are filled along the angle, then the height.

    y, theta, radius: (n,) cylindrical coordinates of the points.
    """
    rows = max(2, int(np.ceil((high - low) / step)) + 1)
    row = np.round((y - low) / step).astype(np.int64)
    inside = (row >= 0) & (row < rows)
    column = np.floor((theta + np.pi) / (2 * np.pi) * DIRECTIONS).astype(np.int64) % DIRECTIONS
    grid = np.zeros((rows, DIRECTIONS))
    np.maximum.at(grid, (row[inside], column[inside]), radius[inside])
    filled = [index for index in range(rows) if (grid[index] > 0).sum() >= 3]
    angles = column_angles()
    for index in filled:
        known = grid[index] > 0
        grid[index] = np.interp(angles, angles[known], grid[index][known], period=2 * np.pi)
    if filled:
        nearest = np.array(filled)[np.abs(np.arange(rows)[:, None] - np.array(filled)[None]).argmin(1)]
        grid = grid[nearest]
    return RadialGrid(grid, low, step)
