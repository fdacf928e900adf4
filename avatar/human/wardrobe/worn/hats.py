"""A baseball cap and a knitted beanie on the skull, over hair that is pressed under them."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64
from avatar.human.wardrobe.worn.head import HatFrame, Head, hat_frame, hull_reach
from avatar.human.wardrobe.worn.solids import Solid, join, sheet, turned

AROUND = 24  # columns of a crown
HAIR = 0.004  # metres of pressed hair under a hat
CROWN, VISOR = (0.0, 0.70), (0.72, 1.0)  # v of the texture: rows of the crown from the rim up, the visor
VISOR_COLUMNS, VISOR_HALF = 13, 1.22  # of the peak, radians to each side of its middle
CAP_RISES = (0.0, 20.0, 38.0, 56.0, 73.0, 85.5, 86.0, 90.0)  # degrees over the rim's plane: rows of a cap
PEAK = 0.070  # metres that a visor stands out


def cap(head: Head) -> Solid:
    """Six panels, a peak, a button; at most 600 triangles."""
    k, frame = head.size, hat_frame(head)
    theta = _columns()
    rises = np.radians(CAP_RISES)
    reach = _reach(head, frame, rises, theta) + (HAIR + 0.0035) * k
    front = np.maximum(np.cos(theta), 0) ** 1.2
    high = np.sin(rises)[:, None]
    # two stiff front panels stand up before they turn over the crown
    reach += k * (0.011 * front * np.exp(-(((rises[:, None] - 0.62) / 0.42) ** 2)) + 0.007 * high**1.5)
    grid = _dome(frame, reach, rises, theta)
    grid[-2:] += frame.axes[1] * 0.0045 * k  # the button, of one piece with the crown: it must not be lost
    inside = _dome(frame, reach[:1] - 0.0025 * k, np.radians([0.0, 7.0]), theta)[::-1]
    crown = sheet(grid, uv=_crown_uv(len(rises)), wrap=True)
    band = sheet(np.stack([inside[0], inside[1]]), uv=_band_uv(), wrap=True, tint=0.45)
    lip = sheet(np.stack([inside[1], grid[0]]), uv=_band_uv(), wrap=True)
    return join([crown, lip, band, *_visor(frame, reach[0], theta, k)])


def beanie(head: Head) -> Solid:
    """A folded cuff and a soft crown that sags a little behind; at most 600 triangles."""
    k, frame = head.size, hat_frame(head)
    theta = _columns()
    rises = np.radians([-6.0, -5.0, 12.0, 26.0, 29.0, 44.0, 60.0, 76.0, 90.0])
    swell = np.array([0.0020, 0.0085, 0.0100, 0.0075, 0.0030, 0.0045, 0.0060, 0.0080, 0.0100])
    reach = _reach(head, frame, rises, theta) + (HAIR + swell[:, None]) * k
    high, behind = np.sin(np.clip(rises, 0, None))[:, None], np.maximum(-np.cos(theta), 0)
    reach += k * (0.020 * high**3 + 0.016 * behind * np.exp(-(((rises[:, None] - 0.85) / 0.40) ** 2)))
    grid = _dome(frame, reach, rises, theta)
    # knitted cloth falls in shallow folds over the crown
    fold = 0.0022 * k * np.cos(5 * theta + 0.8) * np.exp(-(((rises[:, None] - 0.95) / 0.35) ** 2))
    grid += frame.axes[1] * fold[..., None]
    inside = np.stack([_dome(frame, reach[:1] - 0.003 * k, rises[1:2] + 0.10, theta)[0], grid[0]])
    uv = _crown_uv(len(rises))
    return join(
        [
            sheet(grid[:4], uv=uv[:4], wrap=True),
            sheet(grid[3:], uv=uv[3:], wrap=True),
            sheet(inside, uv=_band_uv(), wrap=True, tint=0.5),
        ]
    )


def _columns() -> F64:
    """(AROUND + 1,) angles from behind, by the right, to behind again; 0 is the front."""
    return np.linspace(-np.pi, np.pi, AROUND + 1)


def _directions(rises: F64, theta: F64) -> F64:
    """(rows, columns, 3) unit directions in the hat's frame: left, up, forward."""
    flat = np.cos(rises)[:, None]
    up = np.broadcast_to(np.sin(rises)[:, None], (len(rises), len(theta)))
    return np.stack([flat * np.sin(theta), up, flat * np.cos(theta)], 2)


def _reach(head: Head, frame: HatFrame, rises: F64, theta: F64) -> F64:
    """(rows, columns) distance of the skull's hull from the middle of the rim."""
    local = frame.local(head.skull)
    upper = local[local[:, 1] > -0.022 * head.size]
    found = hull_reach(upper, _directions(rises, theta).reshape(-1, 3)).reshape(len(rises), len(theta))
    found[:, -1] = found[:, 0]
    return (found + found[:, ::-1]) / 2  # hats are made alike on both sides


def _dome(frame: HatFrame, reach: F64, rises: F64, theta: F64) -> F64:
    return frame.world(_directions(rises, theta) * reach[..., None])


def _crown_uv(rows: int) -> F64:
    u, v = np.meshgrid(np.linspace(0.0, 1.0, AROUND + 1), np.linspace(CROWN[0], CROWN[1], rows))
    return np.stack([u, 1 - v], 2)


def _band_uv() -> F64:
    u, v = np.meshgrid(np.linspace(0.0, 1.0, AROUND + 1), [0.01, 0.02])
    return np.stack([u, 1 - v], 2)


def _visor(frame: HatFrame, rim: F64, theta: F64, k: float) -> list[Solid]:
    """A curved peak of two faces and an edge."""
    turn = np.linspace(-VISOR_HALF, VISOR_HALF, VISOR_COLUMNS)
    radius = np.interp(turn, theta, rim)
    base = np.stack([np.sin(turn) * radius, np.full(VISOR_COLUMNS, 0.0035 * k), np.cos(turn) * radius], 1)
    across = turn / VISOR_HALF
    out = base.copy()
    widest = base[-1, 0] * 1.02
    out[:, 0] = widest * np.sin(across * np.pi / 2) * 0.985
    reach = PEAK * k * np.maximum(1 - np.abs(across) ** 2.4, 0) ** 1.05
    out[:, 2] = base[:, 2] + reach
    rows = []
    for share in (0.0, 0.35, 0.70, 1.0):
        row = base * (1 - share) + out * share
        fall = 0.30 * (row[:, 2] - base[:, 2]) + 0.13 * np.square(row[:, 0] / widest) * widest * share
        row[:, 1] = base[:, 1] - fall - 0.003 * k * share
        rows.append(row)
    top = np.stack(rows)
    under = top - np.array([0.0, 0.0030 * k, 0.0]) * (1 - across**4)[None, :, None]
    u, v = np.meshgrid(np.linspace(0.02, 0.98, VISOR_COLUMNS), np.linspace(VISOR[0] + 0.02, VISOR[1] - 0.02, 4))
    uv = np.stack([u, 1 - v], 2)
    upper = sheet(frame.world(top), uv=uv)
    lower = sheet(frame.world(under), uv=uv, tint=0.62)
    edge = sheet(frame.world(np.stack([top[-1], under[-1]])), uv=uv[-2:])
    # rows lead away from the head: seen from above they go down the picture
    return [turned(upper), lower, turned(edge)]
