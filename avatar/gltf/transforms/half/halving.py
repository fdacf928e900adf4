"""Which part of a body stays, told from where the joints are in T-pose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from avatar.errors import InvalidModel
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Change, Document
from avatar.gltf.model.pose import (
    F64,
    Placement,
    placed_vertices,
    placements,
    skin_weights,
    triangles,
    world_matrices,
)
from avatar.gltf.transforms.half.clipping import cut, with_cut
from avatar.gltf.transforms.reindex import Spot, with_triangles
from avatar.gltf.transforms.skeleton import humanoid

NEEDED: Final = ("Hips", "Spine1", "Head", *(f"{s}{j}" for s in ("Left", "Right") for j in ("Arm", "ForeArm", "Hand")))
_SLEEVE: Final = 0.30  # of the upper arm stays on the shoulder
_WRIST: Final = 0.06  # of the forearm stays on the hand
_EXACT: Final = 5  # digits of a metre in which the two sides of a seam agree
_HEAD: Final = 0.5  # what hangs on the head by more than this on the whole is not cut: hair, glasses, a beard


def half_body(document: Document) -> Change:
    """``document``, in T-pose, without what is below the ribs and between shoulder and wrist; the cuts are closed.

    Joints and what names them stay, so that animations of whole bodies move it. Raises ``InvalidModel`` when it lacks
    a joint that tells where to cut.
    """
    joints = humanoid(document)
    missing = [name for name in NEEDED if name not in joints]
    if missing:
        raise InvalidModel(
            f"the model has no {', '.join(missing[:4])}, which tells where half a body ends",
            where="/nodes",
            mend="Name its joints as Ready Player Me or Mixamo do, or ask for the whole body",
        )
    worlds = world_matrices(document)
    joint_places = {name: worlds[joints[name], :3, 3] for name in NEEDED}
    head = _below(document, joints["Head"])
    appended = Appended(document)
    meshes = [{**mesh, "primitives": list(mesh["primitives"])} for mesh in document.list("meshes")]
    gone: dict[Spot, np.ndarray[tuple[int, ...], np.dtype[np.int64]]] = {}
    done: set[Spot] = set()
    for placement in placements(document):
        spot = placement.mesh, placement.primitive
        primitive = placement.tree(document)
        if spot in done or primitive.get("mode", 4) < 4 or _on_head(document, placement, head):
            continue
        done.add(spot)
        placed = placed_vertices(document, placement, worlds)
        field = staying(placed, joint_places)
        corners = triangles(document, primitive)
        if (field[corners] >= 0).all():
            continue
        seats = np.unique(np.round(placed, _EXACT), axis=0, return_inverse=True)[1].reshape(-1)
        made = cut(corners, field, seats)
        if len(made.triangles) == 0:
            gone[spot] = made.triangles
        else:
            meshes[placement.mesh]["primitives"][placement.primitive] = with_cut(appended, document, primitive, made)
    halved = with_triangles(appended.document({"meshes": meshes}), gone)
    return Change(halved, (f"half a body: {len(gone)} primitives gone",))


def staying(vertices: F64, places: Mapping[str, F64]) -> F64:
    """(n,) metres: positive where a vertex (n, 3) of a body in T-pose stays, zero where it is cut."""
    chest = vertices[:, 1] - places["Spine1"][1]
    hands = []
    for side in ("Left", "Right"):
        shoulder, elbow, hand = (places[f"{side}{name}"] for name in ("Arm", "ForeArm", "Hand"))
        chest = np.minimum(chest, -_beyond(vertices, shoulder, elbow, _SLEEVE))
        hands.append(_beyond(vertices, elbow, hand, 1 - _WRIST))
    return np.asarray(np.maximum(chest, np.maximum(*hands)))


def _beyond(vertices: F64, start: F64, end: F64, share: float) -> F64:
    """How far vertices are past a point on the way from one joint to the next."""
    way = end - start
    length = max(float(np.linalg.norm(way)), 1e-9)
    return np.asarray((vertices - start) @ way / length - share * length, np.float64)


def _on_head(document: Document, placement: Placement, head: frozenset[int]) -> bool:
    node = document.tree["nodes"][placement.node]
    found = skin_weights(document, placement.tree(document)) if "skin" in node else None
    if found is None:
        return placement.node in head
    joints = np.array(document.tree["skins"][node["skin"]]["joints"])
    share = (np.isin(joints[found[0]], list(head)) * found[1]).sum(axis=1)
    return bool(share.mean() > _HEAD)


def _below(document: Document, root: int) -> frozenset[int]:
    found, stack = set(), [root]
    while stack:
        at = stack.pop()
        found.add(at)
        stack.extend(document.tree["nodes"][at].get("children", ()))
    return frozenset(found)
