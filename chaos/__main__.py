"""``make chaos [SEED=7]``: kill parts of a real stack while it works, then check that nothing was lost.

Writes bench-out/chaos.md; ends with code 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.machine import machine
from chaos.outages import Outage, outage
from chaos.stages import Death, deaths
from chaos.storm import AGENTS, CUSTOMIZED, Storm, storm
from chaos.victims import Stack, Victim

OUT = Path("bench-out")


async def run(folder: Path, seed: int) -> tuple[Storm, list[Death], list[Outage]]:
    """Storm, deaths in each stage, outages; on one stack."""
    stack = Stack(folder)
    await stack.start()
    try:
        print("Killing a worker in each stage:")
        died = await deaths(stack)
        print("Letting servers hang:")
        hung = [await outage(stack, victim) for victim in (Victim.TEMPORAL, Victim.MONGOD)]
    finally:
        await stack.stop()
    stack = Stack(folder.with_name("storm"))
    await stack.start()
    try:
        print(f"{AGENTS} generations in a storm:")
        return await storm(stack, seed), died, hung
    finally:
        await stack.stop()


def report(stormed: Storm, died: list[Death], hung: list[Outage]) -> str:
    """Markdown."""
    lines = [
        f"# Chaos\n\n{machine()}\n\n## {AGENTS} generations and {CUSTOMIZED} customizations, kill -9 at random",
        f"\nSeed {stormed.seed}; all ended after {stormed.seconds:.0f} s; "
        f"{stormed.steps_again} steps took more than one attempt.\n",
        "| after | killed |\n|---|---|",
        *(f"| {when:.0f} s | {victim.name.lower()} |" for when, victim in stormed.kills),
        "\nWhat clients heard: " + ", ".join(f"{count} x {answer}" for answer, count in stormed.answers.most_common()),
        "\nAfterwards: " + ("; ".join(stormed.wrong) if stormed.wrong else "every run published exactly once, every "
        "file there and whole, `current` never went back, nothing left open."),
        "\n## A worker killed in each stage\n",
        "| stage | killed | finished steps before | of those run again | attempts in the stage | run | s |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {death.stage.value} | {death.victim.name.lower()} worker | {len(death.finished_before)} | "
            f"{', '.join(death.done_again) or 'none'} | {death.attempts} | {death.status.value} | {death.seconds:.1f} |"
            for death in died
        ),
        "\n## A server hangs for 20 s\n",
        "| server | answers meanwhile | slowest answer, s | run under way | published after, s |",
        "|---|---|---|---|---|",
        *(
            f"| {away.victim.name.lower()} | "
            + ", ".join(f"{answer} ({count})" for answer, count in sorted(away.answers.items()))
            + f" | {away.slowest_s:.1f} | {away.run.value} | {away.after_s:.1f} |"
            for away in hung
        ),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=7)
    seed = arguments.parse_args().seed
    with tempfile.TemporaryDirectory(prefix="avatar-chaos-") as folder:
        stormed, died, hung = asyncio.run(run(Path(folder) / "calm", seed))
    text = report(stormed, died, hung)
    OUT.mkdir(exist_ok=True)
    (OUT / "chaos.md").write_text(text)
    print(text)
    bad = stormed.wrong or any(death.done_again or death.status != "published" for death in died)
    return 1 if bad or any(away.run != "published" for away in hung) else 0


if __name__ == "__main__":
    sys.exit(main())
