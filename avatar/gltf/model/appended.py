"""Accessors added behind what a document has; what they replace stays there until ``compact`` writes it anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from avatar.gltf.model.accessors import Raw, dense_accessor
from avatar.gltf.model.document import Document, Tree


class Appended:
    """Gathers new accessors; ``document`` returns the one they were gathered for with them at its end."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._views, self._accessors = list(document.list("bufferViews")), list(document.list("accessors"))
        self._chunks, self._size = [document.binary], len(document.binary)

    def values(self, values: Raw, kind: str, *, normalized: bool = False, bounds: bool = False) -> int:
        """The number of a new dense accessor of (count, components); rows must be multiples of 4 bytes for vertices."""
        data, padding = np.ascontiguousarray(values).tobytes(), -self._size % 4
        self._views.append({"buffer": 0, "byteOffset": self._size + padding, "byteLength": len(data)})
        view = len(self._views) - 1
        self._accessors.append(dense_accessor(view, values, kind, normalized=normalized, bounds=bounds))
        self._chunks += [b"\0" * padding, data]
        self._size += padding + len(data)
        return len(self._accessors) - 1

    def document(self, parts: Mapping[str, Any]) -> Document:
        """The document with the new accessors, and with ``parts`` in the place of what it has by those keys."""
        data: Tree = {"bufferViews": self._views, "accessors": self._accessors, "buffers": [{"byteLength": self._size}]}
        return Document({**self._document.tree, **parts, **data}, b"".join(self._chunks))
