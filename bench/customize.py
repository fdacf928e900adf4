"""A change of colours beside a whole generation, on the real stack: request to published.

python -m bench.customize
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
from dataclasses import dataclass
from typing import Any

import httpx

from avatar.manifest import GenerationStatus
from avatar.run import RunStatus
from bench.main_job import ADA
from runtime.embedded.stack import embedded_stack
from runtime.settings import load_settings

CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("hair colour", {"hair": {"colour": "#aa3311"}}),
    ("shirt colour", {"outfit": {"top": {"colour": "#2e6b4f"}}}),
    ("skin tone", {"skin": {"tone": 0.7}}),
    ("eye colour", {"eyes": {"colour": "#7a4a1e"}}),
    ("five colours", {"hair": {"colour": "#222222"}, "eyes": {"colour": "#3355aa"}, "outfit": {
        "top": {"colour": "#881122"}, "bottom": {"colour": "#333333"}, "footwear": {"colour": "#ffffff"}}}),
    ("all of them back to the description", {"hair": None, "eyes": None, "skin": None, "outfit": None}),
    ("height (for comparison: another shape)", {"body": {"height": 1.9}}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One run."""

    name: str
    seconds: float
    steps: tuple[str, ...]  # that really ran
    reused: tuple[str, ...]


async def measure() -> list[Change]:
    """A generation, then each change on top of the one before."""
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as folder:
        settings = load_settings({}, data=folder, api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
        async with (
            embedded_stack(settings) as stack,
            httpx.AsyncClient(base_url=stack.where.api_url, timeout=60) as http,
        ):
            await run(http, "warm-up", "POST", "/api/avatars/generate", renamed("warm-up"))
            made = [await run(http, "whole generation", "POST", "/api/avatars/generate", renamed("ada"))]
            for name, patch in CHANGES:
                made.append(await run(http, name, "PATCH", "/api/avatars/ada/customization", patch))
            return made


def renamed(agent: str) -> dict[str, Any]:
    """The profile of the example under another id."""
    return {**json.loads(ADA.read_bytes()), "agentId": agent}


async def run(http: httpx.AsyncClient, name: str, method: str, path: str, body: dict[str, Any]) -> Change:
    """Ask for it, wait until it is published."""
    answer = await http.request(method, path, json=body)
    answer.raise_for_status()
    status = GenerationStatus.model_validate_json(answer.content)
    while status.status is RunStatus.RUNNING:
        await asyncio.sleep(0.05)
        answer = await http.get(f"/api/avatars/{status.agent_id}/status")
        status = GenerationStatus.model_validate_json(answer.content)
    if status.status is not RunStatus.PUBLISHED:
        raise SystemExit(f"{name} ended as {status.status}: {status.error}")
    ran = tuple(step.step for step in status.steps if not step.reused)
    return Change(name, status.elapsed_seconds, ran, tuple(step.step for step in status.steps if step.reused))


def report(made: list[Change]) -> str:
    """Markdown."""
    lines = ["| run | request to published, s | steps that ran | reused |", "|---|---|---|---|"]
    lines += [
        f"| {change.name} | {change.seconds:.2f} | {told(change.steps)} | {told(change.reused)} |" for change in made
    ]
    colours = [change.seconds for change in made if "repaint_parametric" in change.steps]
    lines.append(
        f"\nColour changes: median {statistics.median(colours):.2f} s, slowest {max(colours):.2f} s (limit 3)."
    )
    return "\n".join(lines)


def told(steps: tuple[str, ...]) -> str:
    """The names of steps without those that every run has."""
    return ", ".join(step for step in steps if step not in ("recall", "publish", "announce")) or "-"


if __name__ == "__main__":
    print(report(asyncio.run(measure())))
