"""Glasses on the nose and ears of a face: round wire, square acetate, dark ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.character import AccessoryKind
from avatar.human.figure import F64, I64
from avatar.human.wardrobe.frame import SIDES
from avatar.human.wardrobe.worn.head import Head
from avatar.human.wardrobe.worn.solids import Solid, join, mirrored, solid, tube

RIM = 20  # points round a lens; with fewer the frame shows its corners
TILT, WRAP = 0.09, 0.15  # metres per metre: lower edge towards the cheeks, outer edge towards the temples


@dataclass(frozen=True, slots=True)
class GlassesFit:
    """Metres on an average adult."""

    half_width: float
    half_height: float
    power: float  # 1 an ellipse, smaller a rounded rectangle
    rim: float  # half thickness of the frame
    deep: float  # of the frame from front to back, times its thickness
    temple: float  # half height of an arm, times its thickness
    taper: float = 0.0  # how much narrower a lens is below
    pads: bool = False


GLASSES = {
    AccessoryKind.GLASSES: GlassesFit(0.0228, 0.0212, 0.95, 0.00105, 1.0, 1.3, pads=True),
    AccessoryKind.SQUARE_GLASSES: GlassesFit(0.0252, 0.0182, 0.56, 0.0020, 1.3, 1.7, taper=0.06),
    AccessoryKind.SUNGLASSES: GlassesFit(0.0266, 0.0200, 0.60, 0.0027, 1.2, 1.6, taper=0.13),
}


def glasses(head: Head, fit: GlassesFit) -> tuple[Solid, Solid]:
    """The frame and the two lenses; at most 560 triangles together."""
    k = head.scale
    rim, middle = _rim(head, fit)
    left = [tube(rim, fit.rim * k, 4, closed=True, tall=fit.deep)]
    hinge = rim[np.argmax(rim[:, 0] + 0.35 * rim[:, 1])] + np.array([0.0012, 0.0, -0.0005]) * k
    pane = solid(rim, _pane(RIM))
    frames = [left[0], mirrored(left[0])]
    for side, sign in SIDES:
        path = _temple(head, hinge * [sign, 1.0, 1.0], side, sign)
        thin = fit.rim * k * np.array([1.25, 1.05, 0.95, 0.95, 0.95, 0.8])
        frames.append(tube(path, thin, 4, tall=fit.temple))
    frames.append(_bridge(head, fit, rim))
    if fit.pads:
        pad = _pad(head, fit, rim, middle)
        frames += [pad, mirrored(pad)]
    return join(frames), join([pane, mirrored(pane)])


def _rim(head: Head, fit: GlassesFit) -> tuple[F64, float]:
    """(RIM, 3) the left lens's edge, clear of brows, cheeks and lashes; and x of its middle."""
    k = head.scale
    middle = float(head.eyes["Left"][0]) * 1.03
    half_width = min(max(fit.half_width * k, 1.6 * head.eye_radius), middle * 0.865)
    half_height = max(fit.half_height * k, 1.25 * head.eye_radius)
    y = float(head.eyes["Left"][1]) - 0.002 * k
    z = max(head.bridge + 0.0015 * k, head.eye_front + 0.0045 * k)
    turn = np.arange(RIM) * 2 * np.pi / RIM
    cos, sin = np.cos(turn), np.sin(turn)
    x_ring = np.sign(cos) * np.abs(cos) ** fit.power * half_width
    y_ring = np.sign(sin) * np.abs(sin) ** fit.power * half_height
    x_ring = x_ring * (1 - fit.taper * (0.5 - 0.5 * y_ring / half_height))
    back = WRAP * np.maximum(x_ring + half_width * 0.3, 0) - TILT * y_ring
    rim = np.stack([middle + x_ring, y + y_ring, z - back], 1)
    for _ in range(5):  # cheeks and brows push the whole frame forward
        signed, _ = head.skin.distance(rim)
        rim[:, 2] += max(0.0, (0.0012 * k + fit.rim * k) - float(signed.min()))
    return rim, middle


def _pane(count: int) -> I64:
    """(count - 2, 3) triangles across a ring of an even number of points, in its direction: a ladder of rungs."""
    faces = []
    for k in range(1, count // 2):
        up, down = k, count - k
        faces.append([up - 1, up, down])
        if k > 1:
            faces.append([up - 1, down, down + 1])
    return np.array([*faces, [count // 2 - 1, count // 2, count // 2 + 1]])


def _bridge(head: Head, fit: GlassesFit, rim: F64) -> Solid:
    k = head.scale
    inner = rim[np.argmin(rim[:, 0] - 0.25 * rim[:, 1])]
    lift = np.array([0.0, 0.0022, 0.0004]) * k
    share = np.array([1.0, 0.55, 0.0, -0.55, -1.0])[:, None]
    arch = inner * np.concatenate([share, np.ones((5, 2))], 1) + lift * (1 - share**2)
    arch[:, 2] = np.maximum(arch[:, 2], head.bridge + (0.0016 + fit.rim) * k)
    return tube(arch, fit.rim * 1.05 * k, 4, tall=fit.deep)


def _pad(head: Head, fit: GlassesFit, rim: F64, middle: float) -> Solid:
    """A small pad on the side of the nose."""
    k = head.scale
    y = float(head.eyes["Left"][1]) - 0.009 * k
    inner = rim[np.argmin(np.abs(rim[:, 1] - y) + 9 * (rim[:, 0] > middle))]
    seat = np.array([[inner[0] * 0.62, y, inner[2] - 0.004 * k]])
    for _ in range(4):
        signed, outward = head.skin.distance(seat)
        seat = seat - outward * (signed - 0.0012 * k)[:, None]
    path = np.stack([inner, (inner + seat[0]) / 2 + [0, 0, -0.001 * k], seat[0]])
    return tube(path, np.array([0.0007, 0.0008, 0.0026]) * k, 4, tall=1.0)


def _temple(head: Head, hinge: F64, side: str, sign: float) -> F64:
    """(6, 3) from the hinge along the side of the head to behind the ear."""
    k = head.scale
    root = head.ears[side] * [0.0, 1.0, 1.0] + [sign * (abs(head.ears[side][0]) - 0.012 * k), 0.0, 0.0]
    over = np.array([root[0], hinge[1] - 0.001 * k, root[2] + 0.004 * k])
    share = np.array([0.0, 0.06, 0.5, 1.0])[:, None]
    path = hinge * (1 - share) + over * share
    path[1, 0] = path[0, 0] + sign * 0.003 * k
    path = np.vstack(
        [path, over + np.array([0.0, -0.010, -0.012]) * k, over + np.array([-sign * 0.003, -0.028, -0.020]) * k]
    )
    gap = (0.0025 + head.hair.temple * np.array([0.0, 0.5, 0.3, 0.0])) * k
    for _ in range(3):
        signed, outward = head.skin.distance(path[1:5])
        path[1:5, 0] += np.sign(outward[:, 0]) * np.maximum(gap - signed, 0)
    return path
