"""The painted head: albedo and normals 1024, occlusion-roughness 512."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32, U8
from avatar.human.skin.colours import encode, lab_to_linear, srgb_to_lab, to_linear
from avatar.human.skin.makeup import brow_shade, eyeliner, eyeshadow_zones
from avatar.human.skin.maps import FINE, Surface, surface
from avatar.human.skin.paint import (
    BAND,
    Term,
    add,
    double,
    mix,
    occlusion_tables,
    plain,
    scatter,
    smoothstep,
    valley,
)
from avatar.human.skin.palette import SkinLook

MOUTH = np.array([0.56, 0.23, 0.21])
THROAT = np.array([0.36, 0.11, 0.10])
LINER = np.array([0.045, 0.03, 0.028])
ROOTS = np.array([0.16, 0.075, 0.06])  # skin between the roots of lashes
DRAWN_SHADE = np.array([0.90, 0.70, 0.70])  # what a drawn shadow leaves of fair skin, linear
DRAWN_SHADE_DARK = np.array([0.76, 0.58, 0.62])


def mottle(look: SkinLook, base: Surface) -> F32:
    """Tone of the skin with its uneven colour, (3, 512, 512) CIELAB: the same on head and body, so no seam shows."""
    lab = plain(look.base)
    if not look.flat:
        k = (0.2 + 0.8 * (1 - look.smooth)) * (1 + 0.5 * look.age)
        large, medium = base.noise("noise_large"), base.noise("noise_medium")
        add(lab, [(large, (1.2 * k, 0.8 * k, 0.6 * k)), (medium, (0.8 * k, 1.1 * k, 0.3 * k))])
    return lab


def head_colour(look: SkinLook) -> U8:
    """(1024, 1024, 3) sRGB."""
    head = surface("head")
    rough, dark = 1 - look.smooth, look.dark
    lab, lip_lab = double(_skin(look, head)), double(_lips(look, head))
    lip_weight = np.float32((0.84 + 0.1 * look.lip_tint - 0.12 * look.masculine) * (0.5 if look.flat else 1.0))
    spots = _spots(look, head)
    over = _Overlays(look, head)
    tables = occlusion_tables(dark, 1.6 if look.flat else look.smooth, look.warmth)
    deep = 0.0 if look.flat else 1.0
    shine = lab[0][head.fine["lips"] > 127].mean() if look.lipstick is not None else np.float32(0)
    colour = np.empty((FINE, FINE, 3), np.uint8)
    for start in range(0, FINE, BAND):
        rows = slice(start, start + BAND)
        band = lab[:, rows]
        fine = {name: values[rows] for name, values in head.fine.items()}
        lips = fine["lips"] * np.float32(1 / 255)
        terms: list[Term] = []
        if rough > 0:
            k = rough * (1 - 0.45 * dark)
            terms.append((fine["pores"] * np.float32(k / 255), (-4.2, 2.4, 1.2)))
        if not look.flat:
            k = 1 - 0.3 * dark
            terms.append((valley(fine["noise_folds"]) * np.float32(look.folds * k), (-4.5, 3.2, 0.8)))
            terms.append((valley(fine["noise_wrinkles"]) * np.float32(look.wrinkles * k), (-3.6, 2.0, 0.6)))
        terms.append((fine["waterline"] * np.float32(1 / 255), (1.0 * deep, 8.0 * deep, 1.0 * deep)))
        for spot, offset, fade in spots:
            terms.append((spot[rows] * (1 - lips), tuple(x * (1 - fade * dark) for x in offset)))
        add(band, terms)
        band += (lips * lip_weight) * (lip_lab[:, rows] - band)
        linear = lab_to_linear(band)
        if look.lipstick is not None and lips.any():
            # the paint keeps a little of the light and dark of the lips under it
            shade = np.clip(1 + 0.014 * (band[0] - shine), 0.72, 1.25)
            opacity = lips * np.float32(look.lipstick_opacity)
            for plane, amount in zip(linear, to_linear(look.lipstick).astype(np.float32), strict=True):
                plane += opacity * (amount * shade - plane)
        for plane, table in zip(linear, tables, strict=True):
            plane *= table[fine["open"]]
        over.lay(linear, rows, fine)
        colour[rows] = encode(linear).transpose(1, 2, 0)
    return colour


def _skin(look: SkinLook, head: Surface) -> F32:
    """Everything soft, (3, 512, 512) CIELAB."""
    m = head.mask
    rough, dark, fair = 1 - look.smooth, look.dark, 1 - look.dark
    lab = mottle(look, head)
    blood = m("nose") + 0.22 * m("nose_wing") + 0.9 * m("cheeks") + 0.8 * m("ears") + 0.7 * m("chin")
    blood += 0.45 * m("upper_lid") + 0.35 * m("lips_soft") + 0.25 * m("orbit")
    if rough > 0:
        blood *= 1 + np.float32(0.35 * rough) * head.noise("noise_medium")
    if look.age:  # threads of blood in old cheeks
        threads = smoothstep(0.35, 1.1, head.noise("noise_small"))
        blood += np.float32(0.9 * look.age * rough) * threads * (m("cheeks") + m("nose_wing") + m("nose"))
    np.clip(blood, 0, 1.5, out=blood)
    red = look.redness * (1 - 0.55 * dark) * (0.35 if look.flat else 1.0)
    hollow = 0.6 * m("socket_inner") + 0.9 * m("crease")
    tired = (0.45 + 0.9 * look.age) * (0.4 + 0.6 * rough)
    deep = (1 - 0.6 * look.smooth) * (0.0 if look.flat else 1.0)
    lit = (0.0 if look.flat else 1.0) * (1 + 0.8 * look.contour)
    add(
        lab,
        [
            (blood, (-3.2 * red, 7.2 * red, 2.2 * red)),
            # deep skin: lighter centre of the face, darker periphery
            (m("cheeks") + m("nose") + 0.6 * m("forehead"), (3.0 * dark, 1.2 * dark, 2.4 * dark)),
            (m("lips_soft") + 0.8 * m("muzzle") + 0.6 * m("temple"), (-3.0 * dark, -0.4 * dark, -1.2 * dark)),
            (m("jaw_side") + 0.7 * m("temple"), (-1.0 - 1.6 * dark, 0.2 + 0.4 * fair, -0.4)),
            # golden forehead, cooler jaw on men, rosy around the mouth
            (m("forehead"), (1.2 * fair, -0.8 * fair, 1.6 * fair)),
            (m("muzzle"), (0.0, 1.6 * fair, -0.6 * fair)),
            (m("shave"), tuple(np.array([-1.5, -0.6, -1.6]) * look.masculine * (1 - 0.5 * dark) * deep)),
            # the orbit
            (m("under_eye"), (-2.4 * tired, 2.6 * tired, -2.2 * tired)),
            (hollow, (-1.0 * deep, 2.0 * deep, 1.0 * deep)),
            (m("orbit"), (1.6 * deep * fair, 0.6 * deep, 1.2 * deep)),
            (m("upper_lid"), (0.6 * deep, 1.0 * deep, 0.4 * deep)),
            (m("tear_duct"), (2.0 * deep, 9.0 * deep, 1.5 * deep)),
            (m("highlight"), ((1.8 + 1.6 * dark) * lit, 0.2 * dark * lit, (0.4 + 1.2 * dark) * lit)),
        ],
    )
    if rough > 0:
        k = rough * (1 + 0.4 * look.age)
        add(lab, [(head.noise("noise_small"), (0.9 * k, 0.8 * k, 0.2 * k))])
    if look.stubble:
        add(lab, [(m("shave"), tuple(np.array([-7.0 + 3 * dark, -2.5 + dark, -4.5 + 2.5 * dark]) * look.stubble))])
    if look.contour:
        add(lab, [(m("contour"), (-4.5 * look.contour, 1.2 * look.contour, 1.8 * look.contour))])
    if look.blush_opacity:
        mix(lab, m("blush_zone") * np.float32(look.blush_opacity), srgb_to_lab(look.blush))
    mix(lab, m("mouth") * np.float32(0.95), srgb_to_lab(MOUTH))
    mix(lab, m("throat") * np.float32(0.9), srgb_to_lab(THROAT))
    return lab


def _lips(look: SkinLook, head: Surface) -> F32:
    """Natural lips, (3, 512, 512) CIELAB."""
    rough, dark = 1 - look.smooth, look.dark
    tint = np.array([-11 + 8 * dark, 14 - 8.5 * dark + 5 * look.lip_tint, 0.8 - 3 * dark])
    tint = tint * (0.55 if look.flat else 1 - 0.25 * look.age)
    lab = plain(look.base + tint)
    parting = np.array([-8.0 + 4 * dark, 5.0 + 2 * dark, -0.5 + dark])
    lit = 0.4 if look.flat else 1.0
    terms: list[Term] = [
        (head.mask("lip_lower"), (2.5 + 3 * dark, 2.5 + 2 * dark, 0.8)),
        (head.mask("lip_middle"), (2.6 * lit, 1.2 * lit, 0.0)),
        (head.mask("lip_inner"), tuple(parting * lit)),
    ]
    if rough > 0:
        terms.append((head.noise("noise_lip"), (1.5 * rough, 0.6 * rough, 0.2 * rough)))
        terms.append((head.noise("noise_medium"), (0.9 * rough, 0.9 * rough, 0.2 * rough)))
    add(lab, terms)
    return lab


def _spots(look: SkinLook, head: Surface) -> list[tuple[F32, tuple[float, float, float], float]]:
    """Freckles, moles and age spots: where, their offset of colour, and how much of it deep skin swallows."""
    zone = (head.mask("cheeks") + head.mask("nose") + 0.14 * head.mask("forehead")) * (1 - head.mask("mouth")) + 0.014
    aged = head.mask("mole_zone") * (0.25 + head.mask("temple") + head.mask("forehead") + 0.5 * head.mask("jaw_side"))
    freckles = scatter(head, zone**1.3, look.freckles, (0.0004, 0.0013), (0.25, 0.9), look.seed + 3)
    moles = scatter(head, head.mask("mole_zone"), look.moles, (0.0005, 0.0011), (0.6, 1.0), look.seed + 4)
    sun = scatter(head, aged, look.sun, (0.0010, 0.0040), (0.2, 0.6), look.seed + 5)
    found = ((freckles, (-9.0, 4.5, 8.0), 0.6), (moles, (-24.0, 2.0, 2.0), 0.5), (sun, (-10.0, 2.6, 7.0), 0.5))
    return [(spots, offset, fade) for spots, offset, fade in found if spots is not None]


class _Overlays:
    """What lies on lit skin: hair under it and in it, make-up, drawn marks."""

    def __init__(self, look: SkinLook, head: Surface) -> None:
        self.look = look
        self.hair, self.brow = to_linear(look.hair), to_linear(look.brow)
        self.beard = double(head.mask("beard")) if look.stubble else None
        self.shade = brow_shade(look) if look.brow_opacity else None
        self.line = eyeliner(look.liner) if look.liner else None
        self.lids = eyeshadow_zones() if look.eyeshadow_opacity else None
        self.lid = to_linear(look.eyeshadow)
        self.drawn = DRAWN_SHADE * (1 - look.dark) + DRAWN_SHADE_DARK * look.dark

    def lay(self, linear: F32, rows: slice, fine: dict[str, U8]) -> None:
        """Onto some rows of linear colour (3, n, 1024), in place."""
        look = self.look
        if self.beard is not None:
            stumps = fine["stubble"] * np.float32(0.95 * look.stubble / 255)
            mix(linear, self.beard[rows] * np.minimum(stumps, 0.85), self.hair * 0.7)
        if look.scalp:
            strand = np.float32(0.86) + fine["stubble"] * np.float32(0.14 / 255)
            mix(linear, fine["scalp"] * (np.float32(look.scalp / 255) * strand), self.hair * [0.84, 0.78, 0.72])
        if look.flat:
            shadow = fine["drawn_shadow"] * np.float32(1 / 255)
            for plane, left in zip(linear, self.drawn, strict=True):
                plane *= 1 - shadow * np.float32(1 - left)
            if look.hatching:
                mix(linear, fine["hatching"] * np.float32(look.hatching / 255), to_linear(look.blush) * 0.75)
        if self.shade is not None:
            mix(linear, self.shade[rows] * np.float32(look.brow_opacity), self.brow)
        if self.lids is not None:
            wash, corner, light = (zone[rows] * np.float32(look.eyeshadow_opacity) for zone in self.lids)
            mix(linear, wash * np.float32(0.9), self.lid)
            mix(linear, corner * np.float32(0.7), self.lid * 0.35)
            mix(linear, light * np.float32(0.5), np.sqrt(self.lid) * 0.5 + 0.4 * (1 - look.dark) + 0.1)
        mix(linear, fine["lash_line"] * np.float32(look.rim / 255), to_linear(ROOTS))
        if self.line is not None:
            mix(linear, self.line[rows], to_linear(LINER))
