"""Drafting tops: cut from the shell, fold, simplify, flatten, sew. For baking patterns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar.human.figure import F64, I64, Figure
from avatar.human.wardrobe.canvas import Canvas
from avatar.human.wardrobe.cut import Cloth, clip
from avatar.human.wardrobe.drafting import (
    HIDE_HEM,
    Chart,
    arm_share,
    assemble,
    atlas,
    mixture,
    on_body,
    sheet_of,
    skin_of,
)
from avatar.human.wardrobe.drape import Draped, clearance, finer
from avatar.human.wardrobe.drape_top import HEM_ROW, drape_top
from avatar.human.wardrobe.folds_top import folds
from avatar.human.wardrobe.frame import (
    SIDES,
    Dummy,
    Frame,
    arm_columns,
    arm_coordinates,
    armhole,
    dress_form,
    trunk_polar,
)
from avatar.human.wardrobe.garments import FOLD_VARIANTS, FORK, Neck, TopFit
from avatar.human.wardrobe.mesh import boundary_loops, smoothstep, umbrella, unique_edges
from avatar.human.wardrobe.necklines import lapel_bottom, lapel_field, neck_field
from avatar.human.wardrobe.pattern import Cut, Pattern
from avatar.human.wardrobe.raster import Texels
from avatar.human.wardrobe.refine import finer_triangles, finer_values
from avatar.human.wardrobe.simplify import simplify
from avatar.human.wardrobe.trimmings import trimmings

HIDE_SKIRT = 0.05  # metres more of skin that stay over the hem of a skirt
HIDE_NECK = 0.012  # metres of skin that stay under a neckline
CHEST = 12.0  # how much more an error weighs there when simplifying
INSIDE = 0.030  # metres that a shirt reaches under the lapels over it


def draft_top(figure: Figure, fit: TopFit) -> Pattern:
    """The pattern of a top, drafted on ``figure``."""
    dummy = dress_form(figure)
    cut = cut_top(figure, dummy, fit)
    draped = finer(drape_top(dummy, fit, cut, umbrella(cut.triangles, cut.count), dummy.skin), cut)
    place = finer_values(on_body(dummy, cut, draped), unique_edges(cut.triangles))
    arm = draped.weights[:, arm_columns(figure.joint_names)].sum(1)
    inner = cut.is_inner()
    whole = finer_triangles(cut.triangles, cut.count)
    panels = _charts(dummy.frame, place, arm, inner, whole)
    lifts = _fold_heights(dummy.frame, fit, cut, draped, place, arm, panels, whole) * ~inner
    away = cKDTree(draped.positions[cut.edges["neck"]]).query(draped.positions)[0]
    lifts *= smoothstep(0.008, 0.06, away)  # necklines are sewn flat
    folded = draped.positions + draped.normals * lifts[0][:, None]
    shell = simplify(folded, whole, fit.triangles, _importance(dummy.frame, draped.positions))
    turned = ("hem", "cuffLeft", "cuffRight", *(("neck",) if fit.neck in (Neck.CREW, Neck.SCOOP) else ()))
    return assemble(
        figure, dummy, cut, draped, shell, _charts(dummy.frame, place, arm, inner, shell), turned,
        clearance(fit, cut, 1.0), hidden_by_top(figure, dummy, fit), lifts,
        lambda placed, edges: trimmings(dummy, fit, placed, inner, edges),
    )  # fmt: skip


def cut_top(figure: Figure, dummy: Dummy, fit: TopFit) -> Cut:
    """The cloth of a top: above the fork, outside the neck, up to the sleeve's end; rows are added below the fork."""
    frame, k = dummy.frame, dummy.frame.scale
    cloth = sheet_of(dummy)
    fork = frame.crotch + FORK * k
    cloth = clip(cloth, np.where(arm_share(dummy, figure, cloth) > 0.4, 0.2, cloth.positions[:, 1] - fork))
    whole = cloth
    cloth = clip(cloth, neck_field(frame, fit.neck, cloth.positions))
    arm = arm_share(dummy, figure, cloth)
    s, _, _ = arm_coordinates(frame, cloth.positions)
    along = np.where(s > 0, s * smoothstep(0.15, 0.5, arm), np.clip(s, -1, 0))
    cloth = clip(cloth, (fit.sleeve - along) * float(np.linalg.norm(frame.arms["Left"][1] - frame.arms["Left"][0])))
    loops = boundary_loops(cloth.triangles)
    if len(loops) != 4:
        raise ValueError(f"a top has four open edges, this cut has {len(loops)}")
    centre = [cloth.positions[loop].mean(0) for loop in loops]
    edges = {
        "hem": loops[int(np.argmin([c[1] + 9 * (abs(c[0]) > 0.05) for c in centre]))],
        "neck": loops[int(np.argmax([c[1] - 9 * (abs(c[0]) > 0.05) for c in centre]))],
        "cuffLeft": loops[int(np.argmax([c[0] for c in centre]))],
        "cuffRight": loops[int(np.argmin([c[0] for c in centre]))],
    }
    origin, share = mixture(cloth)
    triangles, inner = [cloth.triangles], 0
    if fit.neck is Neck.LAPELS:
        shirt = _inner_shirt(frame, whole)
        inner_origin, inner_share = mixture(shirt)
        rims = sorted(boundary_loops(shirt.triangles), key=lambda rim: -float(shirt.positions[rim, 1].mean()))
        triangles.append(shirt.triangles + len(origin))
        edges["innerNeck"] = rims[0] + len(origin)
        origin, share = np.vstack([origin, inner_origin]), np.vstack([share, inner_share])
        inner = len(inner_origin)
    drop = (FORK - fit.hem) * k
    rows = int(np.ceil(drop / (HEM_ROW * k) - 1e-6)) if drop > 0 else 0
    loop, count = edges["hem"], len(origin)
    if fit.neck is Neck.LAPELS:  # the fronts part below the fork: the loop begins and ends in the middle of the front
        p = cloth.positions[loop]
        middle = int(np.argmin(np.abs(p[:, 0]) + 9 * (p[:, 2] < 0.02)))
        loop = np.roll(loop, -middle)
        loop = np.r_[loop, loop[:1]]
    closed = loop[0] != loop[-1]
    above = loop
    for row in range(rows):
        below = count + row * len(loop) + np.arange(len(loop))
        a, b, c, d = above, np.roll(above, -1), below, np.roll(below, -1)
        quads = (np.stack([b, a, c], 1), np.stack([b, c, d], 1))
        triangles += quads if closed else [half[:-1] for half in quads]
        above = below
    edges["hem"] = above
    return Cut(origin, share, np.vstack(triangles), loop if rows else np.zeros(0, np.int64), rows, inner, edges)


