"""A GLB in memory: its JSON tree and its binary chunk; into bytes and out of them.

``read_glb`` trusts nothing: it checks the container and the JSON text. Whether the tree describes a sound model is
for ``avatar.gltf.gate.inspect`` to say; all else in ``avatar.gltf`` takes documents that ``require_sound`` let through.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from avatar.errors import InvalidModel, TooLarge

Tree = dict[str, Any]  # one glTF JSON object; its shape is checked by avatar.gltf.gate.schema

MAX_FILE = 64 * 2**20  # bytes
MAX_JSON = 8 * 2**20  # bytes; a 124-morph avatar needs 0.7 MB
MAX_DEPTH = 64  # nested arrays and objects; VRM, the deepest we know, stays under 20
MAX_VALUES = 1_000_000  # JSON values: bounds the memory that parsing takes
MAX_INTEGER = 2**53  # beyond it JSON numbers are not exact for most readers

_MAGIC, _VERSION = b"glTF", 2
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942
# Linear on any input: possessive, and an unterminated string matches to the end instead of failing from every quote.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_MARKS: Final = b'"\\[]{},'  # what tells the extent of a JSON text
_NO_MARKS: Final = bytes(set(range(256)).difference(_MARKS))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed GLB. By convention neither field is changed in place: a transform returns a new document."""

    tree: Tree
    binary: bytes = b""

    def list(self, kind: str) -> list[Tree]:
        """The top-level array ``kind`` ("meshes", "nodes", ...), empty when absent."""
        found: list[Tree] = self.tree.get(kind, [])
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """What a transform hands back: the new document and, for people, what it did."""

    document: Document
    notes: tuple[str, ...] = ()


def read_glb(data: bytes) -> Document:
    """Parse a GLB container.

    Raises ``TooLarge`` over ``MAX_FILE`` and ``InvalidModel`` for a broken container or JSON text: wrong magic or
    version, lengths that lie, missing JSON chunk, text that is not JSON, too deep, too long, NaN or infinite numbers,
    keys that stand twice in an object, lone surrogates.
    """
    json_text, binary = _split(data)
    return Document(_parse(json_text), binary)


def write_glb(document: Document) -> bytes:
    """The GLB bytes of ``document``: compact JSON, chunks padded to 4 bytes, buffer 0's length made true."""
    tree = dict(document.tree)
    binary = document.binary + b"\0" * (-len(document.binary) % 4)
    if binary:
        first, *others = tree.get("buffers") or [{}]
        tree["buffers"] = [{**first, "byteLength": len(document.binary)}, *others]
    text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), _JSON_CHUNK) + text
    if binary:
        chunks += struct.pack("<II", len(binary), _BIN_CHUNK) + binary
    return struct.pack("<4sII", _MAGIC, _VERSION, 12 + len(chunks)) + chunks


def _split(data: bytes) -> tuple[bytes, bytes]:
    if len(data) > MAX_FILE:
        raise TooLarge(
            f"the file has {len(data):,} bytes, at most {MAX_FILE:,} are taken",
            where="GLB",
            mend="Scale its textures down",
        )
    if len(data) < 20:
        raise _broken("the file ends inside its header", "GLB", "Send the whole file")
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != _MAGIC:
        raise _broken("this is not a GLB file (it does not begin with 'glTF')", "GLB header", "Export as binary glTF")
    if version != _VERSION:
        raise _broken(f"glTF version {version} is not supported", "GLB header", "Export as glTF 2.0")
    if length != len(data):
        raise _broken(
            f"the header says {length} bytes but the file has {len(data)}", "GLB header", "Send the file as exported"
        )
    chunks: list[tuple[int, bytes]] = []
    offset = 12
    while offset < length:
        if offset + 8 > length:
            raise _broken("the file ends inside a chunk header", "GLB chunk", "Export the file again")
        size, kind = struct.unpack_from("<II", data, offset)
        offset += 8
        if size > length - offset:
            raise _broken(
                f"a chunk says {size} bytes but {length - offset} are left", "GLB chunk", "Export the file again"
            )
        if len(chunks) == 16:
            raise _broken("the file has more than 16 chunks", "GLB chunk", "Export the file again")
        chunks.append((kind, data[offset : offset + size]))
        offset += size
    if not chunks or chunks[0][0] != _JSON_CHUNK:
        raise _broken("the first chunk is not JSON", "GLB chunk", "Export the file again")
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == _BIN_CHUNK else b""
    return chunks[0][1], binary


def _parse(text: bytes) -> Tree:
    if len(text) > MAX_JSON:
        raise _broken(f"the JSON has {len(text):,} bytes, over {MAX_JSON:,}", "JSON", "Remove unused nodes")
    _check_extent(text)
    try:
        tree = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_Integers().__getitem__,
            object_pairs_hook=_once_each,
        )
        if _SURROGATE.search(text):
            json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeError:
        raise _broken("the text is not UTF-8", "JSON", "Write names in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise _broken(f"the text is not JSON ({str(error)[:120]})", "JSON", "Export the file again") from None
    if not isinstance(tree, dict):
        raise _broken("the text is not an object", "JSON", "Export the file again")
    return tree


def _check_extent(text: bytes) -> None:
    """Depth and number of values, before the parser builds anything."""
    marks = np.frombuffer(_outside_strings(text), np.uint8)
    opens = (marks == ord("{")) | (marks == ord("["))
    closes = (marks == ord("}")) | (marks == ord("]"))
    if int(opens.sum() + (marks == ord(",")).sum()) > MAX_VALUES:
        raise _broken(f"the JSON holds more than {MAX_VALUES:,} values", "JSON", "Remove unused nodes and extras")
    if opens.any() and int(np.cumsum(opens.astype(np.int32) - closes.astype(np.int32)).max()) > MAX_DEPTH:
        raise _broken(f"the JSON is nested deeper than {MAX_DEPTH} levels", "JSON", "Flatten its extras")


def _outside_strings(text: bytes) -> bytes:
    """At least the marks of ``text`` that stand in no string."""
    marks = text.translate(None, _NO_MARKS)
    if b"\\" in marks:  # a quote may not end its string
        return _STRING.sub(b"0", text)
    return b"".join(marks.split(b'"')[::2])


def _once_each(pairs: list[tuple[str, Any]]) -> Tree:
    """Of two values under one key some readers take the first, some the last: what was checked must be what counts."""
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = sorted(key for key, _ in pairs)
        twice = next(key for key, following in pairwise(names) if key == following)
        raise ValueError(f"the key {twice[:40]!r} stands twice in one object")
    return tree


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:20]} is out of range")
    return value


class _Integers(dict[str, int]):
    """Integers by their digits. Most stand in a file more than once, and to find them is cheaper than to check them."""

    def __missing__(self, digits: str) -> int:
        if len(digits) > 17 or abs(value := int(digits)) > MAX_INTEGER:
            raise ValueError(f"the integer {digits[:20]} is out of range")
        self[digits] = value
        return value


def _broken(detail: str, where: str, mend: str) -> InvalidModel:
    return InvalidModel(detail, where=where, mend=mend)


def pointer(*path: str | int) -> str:
    """A JSON pointer (RFC 6901) such as ``/meshes/0/primitives/1``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def without(tree: Mapping[str, Any], *keys: str) -> Tree:
    """A shallow copy of ``tree`` that lacks ``keys``."""
    return {key: value for key, value in tree.items() if key not in keys}
