"""Drawn hair while it is put together: ordered locks over a full cap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from avatar.human.figure import F64
from avatar.human.hair.cap import cap
from avatar.human.hair.curtains import POINTS, Curtain, Falling, chains, fall, over_skull, surface
from avatar.human.hair.hairline import Dome, Hairline, dome
from avatar.human.hair.locks import by_height, locks
from avatar.human.hair.mesh import Grown, HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import direction, resample, smoothstep


@dataclass(slots=True)
class Sketch:
    """A drawn head of hair while it is put together. Metres at adult head size."""

    head: HeadModel
    rng: np.random.Generator
    patch: Dome = field(init=False)
    parts: list[HairMesh] = field(default_factory=list)
    springs: list[F64] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patch = dome(self.head, Hairline(irregular=0))

    def at(self, azimuth: F64, v: F64 | float) -> F64:
        """Base directions of places on the scalp: degrees, and 0 at the crown .. 1 at the hairline."""
        u = np.interp((azimuth + 180) % 360 - 180, self.patch.edge_azimuth, self.patch.arc)
        return self.patch.directions(u, np.broadcast_to(np.asarray(v, np.float64), azimuth.shape))

    def under(self, puff: float, tint: float = 0.82) -> None:
        """The closed cap."""
        height = puff * self.head.scale

        def lift(az: F64, el: F64, v: F64) -> F64:
            return height * (1 - np.clip(v, 0, 1) ** 5)

        self.parts.append(plain(cap(self.head, self.patch, "cap", 0.003, 36, 6, tint, lift)))

    def add(self, lines: F64, out: F64, width: float, **look: float) -> None:
        """Locks of about one width."""
        wide = width * self.head.scale * self.rng.uniform(0.9, 1.1, len(lines))
        rings = int(look.pop("rings", 7))
        self.parts.append(locks(lines, out, wide, self.head, self.rng, rings=rings, **look))

    def comb(
        self, start: F64, goal: F64, high: float, end: float, width: float, *, flick: float = 0.0,
        arch: float = 0.0, root: float = 0.7, **look: float,
    ) -> None:  # fmt: skip
        """Locks over the skull from ``start`` to ``goal`` (base directions): ``high`` off it, ``end`` at their tips."""
        k = self.head.scale

        def lift(t: F64) -> F64:
            body = high * (root + (1 - root) * smoothstep(0, 0.35, t)) * (1 - smoothstep(0.45, 1, t))
            return k * (body + end * smoothstep(0.45, 1, t) + flick * t**3)

        combed = over_skull(self.head, start, goal, lift, arch)
        lines = combed.lines if len(start) < 3 else unsmoothed(self.head, start, goal, lift, arch)
        self.add(lines, self.head.volume_normal(lines), width, **look)

    def hang(self, curtain: Curtain, count: int, width: float, *, curl: float = 0.0, **look: float) -> None:
        """Locks that fall from a parting, over an inner surface that closes the gaps; ``curl`` turns tips inwards."""
        k = self.head.scale
        outer = fall(curtain, self.head, self.patch, 41, self.rng)
        t = np.linspace(0, 1, POINTS)[None, :, None]
        outer = replace(outer, lines=outer.lines - outer.out * curl * k * smoothstep(0.6, 1.0, t) ** 1.5)
        inner = replace(outer, lines=outer.lines - outer.out * 0.006 * k * smoothstep(0.1, 0.4, t))
        short = resample(inner.lines[::2], np.linspace(0, 1, POINTS), np.full(21, 0.90))
        inner = Falling(short, inner.place[::2], inner.out[::2])
        self.parts.append(plain(surface(inner, self.head, 8, bulge=0.0, shade=0.74)))
        for row, share in ((0, 0.45), (1, 0.55)):
            number = round(count * share)
            place = np.clip((np.arange(number) + (0.12 if row else 0.5)) / (number - (0.76 if row else 0.0)), 0.0, 1.0)
            lines = outer.at(place, (0.001 + 0.005 * row) * k)
            ends = self.rng.uniform(0.90, 1.0, number) - 0.05 * (row == 0)
            lines = resample(lines, np.linspace(0, 1, POINTS), ends)
            self.add(lines, self.head.volume_normal(lines), width, **look)
        if curtain.max_side:
            self.springs += chains(lines, 6, self.head.eye_level - 0.03 * k)

    def bangs(self, kind: str, high: float = 0.024) -> None:
        """The fringe, ``high`` metres off: ``full`` straight across, ``parted``, ``swept`` to a side, or ``short``."""
        if kind == "full":
            start = np.linspace(50, -50, 9)
            goal, low = start * 1.02, np.where(np.abs(start) > 42, -17.0, -7.0 - 1.5 * np.cos(np.arange(9) * 3.1))
        elif kind == "parted":
            start = np.array([46.0, 36, 26, 15, 5, -6, -17, -28, -38, -47])
            goal = np.array([57.0, 48, 38, 27, 9, -9, -28, -39, -49, -58])
            low = np.array([-18.0, -14, -8, -3, -7, -6, -2, -8, -14, -18])
        elif kind == "swept":
            start = np.array([44.0, 37, 29, 20, 11, 2, -8, -19, -31, -43])
            goal = np.array([57.0, 47, 30, 17, 4, -9, -22, -35, -47, -58])
            low = np.array([-16.0, -8, 2, -1, -5, -8, -9, -11, -14, -18])
        else:
            start = np.array([48.0, 36, 24, 12, 0, -12, -24, -36, -48])
            goal = np.array([55.0, 40, 29, 14, 4, -11, -24, -41, -55])
            low = np.array([-4.0, 2, -3, 4, -4, 3, -3, 2, -5])
        v = 0.40 + 0.10 * (np.abs(start) / 50) ** 2
        self.comb(
            self.at(start, v), direction(goal, low), high, 0.013, 0.040 if kind != "full" else 0.043, depth=0.28,
            rings=8, arch=0.10, blunt=0.55 if kind == "full" else 0.12,
        )  # fmt: skip

    def side_locks(self, drop: float, width: float = 0.032, azimuth: float = 61.0) -> None:
        """One lock before each ear, ``drop`` metres long below the temple, bent towards the cheek."""
        head, k = self.head, self.head.scale
        for side in (1.0, -1.0):
            start, goal = self.at(np.array([50.0 * side]), 0.66), direction([azimuth * side], [-8.0])
            top = over_skull(head, start, goal, lambda t: k * (0.016 * smoothstep(0, 0.3, t))).lines[0]
            a = top[-1]
            b = a * np.array([0.86, 0.0, 1.0]) + np.array([0.0, a[1] - drop * k, 0.010 * k])
            t = np.linspace(0, 1, 22)[1:, None]
            bow = np.array([side, 0.0, 0.6]) * 0.010 * k * np.sin(np.pi * t**0.8)
            line = np.concatenate([top[::2], a + (b - a) * t + bow])[None]
            line = resample(line, np.linspace(0, 1, POINTS))
            self.add(line, head.volume_normal(line), width, rings=9, depth=0.30)

    def grown(self) -> Grown:
        """All of it as one opaque mesh."""
        return Grown(by_height(join(self.parts), self.head), None, tuple(self.springs))


def unsmoothed(head: HeadModel, start: F64, goal: F64, lift: Callable[[F64], F64], arch: float) -> F64:
    """`over_skull` strand by strand, so that neighbours do not pull each other together."""
    return np.concatenate(
        [over_skull(head, start[i : i + 1], goal[i : i + 1], lift, arch).lines for i in range(len(start))]
    )


def plain(mesh: HairMesh) -> HairMesh:
    """The mesh in one flat colour of the paint, without sheen."""
    return replace(mesh, uv=np.tile([0.125, -1.0], (len(mesh.position), 1)))
