"""A natural afro: soft shells of coils one over the other, and clouds that break the outline."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64
from avatar.human.hair.atlas import HEIGHT, TILES, tile_uv
from avatar.human.hair.cap import cap
from avatar.human.hair.hairline import Hairline, dome
from avatar.human.hair.mesh import Grown, HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import UP, smoothstep, unit

RADIUS = 0.060  # metres off the scalp at the crown
PUFFS = 620


def afro(head: HeadModel, rng: np.random.Generator) -> Grown:
    """Round, a little fuller above than at the sides."""
    k = head.scale
    line = Hairline(irregular=2.0)

    def grown(share: float, tile: str, tint: float) -> HairMesh:
        def lift(az: F64, el: F64, v: F64) -> F64:
            edge = 1 - np.clip(v, 0, 1) ** 5
            lumps = 0.04 * np.sin(np.radians(az) * 5 + 1) * np.sin(np.radians(el) * 6 + 2)
            high: F64 = RADIUS * k * share * edge * (0.74 + 0.38 * smoothstep(-35, 70, el) + lumps)
            return high

        return cap(head, dome(head, line, 0.004 * share), tile, 0.003, 40, 9, tint, lift)

    shells = [cap(head, dome(head, line, 0.010), "buzz", 0.0025, 48, 6, 0.75)]
    outer = grown(1.0, "coil", 0.9)
    return Grown(join([*shells, outer, clouds(outer, head, rng)]), grown(0.90, "buzz", 0.66))


def clouds(shell: HairMesh, head: HeadModel, rng: np.random.Generator) -> HairMesh:
    """Small quads of coils that lie on a shell and lean out of it a little: no two alike."""
    corner = shell.position[shell.triangles]
    inside = smoothstep(
        0.97, 0.85, (shell.uv[shell.triangles].mean(1)[:, 1] * HEIGHT - TILES["coil"].y) / TILES["coil"].height
    )
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) * inside
    pick = rng.choice(len(corner), PUFFS, p=area / area.sum())
    w = rng.dirichlet([1.0, 1.0, 1.0], PUFFS)
    place = (corner[pick] * w[..., None]).sum(1)
    out = head.volume_normal(place)
    lean = unit(out + 0.32 * rng.normal(0, 1, out.shape))
    e1 = unit(np.cross(lean, rng.normal(0, 1, out.shape) + UP))
    e2 = np.cross(lean, e1)
    half = (rng.uniform(0.008, 0.013, PUFFS) * head.scale)[:, None]
    middle = place + out * 0.001
    quad = np.stack([middle + half * (a * e1 + b * e2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))], 1)
    dist, field = head.collision(quad)
    quad = quad + field * np.clip(0.004 - dist, 0, 0.03)[..., None]
    tile = np.where(rng.random(PUFFS) < 0.5, 0, 1)
    s, t = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    uv = np.where(tile[:, None, None] == 0, tile_uv("puff0", s, t)[None], tile_uv("puff1", s, t)[None])
    first = np.arange(PUFFS)[:, None] * 4
    triangles = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    tint = np.repeat(rng.uniform(0.88, 1.0, PUFFS), 4)
    normal = unit(out[:, None] + 0.25 * (quad - middle[:, None]) / half[:, None])
    return HairMesh(quad.reshape(-1, 3), normal.reshape(-1, 3), uv.reshape(-1, 2), tint, triangles)
