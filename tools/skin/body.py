"""What is where on a body: masks in 0..1, noises in about -2..2 (names beginning with ``noise_``)."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from tools.skin.base import F64, Base, joint
from tools.skin.folds import neck_rings
from tools.skin.grain import resolved, tiled
from tools.skin.hands import joint_folds, nail_along, palm_lines, read_hand, sinews, veins
from tools.skin.shapes import blob, fractal_noise, smoothstep
from tools.skin.texels import Texels
from tools.skin.toon import drawn_shadow

HAND_CELL = 0.0019  # metres; the net of lines on a hand


def body_fields(base: Base, tex: Texels) -> tuple[dict[str, F64], dict[str, F64]]:
    """(coarse, fine) masks and noises of the body."""
    p, n, part = tex.position, tex.normal, tex.part
    hand = read_hand(base, tex)
    palm_side = 1 - hand.dorsal
    knuckle = np.max([np.exp(-((hand.place - c) ** 2).sum(-1) / (2 * 0.0075**2)) for c in hand.joints.values()], axis=0)
    tips = np.max(
        [np.exp(-((hand.place - c) ** 2).sum(-1) / (2 * 0.008**2)) for (_, b), c in hand.joints.items() if b == 4],
        axis=0,
    )
    elbow, knee = joint(base, "l-elbow"), joint(base, "l-knee")
    nails = np.clip(tex.painted["fingernails"] + tex.painted["toenails"], 0, 1)
    coarse = {
        "knuckle": knuckle * part["finger"],
        "knuckle_back": knuckle * part["hand"] * hand.dorsal,
        "fingertip": tips * part["finger"],
        "elbow": blob(p, elbow, 0.035) * smoothstep(0.1, -0.4, n[..., 2])
        + blob(p, knee, 0.045) * smoothstep(0.1, 0.6, n[..., 2]),
        "palm": part["hand"] * palm_side,
        "finger_palm": part["finger"] * part["hand"] * palm_side,
        "sole": part["foot"] * smoothstep(-0.45, -0.8, n[..., 1]),
        "foot": part["foot"],
        "hand_back": part["hand"] * hand.dorsal,
        "veins": veins(hand),
        "aureolae": tex.painted["aureolae"],
        "freckle_zone": smoothstep(0.30, 0.50, p[..., 1]) * (1 - part["hand"]) * tex.covered,
        "noise_large": fractal_noise(p, 0.030, 1),
        "noise_medium": fractal_noise(p, 0.009, 5),
    }
    lines = joint_folds(hand) + palm_lines(hand)
    pits, net = tiled(tex, HAND_CELL, 23)
    grain = resolved(tex, HAND_CELL) * part["hand"] * (1 - nails)
    bumps = fractal_noise(p, 0.008, 15, 2) * resolved(tex, 0.008)
    fine = {
        "nails": nails,
        "nail_along": nail_along(hand, nails),
        "open": tex.openness,
        "noise_relief": grain * (-0.7 * net - 0.3 * pits) + 0.5 * bumps * (1 - nails),
        "noise_lines": lines * (1 - nails),
        "noise_sinews": np.asarray(gaussian_filter(sinews(hand) + 0.5 * coarse["veins"], 1.0)),
        "noise_wrinkles": neck_rings(tex),
        "drawn_shadow": drawn_shadow(tex),
    }
    return coarse, fine
