"""The pictures of options: rendered by `tools/bake_thumbnails.py`, kept beside this module, named by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "thumbnails"
SIDE = 160  # pixels
MAX_BYTES = 6 * 1024
MEDIA_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One picture: ``name`` holds a hash of its bytes, so an address never means another one."""

    name: str
    sha256: str
    data: bytes


def stem_of(path: str, value: str) -> str:
    """The name of an option's file without its ending: hair.style.bob."""
    return f"{path}.{value}"


@cache
def thumbnails() -> Mapping[str, Thumbnail]:
    """All pictures by stem, read once in a process."""
    found: dict[str, Thumbnail] = {}
    for file in sorted(FOLDER.glob("*.webp")):
        data = file.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        found[file.stem] = Thumbnail(f"{file.stem}.{sha256[:16]}.webp", sha256, data)
    return MappingProxyType(found)


@cache
def _by_name() -> Mapping[str, Thumbnail]:
    return MappingProxyType({thumbnail.name: thumbnail for thumbnail in thumbnails().values()})


def thumbnail_named(name: str) -> Thumbnail | None:
    """The picture at ``name``, as `Option.thumbnail` says it; None when there is none of that content."""
    return _by_name().get(name)
