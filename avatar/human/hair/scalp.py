"""Where a particular head carries hair: scalp map, collision field, landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.character import TopKind
from avatar.human.bundle import LEFT_EYE, RIGHT_EYE
from avatar.human.figure import F64, Figure
from avatar.human.hair import store
from avatar.human.hair.collision import CollisionField, build_field, clothed
from avatar.human.hair.vectors import UP, angles, direction, smoothstep, unit
from avatar.profile import AvatarStyle

BASE_CENTRE: F64 = np.array([0.0, 0.765, 0.055])  # middle of the base mesh's skull, metres in the base mesh's space
BASE_EYE_TO_TOP = 0.118  # metres between eye level and crown of the base mesh


@dataclass(frozen=True, slots=True)
class HeadModel:
    """One head, ready to grow hair on.

    Hairlines and styles speak in directions (azimuth, elevation) seen from `BASE_CENTRE` on the neutral base mesh;
    the tables carry such a direction to this head, whatever its shape.
    """

    position_table: F64  # (azimuths, elevations, 3)
    normal_table: F64  # (azimuths, elevations, 3)
    table_low: float
    table_step: float
    collision: CollisionField
    centre: F64  # (3,) middle of the skull
    top: float  # height of the crown
    chin: float  # height of the chin
    eye_level: float
    scale: float  # 1 for the neutral adult head
    neck: F64  # (3,) joint at the base of the neck
    head_joint: F64  # (3,)
    hood: float = -9.0  # height of the inside of a hood behind the neck, into which long hair goes
    hatted: bool = False  # a hat sits on it: hair is tied low

    def scalp(self, directions: F64) -> tuple[F64, F64]:
        """Scalp position and outward unit normal (..., 3) for base directions (..., 3)."""
        return self._sample(self.position_table, directions), unit(self._sample(self.normal_table, directions))

    def _sample(self, table: F64, directions: F64) -> F64:
        return sample_table(table, self.table_low, self.table_step, directions)

    def volume_normal(self, points: F64) -> F64:
        """Normal of the whole head of hair: away from the skull, and from the axis of the neck lower down."""
        base = np.array([0.0, self.neck[1], self.neck[2] + 0.01])
        y = np.clip((points[..., 1:2] - base[1]) / (self.centre[1] - base[1]), 0.0, 1.0)
        return unit(points - (base * (1 - y) + self.centre * y))


def sample_table(table: F64, low: float, step: float, directions: F64) -> F64:
    """Bilinear value (..., 3) of a direction table at unit vectors (..., 3)."""
    az, el = angles(directions)
    u = np.clip((az + 180.0) / step, 0.0, table.shape[0] - 1.001)
    v = np.clip((el - low) / step, 0.0, table.shape[1] - 1.001)
    i, j = u.astype(np.int64), v.astype(np.int64)
    f, h = (u - i)[..., None], (v - j)[..., None]
    low_row = table[i, j] * (1 - f) + table[i + 1, j] * f
    high_row = table[i, j + 1] * (1 - f) + table[i + 1, j + 1] * f
    value: F64 = low_row * (1 - h) + high_row * h
    return value


def head_model(figure: Figure, reach: float, side: float) -> HeadModel:
    """Measure a figure's head for hair that hangs at most ``reach`` m below the neck joint and ``side`` m
    sideways, at adult head size."""
    data = store.load()
    vertices = figure.vertices
    table = np.einsum("uvk,uvkc->uvc", data.scalp_weight, vertices[data.scalp_index])
    table[:, -1] = table[:, -1].mean(0)
    table[-1] = table[0]
    around = np.gradient(table, axis=0)
    around[0] = around[-1] = (table[1] - table[-2]) / 2
    normal = unit(np.cross(around, np.gradient(table, axis=1)))
    normal[:, -1] = UP
    normal[:, -2] = unit(normal[:, -2] + UP)
    rim = sample_table(table, data.scalp_low, data.scalp_step, direction([0.0, 90.0, 180.0, -90.0], [0.0] * 4))
    centre = np.array([0.0, rim[:, 1].mean(), rim[[0, 2], 2].mean()])
    top = float(table[..., 1].max())
    eye_level = float((vertices[LEFT_EYE, 1].mean() + vertices[RIGHT_EYE, 1].mean()) / 2)
    scale = (top - eye_level) / BASE_EYE_TO_TOP
    neck = np.asarray(figure.joints["Neck"])
    extent = float(np.abs(table[..., 0]).max())
    half = max(side * scale, extent + 0.07 * scale)
    low = np.array([-half, neck[1] - reach * scale, centre[2] - 0.25 * max(scale, 1.0)])
    high = np.array([half, top + 0.08 * scale, centre[2] + 0.21 * max(scale, 1.0)])
    field = build_field(
        vertices, store.skin_triangles(), low, high, clothed(figure.character.outfit.top.kind, neck, scale)
    )
    drawn = figure.character.style is AvatarStyle.ANIME  # whose hair lies outside of it
    hooded = figure.character.outfit.top.kind is TopKind.HOODIE and not drawn
    return HeadModel(
        position_table=table,
        normal_table=normal,
        table_low=data.scalp_low,
        table_step=data.scalp_step,
        collision=field,
        centre=centre,
        top=top,
        chin=float(vertices[data.chin, 1]),
        eye_level=eye_level,
        scale=scale,
        neck=neck,
        head_joint=np.asarray(figure.joints["Head"]),
        hood=float(neck[1]) + 0.035 * scale if hooded else -9.0,
    )


def above_eyes(head: HeadModel, points: F64) -> F64:
    """1 on the skull, 0 below eye level: where hair clings to its head."""
    return smoothstep(head.eye_level - 0.03, head.eye_level + 0.03, points[..., 1])
