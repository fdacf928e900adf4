"""Workers are replaced by those of the next version while runs are under way: none is lost, none fails."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from changed_workflow import CHANGE
from google.protobuf.duration_pb2 import Duration
from live_stack import PROJECT
from scripted import SCRIPTED_BYTES
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from avatar.catalog import avatars, runs
from avatar.errors import NotFound
from avatar.profile import AgentProfile
from avatar.request import AvatarRequest, Order
from avatar.run import RunRecord, RunStatus
from runtime import control, generations
from runtime.deployments import VersionState, describe, promote
from runtime.embedded.servers import Servers
from runtime.embedded.stack import child_environment
from runtime.embedded.temporal_server import add_search_attributes, missing_search_attributes
from runtime.services import Services, open_services
from runtime.settings import Settings, load_settings
from workers.roles import Role
from workflows.sandbox import RUNNER, WORKFLOWS

pytestmark = pytest.mark.e2e
WORKER = Path(__file__).with_name("rolling_worker.py")
READY_WITHIN_S = 120.0
DONE_WITHIN_S = 180.0
PAUSED = [f"paused-{number}" for number in range(3)]
BUSY = [f"busy-{number}" for number in range(7)]
OLD = PAUSED + BUSY
NEW = [f"new-{number}" for number in range(3)]


@dataclass
class Processes:
    """The worker processes of one version."""

    settings: Settings
    changed: bool
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    async def start(self) -> None:
        """All three roles; returns when each takes work."""
        ready = {role: self.settings.data_dir / f"{self.settings.build_id}-{role.value}.ready" for role in Role}
        for role in Role:
            arguments = [sys.executable, str(WORKER), role.value, *(["changed"] if self.changed else [])]
            environment = child_environment(self.settings) | {"AVATAR_READY_FILE": str(ready[role])}
            paths = [PROJECT / "tests" / "e2e", PROJECT / "tests" / "workflows", PROJECT / "tests", PROJECT]
            environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
            log = self.settings.data_dir / f"{self.settings.build_id}-{role.value}.log"
            with log.open("wb") as output:
                self.running.append(
                    await asyncio.to_thread(
                        subprocess.Popen, arguments, env=environment, stdout=output, stderr=subprocess.STDOUT
                    )
                )

        async def all_ready() -> bool:
            assert all(process.poll() is None for process in self.running), "a worker ended at start"
            return all(file.exists() for file in ready.values())

        await until(all_ready, READY_WITHIN_S)

    async def stop(self) -> list[int]:
        """SIGTERM, as an orchestrator does; the exit codes."""
        for process in self.running:
            process.terminate()
        codes = await asyncio.gather(*(asyncio.to_thread(process.wait, 60) for process in self.running))
        self.running.clear()
        return codes


async def until(condition: Callable[[], Awaitable[bool]], within: float = DONE_WITHIN_S) -> None:
    async with asyncio.timeout(within):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def version(settings: Settings, build_id: str, *, changed: bool = False) -> AsyncIterator[Processes]:
    processes = Processes(settings.model_copy(update={"build_id": build_id}), changed)
    try:
        await processes.start()
        yield processes
    finally:
        for process in processes.running:
            process.kill()
            process.wait()


async def own_namespace(servers: Servers) -> str:
    """A namespace in which nobody else's workers ask our queues."""
    namespace = f"rolling-{uuid.uuid4().hex[:8]}"
    admin = await Client.connect(servers.temporal_address)
    await admin.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=Duration(seconds=86400))
    )
    client = await Client.connect(servers.temporal_address, namespace=namespace)
    await add_search_attributes(client)

    async def known() -> bool:
        return not await missing_search_attributes(client)

    await until(known)
    return namespace


async def begin(services: Services, agents: Sequence[str]) -> None:
    for agent in agents:
        profile = AgentProfile(agent_id=agent, name=agent, description="An old man in a red T-shirt.")
        await generations.start(services, "local", Order(request=AvatarRequest(profile=profile), by="a test"))


async def ended(agent: str) -> RunRecord:
    async def is_over() -> bool:
        return (await runs.latest_run("local", agent)).status is not RunStatus.RUNNING

    await until(is_over)
    return await runs.latest_run("local", agent)


