"""The skin of the parametric human: shared baked maps, a palette, painters, and the head and body parts."""

from avatar.human.skin.parts import skin_coats, skin_parts

__all__ = ["skin_coats", "skin_parts"]
