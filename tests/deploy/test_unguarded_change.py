"""A changed command sequence: replaying a recorded run catches it, unless ``workflow.patched`` guards it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from changed_workflow import Guarded, Unguarded
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from workflows.sandbox import RUNNER

PUBLISHED = Path(__file__).parents[1] / "workflows" / "histories" / "published.json"


async def replay(workflow: type[Any]) -> None:
    replayer = Replayer(workflows=[workflow], data_converter=pydantic_data_converter, workflow_runner=RUNNER)
    await replayer.replay_workflow(WorkflowHistory.from_json("published", PUBLISHED.read_text()))


async def test_a_change_without_a_guard_is_caught() -> None:
    with pytest.raises(NondeterminismError):
        await replay(Unguarded)


async def test_the_same_change_with_a_guard_is_taken() -> None:
    await replay(Guarded)
