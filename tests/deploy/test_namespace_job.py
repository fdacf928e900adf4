"""The job that makes the namespace, run as it is against the real Temporal."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import uuid
from pathlib import Path

from compose_files import DEPLOY
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from runtime.embedded.servers import Servers
from runtime.embedded.temporal_server import missing_search_attributes, search_attribute_types, temporal_binary

JOB = DEPLOY / "temporal" / "namespace.sh"


def test_it_names_the_search_attributes_of_our_workflows_and_no_others() -> None:
    listed = re.search(r"^attributes='(.+)'$", JOB.read_text(), re.MULTILINE)
    assert listed
    assert dict(pair.split("=") for pair in listed[1].split()) == search_attribute_types()


async def test_it_makes_the_namespace_and_may_run_again(servers: Servers, tmp_path: Path) -> None:
    namespace = f"job-{uuid.uuid4().hex[:8]}"
    environment = {
        "PATH": os.pathsep.join([str(temporal_binary().parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "TEMPORAL_ADDRESS": servers.temporal_address,
        "TEMPORAL_NAMESPACE": namespace,
        "RETENTION": "30d",
    }
    for _ in range(2):
        done = await asyncio.to_thread(
            subprocess.run, ["sh", "-eu", JOB], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    client = await Client.connect(servers.temporal_address, namespace=namespace)
    assert await missing_search_attributes(client) == {}
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    assert described.config.workflow_execution_retention_ttl.seconds == 30 * 24 * 3600
