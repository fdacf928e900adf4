"""Drafting: cut a garment from the shell of an average figure, simplify and unwrap it. For baking patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.bundle import bundle
from avatar.human.figure import F64, I64, Figure
from avatar.human.wardrobe.cut import Cloth, clip
from avatar.human.wardrobe.drape import HEM_ROW, Draped, clear, drape_top
from avatar.human.wardrobe.frame import (
    SIDES,
    Dummy,
    Frame,
    arm_columns,
    arm_coordinates,
    armhole,
    dress_form,
    shell_topology,
    trunk_polar,
)
from avatar.human.wardrobe.garments import FORK, TopFit
from avatar.human.wardrobe.lips import lip_mesh
from avatar.human.wardrobe.mesh import boundary_loops, smoothstep, umbrella
from avatar.human.wardrobe.openness import openness
from avatar.human.wardrobe.pattern import Cut, Pattern
from avatar.human.wardrobe.simplify import simplify
from avatar.human.wardrobe.unwrap import flatten, pack

HIDE_NECK, HIDE_HEM, HIDE_OPENING = 0.018, 0.018, 0.045  # metres of skin that stay under an edge one can look into
CHEST = 12.0  # how much more an error weighs there when simplifying
NECK_WIDTH, NECK_FRONT, NECK_BACK, NECK_DEPTH = 0.074, 0.082, 0.062, 0.085  # crew neck: half axes and depth, metres


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    faces: I64  # triangles of the joined mesh
    start: F64  # (faces, 3, 2) first projection, metres
    flat: bool  # flatten by ARAP, or keep the projection
    wraps: bool = False  # corners of one vertex may lie on both sides of a seam


def neck_field(frame: Frame, p: F64) -> F64:
    """Positive outside a crew neck's opening, metres; an ellipse round the neck that never climbs the throat."""
    k = frame.scale
    y, z = p[:, 1] - frame.neck[1], p[:, 2] - (frame.neck[2] + 0.012 * k)
    half = np.where(z > 0, NECK_FRONT, NECK_BACK) * k
    ellipse = np.sqrt((p[:, 0] / (NECK_WIDTH * k)) ** 2 + (z / half) ** 2) - 1
    field = np.maximum(ellipse * 0.07, np.where(z > 0, -y - NECK_DEPTH * k, -y - 0.035 * k))
    throat = (0.022 - 0.030 * smoothstep(-0.02, 0.05, z / k)) * k - y
    return np.asarray(np.minimum(np.minimum(field, throat), 0.012 * k - y))


def sheet_of(dummy: Dummy) -> Cloth:
    return Cloth(dummy.positions, shell_topology().triangles, np.eye(len(dummy.positions)))


def arm_share(dummy: Dummy, figure: Figure, cloth: Cloth) -> F64:
    return np.asarray(cloth.origin @ dummy.weights[:, arm_columns(figure.joint_names)].sum(1))


def cut_top(figure: Figure, dummy: Dummy, fit: TopFit) -> Cut:
    """The cloth of a top: above the fork, outside the neck, up to the sleeve's end; rows are added below the fork."""
    frame, k = dummy.frame, dummy.frame.scale
    cloth = sheet_of(dummy)
    fork = frame.crotch + FORK * k
    cloth = clip(cloth, np.where(arm_share(dummy, figure, cloth) > 0.4, 0.2, cloth.positions[:, 1] - fork))
    cloth = clip(cloth, neck_field(frame, cloth.positions))
    arm = arm_share(dummy, figure, cloth)
    s, _, _ = arm_coordinates(frame, cloth.positions)
    along = np.where(s > 0, s * smoothstep(0.15, 0.5, arm), np.clip(s, -1, 0))
    cloth = clip(cloth, (fit.sleeve - along) * float(np.linalg.norm(frame.arms["Left"][1] - frame.arms["Left"][0])))
    loops = boundary_loops(cloth.triangles)
    centre = [cloth.positions[loop].mean(0) for loop in loops]
    edges = {
        "hem": loops[int(np.argmin([c[1] + 9 * (abs(c[0]) > 0.05) for c in centre]))],
        "neck": loops[int(np.argmax([c[1] - 9 * (abs(c[0]) > 0.05) for c in centre]))],
        "cuffLeft": loops[int(np.argmax([c[0] for c in centre]))],
        "cuffRight": loops[int(np.argmin([c[0] for c in centre]))],
    }
    if len(loops) != 4:
        raise ValueError(f"a top has four open edges, this cut has {len(loops)}")
    drop = (FORK - fit.hem) * k
    rows = int(np.ceil(drop / (HEM_ROW * k))) if drop > 0 else 0
    loop, triangles, count = edges["hem"], [cloth.triangles], len(cloth.positions)
    above = loop
    for row in range(rows):
        below = count + row * len(loop) + np.arange(len(loop))
        a, b, c, d = above, np.roll(above, -1), below, np.roll(below, -1)
        triangles += [np.stack([b, a, c], 1), np.stack([b, c, d], 1)]
        above = below
    edges["hem"] = above
    return Cut(*mixture(cloth), np.vstack(triangles), loop if rows else np.zeros(0, np.int64), rows, edges)


