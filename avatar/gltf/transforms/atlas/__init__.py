"""Many meshes and textures as one of each."""

from avatar.gltf.transforms.atlas.making import make_atlas

__all__ = ["make_atlas"]
