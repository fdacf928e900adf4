"""Putting a bottom on a figure."""

from __future__ import annotations

from avatar.human.wardrobe.bottoms.legs import drape_legs, is_long
from avatar.human.wardrobe.bottoms.skirt import drape_skirt
from avatar.human.wardrobe.frame import Dummy
from avatar.human.wardrobe.garments import BottomFit
from avatar.human.wardrobe.pattern import pattern, smoother
from avatar.human.wardrobe.shoes import Pair
from avatar.human.wardrobe.tailor import Worn, put_on


def wear_bottom(dummy: Dummy, fit: BottomFit, shod: Pair) -> Worn:
    """The bottom on the figure, over or into its shoes."""
    made = pattern(fit.pattern)
    if fit.skirt:
        draped = drape_skirt(dummy, fit, made.cut, smoother(fit.pattern), dummy.skin)
    else:
        draped = drape_legs(dummy, fit, made.cut, smoother(fit.pattern), dummy.skin, shod)
    k = dummy.frame.scale
    loose = (draped.positions[:, 1] < dummy.frame.ankle + 0.05 * k) & is_long(fit)
    return put_on(dummy, made, draped, dummy.skin, fit.gap * 0.8 * (0.4 + 0.6 * k), loose)
