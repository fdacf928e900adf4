"""Choices that are random between agents and the same for one agent, on every machine and in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def seed_of(agent_id: str) -> int:
    """The 32-bit seed of an agent: from its id alone, whatever its tenant or text."""
    return int.from_bytes(hashlib.sha256(f"describe/{agent_id}".encode()).digest()[:4], "big")


def fraction(seed: int, label: str) -> float:
    """A number in [0, 1) that belongs to ``label``; labels are independent of each other, so that a question
    which the text answers does not shift the answers to the others."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{label}".encode()).digest()[:8], "big") / 2.0**64


def between(seed: int, label: str, low: float, high: float) -> float:
    """Uniform in [low, high)."""
    return low + (high - low) * fraction(seed, label)


def around(seed: int, label: str, mean: float, deviation: float) -> float:
    """Bell-shaped about ``mean`` (three uniforms, Irwin-Hall); never farther than three deviations."""
    return mean + deviation * 2 * (sum(fraction(seed, f"{label}/{i}") for i in range(3)) - 1.5)


def pick(seed: int, label: str, options: Sequence[Item], weights: Sequence[float] | None = None) -> Item:
    """One of ``options``, by weight."""
    shares = list(weights) if weights is not None else [1.0] * len(options)
    mark = fraction(seed, label) * sum(shares)
    for option, share in zip(options, shares, strict=True):
        mark -= share
        if mark < 0:
            return option
    return options[-1]
