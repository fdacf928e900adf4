"""Glasses, hats, a headset and earrings, fitted to the landmarks of a head and carried by its joint."""

from avatar.human.wardrobe.worn.wear import accessories, accessory_coats, worn

__all__ = ["accessories", "accessory_coats", "worn"]