def _inner_shirt(frame: Frame, cloth: Cloth) -> Cloth:
    """What of a shirt is seen between lapels, a little more, and a ring round the neck."""
    k = frame.scale
    cloth = clip(cloth, neck_field(frame, Neck.COLLAR, cloth.positions))
    p = cloth.positions
    under = np.minimum(INSIDE * k - lapel_field(frame, p), p[:, 1] - lapel_bottom(frame) + 0.035 * k)
    under = np.minimum(under, p[:, 2] - frame.neck[2] + 0.035 * k)
    return clip(cloth, np.maximum(under, 0.022 * k - neck_field(frame, Neck.COLLAR, p)))


def hidden_by_top(figure: Figure, dummy: Dummy, fit: TopFit) -> NDArray[np.bool_]:
    """(19158,) base vertices of the skin that lie well inside a top."""
    frame, k = dummy.frame, dummy.frame.scale
    p = figure.vertices
    arm = figure.weights[:, arm_columns(figure.joint_names)].sum(1).astype(np.float64)
    hem = np.where(arm > 0.4, 0.2, p[:, 1] - frame.crotch - fit.hem * k) - HIDE_HEM * k
    s, _, _ = arm_coordinates(frame, p)
    along = np.where(s > 0, s * smoothstep(0.15, 0.5, arm), np.clip(s, -1, 0))
    sleeve = (fit.sleeve - along) * float(np.linalg.norm(frame.arms["Left"][1] - frame.arms["Left"][0]))
    margin = 0.006 + 1.1 * fit.sleeve_ease if fit.sleeve < 1.5 else HIDE_HEM  # one can look into wide sleeves
    if fit.flare:
        hem = hem - HIDE_SKIRT * k
    collared = fit.neck in (Neck.LAPELS, Neck.COLLAR, Neck.HOOD)  # nobody looks past a collar
    neck = neck_field(frame, Neck.COLLAR if fit.neck is Neck.LAPELS else fit.neck, p)
    inside = np.minimum(
        np.minimum(hem, neck - HIDE_NECK * k * (0.3 if collared or fit.neck is Neck.SCOOP else 1)), sleeve - margin * k
    )
    return skin_of(inside > 0)


