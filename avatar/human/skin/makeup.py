"""What is put on a face: eye shadow, eyeliner, and the natural dark at the roots of lashes; the shade under brows."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32
from avatar.human.skin.maps import FINE, brow_windows, windows
from avatar.human.skin.paint import smoothstep
from avatar.human.skin.palette import SkinLook

_AT = [0, 0.151, 0.344, 0.538, 0.710, 0.892, 1.0]  # where along the brow line its arch is given
_ARCH_MM = [-0.6, 0, 0.5, 1.7, 2.2, 1.0, -1.0]
WING = 0.34  # longest wing of a liner, in lengths of the lid


def empty() -> F32:
    return np.zeros((FINE, FINE), np.float32)


def brow_shade(look: SkinLook) -> F32:
    """What shows of the skin's darker ground under the hairs of both brows, (1024, 1024) 0..1."""
    out = empty()
    for window in brow_windows():
        u = window.along
        shift = look.brow_lift + np.interp(u, _AT, _ARCH_MM) * (look.brow_arch - 0.5) * 2
        shift += look.brow_slant * np.clip(1 - u / 0.75, 0, 1) ** 1.3
        half = 3.4 * look.brow_thickness * np.interp(u, [0, 0.06, 0.3, 0.62, 0.85, 1], [0.62, 0.9, 1, 0.78, 0.46, 0.2])
        across = (window.across - shift) / np.maximum(half, 0.4)
        ends = smoothstep(-0.02, 0.14, u) * smoothstep(1.02, 0.84, u)
        window.place(np.where(u > -0.5, np.exp(-(across**2)) * ends, 0).astype(np.float32), out)
    return out


def eyeliner(strength: float) -> F32:
    """A line along the upper lashes that swings out into a wing, (1024, 1024) 0..1; bold ones go on below the eye."""
    out = empty()
    if strength <= 0:
        return out
    wing = WING * float(np.clip((strength - 0.3) / 0.7, 0, 1))
    for window in windows("upper_lid"):
        t, v = window.along, window.across
        width = (0.35 + 1.25 * strength * np.interp(t, [0.05, 0.55, 1.0], [0.15, 0.6, 1.0])).astype(np.float32)
        on_lid = smoothstep(0.28, -0.12, v - width) * smoothstep(-1.9, -1.2, v) * smoothstep(0.02, 0.10, t)
        tail = np.clip(1 - (t - 1) / max(wing, 1e-3), 0, 1)
        on_wing = smoothstep(0.25, -0.15, np.abs(v - 0.25 * width) - 0.75 * width * tail) * (tail > 0) * (wing > 0.02)
        line = np.where(t <= 1.0, on_lid, on_wing) * (t > -0.5)
        window.place((line * min(1.0, 0.55 + 0.6 * strength)).astype(np.float32), out)
    for window in windows("lower_lid"):
        t, v = window.along, window.across
        line = np.exp(-(((v + 0.25) / 0.55) ** 2)) * smoothstep(0.30, 0.75, t) * smoothstep(1.08, 0.98, t)
        window.place((line * 0.75 * max(0.0, strength - 0.35)).astype(np.float32), out)
    return out


def eyeshadow_zones() -> tuple[F32, F32, F32]:
    """(wash over the lid, darker outer corner and crease, light at the inner corner), (1024, 1024) each, 0..1."""
    wash, corner, light = empty(), empty(), empty()
    for window in windows("upper_lid"):
        t, v = window.along, window.across
        ends = smoothstep(-0.08, 0.22, t) * smoothstep(1.34, 1.02, t)
        height = np.asarray(9.5 + 2.5 * np.clip(t, 0, 1.2), np.float32)
        full = smoothstep(-1.6, -0.4, v) * (1 - smoothstep(0.42, 1.0, v / height)) * ends
        outer = smoothstep(0.45, 0.95, t) * smoothstep(1.34, 1.02, t) * np.exp(-(((v - 4.2) / 4.0) ** 2))
        crease = 0.7 * np.exp(-(((v - 6.8) / 1.9) ** 2)) * smoothstep(0.12, 0.4, t) * smoothstep(1.25, 1.0, t)
        inner = np.exp(-(((t - 0.02) / 0.11) ** 2) - ((v - 0.6) / 2.4) ** 2) * (t > -0.5)
        window.place(full.astype(np.float32), wash)
        window.place((np.maximum(outer, crease) * smoothstep(-1.0, 0.5, v)).astype(np.float32), corner)
        window.place(inner.astype(np.float32), light)
    for window in windows("lower_lid"):
        t, v = window.along, window.across
        smoke = 0.45 * np.exp(-(((v + 0.9) / 1.3) ** 2)) * smoothstep(0.25, 0.8, t) * smoothstep(1.12, 0.98, t)
        window.place(smoke.astype(np.float32), wash)
    return wash, corner, light
