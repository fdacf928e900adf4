"""VRM 1.0 out of any humanoid model: the human bones, faces, gaze, hair that swings, toon materials, the licence.

Specification: github.com/vrm-c/vrm-specification, VRMC_vrm-1.0, VRMC_springBone-1.0, VRMC_materials_mtoon-1.0.
"""

from avatar.gltf.transforms.vrm.making import as_vrm
from avatar.gltf.transforms.vrm.springs import hang_springs

__all__ = ["as_vrm", "hang_springs"]
