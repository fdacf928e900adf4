"""Our levels of detail beside gltfpack and glTF-Transform, on avatars of many makers."""
