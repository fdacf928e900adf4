"""Small hoops through the lobes."""

from __future__ import annotations

import numpy as np

from avatar.human.wardrobe.frame import SIDES
from avatar.human.wardrobe.worn.head import Head
from avatar.human.wardrobe.worn.solids import Solid, join, tube

HOOP = 14  # points round a ring


def earrings(head: Head) -> Solid:
    """One hoop a side; a little thicker below, as they are forged."""
    k = head.size
    turn = np.arange(HOOP) * 2 * np.pi / HOOP
    hoop = np.stack([np.zeros(HOOP), np.cos(turn) * 0.0088 * k - 0.0062 * k, np.sin(turn) * 0.0080 * k], 1)
    thick = (0.00125 - 0.00035 * np.cos(turn)) * k
    return join(
        [
            tube(head.lobes[side] + hoop + [sign * 0.0010 * k, 0.0, 0.001 * k], thick, 5, closed=True)
            for side, sign in SIDES
        ]
    )
