"""The painted body, hands and feet included: albedo 1024."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32, U8
from avatar.human.skin.colours import encode, lab_to_linear, srgb_to_lab, to_linear
from avatar.human.skin.head import DRAWN_SHADE, DRAWN_SHADE_DARK, mottle
from avatar.human.skin.maps import FINE, Surface, surface
from avatar.human.skin.paint import BAND, Term, add, double, mix, occlusion_tables, scatter, smoothstep, valley
from avatar.human.skin.palette import SkinLook

LIGHT_PALM = np.array([0.80, 0.60, 0.50])
# the fields that body_colour looks at
COLOUR = (
    *("base", "depth", "dark", "redness", "age", "wrinkles", "masculine", "smooth", "flat", "warmth", "freckles"),
    *("sun", "nail", "seed"),
)


def body_colour(look: SkinLook) -> U8:
    """(1024, 1024, 3) sRGB."""
    body, dark = surface("body"), look.dark
    lab = double(_skin(look, body))
    spots = scatter(body, body.mask("freckle_zone"), look.freckles // 2, (0.0012, 0.0026), (0.15, 0.45), look.seed)
    aged = scatter(body, body.mask("hand_back"), look.sun, (0.0010, 0.0034), (0.2, 0.55), look.seed + 6)
    tables = occlusion_tables(dark, 1.6 if look.flat else look.smooth, look.warmth)
    drawn = DRAWN_SHADE * (1 - dark) + DRAWN_SHADE_DARK * dark
    colour = np.empty((FINE, FINE, 3), np.uint8)
    for start in range(0, FINE, BAND):
        rows = slice(start, start + BAND)
        band = lab[:, rows]
        fine = {name: values[rows] for name, values in body.fine.items()}
        terms: list[Term] = []
        if not look.flat:
            k = 1 - 0.3 * dark
            terms.append((valley(fine["noise_lines"]), (-3.6 * k, 3.2 * k, 0.8)))
            terms.append((valley(fine["noise_wrinkles"]) * np.float32(look.wrinkles * k), (-4.5, 3.0, 0.8)))
        for spot, offset in ((spots, (-7.0, 4.0, 7.0)), (aged, (-9.0, 2.6, 7.0))):
            if spot is not None:
                terms.append((spot[rows], tuple(x * (1 - 0.6 * dark) for x in offset)))
        add(band, terms)
        if look.nail is None:
            _bare_nails(look, band, fine)
        linear = lab_to_linear(band)
        if look.nail is not None:
            mix(linear, smoothstep(0.25, 0.6, fine["nails"] * np.float32(1 / 255)), to_linear(look.nail))
        for plane, table in zip(linear, tables, strict=True):
            plane *= table[fine["open"]]
        if look.flat:
            shadow = fine["drawn_shadow"] * np.float32(1 / 255)
            for plane, left in zip(linear, drawn, strict=True):
                plane *= 1 - shadow * np.float32(1 - left)
        colour[rows] = encode(linear).transpose(1, 2, 0)
    return colour


def _skin(look: SkinLook, body: Surface) -> F32:
    """Everything soft, (3, 512, 512) CIELAB."""
    m, dark = body.mask, look.dark
    lab = mottle(look, body)
    red = look.redness * (1 - 0.5 * dark) * (0.4 if look.flat else 1.0)
    palm, sole = m("palm"), m("sole")
    flush = 0.75 * m("knuckle") + 0.8 * m("elbow") + 0.45 * palm + 0.5 * m("finger_palm") + 0.55 * m("fingertip")
    flush += 0.3 * m("hand_back") + 0.35 * m("foot")
    vein = (0.45 + 0.55 * look.age + 0.2 * look.masculine) * (1 - look.smooth) * (1 - 0.7 * dark)
    add(
        lab,
        [
            (flush, (-2.5 * red, 6.0 * red, 1.5 * red)),
            (m("knuckle_back") + m("elbow"), (-5.0 * dark, 0.0, -1.0 * dark)),
            (m("hand_back"), (-1.5 * dark - 0.8, 0.3, 0.6)),
            (m("veins"), (-2.0 * vein, -2.2 * vein, -3.0 * vein)),
            (m("aureolae"), (-9.0, 8.0, 3.0)),
        ],
    )
    depth = np.clip((look.depth - 0.35) / 0.4, 0, 1)
    pale = np.clip(palm + sole, 0, 1) * np.float32(0.8 * depth * depth * (3 - 2 * depth))
    mix(lab, pale, srgb_to_lab(LIGHT_PALM) - [5, -1, 0])
    return lab


def _bare_nails(look: SkinLook, band: F32, fine: dict[str, U8]) -> None:
    """Rosy plates with a pale moon at the root and a white edge, a darker fold of skin around them; in place."""
    nails = fine["nails"] * np.float32(1 / 255)
    if not nails.any():
        return
    along = fine["nail_along"] * np.float32(1 / 255)
    dark = look.dark
    plate = look.base * np.array([0.96, 1.0, 0.8]) + np.array([5 + 8 * dark, 6.0, -2.0])
    cover = smoothstep(0.3, 0.7, nails)
    fold = cover * (1 - cover) * 4
    add(band, [(fold, (-4.0, 3.0, 0.5))])
    mix(band, cover * np.float32(0.8), plate)
    moon, edge = smoothstep(0.22, 0.06, along), smoothstep(0.84, 0.92, along)
    add(band, [(cover * moon, (4.0, -3.0, -1.0)), (cover * edge, (9.0 + 8 * dark, -6.0, -3.0))])
