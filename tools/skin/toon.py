"""Marks of drawn faces: the warm shadow under the chin and strokes of blush."""

from __future__ import annotations

import numpy as np

from tools.skin.base import F64
from tools.skin.shapes import blob, mirrored, smoothstep
from tools.skin.texels import Texels


def drawn_shadow(tex: Texels) -> F64:
    """One hard-edged shadow 0..1, as a brush lays it: under chin and jaw onto the neck, under the nose, in the ears.

    It hangs on the place alone, so it runs on from the head to the body.
    """
    p, n = tex.position, tex.normal
    x = np.abs(p[..., 0])
    jaw = 0.6175 + 0.72 * np.maximum(x - 0.012, 0)
    edge = 0.588 + 3.2 * x * x  # the lower edge of the shadow sags towards the pit of the throat
    band = smoothstep(-0.0015, 0.0015, p[..., 1] - edge) * smoothstep(0.0015, -0.0015, p[..., 1] - jaw)
    band *= smoothstep(-0.01, 0.02, p[..., 2]) * smoothstep(0.072, 0.062, x)
    under = smoothstep(-0.60, -0.88, n[..., 1]) * smoothstep(0.645, 0.640, p[..., 1]) * (p[..., 2] > 0.02)
    nose = smoothstep(0.42, 0.52, blob(p, [0, 0.6815, 0.156], [0.0075, 0.0032, 0.02], False)) * (n[..., 1] < 0)
    ears = smoothstep(0.3, 0.5, tex.painted["ears"]) * smoothstep(0.62, 0.5, tex.openness)
    shadow = np.maximum.reduce([band, under, 0.6 * nose, 0.8 * ears])
    return np.asarray(np.clip(shadow, 0, 1) * (1 - tex.part["mouth"]) * (1 - tex.part["socket"]))


def hatching(tex: Texels) -> F64:
    """Three slanting strokes on each cheek."""
    q = mirrored(tex.position)
    x, y = (q[..., 0] - 0.0425) * 1000, (q[..., 1] - 0.6955) * 1000
    out = np.zeros(x.shape)
    for middle in (-4.6, 0.0, 4.6):
        along, across = 0.9 * y + 0.44 * (x - middle), 0.9 * (x - middle) - 0.44 * y
        width = 0.62 * np.sqrt(np.clip(1 - (along / 4.6) ** 2, 0, 1))
        out = np.maximum(out, smoothstep(0.25, -0.25, np.abs(across) - width) * (np.abs(along) < 4.6))
    return np.asarray(out * (q[..., 2] > 0.08) * (1 - tex.part["mouth"]))
