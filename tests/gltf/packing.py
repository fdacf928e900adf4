"""What the tests of small files share: compacted specimens, and how far two models are apart."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from specimens import figure

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import Pose, placed_vertices, placements, triangles, world_matrices
from avatar.gltf.transforms.compact import compact
from avatar.gltf.transforms.quantize import byte_weights
from avatar.gltf.transforms.reindex import weld

Tree = dict[str, Any]
F64 = NDArray[np.float64]


def compacted(data: bytes, sidecar: Sidecar) -> Document:
    return compact(weld(require_sound(data)).document, sidecar).document


@cache
def small(sidecar: Sidecar, *, skinned: bool = True) -> Document:
    """About 1,300 triangles, whose weights are multiples of 1/255 as ours are."""
    document = compacted(figure(10, skinned=skinned, texture=16), sidecar)
    binary = bytearray(document.binary)
    for mesh in document.tree["meshes"] if skinned else ():
        at = mesh["primitives"][0]["attributes"]["WEIGHTS_0"]
        start = document.tree["bufferViews"][document.tree["accessors"][at]["bufferView"]]["byteOffset"]
        whole = (byte_weights(read_floats(document, at)).astype(np.float64) / 255).astype(np.float32).tobytes()
        binary[start : start + len(whole)] = whole
    return Document(document.tree, bytes(binary))


def extent(document: Document) -> float:
    """Of all positions as they are stored."""
    at = [p["attributes"]["POSITION"] for mesh in document.list("meshes") for p in mesh["primitives"]]
    places = np.concatenate([read_floats(document, number) for number in at])
    return float(np.ptp(places, axis=0).max())


def apart(one: Document, other: Document, morph: Mapping[str, float] | None = None, pose: Pose | None = None) -> float:
    """The farthest that a vertex, or the middle of a triangle, of either is from the nearest of the other."""
    found = 0.0
    for first, second in zip(_points(one, morph, pose), _points(other, morph, pose), strict=True):
        assert len(first[1]) == len(second[1])  # as many triangles
        for these, those in zip(first, second, strict=True):
            distances = (cKDTree(these).query(those)[0], cKDTree(those).query(these)[0])
            found = max(found, *(float(np.max(distance)) for distance in distances))
    return found


def _points(document: Document, morph: Mapping[str, float] | None, pose: Pose | None) -> list[tuple[F64, F64]]:
    worlds = world_matrices(document, pose)
    made = []
    for placement in placements(document):
        places = placed_vertices(document, placement, worlds, morph=morph)
        made.append((places, places[triangles(document, placement.tree(document))].mean(axis=1)))
    return made


def turned(angle: float) -> Pose:
    """The head of the figure turned to its side."""
    c, s = np.cos(angle), np.sin(angle)
    return {"Head": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]), "Spine": np.array([[1, 0, 0], [0, c, -s], [0, s, c]])}


def as_read_elsewhere(data: bytes, toolchain: Toolchain, folder: Path) -> Tree:
    """What glTF-Transform makes of a GLB: see ``reader.mjs``."""
    file = folder / "model.glb"
    file.write_bytes(data)
    script = Path(__file__).with_name("reader.mjs")
    run = subprocess.run(
        [toolchain.node, script, toolchain.modules, file], capture_output=True, text=True, timeout=60, check=True
    )
    found: Tree = json.loads(run.stdout)
    return found


def as_read_here(document: Document) -> Tree:
    """The same of a document that has been read."""
    primitives = [p for mesh in document.list("meshes") for p in mesh["primitives"]]

    def total(at: int) -> float:
        return float(read_raw(document, at).sum(dtype=np.float64))

    return {
        "triangles": [len(triangles(document, p)) for p in primitives],
        "positions": [total(p["attributes"]["POSITION"]) for p in primitives],
        "targets": [[total(target["POSITION"]) for target in p.get("targets", ())] for p in primitives],
        "weights": [total(p["attributes"]["WEIGHTS_0"]) for p in primitives],
    }
