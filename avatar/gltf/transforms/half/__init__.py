"""Half a body: head, shoulders, chest and hands, as avatars in virtual rooms have it."""

from avatar.gltf.transforms.half.halving import half_body

__all__ = ["half_body"]
