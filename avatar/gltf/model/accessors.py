"""Accessors and buffer views as numpy arrays: out of a document, and into a new one.

Reading trusts the document (``avatar.gltf.gate.inspect.require_sound``).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.document import Document, Tree

Raw = NDArray[Any]  # (count, components) of one of the six component types
F32 = NDArray[np.float32]

COMPONENT_DTYPES: Final[dict[int, np.dtype[Any]]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_LARGEST: Final = {dtype: np.float32(np.iinfo(dtype).max) for dtype in COMPONENT_DTYPES.values() if dtype.kind != "f"}
COMPONENT_TYPES: Final = {dtype: number for number, dtype in COMPONENT_DTYPES.items()}
WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
_COLUMNS: Final = {"MAT2": 2, "MAT3": 3, "MAT4": 4}  # all other types have one
SPARSE_GAIN = 0.8  # a sparse accessor must be this much smaller than a dense one: it costs loaders a pass


def view_bytes(document: Document, index: int) -> bytes:
    """The bytes of buffer view ``index``."""
    view = document.tree["bufferViews"][index]
    start = view.get("byteOffset", 0)
    return document.binary[start : start + view["byteLength"]]


def column_stride(kind: str, dtype: np.dtype[Any]) -> tuple[int, int]:
    """Columns of an element and bytes from one to the next: matrix columns start at multiples of 4 bytes."""
    columns = _COLUMNS.get(kind, 1)
    size = WIDTHS[kind] // columns * dtype.itemsize
    return columns, size if columns == 1 else size + -size % 4


def element_size(kind: str, dtype: np.dtype[Any]) -> int:
    """Bytes of one tightly packed element of accessor type ``kind``."""
    columns, stride = column_stride(kind, dtype)
    return columns * stride


def read_raw(document: Document, index: int) -> Raw:
    """Accessor ``index`` as stored: (count, components), its component type kept, strides and sparsity resolved."""
    accessor = document.tree["accessors"][index]
    dtype, kind, count = COMPONENT_DTYPES[accessor["componentType"]], accessor["type"], accessor["count"]
    if "bufferView" not in accessor:
        values: Raw = np.zeros((count, WIDTHS[kind]), dtype)
    else:
        values = _gather(document, accessor, dtype, kind, count)
        values = values.copy() if "sparse" in accessor else values
    if "sparse" in accessor:
        rows, listed = _listed(document, accessor)
        values[rows] = listed
    return values


def read_rows(document: Document, index: int) -> tuple[NDArray[np.integer[Any]] | None, Raw]:
    """Rows of accessor ``index`` outside which it is zero, rising, and what stands there; None for all rows."""
    accessor = document.tree["accessors"][index]
    if "sparse" not in accessor or "bufferView" in accessor:
        return None, read_raw(document, index)
    return _listed(document, accessor)


def _listed(document: Document, accessor: Tree) -> tuple[NDArray[np.integer[Any]], Raw]:
    sparse, dtype = accessor["sparse"], COMPONENT_DTYPES[accessor["componentType"]]
    where, count = sparse["indices"], sparse["count"]
    rows = _gather(document, where, COMPONENT_DTYPES[where["componentType"]], "SCALAR", count)[:, 0]
    return rows, _gather(document, sparse["values"], dtype, accessor["type"], count)


def _gather(document: Document, source: Tree, dtype: np.dtype[Any], kind: str, count: int) -> Raw:
    view = document.tree["bufferViews"][source["bufferView"]]
    start = view.get("byteOffset", 0) + source.get("byteOffset", 0)
    width, size = WIDTHS[kind], dtype.itemsize
    if kind not in _COLUMNS:  # avatars have thousands of these
        return np.ndarray((count, width), dtype, document.binary, start, (view.get("byteStride") or width * size, size))
    columns, column = column_stride(kind, dtype)
    stride = view.get("byteStride") or columns * column
    array: Raw = np.ndarray((count, columns, width // columns), dtype, document.binary, start, (stride, column, size))
    return array.reshape(count, width)


def to_floats(values: Raw, normalized: bool) -> F32:
    """Stored components as float32; ``normalized`` integers divided by their maximum (glTF 2.0, 3.6.2.3)."""
    if values.dtype == np.float32:
        return np.asarray(values, np.float32)
    floats: F32 = values.astype(np.float32)
    if normalized:
        floats /= _LARGEST[values.dtype]
        np.maximum(floats, np.float32(-1.0), out=floats)
    return floats


def read_floats(document: Document, index: int) -> F32:
    """Accessor ``index`` as float32 (count, components), de-normalised."""
    return to_floats(read_raw(document, index), bool(document.tree["accessors"][index].get("normalized")))


def dense_accessor(view: int, values: Raw, kind: str, *, normalized: bool = False, bounds: bool = False) -> Tree:
    """The JSON object of an accessor whose ``values`` (count, components) fill buffer view ``view``."""
    accessor: Tree = {
        "bufferView": view,
        "componentType": COMPONENT_TYPES[values.dtype],
        "count": len(values),
        "type": kind,
    }
    if normalized:
        accessor["normalized"] = True
    if bounds:
        accessor |= _bounds(values)
    return accessor


def extremes(values: Raw) -> tuple[NDArray[Any], NDArray[Any]]:
    """The least and the largest number of each column; along rows so short, ``min`` takes ten times as long."""
    columns = np.ascontiguousarray(values.T)
    return columns.min(axis=1), columns.max(axis=1)


def _bounds(values: Raw) -> Tree:
    low, high = extremes(values)
    return {"min": low.tolist(), "max": high.tolist()}


class Packer:
    """Gathers the views and accessors of a new document; ``finish`` returns the tree parts and the binary chunk."""

    def __init__(self) -> None:
        self.views: list[Tree] = []
        self.accessors: list[Tree] = []
        self._chunks: list[bytes] = []
        self._size = 0
        self._sparse: list[Tree] = []  # all share two views, which ``finish`` writes: a view each would be most JSON
        self._sparse_rows, self._sparse_values = bytearray(), bytearray()

    def view(self, data: bytes, *, target: int | None = None, stride: int | None = None) -> int:
        """Append ``data`` at a multiple of 4 bytes; the index of its new buffer view."""
        padding = -self._size % 4
        view: Tree = {"buffer": 0, "byteOffset": self._size + padding, "byteLength": len(data)}
        if stride is not None:
            view["byteStride"] = stride
        if target is not None:
            view["target"] = target
        self._chunks += [b"\0" * padding, data]
        self._size += padding + len(data)
        self.views.append(view)
        return len(self.views) - 1

    def values(self, values: Raw, kind: str, *, normalized: bool = False, bounds: bool = False) -> int:
        """A dense accessor outside any vertex stream (animation samples, inverse bind matrices)."""
        return self._dense(values, kind, normalized, bounds, None)

    def attribute(self, values: Raw, kind: str, *, normalized: bool = False, bounds: bool = False) -> int:
        """A vertex attribute of (count, components); rows are padded to 4 bytes, as the format asks."""
        return self._dense(values, kind, normalized, bounds, ARRAY_BUFFER)

    def indices(self, values: NDArray[np.integer[Any]]) -> int:
        """Triangle indices (n,), as 16-bit numbers where they fit (65535 restarts strips and stays unused)."""
        narrow = values.astype(np.uint16 if int(values.max()) < 65535 else np.uint32)
        view = self.view(narrow.tobytes(), target=ELEMENT_ARRAY_BUFFER)
        return self._accessor(view, narrow[:, None], "SCALAR", False, False)

    def delta(self, values: Raw, kind: str, moved: NDArray[np.bool_], *, normalized: bool, bounds: bool) -> int:
        """A morph target: sparse where that is smaller. Rows outside ``moved`` (count,) count as zero."""
        rows = np.flatnonzero(moved)
        return self.changes(len(values), rows, values[rows], kind, normalized=normalized, bounds=bounds)

    def changes(
        self, count: int, rows: NDArray[np.int64], values: Raw, kind: str, *, normalized: bool, bounds: bool
    ) -> int:
        """A morph target of ``count`` vertices: ``values`` (n, components) at ``rows`` (n,), which rise, and zero
        elsewhere; sparse where that is smaller.

        A target that moves nothing still names one vertex: accessors without any data are legal but trip loaders.
        """
        if len(rows) == 0:
            rows, values = np.zeros(1, np.int64), np.zeros((1, values.shape[1]), values.dtype)
        kept = np.ascontiguousarray(values)
        wide = np.uint16 if count <= 65535 else np.uint32
        if len(rows) * (np.dtype(wide).itemsize + kept[0].nbytes) >= SPARSE_GAIN * count * kept[0].nbytes:
            dense = np.zeros((count, kept.shape[1]), kept.dtype)
            dense[rows] = kept
            return self.attribute(dense, kind, normalized=normalized, bounds=bounds)
        sparse: Tree = {
            "count": len(rows),
            "indices": {
                "byteOffset": _append(self._sparse_rows, rows.astype(wide).tobytes()),
                "componentType": COMPONENT_TYPES[np.dtype(wide)],
            },
            "values": {"byteOffset": _append(self._sparse_values, kept.tobytes())},
        }
        self._sparse.append(sparse)
        accessor: Tree = {
            "componentType": COMPONENT_TYPES[kept.dtype],
            "count": count,
            "type": kind,
            "sparse": sparse,
        }
        if normalized:
            accessor["normalized"] = True
        if bounds:
            zero = np.zeros((1 if len(rows) < count else 0, kept.shape[1]), kept.dtype)
            accessor |= _bounds(np.concatenate([kept, zero]))
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def finish(self) -> tuple[list[Tree], list[Tree], bytes]:
        """Buffer views, accessors, and the one buffer they look into."""
        if self._sparse:
            rows, values = self.view(bytes(self._sparse_rows)), self.view(bytes(self._sparse_values))
            for sparse in self._sparse:
                sparse["indices"]["bufferView"], sparse["values"]["bufferView"] = rows, values
        return self.views, self.accessors, b"".join(self._chunks)

    def _dense(self, values: Raw, kind: str, normalized: bool, bounds: bool, target: int | None) -> int:
        row = element_size(kind, values.dtype)
        stride = row + -row % 4 if target == ARRAY_BUFFER else row
        packed = _padded_rows(values, kind, stride)
        view = self.view(packed, target=target, stride=stride if target == ARRAY_BUFFER else None)
        return self._accessor(view, values, kind, normalized, bounds)

    def _accessor(self, view: int, values: Raw, kind: str, normalized: bool, bounds: bool) -> int:
        self.accessors.append(dense_accessor(view, values, kind, normalized=normalized, bounds=bounds))
        return len(self.accessors) - 1


class Shelves:
    """Gathers the accessors of a new document in few views: what is of one kind lies in one, behind each other.

    A view for each accessor would be most of the JSON of an avatar with many morph targets. Equal streams of one kind
    are stored once. ``finish`` returns the tree parts and the binary chunk.
    """

    def __init__(self) -> None:
        self.accessors: list[Tree] = []
        self._shelves: dict[tuple[str, str, int], list[bytes]] = {}
        self._targets: dict[tuple[str, str, int], int | None] = {}
        self._sizes: dict[tuple[str, str, int], int] = {}
        self._places: list[tuple[str, str, int]] = []  # of each accessor: its shelf
        self._known: dict[tuple[str, str, int, str, bool, bytes], int] = {}

    def attribute(self, purpose: str, values: Raw, kind: str, *, normalized: bool = False, bounds: bool = False) -> int:
        """A vertex attribute or morph target (count, components); rows are padded to 4 bytes."""
        columns, column = column_stride(kind, values.dtype)
        row = columns * column
        return self._add(purpose, values, kind, normalized, bounds, ARRAY_BUFFER, row + -row % 4)

    def values(self, purpose: str, values: Raw, kind: str, *, normalized: bool = False, bounds: bool = False) -> int:
        """Data outside vertex streams (animation samples, inverse bind matrices)."""
        stride = element_size(kind, values.dtype)
        return self._add(purpose, values, kind, normalized, bounds, None, stride)

    def indices(self, values: NDArray[np.integer[Any]]) -> int:
        """Triangle indices (n,), in a view of their own, as 16-bit numbers where they fit."""
        narrow = values.astype(np.uint16 if int(values.max()) < 65535 else np.uint32)[:, None]
        purpose = f"indices {len(self.accessors)}"
        known = ("indices", narrow.dtype.str, narrow.itemsize, "SCALAR", False, narrow.tobytes())
        if known not in self._known:
            stride = narrow.itemsize
            self._known[known] = self._add(purpose, narrow, "SCALAR", False, False, ELEMENT_ARRAY_BUFFER, stride)
        return self._known[known]

    def finish(self) -> tuple[list[Tree], list[Tree], bytes]:
        """Buffer views, accessors, and the one buffer they look into."""
        views: list[Tree] = []
        numbers: dict[tuple[str, str, int], int] = {}
        chunks: list[bytes] = []
        size = 0
        for shelf, parts in self._shelves.items():
            data = b"".join(parts)
            padding = -size % 4
            view: Tree = {"buffer": 0, "byteOffset": size + padding, "byteLength": len(data)}
            target = self._targets[shelf]
            if target == ARRAY_BUFFER:
                view["byteStride"] = shelf[2]
            if target is not None:
                view["target"] = target
            numbers[shelf] = len(views)
            views.append(view)
            chunks += [b"\0" * padding, data]
            size += padding + len(data)
        accessors = [
            {"bufferView": numbers[shelf], **accessor}
            for shelf, accessor in zip(self._places, self.accessors, strict=True)
        ]
        return views, accessors, b"".join(chunks)

    def _add(
        self, purpose: str, values: Raw, kind: str, normalized: bool, bounds: bool, target: int | None, stride: int
    ) -> int:
        packed = _padded_rows(values, kind, stride)
        shelf = (purpose, values.dtype.str, stride)
        known = (*shelf, kind, normalized, packed)
        if known in self._known:
            return self._known[known]
        accessor: Tree = {"componentType": COMPONENT_TYPES[values.dtype], "count": len(values), "type": kind}
        start = self._sizes.get(shelf, 0)
        if start:
            accessor["byteOffset"] = start
        if normalized:
            accessor["normalized"] = True
        if bounds:
            accessor |= _bounds(values)
        self._shelves.setdefault(shelf, []).append(packed)
        self._sizes[shelf] = start + len(packed)
        self._targets[shelf] = target
        self._places.append(shelf)
        self.accessors.append(accessor)
        self._known[known] = len(self.accessors) - 1
        return len(self.accessors) - 1


def _padded_rows(values: Raw, kind: str, stride: int) -> bytes:
    """The bytes of (count, components), ``stride`` bytes a row; matrix columns start where the format wants them."""
    columns, column = column_stride(kind, values.dtype)
    row, width = columns * column, WIDTHS[kind] // columns * values.dtype.itemsize
    if stride == width * columns:
        return np.ascontiguousarray(values).tobytes()
    padded = np.zeros((len(values), stride), np.uint8)
    cells = padded[:, :row].reshape(len(values), columns, column)
    cells[:, :, :width] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), columns, width)
    return padded.tobytes()


def _append(buffer: bytearray, data: bytes) -> int:
    """Add ``data`` at a multiple of 4 bytes; where it starts."""
    buffer += b"\0" * (-len(buffer) % 4)
    start = len(buffer)
    buffer += data
    return start
