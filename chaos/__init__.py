"""``make chaos``: the whole stack under ``kill -9``, and proof that nothing was lost."""