def _fold_heights(
    frame: Frame, fit: TopFit, cut: Cut, draped: Draped, place: F64, arm: F64, charts: list[Chart], triangles: I64
) -> F64:
    """(variants, n) metres: the folds as they are painted, at the vertices of the fine cloth."""
    source, uv, drawn, chart, metric, sheet = atlas(draped.positions, triangles, charts)
    nothing = np.zeros(len(source), np.float32)
    whole = Pattern(
        cut=cut, shell=triangles, open_edges={}, turned=(), folds=np.zeros((0, 0), np.float32), source=source,
        uv=uv, triangles=drawn, chart=chart, charts=tuple(c.name for c in charts),
        position=place[source].astype(np.float32), metric=metric.astype(np.float32), openness=nothing,
        arm=arm[source].astype(np.float32), hidden=np.zeros(0, bool), sheet=sheet, body=frame,
    )  # fmt: skip
    every, zero = np.arange(len(source), dtype=np.int32), np.zeros(len(source), np.int32)
    share = np.zeros((len(source), 3), np.float32)
    share[:, 0] = 1
    at_vertices = Texels(1, zero, zero, np.stack([every] * 3, 1), share)
    c = Canvas(whole, at_vertices, whole.position, whole.metric, chart.astype(np.int8), whole.arm)
    often = np.maximum(np.bincount(source, minlength=len(place)), 1)
    heights = (folds(fit, variant, c) for variant in range(FOLD_VARIANTS))
    return np.stack([np.bincount(source, height, len(place)) / often for height in heights])


def _importance(frame: Frame, p: F64) -> F64:
    """(n,) The chest keeps its vertices: flat on the average body, it is round on others."""
    k = frame.scale
    chest = np.exp(-(((p[:, 1] - frame.bust) / (0.09 * k)) ** 2)) * smoothstep(0.18 * k, 0.14 * k, np.abs(p[:, 0]))
    return 1 + CHEST * chest * (p[:, 2] > np.interp(p[:, 1], frame.axis_y, frame.axis_z))


def _charts(frame: Frame, p: F64, arm: F64, inner: NDArray[np.bool_], triangles: I64) -> list[Chart]:
    """Front, back, and two sleeves cut open along their undersides; and what is seen of a garment below."""
    centre = p[triangles].mean(1)
    theta, _, _ = trunk_polar(frame, centre)
    outer = ~inner[triangles[:, 0]]
    sleeve = (arm[triangles].mean(1) > 0.25) & (np.abs(centre[:, 0]) > armhole(frame)) & outer
    front = np.abs(theta) < np.pi / 2
    charts = []
    panels = [("front", outer & ~sleeve & front, 1.0), ("back", outer & ~sleeve & ~front, -1.0)]
    if inner.any():
        panels.append(("inner", ~outer, 1.0))
    for name, chosen, sign in panels:
        faces = np.flatnonzero(chosen)
        charts.append(Chart(name, faces, np.stack([p[:, 0] * sign, p[:, 1]], -1)[triangles[faces]], flat=True))
    _, along, angle = arm_coordinates(frame, p)
    for side, sign in SIDES:
        faces = np.flatnonzero(sleeve & (centre[:, 0] * sign > 0))
        turn = angle[triangles[faces]]
        across = (np.ptp(turn, axis=1) > np.pi)[:, None] & (turn < 0)
        turn = np.where(across, turn + 2 * np.pi, turn)
        start = np.stack([turn * 0.055 * sign, -along[triangles[faces]]], -1)
        charts.append(Chart("sleeve" + side, faces, start, flat=True, wraps=True))
    return charts
