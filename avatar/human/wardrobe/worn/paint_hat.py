"""Cloth of hats: six sewn panels of twill and a stitched peak, or knitted ribs; painted without a colour."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from avatar.character import AccessoryKind
from avatar.human.figure import F32, U8
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.worn.hats import CAP_RISES, CROWN, VISOR, VISOR_HALF

SIZE = 512
ROUND, RISE = 0.60, 0.19  # metres of cloth round the rim, and from the rim to the crown
REACH = 0.105  # metres from the middle of the rim to the cloth
PANELS, EYELET = 6, 0.80  # radians over the rim: the holes
RIBS = 64  # of a beanie


@dataclass(frozen=True, slots=True)
class HatLayers:
    """Brightness and relief of a hat."""

    shade: F32  # (512, 512)
    normal: U8  # (512, 512, 3)


@functools.cache
def layers(kind: AccessoryKind) -> HatLayers:
    """The colourless layers of a hat; kept for the life of the process."""
    v, u = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    u, v = ((u + 0.5) / SIZE).ravel(), (1 - (v + 0.5) / SIZE).ravel()
    height, shade = (
        plane.reshape(SIZE, SIZE) for plane in (_cap(u, v) if kind is AccessoryKind.CAP else _beanie(u, v))
    )
    per_pixel = ROUND / SIZE * 0.8, RISE / (CROWN[1] - CROWN[0]) / SIZE
    open_sky = fabric.cavity(height, per_pixel, 0.004)
    return HatLayers((shade * (0.55 + 0.45 * open_sky)).astype(np.float32), fabric.normal_map(height, per_pixel))


def _weave(u: F32, v: F32, pitch: float) -> F32:
    """Diagonal threads of twill."""
    return np.asarray(np.sin((u * ROUND + v * 0.27) * np.float32(2 * np.pi / pitch)), np.float32)


def _cap(u: F32, v: F32) -> tuple[F32, F32]:
    """Height in metres and brightness."""
    crown = (v < np.float32(CROWN[1] + 0.01)).astype(np.float32)
    share = v / np.float32(CROWN[1])
    rise = np.radians(np.interp(share, np.linspace(0, 1, len(CAP_RISES)), CAP_RISES)).astype(np.float32)
    narrow = np.cos(np.minimum(rise, np.float32(1.52)))  # panels taper to the button
    seam = (np.abs((u * PANELS) % 1 - 0.5) - 0.5) * np.float32(ROUND / PANELS) * -narrow
    height = -0.0014 * fabric.line(seam, 0.0013) * crown
    dark = 0.42 * fabric.line(seam, 0.0010) * crown
    for beside in (0.0052, 0.0088):
        row = fabric.stitches(share * np.float32(RISE), seam - np.float32(beside), 0.0042, 0.0007) * crown
        height += 0.0004 * row
        dark += 0.20 * row
    hole = np.hypot((np.abs((u * PANELS) % 1 - 0.5)) * np.float32(ROUND / PANELS) * narrow, (rise - EYELET) * REACH)
    height += 0.0010 * fabric.bump(hole - np.float32(0.0042), 0.0014) * crown
    dark += crown * (0.75 * fabric.ramp(0.0030, 0.0022, hole) + 0.18 * fabric.bump(hole - np.float32(0.0042), 0.0012))
    edge = share * np.float32(RISE)
    row = fabric.stitches(u * np.float32(ROUND), edge - np.float32(0.013), 0.0042, 0.0007) * crown
    height += 0.0004 * row
    dark += 0.18 * row + 0.35 * fabric.line(edge, 0.0016) * crown
    visor = 1 - crown
    out = (v - np.float32(VISOR[0])) / np.float32(VISOR[1] - VISOR[0])
    across = (u - 0.5) * 2
    rows = out * (1.0 + 0.10 * across**2)
    for at in (0.18, 0.32, 0.46, 0.60, 0.74, 0.88):
        sewn = fabric.stitches(u * np.float32(2 * VISOR_HALF * 0.09), (rows - np.float32(at)) * 0.07, 0.0040, 0.0006)
        height += 0.0006 * sewn * visor
        groove = fabric.line((rows - np.float32(at)) * 0.07, 0.0012) * visor
        height -= 0.0004 * groove
        dark += 0.16 * sewn * visor + 0.06 * groove
    height += 0.00010 * _weave(u, v, 0.0022)
    cloud = fabric.noise_tile(1, 6.0).ravel()
    return height.astype(np.float32), (1 - np.clip(dark, 0, 0.8) + 0.03 * _weave(u, v, 0.0047) + 0.015 * cloud).astype(
        np.float32
    )


def _beanie(u: F32, v: F32) -> tuple[F32, F32]:
    """Ribs that gather towards the crown, broad ones on the cuff."""
    share = v / np.float32(CROWN[1])
    cuff = fabric.ramp(0.395, 0.365, share)
    wander = 0.10 * fabric.noise_tile(1, 6.0).ravel()
    rib = np.cos((u * RIBS + wander * (1 - cuff)) * np.float32(2 * np.pi))
    fewer = np.cos((u * (RIBS // 2) + wander) * np.float32(2 * np.pi))
    top = fabric.ramp(0.72, 0.95, share)
    profile = np.sign(rib) * np.abs(rib) ** 0.7 * (1 - top) + fewer * top * 0.7
    stitch = np.abs(np.sin(share * np.float32(np.pi * RISE / 0.0042) + np.pi * 0.25 * np.sign(rib)))
    height = 0.0011 * profile + 0.00035 * stitch * (0.4 + 0.6 * np.clip(profile, 0, 1))
    fold = fabric.line((share - np.float32(0.385)) * np.float32(RISE), 0.0035)
    height = height - 0.0030 * fold
    dark = 0.34 * np.clip(-profile, 0, 1) + 0.08 * (1 - stitch) + 0.35 * fold
    dark = dark + 0.25 * fabric.ramp(0.88, 1.0, share)
    return height.astype(np.float32), (1.04 - np.clip(dark, 0, 0.7)).astype(np.float32)
