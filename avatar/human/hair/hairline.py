"""The hair-bearing part of the scalp: its edge, a patch over it, and roots scattered in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F64, I64
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import angles, direction, farthest_points, slerp, smoothstep, unit

# Azimuth -> elevation (degrees) of the edge of the hair on the base head: forehead, temple, sideburn, ear, nape.
EDGE: F64 = np.array(
    [
        (0, 22), (16, 23), (30, 25), (41, 21), (51, 9), (59, -8), (66, -21), (71, -31), (76, -30),
        (80, -15), (86, -10), (95, -9), (104, -12), (110, -19), (117, -32), (126, -40), (150, -44), (180, -45),
    ],
    np.float64,
)  # fmt: skip
CROWN = (180.0, 68.0)


@dataclass(frozen=True, slots=True)
class Hairline:
    """The edge of the hair with a few human-sized controls, all in degrees."""

    height: float = 0.0  # whole forehead line up
    recession: float = 0.0  # temple corners back
    peak: float = 0.0  # widow's peak
    sideburn: float = 0.0  # sideburns longer
    nape: float = 0.0  # nape line lower
    irregular: float = 1.2  # natural unevenness

    def elevation(self, azimuth: F64) -> F64:
        """Elevation of the edge at signed azimuths (degrees)."""
        a = np.abs(azimuth)

        def bump(centre: float, width: float) -> F64:
            return np.exp(-(((a - centre) / width) ** 2))

        e = np.interp(a, EDGE[:, 0], EDGE[:, 1]) + self.height * smoothstep(60, 40, a)
        e = e + self.recession * bump(38, 14) - self.peak * bump(0, 9)
        e = e - self.sideburn * bump(72, 6) - self.nape * smoothstep(112, 130, a)
        wobble = np.sin(azimuth * 0.31 + 1) + np.sin(azimuth * 0.83 + 2) * 0.6 + np.sin(azimuth * 1.7) * 0.3
        edge: F64 = e + self.irregular * 0.5 * wobble
        return edge


@dataclass(frozen=True, slots=True)
class Roots:
    """Where strands leave the skin."""

    position: F64  # (n, 3)
    normal: F64  # (n, 3)
    azimuth: F64  # (n,) degrees on the base head
    elevation: F64  # (n,)
    rim: F64  # (n,) metres to the edge of the hair

    def take(self, index: I64) -> Roots:
        """The chosen ones."""
        return Roots(
            self.position[index], self.normal[index], self.azimuth[index], self.elevation[index], self.rim[index]
        )

    def __len__(self) -> int:
        return len(self.azimuth)


Region = Callable[[Roots], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Dome:
    """The scalp as a patch: u runs round the edge by arc length (0..1), v from the pole (0) to the edge (1)."""

    head: HeadModel
    pole: F64  # (3,) base direction
    arc: F64  # (m,) 0..1
    edge: F64  # (m, 3) base directions of the edge
    edge_azimuth: F64  # (m,) degrees, rising

    def directions(self, u: F64, v: F64) -> F64:
        """Base directions (..., 3) of patch coordinates."""
        k = unit(np.stack([np.interp(u, self.arc, self.edge[:, c]) for c in range(3)], -1))
        return slerp(np.broadcast_to(self.pole, k.shape), k, np.asarray(v)[..., None])

    def roots(self, count: int, region: Region, rng: np.random.Generator) -> Roots:
        """At most ``count`` evenly spread roots inside ``region``."""
        tries = 7000
        u, v = rng.random(tries), np.sqrt(rng.random(tries))
        d = self.directions(u, v)
        p, n = self.head.scalp(d)
        az, el = angles(d)
        pole = self.head.scalp(self.pole[None])[0]
        rim = (1 - v) * np.linalg.norm(p - pole, axis=1) / np.maximum(v, 0.05)
        roots = Roots(p, n, az, el, rim)
        roots = roots.take(np.nonzero(region(roots))[0][: max(count * 8, 400)])
        return roots.take(farthest_points(roots.position, count)) if len(roots) > count else roots

    def ring(self, azimuths: F64, v: F64 | float, rng: np.random.Generator, wobble: float) -> Roots:
        """Roots at given azimuths (degrees) and patch heights ``v``: hand-placed locks."""
        az = np.asarray(azimuths, np.float64) + rng.uniform(-wobble, wobble, len(azimuths))
        u = np.interp(az, self.edge_azimuth, self.arc)
        d = self.directions(u, np.broadcast_to(np.asarray(v, np.float64), az.shape))
        p, n = self.head.scalp(d)
        a, e = angles(d)
        return Roots(p, n, a, e, np.zeros(len(az)))


def dome(head: HeadModel, hairline: Hairline, beyond: float = 0.0, pole: tuple[float, float] = CROWN) -> Dome:
    """The patch inside a hairline; ``beyond`` metres of it reach past the line, for a rim that thins out."""
    towards = direction(*pole)
    az = np.linspace(-180.0, 180.0, 721)
    edge = direction(az, hairline.elevation(az))
    if beyond:
        pull = unit(edge - towards * (edge * towards).sum(-1, keepdims=True))
        edge = unit(edge + pull * beyond / 0.095)
    points, _ = head.scalp(edge)
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return Dome(head, towards, arc / arc[-1], edge, az)
