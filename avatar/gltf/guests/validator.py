"""The Khronos validator's word on a GLB."""

from __future__ import annotations

import numpy as np

from avatar.frozen import Frozen
from avatar.gltf.guests.sidecar import Sidecar

MAX_ISSUES = 100
_SEVERITIES = ("error", "warning", "information", "hint")


class Issue(Frozen):
    """One finding of the validator."""

    code: str
    severity: str
    where: str  # JSON pointer
    message: str


class ValidationSummary(Frozen):
    """Counts, and the first errors and warnings in the validator's words."""

    validator: str  # version
    errors: int
    warnings: int
    infos: int
    hints: int
    issues: tuple[Issue, ...] = ()


def validate(data: bytes, sidecar: Sidecar) -> ValidationSummary:
    """Validate a GLB. It sees only uncompressed geometry, so validate before compressing.

    Raises ``CodecFailed`` when the validator fails; a file that is no glTF at all is one error like any other.
    """
    report = sidecar.call("validator.validate", {"data": np.frombuffer(data, np.uint8)}, maxIssues=MAX_ISSUES).header
    found = report["issues"]
    issues = tuple(
        Issue(
            code=item["code"],
            severity=_SEVERITIES[item["severity"]],
            where=item.get("pointer", ""),
            message=item["message"][:300],
        )
        for item in sorted(found["messages"], key=lambda item: int(item["severity"]))
        if item["severity"] < 2
    )
    return ValidationSummary(
        validator=report["version"],
        errors=found["numErrors"],
        warnings=found["numWarnings"],
        infos=found["numInfos"],
        hints=found["numHints"],
        issues=issues[:20],
    )
