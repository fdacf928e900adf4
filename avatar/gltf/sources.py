"""Models of which several files are made: what all files of one model share is made once.

The product makes three levels of every model, and variants of an avatar are asked for one after another. So a process
remembers the last model that it was given, and what was made of it alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from avatar.gltf.contract import Measured
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Change, Document
from avatar.gltf.model.fingerprint import fingerprint
from avatar.gltf.pipeline import Step, StepReport, run_steps
from avatar.gltf.transforms.dedup import dedup
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import Survey, simplify, survey
from avatar.gltf.transforms.skeleton import normalise_names

PREPARING: Final = (Step("names", normalise_names), Step("dedup", dedup))
MAX_KEPT: Final = 48 * 2**20  # bytes of a file and of its unpacked data: what has more is not remembered


@dataclass(frozen=True)
class Source:
    """A sound model after ``PREPARING``, and what depends on nothing else, made when it is first asked for."""

    document: Document
    reports: tuple[StepReport, ...]
    _simplified: dict[int, Change] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def welded(self) -> Change:
        """What `weld` makes of it."""
        return weld(self.document)

    @cached_property
    def surveyed(self) -> Survey:
        """What `simplify` knows of the welded one, whatever its target."""
        return survey(self.welded.document)

    def simplified(self, target: int, sidecar: Sidecar) -> Change:
        """What `simplify` makes of the welded one; the last target is remembered, for all variants of one level."""
        known = self._simplified.get(target)
        if known is None:
            self._simplified.clear()
            known = simplify(self.welded.document, target, sidecar, surveyed=self.surveyed)
            self._simplified[target] = known
        return known

    @cached_property
    def measured(self) -> Measured:
        """What the contract holds files against."""
        return Measured(self.document)

    @cached_property
    def geometry(self) -> str:
        """Its `fingerprint`."""
        return fingerprint(self.document)


_last: dict[bytes, Source] = {}  # at most one, by the bytes of its file


def source_of(data: bytes, sidecar: Sidecar) -> Source:
    """The model in ``data``, which may be compressed; the same one while nothing else is asked for.

    Raises ``InvalidModel`` or ``TooLarge`` for input that is not sound, ``CodecFailed`` when a codec fails.
    """
    known = _last.get(data)
    if known is not None:
        return known
    forget()  # first: two would take twice the memory
    source = Source(*run_steps(require_sound(data, sidecar), PREPARING))
    if len(data) + len(source.document.binary) <= MAX_KEPT:
        _last[data] = source
    return source


def forget() -> None:
    """Let go of the last model: the next one is read anew, even if it is the same."""
    _last.clear()
