"""Welding: which vertices count as one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens import Sketch

from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.document import Document
from avatar.gltf.transforms.reindex import equal_vertices


@settings(max_examples=80, deadline=None)
@given(count=st.integers(1, 30), targets=st.integers(0, 3), seed=st.integers(0, 2**32 - 1))
def test_equal_vertices_are_those_whose_bits_are_equal_everywhere(count: int, targets: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    sketch = Sketch()
    signed_zeros = np.float32([0.0, -0.0])  # equal as numbers, but not the same vertex
    attributes = {
        "POSITION": sketch.accessor(signed_zeros[random.integers(0, 2, (count, 3))]),
        "NORMAL": sketch.accessor(random.integers(0, 2, (count, 3), np.int8)),  # 3 bytes: no whole word
        "JOINTS_0": sketch.accessor(random.integers(0, 2, (count, 4), np.uint16)),
    }
    moves = [{"POSITION": sketch.accessor(np.float32(random.random((count, 3)) < 0.1))} for _ in range(targets)]
    document = Document(sketch.tree, bytes(sketch.binary))
    found = equal_vertices(document, {"attributes": attributes, "targets": moves})

    seen: dict[bytes, int] = {}
    streams = [*attributes.values(), *(move["POSITION"] for move in moves)]
    rows = [read_raw(document, at) for at in streams]
    expected = [seen.setdefault(b"".join(each[at].tobytes() for each in rows), at) for at in range(count)]
    if found is None:
        assert len(seen) == count
    else:
        assert found.tolist() == expected
        assert len(seen) < count
