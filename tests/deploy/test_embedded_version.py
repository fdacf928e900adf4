"""The embedded stack and versions: its own workers get the work, whatever the last ones were."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_stack import free_ports
from temporalio.client import Client

from runtime.deployments import describe
from runtime.embedded.stack import PARTS, embedded_stack, queues_of
from runtime.settings import UNVERSIONED, load_settings
from workflows.policies import Queue

LIGHT = [part for part in PARTS if part.name in ("worker-control", "worker-provider")]


def test_the_queues_are_those_of_the_workers() -> None:
    assert queues_of(PARTS) == list(Queue)
    assert queues_of(LIGHT) == [Queue.CONTROL, Queue.PROVIDER]


@pytest.mark.e2e
async def test_a_version_is_promoted_at_start_and_taken_back_without_one(tmp_path: Path) -> None:
    for build_id, current in (("v1", "v1"), (None, UNVERSIONED)):
        settings = load_settings({}, build_id=build_id, **free_ports(tmp_path))
        async with embedded_stack(settings, LIGHT) as stack:
            deployment = await describe(await Client.connect(stack.where.temporal_address))
            assert deployment.current == current
            version = deployment.version(current)
            assert version is not None and version.pollers == {"avatar-control": 1, "avatar-provider": 1}
