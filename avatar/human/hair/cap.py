"""The cap: a closed shell of painted hair on the scalp, so that no skin shows between the cards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from avatar.human.figure import F64
from avatar.human.hair.atlas import tile_uv
from avatar.human.hair.hairline import Dome
from avatar.human.hair.mesh import HairMesh
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import angles, grid_quads, quads_to_triangles, smoothstep, triangle_normals, unit

Inflate = Callable[[F64, F64, F64], F64]  # (azimuth, elevation, v) -> metres


def under_volume(head: HeadModel, height: float) -> Inflate:
    """Inflation that fills the gap below lifted cards and hides their roots."""
    return lambda az, el, v: height * head.scale * (1 - np.clip(v, 0, 1) ** 5) * smoothstep(-5, 25, el)


def cap(
    head: HeadModel,
    dome: Dome,
    tile: str = "cap",
    offset: float = 0.0025,
    columns: int = 48,
    rows: int = 6,
    tint: float = 0.62,
    inflate: Inflate | None = None,
) -> HairMesh:
    """A shell ``offset`` metres off the scalp; ``inflate`` adds more. Its texture thins out along the rim."""
    u, v = np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1) ** 0.9
    uu, vv = np.meshgrid(u, v, indexing="ij")
    d = dome.directions(uu, np.clip(vv, 1e-3, 1))
    p, normal = head.scalp(d)
    lift = offset * (0.55 + 0.45 * smoothstep(1.0, 0.85, vv))
    if inflate is not None:
        lift = lift + inflate(*angles(d), vv)
    p = p + normal * lift[..., None]
    dist, out = head.collision(p)
    p = p + out * np.clip(offset * 0.6 - dist, 0, 0.006)[..., None]
    soft = unit(normal * 0.6 + head.volume_normal(p) * 0.4).reshape(-1, 3)
    flat = p.reshape(-1, 3)
    triangles = quads_to_triangles(grid_quads(columns, rows))
    area = triangle_normals(flat, triangles)
    if (area * soft[triangles[:, 0]]).sum() < 0:
        triangles, area = triangles[:, ::-1], -area
    triangles = triangles[np.linalg.norm(area, axis=1) > 1e-9]
    stretch = 2.2 if tile == "cap" else 1.3
    uv = tile_uv(tile, uu, vv**stretch).reshape(-1, 2)  # more texels go to the rim
    return HairMesh(flat, soft, uv, np.full(len(flat), tint), triangles)