async def all_begun() -> bool:
    return all([(await runs.latest_run("local", agent)).steps for agent in OLD])


async def histories(services: Services, agent: str) -> list[WorkflowHistory]:
    """The run's, and its child's."""
    run = await runs.latest_run("local", agent)
    ids = (run.key.workflow_id, f"optimize/local/{agent}/{run.key.run_id}")
    await services.temporal.get_workflow_handle(ids[0]).result()
    return [await services.temporal.get_workflow_handle(workflow_id).fetch_history() for workflow_id in ids]


def events(found: list[WorkflowHistory], kind: str) -> int:
    return sum(EventType.Name(event.event_type) == f"EVENT_TYPE_{kind}" for one in found for event in one.events)


def built_by(found: list[WorkflowHistory]) -> set[str]:
    """The versions of the workers that completed the workflow tasks."""
    return {
        event.workflow_task_completed_event_attributes.deployment_version.build_id
        for one in found
        for event in one.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    }


async def replay(history: WorkflowHistory) -> None:
    """On the code as it is, which is the old version's."""
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=RUNNER)
    await replayer.replay_workflow(history)


async def test_runs_outlive_the_workers_that_began_them(servers: Servers, tmp_path: Path) -> None:
    settings = load_settings(
        {},
        data=tmp_path,
        temporal_address=servers.temporal_address,
        temporal_namespace=await own_namespace(servers),
        mongo_uri=servers.mongo_uri,
        mongo_database=f"rolling_{uuid.uuid4().hex[:8]}",
        drain_seconds=10,
    )
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings, reach_temporal=True))
        stack.push_async_callback(services.connection.client.drop_database, settings.mongo_database)
        for data, media_type in SCRIPTED_BYTES:
            await services.blobs.put(data, media_type)

        old = await stack.enter_async_context(version(settings, "v1"))
        await promote(services.temporal, "v1")
        await begin(services, PAUSED)
        for agent in PAUSED:
            paused = await control.pause(services, "local", agent, by="a test", reason="over the weekend")
            assert paused.paused is not None
        await stack.enter_async_context(version(settings, "v2", changed=True))
        await begin(services, BUSY)
        await until(all_begun)
        under_way = {agent for agent in OLD if (await runs.latest_run("local", agent)).status is RunStatus.RUNNING}
        assert under_way > set(PAUSED)

        assert (await promote(services.temporal, "v2")).current == "v2"
        await begin(services, NEW)
        assert await old.stop() == [0, 0, 0]

        for agent in PAUSED:
            assert (await runs.latest_run("local", agent)).status is RunStatus.RUNNING
            await control.resume(services, "local", agent, by="a test")
        for agent in (*OLD, *NEW):
            run = await ended(agent)
            assert (run.status, run.version) == (RunStatus.PUBLISHED, 1), (agent, run.error)

        moved = 0
        for agent in (*OLD, *NEW):
            found = await histories(services, agent)
            assert events(found, "WORKFLOW_TASK_FAILED") == 0, agent
            changed = events(found, "MARKER_RECORDED")
            described = sum(
                event.activity_task_scheduled_event_attributes.activity_type.name == "describe"
                for event in found[0].events
            )
            assert (changed, described) == ((1, 2) if agent in NEW else (0, 1)), (agent, CHANGE)
            assert built_by(found) == {"v2"} if agent in NEW else "v1" in built_by(found)
            if agent in PAUSED:
                assert built_by(found) == {"v1", "v2"}, "begun by the old, finished by the new"
            moved += len(built_by(found)) == 2
            # What a roll-back meets: the old code cannot follow a run that went the new way, and says so.
            if agent in NEW:
                with pytest.raises(NondeterminismError):
                    await replay(found[0])
            else:
                await replay(found[0])
            assert await avatars.served_number("local", agent) == 1
            with pytest.raises(NotFound):  # published exactly once
                await avatars.get_version("local", agent, 2)

        assert moved > len(PAUSED), "some moved in the middle of their work"
        left = (await describe(services.temporal)).version("v1")
        assert left is not None and left.state in (VersionState.DRAINING, VersionState.DRAINED)
