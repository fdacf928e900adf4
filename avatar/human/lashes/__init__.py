"""Lashes, eyebrows, the lids' shadow on the eyeballs and the glints in the eyes: one blended part, one texture.

Transparent things are drawn in the order of their triangles: the shadows first, then the glints over them, then hair.
"""

from __future__ import annotations

import numpy as np

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.eyes import SIDES, eye_motions, fit_eye
from avatar.human.figure import F64, AlphaMode, Figure, Material, Part
from avatar.human.landmarks import head_scale
from avatar.human.lashes.atlas import paint_lashes
from avatar.human.lashes.brows import brow_sheets
from avatar.human.lashes.glints import glint_sheet
from avatar.human.lashes.look import LashLook, lash_look
from avatar.human.lashes.sheet import Sheet
from avatar.human.lashes.strips import lash_strip, shadow_strip
from avatar.human.skin.maps import landmarks
from avatar.human.skin.parts import skin_normals

__all__ = ["LashLook", "lash_coat", "lash_look", "lash_parts", "paint_lashes"]

MOVERS = ("eye", "cheekSquint")  # morphs whose names begin so move lids
STILL = 2e-6  # metres


def lash_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Lashes``: brows, lid shadows and glints included."""
    look = lash_look(character)
    material = Material(
        name="Wolf3D_Lashes",
        roughness=0.9,
        alpha=AlphaMode.BLEND,
        double_sided=True,
        specular=0.2,  # hair this thin has no sheen; with one it pales against the skin
    )
    return Coat(material, {Slot.COLOUR: Paint(paint_key("lashes", look), lambda: paint_lashes(look))})


def lash_parts(figure: Figure) -> list[Part]:
    """``Wolf3D_Lashes``: shadows, glints, lower and upper lashes, brows; on the head joint but for the glints."""
    sheets = _sheets(figure)
    positions = np.concatenate([s.positions for s in sheets])
    starts = np.cumsum([0, *(len(s.positions) for s in sheets)])
    weights = np.zeros((len(positions), len(figure.joint_names)), np.float32)
    weights[:, figure.joint_names.index("Head")] = 1
    morphs: dict[str, F64] = {}
    for sheet, start in zip(sheets, starts, strict=False):
        rows = slice(start, start + len(sheet.positions))
        if sheet.eye is not None:
            weights[rows, figure.joint_names.index(sheet.eye[0])] = sheet.eye[1]
            weights[rows, figure.joint_names.index("Head")] = 1 - sheet.eye[1]
        for name, moved in sheet.morphs.items():
            if np.abs(moved).max() > STILL:
                morphs.setdefault(name, np.zeros_like(positions))[rows] = moved
    return [
        Part(
            node="Wolf3D_Lashes",
            material=lash_coat(figure.character).painted(),
            positions=positions,
            normals=np.concatenate([s.normals for s in sheets]),
            uv=np.concatenate([s.uv for s in sheets]),
            triangles=np.concatenate([s.triangles + start for s, start in zip(sheets, starts, strict=False)]),
            weights=weights,
            morphs={name: morphs[name] for name in figure.morphs if name in morphs},
        )
    ]


def _sheets(figure: Figure) -> list[Sheet]:
    """Every strip and card, in the order in which they are drawn."""
    look, vertices, marks = lash_look(figure.character), figure.vertices, landmarks()
    fields: dict[str, F64] = {}
    for name, delta in figure.morphs.items():
        fields[name] = np.zeros_like(vertices)
        fields[name][delta.index] = delta.offset
    of_lids = {name: field for name, field in fields.items() if name.startswith(MOVERS)}
    eyes = {side: fit_eye(figure, side) for side in SIDES}
    motions = {side: eye_motions(figure, side, eye) for side, eye in eyes.items()}
    sheets: list[Sheet] = []
    for side, eye in eyes.items():
        for which in ("upper", "lower"):
            ids = marks.lids[side.lower(), which]
            sheets.append(shadow_strip(ids, which == "upper", eye, motions[side], vertices, of_lids))
    for side, eye in eyes.items():
        sheets += [glint_sheet(k, glint, side, eye, motions[side]) for k, glint in enumerate(look.glints)]
    for which in ("lower", "upper"):
        for side, eye in eyes.items():
            lines = marks.lids if look.drawn and which == "upper" else marks.lash_lines
            ids = lines[side.lower(), which]
            sheets.append(lash_strip(ids, which == "upper", side, eye, look, vertices, of_lids))
    return sheets + brow_sheets(look.brow, vertices, skin_normals(vertices), head_scale(vertices), fields)
