"""The painted body, hands and feet included: albedo 1024, occlusion-roughness 512."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import U8
from avatar.human.skin.head import BAND, Painted, mottle
from avatar.human.skin.maps import FINE, surface
from avatar.human.skin.paint import add, double, halve, mix, occlusion_tables, pack_orm, scatter
from avatar.human.skin.palette import SkinLook, encode, lab_to_linear, srgb_to_lab

LIGHT_PALM = np.array([0.80, 0.60, 0.50])


COLOUR = ("base", "depth", "dark", "redness", "smooth", "flat", "freckles", "seed")  # fields that body_colour looks at
GLOSS = ("dark",)


def paint_body(look: SkinLook) -> Painted:
    """Paint everything below the neck seam with the palette of the head."""
    return Painted(body_colour(look), None, None if look.flat else body_gloss(look))


def body_colour(look: SkinLook) -> U8:
    """(1024, 1024, 3) sRGB."""
    body = surface("body")
    m, dark = body.mask, look.dark
    lab = mottle(look, body)
    red = look.redness * (1 - 0.5 * dark) * (0.4 if look.flat else 1.0)
    palm, sole = m("palm"), m("sole")
    flush = 0.75 * m("knuckle") + 0.8 * m("elbow") + 0.35 * palm + 0.6 * m("finger_palm")
    add(
        lab,
        [
            (flush, (-2.5 * red, 6.5 * red, 1.5 * red)),
            (m("knuckle_back") + m("elbow"), (-5.0 * dark, 0.0, -1.0 * dark)),
            (m("aureolae"), (-9.0, 8.0, 3.0)),
        ],
    )
    depth = np.clip((look.depth - 0.35) / 0.4, 0, 1)
    pale = np.clip(palm + sole, 0, 1) * np.float32(0.62 * depth * depth * (3 - 2 * depth))
    mix(lab, pale, srgb_to_lab(LIGHT_PALM) - [8, 0, 0])
    lab = double(lab)
    spots = scatter(body, m("freckle_zone"), look.freckles // 2, (0.0012, 0.0026), (0.15, 0.45), look.seed)
    nail = look.base * [0.96, 1, 0.8] + [5 + 6 * dark, 5, -2]
    tables = occlusion_tables(dark, 1.6 if look.flat else look.smooth)
    colour = np.empty((FINE, FINE, 3), np.uint8)
    for start in range(0, FINE, BAND):
        rows = slice(start, start + BAND)
        band = lab[:, rows]
        if spots is not None:
            add(band, [(spots[rows], tuple(x * (1 - 0.6 * dark) for x in (-7, 4, 7)))])
        mix(band, body.fine["nails"][rows] * np.float32(0.75 / 255), nail)
        linear = lab_to_linear(band)
        for plane, table in zip(linear, tables, strict=True):
            plane *= table[body.fine["open"][rows]]
        colour[rows] = encode(linear).transpose(1, 2, 0)
    return colour


def body_gloss(look: SkinLook) -> U8:
    """Occlusion, roughness and metal (512, 512, 3)."""
    body = surface("body")
    nails = halve(body.fine["nails"].astype(np.float32)) * np.float32(1 / 255)
    roughness = 0.60 - 0.03 * look.dark - 0.32 * nails + 0.05 * body.mask("elbow")
    roughness += 0.02 * body.noise("noise_large")
    openness = np.clip(halve(body.fine["open"].astype(np.float32)) * np.float32(1 / 255), 0.25, 1)
    return pack_orm(openness, roughness)
