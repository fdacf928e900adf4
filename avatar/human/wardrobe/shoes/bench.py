"""The bench on which a shoe is painted: its texels in the coordinates of the foot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F32, F64, I64
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.raster import Texels
from avatar.human.wardrobe.shoes.last import Loft, ShoeFit
from avatar.human.wardrobe.shoes.pieces import Piece

LENGTH = 0.275  # metres: of the shoe on which seams are laid out


@dataclass(slots=True)
class Bench:
    """The texels of a shoe in the foot's coordinates, and what has been painted so far."""

    fit: ShoeFit
    loft: Loft
    piece: dict[str, F32]  # name -> 1 on that piece
    x: F32  # metres from the shoe's middle line, never negative
    y: F32
    t: F32  # station
    z: F32  # metres from the heel of a shoe of LENGTH
    row: F32  # ring of the upper or sole
    u: F32  # texture coordinates
    v: F32
    masks: dict[str, F32]
    height: F32
    dark: F32
    rough: F32

    def add(self, name: str, mask: F32) -> None:
        before = self.masks.get(name)
        self.masks[name] = fabric.clip_unit(mask if before is None else np.maximum(before, mask))

    def seam(self, distance: F32, where: F32, *, groove: float = 0.0009, stitch: float = 0.0) -> None:
        """A sewn edge along distance 0, with stitches ``stitch`` metres beside it."""
        self.dark += 0.55 * fabric.line(distance, 0.0007) * where
        self.height -= np.float32(groove) * fabric.line(distance, 0.0009) * where
        if stitch:
            row = fabric.stitches(self.z + self.y, distance - np.float32(stitch), 0.0042, 0.0006) * where
            self.add("thread", row * 0.85)
            self.height += np.float32(0.0003) * row


def drawn_once(shells: list[Piece]) -> list[Piece]:
    """Of shells that share a patch of the texture the first, and of mirrored halves the outer one."""
    first: dict[str, Piece] = {}
    for shell in shells:
        first.setdefault(shell.name, shell)
    return list(first.values())


def gather(shells: list[Piece], made: Loft) -> tuple[F64, I64, F64]:
    """uv, triangles and per-vertex columns: x, y, t, row, and the place (x, y, z)."""
    uv, triangles, values, count = [], [], [], 0
    foot = made.foot
    for shell in shells:
        half = shell.name in ("upper", "sole")
        keep = len(shell.triangles) // 2 if half else len(shell.triangles)
        p = shell.points[shell.source]
        if half:  # both halves look at one picture: it is painted on the mean of their shapes
            other = np.roll(p, len(p) // 2, 0)
            middle = foot.middle(np.clip(foot.t(p[:, 2]), 0, 1)), foot.middle(np.clip(foot.t(other[:, 2]), 0, 1))
            x = (np.abs(p[:, 0] - middle[0]) + np.abs(other[:, 0] - middle[1])) / 2
            p = (p + other * [-1.0, 1.0, 1.0]) / 2
        else:
            x = np.abs(p[:, 0] - foot.middle(np.clip(foot.t(p[:, 2]), 0, 1)) * (shell.name != "tongue"))
        values.append(np.column_stack([x, p[:, 1], foot.t(p[:, 2]), shell.row, p]))
        uv.append(shell.uv)
        triangles.append(shell.triangles[:keep] + count)
        count += len(p)
    return np.vstack(uv), np.vstack(triangles), np.vstack(values)


def bench(texels: Texels, fit: ShoeFit, made: Loft, shells: list[Piece], values: F64, uv: F64) -> Bench:
    owner = np.concatenate([np.full(len(shell.source), number) for number, shell in enumerate(shells)])
    on = owner[texels.corners[:, 0]]
    x, y, t, row = texels.sample(values[:, :4]).T
    u, v = texels.sample(uv).T
    zero = np.zeros(len(x), np.float32)
    return Bench(
        fit, made, {shell.name: (on == number).astype(np.float32) for number, shell in enumerate(shells)},
        x, y, t, t * np.float32(LENGTH), row, u, v, {}, zero.copy(), zero.copy(), zero + np.float32(0.55),
    )  # fmt: skip
