"""A running stack, and the command line as its users have it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.embedded.stack import Stack

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Live:
    """A running stack and the command line that talks to it."""

    stack: Stack

    @property
    def url(self) -> str:
        return self.stack.where.api_url

    def avatar(self, *arguments: str | Path) -> Finished:
        """Run ``avatar`` as a user would."""
        return avatar(*arguments, AVATAR_API=self.url)


def avatar(*arguments: str | Path, **environment: str) -> Finished:
    """Run the command with extra environment variables."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | environment,
        timeout=300,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def free_ports(folder: Path) -> dict[str, Any]:
    """Settings of a stack that gets in nobody's way."""
    return {"data": folder, "api_port": 0, "temporal_port": 0, "temporal_ui_port": 0, "mongo_port": 0}
