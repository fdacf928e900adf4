"""The catalogue of grown hairstyles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from avatar.character import HairStyle
from avatar.human.hair import afro, falls, short, tied
from avatar.human.hair.mesh import Grown
from avatar.human.hair.scalp import HeadModel

STYLES: dict[HairStyle, Callable[[HeadModel, np.random.Generator], Grown]] = {
    HairStyle.BUZZ: short.buzz,
    HairStyle.CROP: short.crop,
    HairStyle.UNDERCUT: short.undercut,
    HairStyle.PIXIE: short.pixie,
    HairStyle.SIDE_PART: short.side_part,
    HairStyle.AFRO: afro.afro,
    HairStyle.CURLY: falls.curly,
    HairStyle.BOB: falls.bob,
    HairStyle.BOB_BANGS: falls.bob_bangs,
    HairStyle.BUN: tied.bun,
    HairStyle.PONYTAIL: tied.ponytail,
    HairStyle.BRAIDS: tied.braids,
    HairStyle.LONG_STRAIGHT: falls.long_straight,
    HairStyle.LONG_BANGS: falls.long_bangs,
    HairStyle.LONG_WAVY: falls.long_wavy,
}
