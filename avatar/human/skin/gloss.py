"""Occlusion and roughness: an oily middle of the face, wet lips and lid rims, dull cheeks, hard nails."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32, U8
from avatar.human.skin.makeup import eyeshadow_zones
from avatar.human.skin.maps import Surface, surface
from avatar.human.skin.paint import halve, pack_orm
from avatar.human.skin.palette import SkinLook

HEAD = ("smooth", "dark", "age", "gloss", "scalp", "stubble", "contour")  # the fields that head_gloss looks at
BODY = ("dark", "age", "smooth")
SKIN = 0.55


def coarse(base: Surface, name: str) -> F32:
    """A fine mask at half its size, 0..1."""
    return halve(base.fine[name].astype(np.float32)) * np.float32(1 / 255)


def common(look: SkinLook, base: Surface) -> F32:
    """What holds above and below the seam of the neck."""
    rough = 1 - look.smooth
    return SKIN - 0.04 * look.dark + 0.05 * look.age + np.float32(0.025 + 0.01 * rough) * base.noise("noise_large")


def head_gloss(look: SkinLook) -> U8:
    """Occlusion, roughness and metal (512, 512, 3)."""
    head, rough = surface("head"), 1 - look.smooth
    m = head.mask
    mouth, throat, lips = m("mouth"), m("throat"), coarse(head, "lips")
    oil = m("t_zone") + 0.5 * m("nose_wing") + 0.35 * m("upper_lid") + 0.3 * m("highlight")
    roughness = common(look, head) - np.float32(0.13 - 0.05 * look.age) * oil + 0.04 * m("cheeks")
    roughness += np.float32(0.10 * rough) * coarse(head, "pores")
    roughness += np.float32(0.035 * rough) * head.noise("noise_small")
    roughness -= np.float32(0.17 + 0.20 * look.gloss) * lips * (1 - 0.35 * m("lip_inner"))
    roughness += 0.2 * coarse(head, "scalp") * bool(look.scalp) + 0.14 * m("beard") * look.stubble
    if look.contour:
        roughness -= np.float32(0.12 * look.contour) * halve(eyeshadow_zones()[0])
        roughness -= np.float32(0.05 * look.contour) * m("highlight")
    wet = np.maximum(coarse(head, "waterline"), m("tear_duct").clip(0, 1))
    roughness += wet * (0.24 - roughness)
    roughness += np.maximum(mouth, m("lip_inner")) * (0.85 - roughness)  # a grazing shine would grey the parting
    openness = np.clip(coarse(head, "open"), 0.25, 1)
    openness += mouth * (0.9 * (1 - 0.3 * throat) - openness)
    return pack_orm(openness, roughness)


def body_gloss(look: SkinLook) -> U8:
    """Occlusion, roughness and metal (256, 256, 3): next to nothing of it is seen but nails."""
    body = surface("body")
    roughness = common(look, body) + 0.05 * body.mask("elbow") + 0.03 * body.mask("palm")
    roughness += coarse(body, "nails") * (0.26 - roughness)
    return pack_orm(halve(np.clip(coarse(body, "open"), 0.25, 1)), halve(roughness))
