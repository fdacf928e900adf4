"""Where a top opens for the neck: fields over the body that are positive where there is cloth, in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64
from avatar.human.wardrobe.frame import Frame
from avatar.human.wardrobe.garments import Neck
from avatar.human.wardrobe.mesh import smoothstep


@dataclass(frozen=True, slots=True)
class _Opening:
    """An ellipse round the neck, metres on an average adult."""

    width: float  # half axes: to the sides,
    front: float
    back: float
    depth: float = 0.085  # below this the ellipse no longer cuts


_OPENINGS = {
    Neck.CREW: _Opening(0.061, 0.071, 0.053),
    Neck.COLLAR: _Opening(0.058, 0.056, 0.048),
    Neck.HOOD: _Opening(0.066, 0.072, 0.054),
    Neck.LAPELS: _Opening(0.066, 0.066, 0.054),
    Neck.SCOOP: _Opening(0.090, 0.090, 0.060),
}
SCOOP_DEPTH = 0.118  # metres below the neck joint
LAPEL_TOP = -0.012  # metres from the neck joint up to where the opening of lapels begins
LAPEL_WIDTH = 0.060  # half of it up there


def lapel_bottom(frame: Frame) -> float:
    """Height of the upper button: where lapels meet, metres."""
    return frame.bust - 0.085 * frame.scale


def neck_field(frame: Frame, neck: Neck, p: F64) -> F64:
    """(n,) positive outside the opening; it never climbs the throat."""
    k, cut = frame.scale, _OPENINGS[neck]
    y, z = p[:, 1] - frame.neck[1], p[:, 2] - (frame.neck[2] + 0.012 * k)
    half = np.where(z > 0, cut.front, cut.back) * k
    ellipse = np.sqrt((p[:, 0] / (cut.width * k)) ** 2 + (z / half) ** 2) - 1
    field = np.maximum(ellipse * 0.07, np.where(z > 0, -y - cut.depth * k, -y - 0.035 * k))
    if neck is Neck.SCOOP:  # a U seen from the front
        bowl = np.sqrt((p[:, 0] / (cut.width * k)) ** 2 + (np.minimum(y, 0) / (SCOOP_DEPTH * k)) ** 2) - 1
        field = np.where(z > 0, bowl * 0.09, field)
    throat = (0.022 - 0.030 * smoothstep(-0.02, 0.05, z / k)) * k - y
    field = np.minimum(np.minimum(field, throat), 0.012 * k - y)
    if neck is Neck.LAPELS:
        field = np.where(z > -0.03 * k, np.minimum(field, np.where(z > 0, lapel_field(frame, p), 0.2)), field)
    return np.asarray(field)


def lapel_field(frame: Frame, p: F64) -> F64:
    """(n,) positive outside the V of a jacket's front, which bulges a little."""
    k = frame.scale
    low, high = lapel_bottom(frame), frame.neck[1] + LAPEL_TOP * k
    up = np.clip((p[:, 1] - low) / (high - low), -1, 1.3)
    edge = LAPEL_WIDTH * k * (np.maximum(up, 0) ** 0.85 + np.minimum(up, 0) * 4)
    return np.asarray((np.abs(p[:, 0]) - edge) * 0.95)
