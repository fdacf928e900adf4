"""Colour spaces of skin: CIELAB, because one recipe of offsets there serves every tone from porcelain to very deep.

Colours are float RGB 0..1; "linear" is what light adds up in, sRGB what images store.
"""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32, F64, U8

# linear sRGB -> CIE XYZ (IEC 61966-2-1), white D65
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(1)
_FROM_XYZ = (np.linalg.inv(_TO_XYZ) * _WHITE).astype(np.float32)

# depth 0 (porcelain) .. 1 (deepest), then L, a, b of unlit albedo; our own table, tuned by eye on rendered busts
_ANCHORS = np.array(
    [
        [0.0, 83, 10.2, 13.8],
        [0.2, 75.5, 14.2, 18.6],
        [0.4, 65, 15.2, 21.2],
        [0.6, 50.5, 13.9, 20.2],
        [0.8, 36.5, 11.9, 17.4],
        [1.0, 25, 9.5, 13.2],
    ]
)
_ENCODE_STEPS = 8192


def to_linear(srgb: F64) -> F64:
    """sRGB 0..1 -> linear."""
    c = np.asarray(srgb, np.float64)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: F64) -> F64:
    """Linear -> sRGB 0..1."""
    c = np.clip(linear, 0, None)
    return np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)


_ENCODE = np.round(to_srgb(np.arange(_ENCODE_STEPS + 1) / _ENCODE_STEPS) * 255).astype(np.uint8)


def encode(linear: F32) -> U8:
    """Linear 0..1 -> 8-bit sRGB by table."""
    return np.asarray(_ENCODE[np.clip(linear * _ENCODE_STEPS, 0, _ENCODE_STEPS).astype(np.int16)], np.uint8)


def hex_to_srgb(colour: str) -> F64:
    """``#rrggbb`` -> sRGB 0..1."""
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])


def srgb_to_lab(srgb: F64) -> F64:
    """sRGB 0..1 (..., 3) -> CIELAB."""
    xyz = to_linear(srgb) @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def lab_to_linear(lab: F32) -> F32:
    """CIELAB planes (3, h, w) -> linear RGB planes, clipped to 0..1."""
    f = np.empty_like(lab)
    f[1] = (lab[0] + 16) * np.float32(1 / 116)
    f[0] = f[1] + lab[1] * np.float32(1 / 500)
    f[2] = f[1] - lab[2] * np.float32(1 / 200)
    xyz = np.where(f > np.float32(0.2069), f * f * f, (f - np.float32(16 / 116)) * np.float32(1 / 7.787))
    out: F32 = (_FROM_XYZ @ xyz.reshape(3, -1)).reshape(lab.shape)
    np.clip(out, 0, 1, out=out)
    return out


def skin_lab(depth: float, undertone: float, olive: float) -> F64:
    """Base tone (3,): depth 0..1, undertone -1 cool/rosy .. 1 warm/golden, olive 0..1 greens it."""
    lab = np.array([np.interp(depth, _ANCHORS[:, 0], _ANCHORS[:, k]) for k in (1, 2, 3)])
    chroma = lab[2] / 20 * (1 - 0.35 * np.clip((depth - 0.25) / 0.3, 0, 1))
    lab[1] += chroma * (-2.2 * undertone - 3.0 * olive)
    lab[2] += chroma * (2.9 * undertone + 1.5 * olive)
    return lab
