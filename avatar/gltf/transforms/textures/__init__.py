"""Textures within a limit, in the format that a client asked for.

``limiting`` is the transform; ``roles`` says what each image is for, ``decoding`` opens it, ``scaling`` shrinks it,
``encoding`` writes it.
"""

from avatar.gltf.transforms.textures.encoding import (
    DEFAULTS,
    FAR_OPTIONS,
    MIDDLE_OPTIONS,
    OPTIONS,
    TextureOptions,
)
from avatar.gltf.transforms.textures.limiting import image_keys, limit_textures

__all__ = ["DEFAULTS", "FAR_OPTIONS", "MIDDLE_OPTIONS", "OPTIONS", "TextureOptions", "image_keys", "limit_textures"]
