"""What a model is, apart from how it is painted: one hash over all that decides the shape of its levels of detail."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.document import Document, Tree


def fingerprint(document: Document) -> str:
    """sha256 (hex) over meshes with the values of their accessors, nodes, skins, animations, and of each material what
    is no paint: its place, name, alpha mode, whether it has two sides and a texture of colours.

    Images, factors of materials, the order and form in which accessors are stored, and all that is about the file as a
    whole (asset, scenes, cameras, lights) do not count. Extensions and extras of what counts do.
    """
    values = _Values(document)
    shape = {
        "nodes": document.list("nodes"),
        "meshes": [
            {**mesh, "primitives": [_primitive(p, values) for p in mesh["primitives"]]}
            for mesh in document.list("meshes")
        ],
        "skins": [_named(skin, values, "inverseBindMatrices") for skin in document.list("skins")],
        "animations": [
            {**animation, "samplers": [_named(sampler, values, "input", "output") for sampler in animation["samplers"]]}
            for animation in document.list("animations")
        ],
        "materials": [
            (
                material.get("name"),
                material.get("alphaMode", "OPAQUE"),
                material.get("doubleSided", False),
                "baseColorTexture" in material.get("pbrMetallicRoughness", {}),  # its seams must not open
            )
            for material in document.list("materials")
        ],
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()


class _Values:
    """Digests of accessors by their numbers."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[int, str] = {}

    def digest(self, at: int) -> str:
        """sha256 of the values of accessor ``at`` and of what they are, however they are stored."""
        if at not in self._known:
            accessor = self._document.tree["accessors"][at]
            said = [accessor["type"], accessor["componentType"], accessor["count"], bool(accessor.get("normalized"))]
            found = hashlib.sha256(json.dumps(said).encode())
            found.update(np.ascontiguousarray(read_raw(self._document, at)).data)
            self._known[at] = found.hexdigest()
        return self._known[at]


def _primitive(primitive: Tree, values: _Values) -> Tree:
    def named(streams: Tree) -> Tree:
        return {name: values.digest(at) for name, at in streams.items()}

    made: dict[str, Any] = {**_named(primitive, values, "indices"), "attributes": named(primitive["attributes"])}
    if "targets" in primitive:
        made["targets"] = [named(target) for target in primitive["targets"]]
    return made


def _named(owner: Tree, values: _Values, *keys: str) -> Tree:
    """``owner`` with digests in the place of accessor numbers."""
    return {key: values.digest(item) if key in keys else item for key, item in owner.items()}
