"""Shoes of four kinds, lofted over each foot, laced and painted."""

from avatar.human.wardrobe.shoes.coat import NODE, shoe_coat
from avatar.human.wardrobe.shoes.pair import Pair, shoes

__all__ = ["NODE", "Pair", "shoe_coat", "shoes"]
