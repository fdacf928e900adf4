"""The painted head: albedo 1024, normal and occlusion-roughness 512."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F32, U8
from avatar.human.skin.brows import BROWS, paint_brows
from avatar.human.skin.maps import FINE, RELIEF_METRES, Surface, decode_noise, surface
from avatar.human.skin.paint import (
    Term,
    add,
    double,
    halve,
    mix,
    normal_map,
    occlusion_tables,
    pack_orm,
    plain,
    scatter,
    smoothstep,
)
from avatar.human.skin.palette import SkinLook, encode, lab_to_linear, srgb_to_lab, to_linear

BAND = 128  # rows painted at a time: the working set stays in the cache
MOUTH = np.array([0.60, 0.27, 0.24])
THROAT = np.array([0.40, 0.13, 0.11])
LINER = np.array([0.05, 0.035, 0.03])


@dataclass(frozen=True, slots=True)
class Painted:
    """Images of one skin primitive."""

    colour: U8  # (1024, 1024, 3) sRGB
    normal: U8 | None  # (512, 512, 3)
    occlusion_roughness_metallic: U8 | None  # (512, 512, 3)


def mottle(look: SkinLook, base: Surface) -> F32:
    """Tone of the skin with its uneven colour, (3, 512, 512) CIELAB: the same on head and body, so no seam shows."""
    lab = plain(look.base)
    if not look.flat:
        k = 0.25 + 0.75 * (1 - look.smooth)
        large, medium = base.noise("noise_large"), base.noise("noise_medium")
        add(lab, [(large, (1.1 * k, 0.7 * k, 0.6 * k)), (medium, (0.8 * k, 1.0 * k, 0.3 * k))])
    return lab


def _skin(look: SkinLook, head: Surface) -> F32:
    """Everything soft, (3, 512, 512) CIELAB."""
    m = head.mask
    rough, dark = 1 - look.smooth, look.dark
    lab = mottle(look, head)
    blood = m("nose") + 0.9 * m("cheeks") + 0.75 * m("ears") + 0.40 * m("chin") + 0.35 * m("upper_lid")
    blood += 0.25 * m("lips_soft")
    if rough:
        blood *= 1 + np.float32(0.35 * rough) * head.noise("noise_medium")
    np.clip(blood, 0, 1.3, out=blood)
    red = look.redness * (1 - 0.55 * dark) * (0.35 if look.flat else 1.0)
    fair = 1 - dark
    hollow = 0.8 * m("socket_inner") + 0.5 * m("brow_shadow") + 0.9 * m("crease")
    tired = (0.65 + 0.7 * look.age) * rough**0.5
    deep = (1 - 0.75 * look.smooth) * (0.0 if look.flat else 1.0)
    add(
        lab,
        [
            (blood, (-3.6 * red, 7.5 * red, 1.6 * red)),
            # deep skin: lighter centre of the face, darker periphery
            (m("cheeks") + m("nose") + 0.5 * m("forehead"), (2.6 * dark, 1.0 * dark, 2.0 * dark)),
            (m("lips_soft") + 0.6 * m("temple") + 0.8 * m("under_eye"), (-3.5 * dark, -0.6 * dark, -1.2 * dark)),
            # golden forehead, cooler jaw on men
            (m("forehead"), (1.2 * fair, -0.8 * fair, 1.6 * fair)),
            (m("shave"), tuple(np.array([-1.5, -0.6, -2.2]) * look.masculine * (1 - 0.5 * dark) * deep)),
            # the orbit
            (m("under_eye"), (-4.2 * tired, 2.2 * tired, -3.2 * tired)),
            (hollow, (-2.6 * deep, 1.7 * deep, 0.3 * deep)),
            (m("upper_lid"), (-1.8 * deep, 1.6 * deep, 0.2 * deep)),
        ],
    )
    if rough:
        add(lab, [(head.noise("noise_small"), (0.8 * rough, 0.7 * rough, 0.2 * rough))])
    if look.stubble:
        shade = np.array([-9.0 + 3 * dark, -2.5, -5.0]) * look.stubble
        add(lab, [(m("shave"), tuple(shade))])
    if look.eyeshadow_opacity:
        zone = m("shadow_zone") * (1 - 0.3 * m("brow_shadow")) * np.float32(look.eyeshadow_opacity)
        mix(lab, zone, srgb_to_lab(look.eyeshadow))
    if look.blush_opacity:
        mix(lab, m("blush_zone") * np.float32(look.blush_opacity), srgb_to_lab(look.blush))
    mix(lab, m("mouth") * np.float32(0.95), srgb_to_lab(MOUTH))
    mix(lab, m("throat") * np.float32(0.9), srgb_to_lab(THROAT))
    return lab


def _lips(look: SkinLook, head: Surface) -> F32:
    """Natural lips, (3, 512, 512) CIELAB."""
    rough, dark = 1 - look.smooth, look.dark
    tint = np.array([-12 + 9 * dark, 14 - 10 * dark + 5 * look.lip_tint, 0.8 - 4 * dark])
    if look.flat:
        tint = tint * 0.55
    lab = plain(look.base + tint)
    parting = np.array([-8.0 + 4 * dark, 5.0 + 2 * dark, -0.5 + dark])
    terms: list[Term] = [
        (head.mask("lip_lower"), (2.5 + 3 * dark, 2.5 + 2 * dark, 0.8)),
        (head.mask("lip_inner"), tuple(parting * (0.4 if look.flat else 1.0))),
    ]
    if rough:
        terms.append((head.noise("noise_lip"), (1.6 * rough, 0.6 * rough, 0.2 * rough)))
        terms.append((head.noise("noise_medium"), (0.8 * rough, 0.8 * rough, 0.2 * rough)))
    add(lab, terms)
    return lab


def paint_head(look: SkinLook) -> Painted:
    """Paint the head of one person; deterministic for equal looks."""
    brows = paint_brows(look)
    if look.flat:
        return Painted(head_colour(look, brows), None, None)
    return Painted(head_colour(look, brows), head_relief(look, brows), head_gloss(look, brows))


def head_colour(look: SkinLook, brows: F32) -> U8:
    """(1024, 1024, 3) sRGB. ``brows`` (1024, 1024) as ``paint_brows`` makes them."""
    head = surface("head")
    rough, dark = 1 - look.smooth, look.dark
    lab, lip_lab = double(_skin(look, head)), double(_lips(look, head))
    lip_weight = np.float32((0.82 + 0.1 * look.lip_tint - 0.12 * look.masculine) * (0.5 if look.flat else 1.0))
    zone = (head.mask("cheeks") + head.mask("nose") + 0.3 * head.mask("forehead")) * (1 - head.mask("mouth")) + 0.02
    freckles = scatter(head, zone**1.3, look.freckles, (0.0004, 0.0012), (0.25, 0.9), look.seed + 3)
    moles = scatter(head, head.mask("mole_zone"), look.moles, (0.0005, 0.0011), (0.6, 1.0), look.seed + 4)
    sun = scatter(head, head.mask("mole_zone"), int(40 * (look.age - 0.35)), (0.0012, 0.003), (0.2, 0.6), look.seed + 5)
    hair, brow, liner = to_linear(look.hair), to_linear(look.brow), to_linear(LINER)
    beard = double(head.mask("beard")) if look.stubble else None
    jitter = np.random.default_rng([look.seed, 9]).random((FINE, FINE), np.float32) if look.stubble else None
    tables = occlusion_tables(dark, 1.6 if look.flat else look.smooth)
    deep = 0.4 if look.flat else 1.0
    lip_box = head.fine["lips"] > 127
    lipstick: F32 | None = None
    if look.lipstick is not None:
        lipstick = to_linear(look.lipstick).astype(np.float32)
        shine = lab[0][lip_box].mean()
    colour = np.empty((FINE, FINE, 3), np.uint8)
    for start in range(0, FINE, BAND):
        rows = slice(start, start + BAND)
        band = lab[:, rows]
        fine = {name: values[rows] for name, values in head.fine.items()}
        grain = decode_noise(fine["noise_grain"])
        lips = fine["lips"] * np.float32(1 / 255)
        terms: list[Term] = []
        if rough:
            terms.append((grain, (0.55 * rough, 0.1 * rough, 0.1 * rough)))
        if look.age:
            terms.append((fine["wrinkles"] * np.float32(look.age / 255), (-5.5, 2.4, 1.0)))
        terms.append((fine["waterline"] * np.float32(1 / 255), (-1.0 * deep, 5.0 * deep, 0.5 * deep)))
        for spots, offset, fade in ((freckles, (-9, 4.5, 8), 0.6), (moles, (-24, 2, 2), 0.5), (sun, (-8, 3, 7), 0.5)):
            if spots is not None:
                terms.append((spots[rows] * (1 - lips), tuple(x * (1 - fade * dark) for x in offset)))
        add(band, terms)
        band += (lips * lip_weight) * (lip_lab[:, rows] - band)
        linear = lab_to_linear(band)
        if lipstick is not None and lips.any():
            # the paint keeps a little of the light and dark of the lips under it
            shade = np.clip(1 + 0.012 * (band[0] - shine), 0.75, 1.2)
            opacity = lips * np.float32(look.lipstick_opacity)
            for plane, amount in zip(linear, lipstick, strict=True):
                plane += opacity * (amount * shade - plane)
        for plane, table in zip(linear, tables, strict=True):
            plane *= table[fine["open"]]
        if beard is not None and jitter is not None:
            dots = smoothstep(0.0, 0.75, grain * np.float32(0.75) + (jitter[rows] - 0.5) * np.float32(1.3))
            mix(linear, beard[rows] * dots * np.float32(0.62 * look.stubble), hair * 0.8)
        if look.scalp:
            strand = np.clip(np.float32(0.93) + np.float32(0.12 * rough) * grain, 0.6, 1)
            mix(linear, fine["scalp"] * (np.float32(look.scalp / 255) * strand.astype(np.float32)), hair * 0.8)
        mix(linear, brows[rows] * np.float32(look.brow_opacity), brow)
        mix(linear, fine["lash_line"] * np.float32(look.liner / 255), liner)
        colour[rows] = encode(linear).transpose(1, 2, 0)
    return colour


def _lips_coarse(head: Surface) -> F32:
    return halve(head.fine["lips"].astype(np.float32)) * np.float32(1 / 255)


RELIEF = (*BROWS, "age")  # the fields that head_relief and its brows look at
GLOSS = (*BROWS, "dark", "gloss", "scalp", "stubble")


def head_relief(look: SkinLook, brows: F32) -> U8:
    """Normal map (512, 512, 3): pores, lip grooves, wrinkles, brow hair."""
    head, rough = surface("head"), 1 - look.smooth
    height = head.noise("noise_relief") * np.float32(RELIEF_METRES * rough)
    height += head.noise("noise_lip") * _lips_coarse(head) * np.float32(6e-5 * (0.3 + 0.7 * rough))
    height += halve(brows) * np.float32(6e-5)
    if look.age:
        height -= halve(head.fine["wrinkles"].astype(np.float32)) * np.float32(1.9e-4 * look.age / 255)
    return normal_map(height, head)


def head_gloss(look: SkinLook, brows: F32) -> U8:
    """Occlusion, roughness and metal (512, 512, 3)."""
    head, rough = surface("head"), 1 - look.smooth
    m = head.mask
    mouth, throat, lips = m("mouth"), m("throat"), _lips_coarse(head)
    face = 1 - m("neck")
    roughness = 0.60 - 0.03 * look.dark - 0.04 * face - 0.14 * m("t_zone") + 0.05 * m("cheeks")
    roughness -= (0.20 + 0.22 * look.gloss) * lips
    roughness += 0.03 * rough * head.noise("noise_small") + 0.02 * head.noise("noise_large")
    scalp = halve(head.fine["scalp"].astype(np.float32)) * np.float32(1 / 255)
    roughness += 0.2 * halve(brows) + 0.2 * scalp * bool(look.scalp) + 0.12 * m("beard") * look.stubble
    roughness += np.maximum(mouth, m("lip_inner")) * (0.85 - roughness)  # a grazing shine would grey the parting
    openness = np.clip(halve(head.fine["open"].astype(np.float32)) * np.float32(1 / 255), 0.25, 1)
    openness += mouth * (0.9 * (1 - 0.3 * throat) - openness)
    return pack_orm(openness, roughness)
