"""The CC0 source data of the parametric human: base mesh, targets, rig and UV masks, decoded on demand.

Written by ``tools/bake_human.py``, whose docstring describes the archive; origin and licence in ``data/NOTICE``.
Everything handed out is cached for the life of the process and must not be written to (arrays are read-only).
"""

from __future__ import annotations

import functools
import json
import threading
import zipfile
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import SetupProblem
from avatar.human.figure import F32, F64, I64, U8, Delta

VERTEX_COUNT = 19158
_BASE_STEP = 1e-7  # metres per unit of ``base``
_TARGET_STEP = 1e-4  # metres per unit of a target

# Vertex ranges of the helper geometry in the hm08 base.
LEFT_EYE = slice(14598, 14670)
RIGHT_EYE = slice(14670, 14742)


@dataclass(frozen=True, slots=True)
class Bone:
    """A bone of the source rig; head and tail are the mean of the named base vertices."""

    name: str
    parent: str  # "" at the root
    head: I64
    tail: I64


class Bundle:
    """Lazy reader of the archive. Not opened by hand: see :func:`bundle`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._lock = threading.Lock()  # a ZipFile shares one file position
        self._names = frozenset(name.removesuffix(".npy") for name in archive.namelist())
        self._deltas: dict[str, Delta] = {}
        self._faces: dict[str, I64] = {}
        self._members: dict[str, I64] = {}

    def _read(self, member: str) -> NDArray[Any]:
        with self._lock, self._archive.open(f"{member}.npy") as handle:
            array: NDArray[Any] = np.lib.format.read_array(handle, allow_pickle=False)
        return array

    @functools.cached_property
    def base(self) -> F64:
        """(19158, 3) metres: the neutral source body, Y up, facing +Z, not yet on the ground."""
        return _frozen(self._read("base") * _BASE_STEP)

    @functools.cached_property
    def uv(self) -> F64:
        """(21334, 2) texture coordinates, v up."""
        return _frozen(self._read("uv").astype(np.float64))

    @functools.cached_property
    def groups(self) -> tuple[str, ...]:
        """Names of the face groups: ``body``, ``helper-tights``, ``helper-l-eye``, ``joint-neck``, ..."""
        return tuple(sorted(n.removeprefix("faces/") for n in self._names if n.startswith("faces/")))

    def faces(self, group: str) -> I64:
        """(n, 4, 2) quads of a group; the last axis is (vertex, uv). Raises KeyError for an unknown group."""
        if group not in self._faces:
            if f"faces/{group}" not in self._names:
                raise KeyError(group)
            self._faces[group] = _frozen(self._read(f"faces/{group}").astype(np.int64))
        return self._faces[group]

    def vertices_of(self, group: str) -> I64:
        """Sorted base-vertex indices that a group uses. Raises KeyError for an unknown group."""
        if group not in self._members:
            self._members[group] = _frozen(np.unique(self.faces(group)[..., 0]))
        return self._members[group]

    @functools.cached_property
    def targets(self) -> frozenset[str]:
        """Names of every target: ``macrodetails/...``, ``nose/nose-width1-incr``, ``arkit/jawOpen``, ..."""
        return frozenset(n.removeprefix("target/") for n in self._names if n.startswith("target/"))

    def target(self, name: str) -> Delta:
        """One target in metres. Raises KeyError for an unknown name."""
        if name not in self._deltas:
            if f"target/{name}" not in self._names:
                raise KeyError(name)
            packed = self._read(f"target/{name}")
            index = np.cumsum(packed[0], dtype=np.int64)
            offset = np.ascontiguousarray(packed[1:].T) * _TARGET_STEP
            self._deltas[name] = Delta(_frozen(index), _frozen(offset))
        return self._deltas[name]

    @functools.cached_property
    def bones(self) -> tuple[Bone, ...]:
        """The game_engine bones, parents first."""
        rows = json.loads(self._read("rig").tobytes())
        return tuple(
            Bone(r["name"], r["parent"], np.array(r["head"], np.int64), np.array(r["tail"], np.int64)) for r in rows
        )

    @functools.cached_property
    def bone_weights(self) -> F32:
        """(19158, bones) skin weights in the order of :attr:`bones`; rows sum to 1 except for joint cubes."""
        vertex, bone, weight = self._read("bone_weights").astype(np.int64)
        dense = np.zeros((VERTEX_COUNT, len(self.bones)), np.float32)
        dense[vertex, bone] = weight / 65535.0
        return _frozen(dense)

    def mask(self, name: str) -> U8:
        """(512, 512) UV mask, row 0 is v = 1: lips, eyelids, ears, fingernails, toenails, inside-mouth, aureolae.

        Raises KeyError for an unknown name.
        """
        if f"mask/{name}" not in self._names:
            raise KeyError(name)
        return _frozen(self._read(f"mask/{name}"))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


@functools.cache
def bundle() -> Bundle:
    """The bundle of this process. Raises SetupProblem when the data file is missing or broken."""
    path = resources.files("avatar.human") / "data" / "human.npz"
    try:
        return Bundle(zipfile.ZipFile(path.open("rb")))
    except (OSError, zipfile.BadZipFile) as problem:
        raise SetupProblem(
            f"the human data cannot be read: {problem}", where=str(path), mend="Reinstall the package"
        ) from problem
