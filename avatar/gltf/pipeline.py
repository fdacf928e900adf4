"""Transforms of documents, and lists of them.

A transform is a function: ``simplify(document, options) -> Change``. It leaves what it was given as it is, and says in
words what it did. Each is sound on its own; their order in a pipeline is for ``lods`` and ``variants``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avatar.frozen import Frozen
from avatar.gltf.model.document import Change, Document


@dataclass(frozen=True, slots=True)
class Step:
    """A named transform, with its options bound."""

    name: str
    apply: Callable[[Document], Change]


class StepReport(Frozen):
    """What one transform did, for people."""

    step: str
    notes: tuple[str, ...]


def run_steps(document: Document, steps: Sequence[Step]) -> tuple[Document, tuple[StepReport, ...]]:
    """``document`` after all ``steps``, in order, and what each of them did. Raises what they raise."""
    reports: list[StepReport] = []
    for step in steps:
        change = step.apply(document)
        document = change.document
        reports.append(StepReport(step=step.name, notes=change.notes))
    return document, tuple(reports)
