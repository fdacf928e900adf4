"""Gives out the jobs, watches over the child, gathers what it says."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avatar.errors import InvalidModel

VARIANTS = 6  # of fuzz.child
READER_SECONDS = 2.0  # of CPU
READER_MEGABYTES = 512
PATIENCE = 90.0  # seconds on the clock for one file, build included, before the child counts as hung


@dataclass(slots=True)
class Result:
    """What all files together got."""

    count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)  # sound at the gate, and then not to be built
    slowest: float = 0.0  # CPU seconds of the reader
    largest: int = 0  # MB while reading
    largest_build: int = 0  # MB while building


class Child:
    """One process that examines files, started anew when it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to ``job``, or a finding when the process died or hung over it."""
        process = self._process = self._process or subprocess.Popen(
            [sys.executable, "-m", "fuzz.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
            line = process.stdout.readline() if ready else ""
        except BrokenPipeError:
            ready, line = [process.stdout], ""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.close()
        return {"outcome": "finding", "error": f"died with code {process.returncode}" if ready else "hung"}

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def jobs(files: Sequence[Path], count: int, seed: int, build_up_to: int) -> Iterator[dict[str, Any]]:
    """``count`` jobs over ``files`` in turn; of files over ``build_up_to`` bytes every tenth sound one is built.

    Every second build is of level 2, the others take turns with all variants.
    """
    for number in range(count):
        file, turn = files[number % len(files)], number // len(files)
        build = file.stat().st_size <= build_up_to or turn % 10 == 0
        variant = turn // 2 % VARIANTS if turn % 2 else 0
        yield {"file": str(file), "seed": seed + number, "build": variant if build else None}


def run(
    files: Sequence[Path], count: int, seed: int, *, seconds: float | None = None, build_up_to: int = 300_000
) -> Result:
    """Break ``files`` ``count`` times (or until ``seconds`` are over) and see what each broken one gets."""
    result, child = Result(), Child()
    end = None if seconds is None else time.monotonic() + seconds
    try:
        for job in jobs(files, count, seed, build_up_to):
            if end is not None and time.monotonic() > end:
                break
            note(result, job, child.ask(job))
    finally:
        child.close()
    return result


def note(result: Result, job: dict[str, Any], answer: dict[str, Any]) -> None:
    """Count an answer; what breaks a bound becomes a finding."""
    result.count += 1
    if answer.get("read", 0) > READER_SECONDS:
        answer |= {"outcome": "finding", "error": f"the reader took {answer['read']:.1f} s"}
    if answer.get("memory", 0) > READER_MEGABYTES:
        answer |= {"outcome": "finding", "error": f"the reader held {answer['memory']} MB"}
    result.slowest = max(result.slowest, answer.get("read", 0.0))
    result.largest = max(result.largest, answer.get("memory", 0))
    result.largest_build = max(result.largest_build, answer.get("build_memory", 0))
    result.outcomes[answer["outcome"]] += 1
    if answer["outcome"] == "finding":
        result.findings.append({**job, "error": answer["error"]})
    elif "error" in answer:
        result.errors[answer["error"]] += 1
        if answer["error"] != InvalidModel.__name__:
            result.doubts.append({**job, "error": answer["error"], "detail": answer["detail"]})
