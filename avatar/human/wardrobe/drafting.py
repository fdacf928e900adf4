"""Drafting: what the cuts of tops and bottoms share, up to the finished pattern. For baking patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.bundle import bundle
from avatar.human.figure import F32, F64, I64, Figure
from avatar.human.wardrobe.cut import Cloth
from avatar.human.wardrobe.drape import Draped, clear
from avatar.human.wardrobe.frame import Dummy, arm_columns, shell_topology
from avatar.human.wardrobe.lips import lip_mesh
from avatar.human.wardrobe.mesh import boundary_loops, unique_edges
from avatar.human.wardrobe.openness import openness
from avatar.human.wardrobe.pattern import Cut, Pattern
from avatar.human.wardrobe.strips import Sewing
from avatar.human.wardrobe.unwrap import flatten, pack

HIDE_HEM, HIDE_OPENING = 0.018, 0.045  # metres of skin that stay under an edge one can look into


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    faces: I64  # triangles of the joined mesh
    start: F64  # (faces, 3, 2) first projection, metres
    flat: bool  # flatten by ARAP, or keep the projection
    wraps: bool = False  # corners of one vertex may lie on both sides of a seam


def sheet_of(dummy: Dummy) -> Cloth:
    return Cloth(dummy.positions, shell_topology().triangles, np.eye(len(dummy.positions)))


def arm_share(dummy: Dummy, figure: Figure, cloth: Cloth) -> F64:
    return np.asarray(cloth.origin @ dummy.weights[:, arm_columns(figure.joint_names)].sum(1))


def skin_of(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    skin = np.zeros(len(chosen), bool)
    skin[bundle().vertices_of("body")] = True
    return chosen & skin


def mixture(cloth: Cloth) -> tuple[I64, F64]:
    """The four largest origins of each vertex and their shares."""
    index = np.argsort(-cloth.origin, axis=1, kind="stable")[:, :4]
    share = np.take_along_axis(cloth.origin, index, axis=1)
    return index, share / share.sum(1, keepdims=True)


def on_body(dummy: Dummy, cut: Cut, draped: Draped) -> F64:
    """Where each cloth vertex would touch the shell; rows that hang free keep their own place."""
    lying = np.einsum("nk,nkc->nc", cut.share, dummy.positions[cut.origin])
    return np.vstack([lying, draped.positions[len(lying) : cut.count]])


def assemble(
    figure: Figure, dummy: Dummy, cut: Cut, draped: Draped, shell: I64, charts: list[Chart], turned: tuple[str, ...],
    gap: float | F64, hidden: NDArray[np.bool_], folds: F64 | None = None, sewing: Sewing | None = None,
) -> Pattern:  # fmt: skip
    """A pattern of the simplified ``shell`` in its ``charts``, with the edges named in ``turned`` turned inward.

    folds: (variants, n) metres by which folds lift the cloth; sewing: what is sewn to the finished cloth.
    """
    open_edges = {
        name: loop for name, edge in cut.edges.items() for loop in boundary_loops(shell) if _follows(cut, loop, edge)
    }
    lifted = draped.positions if folds is None else draped.positions + draped.normals * folds[0][:, None]
    folded = Draped(lifted, draped.normals, draped.weights)
    bare = clear(folded, shell, dummy.skin, gap, np.zeros(len(lifted), bool))
    placed = Draped(bare, draped.normals, draped.weights)
    lips = tuple(open_edges[name] for name in turned)
    positions, normals, weights, triangles = lip_mesh(placed, shell, lips, dummy.frame.scale)
    charts = list(charts)
    lip_faces = np.arange(len(shell), len(triangles))
    if len(lip_faces):  # all turned edges share one swatch of plain cloth
        corner = triangles[lip_faces]
        swatch = np.stack([np.abs((corner * 0.011) % 0.06 - 0.03), np.where(corner >= len(bare), 0.014, 0.0)], -1)
        charts.append(Chart("lip", lip_faces, swatch, flat=False))
    smooth = np.vstack([draped.positions, positions[len(bare) :]])
    for sewn in sewing(placed, open_edges) if sewing else ():
        faces = np.arange(len(triangles), len(triangles) + len(sewn.triangles))
        charts.append(Chart(sewn.panel, faces, sewn.place[sewn.triangles], flat=False))
        triangles = np.vstack([triangles, sewn.triangles + len(positions)])
        positions, smooth = np.vstack([positions, sewn.positions]), np.vstack([smooth, sewn.positions])
        normals, weights = np.vstack([normals, sewn.normals]), np.vstack([weights, sewn.weights])
    source, uv, drawn, chart, metric, sheet = atlas(smooth, triangles, charts)
    arm = weights[:, arm_columns(figure.joint_names)].sum(1)
    lifts: F32 = np.zeros((0, 0), np.float32) if folds is None else folds.astype(np.float32)
    return Pattern(
        cut=cut, shell=shell, open_edges=open_edges, turned=turned, folds=lifts, source=source,
        uv=uv, triangles=drawn, chart=chart, charts=tuple(c.name for c in charts),
        position=positions[source].astype(np.float32), metric=metric.astype(np.float32),
        openness=openness(positions, normals, triangles, dummy.skin.points)[source].astype(np.float32),
        arm=arm[source].astype(np.float32), hidden=hidden, sheet=sheet, body=dummy.frame,
    )  # fmt: skip


def _follows(cut: Cut, loop: I64, edge: I64) -> bool:
    """Whether an open edge of the drawn cloth is that edge of the cut, or of the cut made finer."""
    both = np.isin(unique_edges(cut.triangles), edge).all(1)
    return bool(np.isin(loop, np.r_[edge, cut.count + np.flatnonzero(both)]).any())


def atlas(positions: F64, triangles: I64, charts: list[Chart]) -> tuple[I64, F64, I64, I64, F64, F64]:
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
