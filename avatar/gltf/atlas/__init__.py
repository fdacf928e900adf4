"""Many meshes and textures as one of each."""
