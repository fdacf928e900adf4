"""Recorded histories replay on the code as it is: a changed command sequence needs ``workflow.patched``."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from workflows.generate import GenerateRequest
from workflows.sandbox import RUNNER, WORKFLOWS

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_run_replays(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=RUNNER)
    await replayer.replay_workflow(history(path))


def test_every_way_a_run_can_end_is_recorded() -> None:
    assert {path.stem for path in HISTORIES} >= {
        "published", "published_optimize", "customized", "customized_optimize", "taken_back", "cancelled", "failed",
        "housekeeping", "housekeeping_before_variants", "variant", "variant_failed", "picture",
    }  # fmt: skip


@workflow.defn(name="GenerateAvatar", sandboxed=False)
class Changed:
    @workflow.run
    async def run(self, request: GenerateRequest) -> None:
        await workflow.sleep(1)


async def test_the_replayer_would_notice_a_changed_sequence() -> None:
    replayer = Replayer(workflows=[Changed], data_converter=pydantic_data_converter)
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(history(next(path for path in HISTORIES if path.stem == "published")))
