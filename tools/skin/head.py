"""What is where on a head: masks in 0..1, noises in about -2..2 (names beginning with ``noise_``)."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from tools.skin.base import EYE_CENTRE, F64, MOUTH_LINE
from tools.skin.folds import FOLDS, WRINKLES, crepe, engraved, neck_rings
from tools.skin.grain import PORE_METRES, resolved, stubble, tiled
from tools.skin.shapes import blob, fractal_noise, mirrored, smoothstep, solid_noise
from tools.skin.texels import Texels
from tools.skin.toon import drawn_shadow, hatching

Fields = dict[str, F64]
EX, EY = float(EYE_CENTRE[0]), float(EYE_CENTRE[1])


def soft(field: F64, sigma: float) -> F64:
    return np.asarray(gaussian_filter(field, sigma))


def head_fields(tex: Texels) -> tuple[Fields, Fields]:
    """(coarse, fine) maps of the head."""
    outside = (1 - tex.part["mouth"]) * (1 - tex.part["socket"])
    lips = smoothstep(0.15, 0.85, soft(tex.painted["lips"], 2.0)) * outside
    f = zones(tex, lips, outside)
    f |= around_the_eyes(tex)
    f |= hair_zones(tex, lips, f["ears"], outside)
    f |= noises(tex)
    f["mole_zone"] = (
        (tex.position[..., 2] > 0.06) * (1 - lips) * (tex.position[..., 1] < 0.79) * (1 - f["upper_lid"])
        * (1 - f["nose"].clip(0, 1)) * outside * tex.covered
    )  # fmt: skip
    scalp = f.pop("scalp")
    return f, fine_fields(tex, f, lips, outside) | {"scalp": scalp}


def zones(tex: Texels, lips: F64, outside: F64) -> Fields:
    """Where blood, oil and shade are."""
    p, part = tex.position, tex.part
    f: Fields = {
        "nose": np.maximum(
            blob(p, [0, 0.690, 0.165], [0.0125, 0.010, 0.013], False), 0.9 * blob(p, [0.0135, 0.6865, 0.153], 0.0065)
        )
        + 0.35 * blob(p, [0, 0.712, 0.150], [0.008, 0.016, 0.012], False),
        "nose_wing": blob(p, [0.0165, 0.6845, 0.148], [0.0045, 0.0065, 0.009]),
        "cheeks": blob(p, [0.040, 0.690, 0.132], [0.016, 0.0125, 0.022])
        + 0.35 * blob(p, [0.052, 0.697, 0.115], [0.014, 0.012, 0.02]),
        "ears": soft(tex.painted["ears"], 4) * outside,
        "chin": blob(p, [0, 0.630, 0.150], [0.014, 0.010, 0.015], False),
        "forehead": blob(p, [0, 0.772, 0.140], [0.045, 0.022, 0.05], False),
        "temple": blob(p, [0.066, 0.748, 0.09], [0.008, 0.02, 0.03]),
        "jaw_side": blob(p, [0.058, 0.668, 0.085], [0.016, 0.022, 0.035]),
        "muzzle": np.clip(blob(p, [0.0, 0.657, 0.150], [0.025, 0.019, 0.03], False) * 1.2, 0, 1) * (1 - lips),
        "lips_soft": soft(tex.painted["lips"], 9) * outside,
        "lip_lower": smoothstep(MOUTH_LINE, MOUTH_LINE - 0.003, p[..., 1]),
        "lip_inner": lips * np.exp(-(((p[..., 1] - MOUTH_LINE) / 0.0024) ** 2)),
        "lip_middle": blob(p, [0, 0.6535, 0.16], [0.0115, 0.0042, 0.03], False)
        + 0.6 * blob(p, [0.006, 0.6675, 0.16], [0.006, 0.0026, 0.03]),
        "mouth": smoothstep(0.0, 0.6, part["mouth"]),
        "throat": part["mouth"] * smoothstep(0.118, 0.066, p[..., 2]),
        "blush_zone": blob(p, [0.044, 0.694, 0.128], [0.014, 0.010, 0.022])
        + 0.5 * blob(p, [0.056, 0.704, 0.11], [0.012, 0.010, 0.02]),
        "contour": blob(p, [0.056, 0.680, 0.115], [0.014, 0.006, 0.03]),
        "highlight": blob(p, [0.050, 0.709, 0.12], [0.011, 0.005, 0.02])
        + 0.8 * blob(p, [0, 0.712, 0.16], [0.0032, 0.022, 0.02], False)
        + 0.5 * blob(p, [0, 0.6735, 0.156], [0.005, 0.0022, 0.02], False),
        "neck": tex.neck_depth,
    }
    f["t_zone"] = (
        blob(p, [0, 0.770, 0.145], [0.026, 0.018, 0.04], False)
        + blob(p, [0, 0.700, 0.160], [0.010, 0.028, 0.03], False)
        + 0.7 * f["chin"]
    )
    return f


def around_the_eyes(tex: Texels) -> Fields:
    """The orbit."""
    p = tex.position
    return {
        "under_eye": blob(p, [EX - 0.004, EY - 0.0125, 0.138], [0.012, 0.0052, 0.02])
        + 0.6 * blob(p, [0.0165, EY - 0.004, 0.135], [0.0055, 0.009, 0.02]),
        "upper_lid": blob(p, [EX + 0.002, EY + 0.0085, 0.138], [0.014, 0.0055, 0.02]),
        "crease": blob(p, [EX + 0.001, EY + 0.0125, 0.137], [0.0135, 0.0024, 0.02]),
        "socket_inner": blob(p, [0.0145, EY + 0.006, 0.136], [0.006, 0.010, 0.02]),
        "brow_shadow": blob(p, [EX, EY + 0.0155, 0.138], [0.015, 0.005, 0.02]),
        "orbit": np.clip(1.15 * blob(p, [EX, EY, 0.13], [0.021, 0.0145, 0.03]), 0, 1),
        "tear_duct": blob(p, [0.0155, EY - 0.0025, 0.131], [0.0022, 0.0022, 0.004]),
    }


def hair_zones(tex: Texels, lips: F64, ears: F64, outside: F64) -> Fields:
    """Beard, shaven skin and scalp."""
    p = tex.position
    q = mirrored(p)
    # beard: jaw band, moustache and chin, fading up the cheeks and down the neck
    jaw_y = np.interp(q[..., 0], [0, 0.03, 0.055, 0.075], [0.662, 0.672, 0.690, 0.725])
    band = smoothstep(0.010, -0.012, p[..., 1] - jaw_y) * smoothstep(0.590, 0.622, p[..., 1])
    band *= smoothstep(0.030, 0.062, p[..., 2])
    moustache = blob(p, [0.010, 0.6755, 0.158], [0.0125, 0.0048, 0.012])
    clear = 1 - np.clip(lips + 0.55 * blob(p, [0.022, 0.650, 0.140], [0.006, 0.006, 0.02]), 0, 1)
    patchy = np.clip(1 + 0.25 * solid_noise(p, 0.012, 71), 0.5, 1.3)
    beard = np.clip(np.maximum(band, moustache) * patchy, 0, 1) * clear * outside
    # scalp: behind a hairline over the angle around the skull
    theta = np.arctan2(q[..., 0], p[..., 2] - 0.045)
    hair_y = np.interp(
        theta,
        [0, 0.45, 0.75, 1.0, 1.25, 1.5, 1.85, 2.2, 3.2],
        [0.802, 0.800, 0.787, 0.770, 0.742, 0.720, 0.690, 0.664, 0.652],
    )
    strands = np.stack([np.sign(p[..., 0]) * theta * 0.075, p[..., 1], np.zeros_like(theta)], -1)
    fringe = solid_noise(strands, [0.0015, 0.011, 1.0], 77) + 0.6 * solid_noise(strands, [0.006, 0.02, 1.0], 78)
    scalp = smoothstep(-0.007, 0.010, p[..., 1] - hair_y + 0.0030 * fringe)
    scalp *= 1 - 0.9 * np.clip(ears * 2, 0, 1)
    return {"beard": beard, "shave": soft(beard, 8) * outside, "scalp": scalp * outside}


def noises(tex: Texels) -> Fields:
    p = tex.position
    return {
        "noise_large": fractal_noise(p, 0.030, 1),
        "noise_medium": fractal_noise(p, 0.009, 5),
        "noise_small": fractal_noise(p, 0.0028, 9, 2) * (1 - tex.neck_depth),
        "noise_lip": solid_noise(p, [0.0017, 0.03, 0.03], 41),
    }


def fine_fields(tex: Texels, f: Fields, lips: F64, outside: F64) -> Fields:
    """What needs texels of a quarter of a millimetre."""
    p, part = tex.position, tex.part
    pits, net = tiled(tex, PORE_METRES, 21)
    shown = resolved(tex, PORE_METRES) * outside * (1 - lips)
    zone = 0.40 + 0.8 * f["nose"] + 0.7 * f["cheeks"] + 0.35 * f["forehead"] + 0.3 * f["chin"]
    zone = np.clip(zone - 0.7 * f["under_eye"] - 0.6 * f["upper_lid"] - 0.5 * f["ears"], 0.0, 1.2)
    creases = lip_creases(tex)
    bumps = fractal_noise(p, 0.0034, 15, 2)
    relief = shown * (-1.25 * pits * zone - 0.42 * net * (1 - 0.5 * zone.clip(0, 1)) + 0.35 * bumps)
    relief += 0.45 * bumps * (1 - shown) * outside * (1 - lips) * resolved(tex, 0.0034)
    inside = part["mouth"] > 0.5
    lashes = smoothstep(0.35, 0.9, part["upper_rim"]) * (1 - part["socket"])
    openness = np.where(inside, np.maximum(tex.openness, 0.45 * smoothstep(0.5, 1.0, part["mouth"])), tex.openness)
    # light that skin scatters fills the orbit: without it eyes look tired
    openness += 0.45 * f["orbit"] * (1 - lashes) * (1 - part["socket"]) * np.clip(0.9 - openness, 0, 1)
    return {
        "lips": lips,
        "noise_creases": creases * lips,
        "noise_relief": relief,
        "pores": pits * shown * zone / 1.2,
        "noise_folds": engraved(tex, FOLDS, 31) * outside,
        "noise_wrinkles": (engraved(tex, WRINKLES, 51) + crepe(tex) + neck_rings(tex)) * outside,
        "stubble": stubble(tex),
        "lash_line": lashes,
        "waterline": smoothstep(0.1, 0.9, part["lower_rim"]),
        "open": openness,
        "drawn_shadow": drawn_shadow(tex),
        "hatching": hatching(tex),
    }


def lip_creases(tex: Texels) -> F64:
    """Grooves of the lips as relief: they fan out from the middle."""
    p = tex.position
    away = p[..., 1] - MOUTH_LINE
    fan = p[..., 0] * (1 - 14 * np.abs(away)) + 0.0006 * solid_noise(p, 0.004, 43)
    q = np.stack([fan, 0.12 * away, np.zeros_like(fan)], -1)
    broad, narrow = solid_noise(q, 0.0026, 44), solid_noise(q, 0.0013, 45)
    return np.asarray(-np.abs(broad) * 1.0 - 0.5 * np.abs(narrow) + 0.55)
