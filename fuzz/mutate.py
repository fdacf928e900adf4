"""How sound files are broken: by seed, so that each finding can be made again."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

Path = tuple[str | int, ...]
Bytes = Callable[[random.Random, bytearray], None]

WORDS: Final = (
    0,
    1,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x7F800000,
    0x7FC00000,
    0x7F7FFFFF,
)
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, -1, 0, 1, 2, 3, 4, 7, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**53, -(2**31)),
    *(0.5, -0.0, 1e-45, 1e12, 3e38, -3e38, 1e300, "", "x", "../../../../etc/passwd", "data:,", "\0", "x" * 600),
    *([], {}, [0], [[]], {"a": 1}, [0] * 16, {"index": 0}, {"extensions": {}}, ["a"]),
    *("SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT4", 5120, 5121, 5122, 5123, 5125, 5126, "MASK", "BLEND"),
    *("CUBICSPLINE", "STEP", "rotation", "weights", "translation", "ATTRIBUTES", "TRIANGLES", "INDICES", "OCTAHEDRAL"),
)


def mutated(data: bytes, seed: int) -> bytes:
    """``data``, broken in one to four ways that ``seed`` decides."""
    dice = random.Random(seed)
    if dice.random() < 0.62:
        tree, binary = _split(data)
        for _ in range(dice.choice((1, 1, 1, 2, 3, 4))):
            dice.choices(_TREE, _TREE_ODDS)[0](dice, tree)
        if dice.random() < 0.15:
            raw = bytearray(binary)
            _words(dice, raw)
            binary = bytes(raw)
        return _joined(tree, binary)
    raw = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 3))):
        dice.choices(_BYTES, _BYTES_ODDS)[0](dice, raw)
    if dice.random() < 0.5:
        _mended(raw)
    return bytes(raw)


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def _joined(tree: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(tree, separators=(",", ":")).encode("utf-8", "surrogatepass")
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _mended(raw: bytearray) -> None:
    """Make the lengths true again, so that what is behind the header gets its turn."""
    if len(raw) < 28:
        return
    struct.pack_into("<I", raw, 8, len(raw))
    (length,) = struct.unpack_from("<I", raw, 12)
    if length + 28 <= len(raw):
        struct.pack_into("<I", raw, 20 + length, len(raw) - 28 - length)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _flip(dice: random.Random, raw: bytearray) -> None:
    for _ in range(dice.choice((1, 2, 8, 64))):
        if raw:
            raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)


def _behind_text(dice: random.Random, raw: bytearray) -> None:
    """Bytes of the binary chunk: vertices, images, compressed data."""
    start = 28 + struct.unpack_from("<I", raw, 12)[0] if len(raw) > 28 else 0
    for _ in range(dice.choice((1, 4, 32))):
        if start < len(raw):
            raw[dice.randrange(start, len(raw))] = dice.randrange(256)


def _words(dice: random.Random, raw: bytearray) -> None:
    for _ in range(dice.choice((1, 3))):
        if len(raw) >= 8:
            struct.pack_into("<I", raw, dice.randrange(len(raw) // 4 - 1) * 4, dice.choice(WORDS))


def _header(dice: random.Random, raw: bytearray) -> None:
    if len(raw) >= 20:
        struct.pack_into("<I", raw, dice.choice((0, 4, 8, 12, 16)), dice.choice((*WORDS, len(raw), len(raw) - 12)))


def _truncate(dice: random.Random, raw: bytearray) -> None:
    del raw[dice.randrange(len(raw) + 1) :]


def _splice(dice: random.Random, raw: bytearray) -> None:
    if len(raw) < 64:
        return
    length = dice.choice((4, 16, 256, 4096))
    source, target = dice.randrange(len(raw)), dice.randrange(len(raw))
    piece = raw[source : source + length]
    if dice.random() < 0.5:
        raw[target : target + len(piece)] = piece
    else:
        raw[target:target] = piece


def _cut(dice: random.Random, raw: bytearray) -> None:
    at = dice.randrange(len(raw) + 1)
    del raw[at : at + dice.choice((1, 4, 100))]


_BYTES: Final[tuple[Bytes, ...]] = (_flip, _behind_text, _words, _header, _truncate, _splice, _cut)
_BYTES_ODDS: Final = (3, 8, 5, 1, 1, 2, 1)


# --- the tree ---------------------------------------------------------------------------------------------------------


def _spot(dice: random.Random, tree: Any) -> tuple[Any, Any] | None:
    """A random place of the tree as (holder, key): each level down is a new choice, so rare branches get their turn."""
    holder, key = tree, None
    found: tuple[Any, Any] | None = None
    while isinstance(holder, dict | list) and holder:
        key = dice.choice(list(holder)) if isinstance(holder, dict) else dice.randrange(len(holder))
        found = (holder, key)
        if dice.random() < 0.18:
            break
        holder = holder[key]
    return found


def _number_spot(dice: random.Random, tree: Any) -> tuple[Any, Any] | None:
    for _ in range(20):
        spot = _spot(dice, tree)
        if spot and isinstance(spot[0][spot[1]], int | float):
            return spot
    return None


def _replace(dice: random.Random, tree: Any) -> None:
    if spot := _spot(dice, tree):
        spot[0][spot[1]] = deepcopy(dice.choice(VALUES))


def _nudge(dice: random.Random, tree: Any) -> None:
    if spot := _number_spot(dice, tree):
        holder, key = spot
        holder[key] = dice.choice((holder[key] + 1, holder[key] - 1, holder[key] * 2, -holder[key], holder[key] + 4))


def _other_number(dice: random.Random, tree: Any) -> None:
    """A number that stands elsewhere: references that lead somewhere, to the wrong thing."""
    spot, other = _number_spot(dice, tree), _number_spot(dice, tree)
    if spot and other:
        spot[0][spot[1]] = other[0][other[1]]


def _remove(dice: random.Random, tree: Any) -> None:
    if spot := _spot(dice, tree):
        del spot[0][spot[1]]


def _repeat(dice: random.Random, tree: Any) -> None:
    spot = _spot(dice, tree)
    if spot and isinstance(spot[0], list):
        spot[0].extend([deepcopy(spot[0][spot[1]])] * dice.choice((1, 2, 40)))


def _move(dice: random.Random, tree: Any) -> None:
    """A part of the tree in the place of another."""
    source, target = _spot(dice, tree), _spot(dice, tree)
    if source and target:
        target[0][target[1]] = deepcopy(source[0][source[1]])


def _rename(dice: random.Random, tree: Any) -> None:
    spot = _spot(dice, tree)
    if spot and isinstance(spot[0], dict) and isinstance(spot[1], str):
        names = (
            spot[1].upper(),
            spot[1] + "_1",
            "__proto__",
            "POSITION",
            "JOINTS_1",
            "WEIGHTS_7",
            "sparse",
            "uri",
            "extensions",
        )
        spot[0][dice.choice(names)] = spot[0].pop(spot[1])


def _deepen(dice: random.Random, tree: Any) -> None:
    if spot := _spot(dice, tree):
        for _ in range(dice.choice((1, 3, 70))):
            spot[0][spot[1]] = [spot[0][spot[1]]] if dice.random() < 0.5 else {"a": spot[0][spot[1]]}


def _shuffle(dice: random.Random, tree: Any) -> None:
    for _ in range(20):
        spot = _spot(dice, tree)
        if spot and isinstance(spot[0][spot[1]], list):
            dice.shuffle(spot[0][spot[1]])
            return


_TREE: Final = (_replace, _nudge, _other_number, _remove, _repeat, _move, _rename, _deepen, _shuffle)
_TREE_ODDS: Final = (4, 4, 6, 2, 2, 2, 1, 1, 2)
