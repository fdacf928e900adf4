"""Hair under a hat or a headset: pressed to the scalp where they sit, full again a little beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from avatar.character import AccessoryKind, CharacterDescription
from avatar.human.bundle import bundle
from avatar.human.figure import F64, I64
from avatar.human.hair.mesh import Grown, HairMesh
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import direction, smoothstep, unit

HATS = (AccessoryKind.CAP, AccessoryKind.BEANIE)
FRONT = 0.055  # metres above the eye line where a rim crosses the forehead; behind it lies at the height of the ears
THICK = 0.003  # metres that hair has under a hat
OVERLAP = 0.004  # metres below the rim that are still pressed
SPRING = 0.026  # metres over which hair regains its volume


def wears_hat(character: CharacterDescription) -> bool:
    """Whether a cap or a beanie sits on the hair."""
    return any(item.kind in HATS for item in character.outfit.accessories)


@lru_cache(maxsize=1)
def ear_vertices() -> I64:
    """All that stands out beside the skull of the neutral base mesh."""
    p = bundle().base
    side = np.abs(p[:, 0])
    ear = (side > 0.0775) & (p[:, 1] > 0.62) & (p[:, 1] < 0.76) & (p[:, 2] < 0.085) & (p[:, 2] > -0.02)
    found = np.flatnonzero(ear)
    return found[np.isin(found, bundle().vertices_of("body"))]


@dataclass(frozen=True, slots=True)
class Rim:
    """The plane of a hat's rim."""

    point: F64  # (3,)
    up: F64  # (3,) unit, towards the crown

    def height(self, points: F64) -> F64:
        """Metres (...) of points above the plane."""
        above: F64 = (points - self.point) @ self.up
        return above


def rim_of(head: HeadModel, vertices: F64) -> Rim:
    """The rim on a figure's head; ``vertices`` are those of the figure."""
    level = head.eye_level + FRONT * head.scale
    around = head.scalp(direction(np.zeros(60), np.linspace(0, 60, 60)))[0]
    forehead = around[np.abs(around[:, 1] - level).argmin()]
    ears = float(vertices[ear_vertices(), 1].max())
    around = head.scalp(direction(np.full(60, 180.0), np.linspace(-40, 30, 60)))[0]
    back = around[np.abs(around[:, 1] - ears).argmin()]
    front, occiput = np.array([0.0, level, forehead[2]]), np.array([0.0, ears, back[2]])
    forward = unit(front - occiput)
    return Rim((front + occiput) / 2, np.cross(forward, np.array([1.0, 0.0, 0.0])))


def under_hat(grown: Grown, head: HeadModel, rim: Rim) -> Grown:
    """The hair with all that the hat covers pressed to the scalp."""
    solid = None if grown.solid is None else pressed(grown.solid, head, rim)
    return replace(grown, soft=pressed(grown.soft, head, rim), solid=solid)


def pressed(mesh: HairMesh, head: HeadModel, rim: Rim) -> HairMesh:
    """A mesh that keeps under the hat: what lies over what stays so."""
    k, p = head.scale, mesh.position.copy()
    below = -rim.height(p)
    free = smoothstep(OVERLAP * k, (OVERLAP + SPRING) * k, below)
    for _ in range(3):  # far strands need more than one step down the field
        distance, out = head.collision(p)
        limit = THICK * k
        flat = np.where(distance > 0, limit * np.tanh(distance / (1.6 * limit)), distance)
        p = p - out * ((distance - flat) * (1 - free))[:, None]
    return replace(mesh, position=p)


def wears_headset(character: CharacterDescription) -> bool:
    """Whether a headset clasps the hair."""
    return any(item.kind is AccessoryKind.HEADSET for item in character.outfit.accessories)


def under_headset(grown: Grown, head: HeadModel, crown: float, side: float) -> Grown:
    """The hair at most ``crown`` metres thick under the band of a headset, and ``side`` metres under its cups."""
    solid = None if grown.solid is None else clasped(grown.solid, head, crown, side)
    return replace(grown, soft=clasped(grown.soft, head, crown, side), solid=solid)


def clasped(mesh: HairMesh, head: HeadModel, crown: float, side: float) -> HairMesh:
    """A mesh pressed in the plane through both ears, down to below them."""
    k, p = head.scale, mesh.position
    ahead, above = (p[:, 2] - head.centre[2]) / k, (p[:, 1] - head.eye_level) / k
    held = smoothstep(0.065, 0.030, np.abs(ahead)) * smoothstep(-0.075, -0.035, above)
    distance, out = head.collision(p)
    limit = (side + (crown - side) * smoothstep(0.03, 0.10, above)) * k
    over = np.maximum(distance - limit, 0.0)
    return replace(mesh, position=p - out * (over * 0.85 * held)[:, None])