def hidden_by_top(figure: Figure, dummy: Dummy, fit: TopFit) -> NDArray[np.bool_]:
    """(19158,) base vertices of the skin that lie well inside a top."""
    frame, k = dummy.frame, dummy.frame.scale
    p = figure.vertices
    arm = figure.weights[:, arm_columns(figure.joint_names)].sum(1).astype(np.float64)
    hem = np.where(arm > 0.4, 0.2, p[:, 1] - frame.crotch - fit.hem * k) - HIDE_HEM * k
    s, _, _ = arm_coordinates(frame, p)
    along = np.where(s > 0, s * smoothstep(0.15, 0.5, arm), np.clip(s, -1, 0))
    sleeve = (fit.sleeve - along) * float(np.linalg.norm(frame.arms["Left"][1] - frame.arms["Left"][0]))
    margin = HIDE_OPENING if fit.sleeve < 1.5 else HIDE_HEM
    inside = np.minimum(np.minimum(hem, neck_field(frame, p) - HIDE_NECK * k), sleeve - margin * k)
    return skin_of(inside > 0)


def skin_of(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    skin = np.zeros(len(chosen), bool)
    skin[bundle().vertices_of("body")] = True
    return chosen & skin


def mixture(cloth: Cloth) -> tuple[I64, F64]:
    """The four largest origins of each vertex and their shares."""
    index = np.argsort(-cloth.origin, axis=1, kind="stable")[:, :4]
    share = np.take_along_axis(cloth.origin, index, axis=1)
    return index, share / share.sum(1, keepdims=True)


def draft_top(figure: Figure, fit: TopFit) -> Pattern:
    """The pattern of a top, drafted on ``figure``."""
    dummy = dress_form(figure)
    cut = cut_top(figure, dummy, fit)
    draped = drape_top(dummy, fit, cut, umbrella(cut.triangles, cut.count), dummy.skin)
    hidden = hidden_by_top(figure, dummy, fit)
    shell = simplify(draped.positions, cut.triangles, fit.triangles, _importance(dummy.frame, draped.positions))
    arm = draped.weights[:, arm_columns(figure.joint_names)].sum(1)
    charts = _top_charts(dummy.frame, on_body(dummy, cut, draped), arm, shell)
    return assemble(figure, dummy, cut, draped, shell, charts, tuple(cut.edges), fit.gap, hidden)


def assemble(
    figure: Figure, dummy: Dummy, cut: Cut, draped: Draped, shell: I64, charts: list[Chart], turned: tuple[str, ...],
    gap: float, hidden: NDArray[np.bool_],
) -> Pattern:  # fmt: skip
    """A pattern of the simplified ``shell`` in its ``charts``, with the edges named in ``turned`` turned inward."""
    starts = {name: cut.edges[name] for name in turned}
    lips = tuple(loop for loop in boundary_loops(shell) if any(np.isin(loop, edge).any() for edge in starts.values()))
    bare = clear(draped, shell, dummy.skin, gap * 0.8, np.zeros(cut.count, bool))
    draped = Draped(bare, draped.normals, draped.weights)
    positions, normals, weights, triangles = lip_mesh(draped, shell, lips, dummy.frame.scale)
    arm = weights[:, arm_columns(figure.joint_names)].sum(1)
    lip_faces = np.arange(len(shell), len(triangles))
    if len(lip_faces):  # all turned edges share one swatch of plain cloth
        corner = triangles[lip_faces]
        swatch = np.stack([np.abs((corner * 0.011) % 0.06 - 0.03), np.where(corner >= cut.count, 0.014, 0.0)], -1)
        charts = [*charts, Chart("lip", lip_faces, swatch, flat=False)]
    source, uv, drawn, chart, metric, sheet = _atlas(positions, triangles, charts)
    return Pattern(
        cut=cut, shell=shell, lips=lips, source=source, uv=uv, triangles=drawn, chart=chart,
        charts=tuple(c.name for c in charts), position=positions[source].astype(np.float32),
        metric=metric.astype(np.float32),
        openness=openness(positions, normals, triangles, dummy.skin.points)[source].astype(np.float32),
        arm=arm[source].astype(np.float32), hidden=hidden, sheet=sheet, body=dummy.frame,
    )  # fmt: skip


def _importance(frame: Frame, p: F64) -> F64:
    """(n,) The chest keeps its vertices: flat on the average body, it is round on others."""
    k = frame.scale
    chest = np.exp(-(((p[:, 1] - frame.bust) / (0.09 * k)) ** 2)) * smoothstep(0.18 * k, 0.14 * k, np.abs(p[:, 0]))
    return 1 + CHEST * chest * (p[:, 2] > np.interp(p[:, 1], frame.axis_y, frame.axis_z))


def on_body(dummy: Dummy, cut: Cut, draped: Draped) -> F64:
    """Where each cloth vertex would touch the shell; rows that hang free keep their own place."""
    lying = np.einsum("nk,nkc->nc", cut.share, dummy.positions[cut.origin])
    return np.vstack([lying, draped.positions[len(lying) :]])


def _top_charts(frame: Frame, p: F64, arm: F64, triangles: I64) -> list[Chart]:
    """Front, back, and two sleeves cut open along their undersides."""
    centre = p[triangles].mean(1)
    theta, _, _ = trunk_polar(frame, centre)
    sleeve = (arm[triangles].mean(1) > 0.25) & (np.abs(centre[:, 0]) > armhole(frame))
    front = np.abs(theta) < np.pi / 2
    charts = []
    for name, chosen, sign in (("front", ~sleeve & front, 1.0), ("back", ~sleeve & ~front, -1.0)):
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


def _atlas(positions: F64, triangles: I64, charts: list[Chart]) -> tuple[I64, F64, I64, I64, F64, F64]:
    """Split vertices at chart borders, flatten, pack.

    Returns source vertex, uv (v down), triangles, chart, metres in the chart, and the sheet's size in metres.
    """
    source, faces, spread, owner, count = [], [], [], [], 0
    for number, chart in enumerate(charts):
        corner = triangles[chart.faces]
        bucket = np.round(chart.start[..., 0] / 0.05).astype(np.int64) if chart.wraps else np.zeros_like(corner)
        _, first, inverse = np.unique((corner * 4096 + bucket + 2048).ravel(), return_index=True, return_inverse=True)
        vertices, local = corner.ravel()[first], inverse.reshape(-1, 3)
        place = chart.start.reshape(-1, 2)[first]
        if chart.flat:
            place = flatten(positions[vertices], local, place)
        source.append(vertices)
        faces.append(local + count)
        spread.append(place)
        owner.append(np.full(len(vertices), number))
        count += len(vertices)
    corners, sheet = pack(np.array([np.ptp(place, axis=0) for place in spread]))
    metric = [place - place.min(0) for place in spread]
    uv = np.vstack([place + corner for place, corner in zip(metric, corners, strict=True)]) / sheet
    uv[:, 1] = 1 - uv[:, 1]
    return np.concatenate(source), uv, np.vstack(faces), np.concatenate(owner), np.vstack(metric), sheet
