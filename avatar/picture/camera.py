"""Where the camera stands: first a small silhouette to see how far the avatar reaches, then the frame around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.picture.subject import Subject
from avatar.shot import Framing, View

F64 = NDArray[np.float64]

AZIMUTH = {View.FRONT: 0.0, View.THREE_QUARTER: 32.0, View.SIDE: 90.0, View.BACK: 180.0}
FIELD_OF_VIEW = {Framing.FULL_BODY: 20.0, Framing.PORTRAIT: 18.0, Framing.FACE: 16.0}
MARGIN = 0.06  # of the picture, on each side of a whole body
SCOUT_PIXELS = 192


@dataclass(frozen=True, slots=True)
class Camera:
    """Perspective when ``height`` is None, else orthographic of that height in metres."""

    position: F64
    target: F64
    near: float
    far: float
    field_of_view: float = 20.0
    height: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in the plane through ``centre`` that faces the camera; metres."""

    centre: F64
    width: float
    height: float
    depth: float  # how far the avatar reaches out of the plane towards the camera


def axes(view: View) -> tuple[F64, F64]:
    """(right, towards the camera) in world axes; the avatar faces +Z."""
    angle = np.radians(AZIMUTH[view])
    return np.array([np.cos(angle), 0.0, -np.sin(angle)]), np.array([np.sin(angle), 0.0, np.cos(angle)])


def scout(bounds: F64, view: View) -> Camera:
    """An orthographic camera that surely sees everything; ``bounds`` (2, 3) of the rest pose."""
    centre = bounds.mean(0)
    reach = float(np.linalg.norm(bounds[1] - bounds[0])) * 0.75 + 1e-3
    _, towards = axes(view)
    return Camera(centre + towards * reach * 2, centre, reach * 0.5, reach * 4, height=2 * reach)


def seen_rectangle(mask: NDArray[np.bool_], camera: Camera) -> tuple[float, float, float, float] | None:
    """(left, right, bottom, top) in metres from the scout's target; None when nothing is in the picture."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows) or camera.height is None:
        return None
    metres = camera.height / mask.shape[0]
    half = mask.shape[0] / 2
    left, right = (columns[0] - half) * metres, (columns[-1] + 1 - half) * metres
    top, bottom = (half - rows[0]) * metres, (half - rows[-1] - 1) * metres
    return float(left), float(right), float(bottom), float(top)


def whole_body(rectangle: tuple[float, float, float, float], origin: F64, bounds: F64, view: View) -> Frame:
    left, right, bottom, top = rectangle
    sideways, towards = axes(view)
    centre = origin + sideways * (left + right) / 2 + np.array([0.0, (bottom + top) / 2, 0.0])
    depth = float(np.abs((bounds - bounds.mean(0)) @ np.abs(towards)).max())
    grow = 1 / (1 - 2 * MARGIN)
    return Frame(centre, (right - left) * grow, (top - bottom) * grow, min(depth, 0.35))


def head_frame(subject: Subject, framing: Framing, crown: float, bounds: F64) -> Frame:
    """Around the head joints; ``crown`` is the height of the topmost point of the avatar, hair included."""
    neck, head, top = (subject.at(name) for name in ("Neck", "Head", "HeadTop_End"))
    if head is None:  # no human skeleton: the upper seventh of whatever it is
        tall = bounds[1, 1] - bounds[0, 1]
        head = np.array([*bounds.mean(0)[:1], bounds[1, 1] - tall / 7, bounds.mean(0)[2]])
    if neck is None:
        neck = head - np.array([0.0, (crown - head[1]) * 0.4, 0.0])
    skull = top[1] if top is not None and top[1] > head[1] + 0.05 else crown
    size = max(float(skull - neck[1]), 0.1)
    if framing is Framing.FACE:
        upper, lower = max(skull, min(crown, skull + 0.25 * size)) + 0.06 * size, neck[1] - 0.10 * size
        breadth = 0.84 * size
    else:
        upper, lower = crown + 0.16 * size, neck[1] - 0.72 * size
        breadth = 1.5 * size
    centre = np.array([head[0], (upper + lower) / 2, head[2] + 0.08 * size])
    return Frame(centre, breadth, float(upper - lower), 0.5 * size)


def aim(frame: Frame, view: View, framing: Framing, aspect: float) -> Camera:
    """The perspective camera in which the frame just fits a picture of that aspect (width / height)."""
    field = FIELD_OF_VIEW[framing]
    _, towards = axes(view)
    height = max(frame.height, frame.width / aspect)
    distance = height / 2 / np.tan(np.radians(field) / 2) + frame.depth
    return Camera(frame.centre + towards * distance, frame.centre, distance * 0.2, distance * 4 + 5, field)
