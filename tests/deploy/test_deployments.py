"""Worker versions on the real Temporal: who gets the work, moving it, and going back to workers without a version."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio import activity, workflow
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.worker import Worker
from typer.testing import CliRunner, Result

from avatar.errors import InvalidInput, SetupProblem, Unavailable
from cli.main import app
from runtime.deployments import Deployment, VersionState, deployment_config, describe, promote, settle
from runtime.embedded.servers import Servers
from runtime.settings import UNVERSIONED, load_settings
from workflows.policies import Queue


@activity.defn
async def who() -> str:
    """The version of the worker that did it."""
    version = activity.info()
    return version.task_queue


@workflow.defn(sandboxed=False)
class Ask:
    """Says which version ran its first and its last task, with a pause between."""

    def __init__(self) -> None:
        self.go_on = False

    @workflow.run
    async def run(self, wait: bool) -> list[str]:
        told = [version_of_task()]
        if wait:
            await workflow.wait_condition(lambda: self.go_on)
            told.append(version_of_task())
        await workflow.execute_activity(who, task_queue=Queue.MESH, start_to_close_timeout=timedelta(seconds=30))
        return told

    @workflow.signal
    def resume(self) -> None:
        self.go_on = True


def version_of_task() -> str:
    version = workflow.info().get_current_deployment_version()
    return version.build_id if version and version.deployment_name else UNVERSIONED


@pytest_asyncio.fixture
async def client(servers: Servers) -> Client:
    """A namespace of its own: the deployment's name and the queues are the same everywhere."""
    namespace = f"deploy-{uuid.uuid4().hex[:8]}"
    admin = await Client.connect(servers.temporal_address)
    await admin.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=Duration(seconds=86400))
    )
    return await Client.connect(servers.temporal_address, namespace=namespace)


@asynccontextmanager
async def working(client: Client, build_id: str | None, queues: Sequence[Queue] = tuple(Queue)) -> AsyncIterator[None]:
    """Workers of one version, made as ours are."""
    config = deployment_config(load_settings({}, build_id=build_id))
    async with AsyncExitStack() as stack:
        for queue in queues:
            await stack.enter_async_context(
                Worker(
                    client,
                    task_queue=queue,
                    workflows=[Ask] if queue is Queue.CONTROL else [],
                    activities=[who],
                    deployment_config=config,
                )
            )
        yield


async def ask(client: Client) -> list[str]:
    return await client.execute_workflow(
        Ask.run, False, id=uuid.uuid4().hex, task_queue=Queue.CONTROL, execution_timeout=timedelta(seconds=60)
    )


def states(deployment: Deployment) -> dict[str, VersionState]:
    return {version.build_id: version.state for version in deployment.versions}


async def test_without_a_build_id_a_worker_has_no_version_and_gets_the_work(client: Client) -> None:
    assert deployment_config(load_settings({})) is None
    async with working(client, None):
        assert await ask(client) == [UNVERSIONED]
        deployment = await describe(client)
    assert deployment.current == UNVERSIONED
    version = deployment.version(UNVERSIONED)
    assert version is not None and version.pollers == {queue.value: 1 for queue in Queue}


async def test_work_moves_to_a_version_on_to_the_next_and_back_to_none(client: Client) -> None:
    async with working(client, None), working(client, "v1"):
        assert await ask(client) == [UNVERSIONED], "a version that nobody promoted gets nothing"
        assert states(await promote(client, "v1")) == {"v1": VersionState.CURRENT, UNVERSIONED: VersionState.IDLE}
        assert await ask(client) == ["v1"]
        async with working(client, "v2"):
            deployment = await promote(client, "v2")
            assert deployment.current == "v2"
            assert await ask(client) == ["v2"]
            await promote(client, "v1")
            assert await ask(client) == ["v1"], "rolled back"
        deployment = await promote(client, UNVERSIONED)
        assert deployment.current == UNVERSIONED
        assert await ask(client) == [UNVERSIONED]


