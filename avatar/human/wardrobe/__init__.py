"""Clothes, shoes and accessories: patterns drafted once on an average body, draped on every figure."""

from avatar.human.wardrobe.outfit import dress, outfit_coats

__all__ = ["dress", "outfit_coats"]
