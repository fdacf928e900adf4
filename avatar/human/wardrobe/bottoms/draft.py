"""Drafting bottoms: cut the hip block, hang rings from it, flatten. For baking patterns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F64, I64, Figure
from avatar.human.wardrobe.bottoms.hips import FORK, SPLIT
from avatar.human.wardrobe.bottoms.legs import drape_legs, is_long, leg_hem, ring_triangles, rows_of
from avatar.human.wardrobe.bottoms.skirt import SKIRT_ROWS, drape_skirt
from avatar.human.wardrobe.cut import Cloth, clip
from avatar.human.wardrobe.drafting import (
    HIDE_HEM,
    HIDE_OPENING,
    Chart,
    arm_share,
    assemble,
    mixture,
    on_body,
    sheet_of,
    skin_of,
)
from avatar.human.wardrobe.frame import SIDES, Dummy, Frame, arm_columns, dress_form, leg_polar, trunk_polar
from avatar.human.wardrobe.garments import BottomFit
from avatar.human.wardrobe.mesh import boundary_loops, smoothstep, umbrella
from avatar.human.wardrobe.pattern import Cut, Pattern
from avatar.human.wardrobe.simplify import simplify

HIDE_SKIRT = 0.08  # metres of skin that stay under a hem one can look far into


def draft_bottom(figure: Figure, fit: BottomFit) -> Pattern:
    """The pattern of trousers, shorts or a skirt, drafted on ``figure``."""
    dummy = dress_form(figure)
    block = _block(figure, dummy, fit)
    edges, loops = _edges(block, fit)
    rows = SKIRT_ROWS if fit.skirt else rows_of(fit)
    count = len(block.positions)
    hanging, ends = ring_triangles(loops, count, rows)
    edges |= {"hem": ends[0]} if fit.skirt else {"hemLeft": ends[0], "hemRight": ends[1]}
    cut = Cut(*mixture(block), np.vstack([block.triangles, hanging]), np.concatenate(loops), rows, 0, edges)
    smooth = umbrella(cut.triangles, cut.count)
    if fit.skirt:
        draped = drape_skirt(dummy, fit, cut, smooth, dummy.skin)
    else:
        draped = drape_legs(dummy, fit, cut, smooth, dummy.skin, None)
    hip = simplify(draped.positions[:count], block.triangles, fit.block)
    shell = np.vstack([hip, ring_triangles(loops, count, rows, np.unique(hip), fit.columns)[0]])
    place = on_body(dummy, cut, draped)
    charts = _skirt_charts(dummy.frame, place, shell) if fit.skirt else _leg_charts(dummy.frame, place, shell)
    turned = ("waist", "hem") if fit.skirt else ("waist", "hemLeft", "hemRight")
    return assemble(figure, dummy, cut, draped, shell, charts, turned, fit.gap, _hidden(figure, dummy, fit))


def _block(figure: Figure, dummy: Dummy, fit: BottomFit) -> Cloth:
    """The shell between the belt line and the start of the legs or of the skirt."""
    frame, k = dummy.frame, dummy.frame.scale
    cloth = sheet_of(dummy)
    p = cloth.positions
    belt = frame.belt - p[:, 1] - 0.012 * k * smoothstep(0, 0.1, p[:, 2])
    cloth = clip(cloth, np.where(arm_share(dummy, figure, cloth) > 0.3, -0.2, belt))
    low = frame.crotch + FORK * k if fit.skirt else frame.crotch - SPLIT * k
    return clip(cloth, cloth.positions[:, 1] - low)


def _edges(block: Cloth, fit: BottomFit) -> tuple[dict[str, I64], list[I64]]:
    """The waist, and the loops from which cloth hangs: one, or the left and the right."""
    loops = boundary_loops(block.triangles)
    if len(loops) != (2 if fit.skirt else 3):
        raise ValueError(f"a {fit.pattern} has {2 if fit.skirt else 3} open edges, this block has {len(loops)}")
    loops.sort(key=lambda loop: -float(block.positions[loop, 1].mean()))
    waist, *lower = loops
    lower.sort(key=lambda loop: -float(block.positions[loop, 0].mean()))
    return {"waist": waist}, lower


def _hidden(figure: Figure, dummy: Dummy, fit: BottomFit) -> NDArray[np.bool_]:
    """(19158,) base vertices of the skin that lie well inside."""
    frame, k = dummy.frame, dummy.frame.scale
    p = figure.vertices
    arm = figure.weights[:, arm_columns(figure.joint_names)].sum(1)
    margin = HIDE_SKIRT if fit.skirt else HIDE_HEM if is_long(fit) else HIDE_OPENING
    inside = np.minimum(frame.belt - p[:, 1] - HIDE_HEM * k, p[:, 1] - leg_hem(frame, fit) - margin * k)
    return skin_of((inside > 0) & (arm < 0.3))


def _leg_charts(frame: Frame, p: F64, triangles: I64) -> list[Chart]:
    """Front and back panels, left and right: seams at the outside, the inside and the middle."""
    centre = p[triangles].mean(1)
    theta = np.abs(trunk_polar(frame, centre)[0])
    for side, sign in SIDES:
        low = (centre[:, 0] * sign >= 0) & (centre[:, 1] <= frame.crotch)
        theta[low] = np.abs(leg_polar(frame, centre[low], side)[0])
    charts = []
    for name, chosen, mirror in (("front", theta < np.pi / 2, 1.0), ("back", theta >= np.pi / 2, -1.0)):
        for side, sign in SIDES:
            faces = np.flatnonzero(chosen & (centre[:, 0] * sign >= 0))
            start = np.stack([p[:, 0] * mirror, p[:, 1]], -1)[triangles[faces]]
            charts.append(Chart(name + side, faces, start, flat=True))
    return charts


def _skirt_charts(frame: Frame, p: F64, triangles: I64) -> list[Chart]:
    """Front and back."""
    theta = np.abs(trunk_polar(frame, p[triangles].mean(1))[0])
    charts = []
    for name, chosen, mirror in (("front", theta < np.pi / 2, 1.0), ("back", theta >= np.pi / 2, -1.0)):
        faces = np.flatnonzero(chosen)
        charts.append(Chart(name, faces, np.stack([p[:, 0] * mirror, p[:, 1]], -1)[triangles[faces]], flat=True))
    return charts