@pytest.mark.parametrize(("before", "after"), [(None, "v1"), ("v1", None)])
async def test_a_run_under_way_moves_with_its_next_task(client: Client, before: str | None, after: str | None) -> None:
    async with working(client, before):
        await settle(client, before, tuple(Queue))
        run = await client.start_workflow(Ask.run, True, id="waits", task_queue=Queue.CONTROL)
        assert await ask(client) == [before or UNVERSIONED]
    async with working(client, after):  # the old workers are gone
        await settle(client, after, tuple(Queue))
        await run.signal(Ask.resume)
        assert await run.result() == [before or UNVERSIONED, after or UNVERSIONED]


async def test_a_ramp_gives_its_share_and_a_full_promotion_ends_it(client: Client) -> None:
    async with working(client, "v1"), working(client, "v2"):
        await promote(client, "v1")
        deployment = await promote(client, "v2", ramp=40)
        assert states(deployment) == {"v2": VersionState.RAMPING, "v1": VersionState.CURRENT}
        ramping = deployment.version("v2")
        assert ramping is not None and ramping.ramp_percent == 40
        seen = await asyncio.gather(*(ask(client) for _ in range(24)))
        assert {version for (version,) in seen} == {"v1", "v2"}, "all alike: one time in 200 000"
        deployment = await promote(client, "v1")
        assert all(version.ramp_percent == 0 for version in deployment.versions)
        seen = await asyncio.gather(*(ask(client) for _ in range(12)))
        assert {version for (version,) in seen} == {"v1"}


async def test_a_version_that_leaves_a_queue_alone_is_not_promoted(client: Client) -> None:
    async with working(client, "v1"), working(client, "v2", [Queue.CONTROL, Queue.PROVIDER]):
        await promote(client, "v1")
        with pytest.raises(Unavailable, match="version v2 asks avatar-mesh for work") as caught:
            await promote(client, "v2", within=1)
        assert "AVATAR_BUILD_ID=v2" in str(caught.value)
        with pytest.raises(Unavailable, match=r"version v3 asks avatar-control, avatar-provider, avatar-mesh"):
            await promote(client, "v3", within=0)
        assert (await describe(client)).current == "v1"


async def avatar(client: Client, *arguments: str) -> Result:
    """The command line, beside the workers of the test."""
    environment = {
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
    }
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


async def test_the_command_line_shows_versions_and_promotes_them(client: Client) -> None:
    nothing = await avatar(client, "workers", "list", "--json")
    assert json.loads(nothing.stdout)["current"] == UNVERSIONED
    async with working(client, "v1"):
        done = await avatar(client, "workers", "promote", "v1")
        assert done.exit_code == 0, done.exception
        assert [line.split()[:2] for line in done.stdout.splitlines()[-1:]] == [["v1", "current"]]
        assert "control 1, provider 1, mesh 1" in done.stdout
        ramped = await avatar(client, "workers", "promote", "v1", "--ramp", "100")
        assert ramped.exit_code == 2
        missing = await avatar(client, "workers", "promote", "v2", "--within", "0")
        assert isinstance(missing.exception, Unavailable)
        strange = await avatar(client, "workers", "promote", "v 2")
        assert isinstance(strange.exception, InvalidInput)
    listed = json.loads((await avatar(client, "workers", "list", "--json")).stdout)
    assert listed["versions"][0] | {"created": None, "pollers": None} == {
        **{"buildId": "v1", "state": "current", "rampPercent": 0.0},
        **{"created": None, "pollers": None},
    }


def test_without_any_temporal_the_command_line_says_what_to_do(tmp_path: Path) -> None:
    asked = CliRunner().invoke(app, ["workers", "list"], env={"AVATAR_DATA": str(tmp_path), "TEMPORAL_ADDRESS": ""})
    assert isinstance(asked.exception, SetupProblem)
    assert "TEMPORAL_ADDRESS" in str(asked.exception)


@pytest.mark.parametrize("bad", ["unversioned", "a b", "-v1", "a:b", "v" * 65, "a/b"])
def test_what_is_no_build_id(bad: str) -> None:
    with pytest.raises(SetupProblem, match="AVATAR_BUILD_ID"):
        load_settings({"AVATAR_BUILD_ID": bad})
