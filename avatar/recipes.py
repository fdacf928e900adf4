"""How our crafts make things, as numbers: part of the key under which a step's result may be reused.

Raise a number when the same input would give another output from now on; otherwise the next customization builds on
what an older program made. ``tests/test_recipes.py`` holds each number beside what it stands for. A module of its own,
so that whoever only looks results up loads no craft.
"""

from __future__ import annotations

from typing import Final

DESCRIBER: Final = 2
HUMAN: Final = 4
INSPECTION: Final = 1
LODS: Final = 6
PICTURE: Final = 2
VARIANTS: Final = 2
