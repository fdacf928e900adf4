"""Flattening and packing of pattern pieces. Runs when the patterns are baked."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from avatar.human.figure import F64, I64


def flatten(positions: F64, triangles: I64, start: F64, iterations: int = 8) -> F64:
    """As-rigid-as-possible parameterisation of one chart (Liu et al. 2008) from an initial projection.

    positions (n, 3), start (n, 2); returns (n, 2), all in metres. The chart keeps the orientation of ``start``.
    """
    count = len(positions)
    corner = positions[triangles]
    x_axis = corner[:, 1] - corner[:, 0]
    base = np.linalg.norm(x_axis, axis=1)
    x_axis = x_axis / np.maximum(base, 1e-9)[:, None]
    edge = corner[:, 2] - corner[:, 0]
    normal = np.cross(x_axis, edge)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-12)[:, None]
    flat = np.zeros((len(triangles), 3, 2))
    flat[:, 1, 0] = base
    flat[:, 2, 0] = (edge * x_axis).sum(1)
    flat[:, 2, 1] = (edge * np.cross(normal, x_axis)).sum(1)
    a = start[triangles]
    turn = (a[:, 1, 0] - a[:, 0, 0]) * (a[:, 2, 1] - a[:, 0, 1]) - (a[:, 2, 0] - a[:, 0, 0]) * (a[:, 1, 1] - a[:, 0, 1])
    flat[..., 1] *= 1.0 if turn.sum() >= 0 else -1.0
    cot = np.zeros((len(triangles), 3))
    rows, columns, values = [], [], []
    for k in range(3):
        i, j, o = k, (k + 1) % 3, (k + 2) % 3
        u, v = flat[:, i] - flat[:, o], flat[:, j] - flat[:, o]
        cross = np.maximum(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]), 1e-10)
        cot[:, k] = np.clip((u * v).sum(1) / cross, 0.02, 20)
        for r, c, sign in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
            rows.append(triangles[:, r])
            columns.append(triangles[:, c])
            values.append(sign * cot[:, k])
    stiffness = sp.csc_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(count, count)
    )
    solver = spla.splu(sp.csc_matrix(stiffness + sp.eye(count, format="csc") * 1e-8))
    uv = start.copy()
    for _ in range(iterations):
        covariance = np.zeros((len(triangles), 2, 2))
        current = uv[triangles]
        for k in range(3):
            j = (k + 1) % 3
            drawn, true = current[:, k] - current[:, j], flat[:, k] - flat[:, j]
            covariance += cot[:, k, None, None] * drawn[:, :, None] * true[:, None, :]
        left, _, right = np.linalg.svd(covariance)
        left[:, :, 1] *= np.sign(np.linalg.det(left @ right))[:, None]
        rotation = left @ right
        wanted = np.zeros((count, 2))
        for k in range(3):
            j = (k + 1) % 3
            pull = cot[:, k, None] * np.einsum("nab,nb->na", rotation, flat[:, k] - flat[:, j])
            np.add.at(wanted, triangles[:, k], pull)
            np.add.at(wanted, triangles[:, j], -pull)
        uv = solver.solve(wanted)
    return uv


def pack(sizes: F64, pad: float = 0.012) -> tuple[F64, F64]:
    """Shelf-pack (n, 2) boxes, tallest first: lower-left corners (n, 2), and width and height of the sheet (2,)."""
    order = np.argsort(-sizes[:, 1], kind="stable")
    side = max(float(sizes.max()) + 2 * pad, float(np.sqrt(((sizes + pad).prod(1)).sum())) * 0.98)
    while True:
        corners = np.zeros((len(sizes), 2))
        x = y = pad
        shelf = 0.0
        fits = True
        for index in order.tolist():
            width, height = sizes[index]
            if x + width + pad > side:
                x, y, shelf = pad, y + shelf + pad, 0.0
            if y + height + pad > side or x + width + pad > side:
                fits = False
                break
            corners[index] = x, y
            x += width + pad
            shelf = max(shelf, height)
        if fits:
            return corners, (corners + sizes).max(0) + pad
        side *= 1.01
