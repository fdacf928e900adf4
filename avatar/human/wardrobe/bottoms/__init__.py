"""Trousers, shorts and skirts: a block round the hips cut from the shell, legs or a skirt that hang from it."""

from avatar.human.wardrobe.bottoms.coat import NODE, bottom_coat
from avatar.human.wardrobe.bottoms.wear import wear_bottom

__all__ = ["NODE", "bottom_coat", "wear_bottom"]
