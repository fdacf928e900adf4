"""Character in, source GLB out: which provider, in which order."""
