"""Doctor: each broken set-up gets a finding that says how to mend it."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azurites import Azurite, new_key
from pymongo import AsyncMongoClient

from avatar.errors import PictureUnavailable, SetupProblem
from runtime import doctor
from runtime.embedded import mongod, temporal_server
from runtime.embedded.children import Children
from runtime.embedded.ports import free_port
from runtime.embedded.servers import Servers
from runtime.embedded.stack import embedded_stack
from runtime.embedded.state import running_stack
from runtime.settings import Settings, load_settings
from workflows.policies import AGENT_ID, PROVIDER_NAME, STAGE, TENANT

FREE = {"api_port": 0, "temporal_port": 0, "temporal_ui_port": 0, "mongo_port": 0}


def settings_for(data: Path, **more: Any) -> Settings:
    return load_settings({}, **{**FREE, "data": data, **more})


async def test_a_sound_machine_has_findings_for_every_part_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avatar.picture.is_available", lambda: None)
    findings = await doctor.check(settings_for(tmp_path))
    assert [finding.part for finding in findings] == [
        "Python", "settings", "Python packages", "Node", "npm packages", "mongod", "Temporal server", "data folder",
        "ports", "Temporal", "MongoDB", "storage", "API", "pictures", "human data",
    ]  # fmt: skip
    machine = {finding.part: finding for finding in findings}
    for part in ("Python", "Node", "npm packages", "mongod", "Temporal server", "data folder", "ports", "human data"):
        assert machine[part].ok, machine[part]
    assert all(finding.mend for finding in findings if not finding.ok)


def test_a_misspelt_setting_is_noticed() -> None:
    finding = doctor.check_variables({"AVATAR_API_PROT": "1", "AVATAR_DATA": "x", "HOME": "/"})
    assert not finding.ok
    assert finding.detail.startswith("AVATAR_API_PROT")
    assert finding.mend == "Did you mean AVATAR_API_PORT?"


def test_python_packages_that_differ_from_the_lock_are_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("pydantic==0.0.1 \\\n    --hash=sha256:0\nno-such-package==1.0 \\\n    --hash=sha256:1\n")
    finding = doctor.check_packages(lock)
    assert not finding.ok
    assert "(locked: 0.0.1)" in finding.detail
    assert "no-such-package missing (locked: 1.0) of 2" in finding.detail
    assert finding.mend == "Run make setup."


def test_npm_packages_that_differ_from_the_lock_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {"": {}, "node_modules/absent": {"version": "2.0.0"}, "node_modules/tool": {"version": "1", "dev": True}}
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": packages}))
    monkeypatch.setattr(doctor, "node_modules", lambda: tmp_path)
    finding = doctor.check_npm(lock)
    assert not finding.ok
    assert finding.detail == "absent missing (locked: 2.0.0)"


def test_npm_packages_that_were_never_installed_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.toolchain.PROJECT", tmp_path)
    finding = doctor.check_npm(tmp_path / "package-lock.json")
    assert (finding.ok, finding.mend) == (False, "Run make setup.")


async def test_a_mongod_on_path_wins_and_a_broken_one_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\necho 'error while loading shared libraries: libcurl.so.4' >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = await doctor.check_mongod(settings_for(tmp_path))
    assert not finding.ok
    assert finding.detail == f"{broken}: error while loading shared libraries: libcurl.so.4"
    assert "make setup" in str(finding.mend)


async def test_no_mongod_at_all_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mongod, "WHEEL", "no-such-package")
    finding = await doctor.check_mongod(settings_for(tmp_path))
    assert (finding.ok, finding.mend) == (False, "Run make setup.")


async def test_replaced_servers_need_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mongod, "WHEEL", "no-such-package")
    settings = settings_for(tmp_path, mongo_uri="mongodb://db.example.org", temporal_address="t.example.org:7233")
    assert (await doctor.check_mongod(settings)).ok
    assert (await doctor.check_temporal_server(settings)).ok


def test_a_data_folder_that_cannot_be_written_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finding = doctor.check_data_folder(settings_for(tmp_path / "file"))
    assert not finding.ok
    assert str(tmp_path / "file") in finding.detail
    assert "AVATAR_DATA" in str(finding.mend)


def test_busy_ports_are_a_finding_that_names_their_settings(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        finding = doctor.check_ports(settings_for(tmp_path, api_port=port, temporal_ui_port=port), None)
    assert not finding.ok
    assert f"{port} is in use by" in finding.detail
    assert finding.mend == "Set AVATAR_API_PORT, AVATAR_TEMPORAL_UI_PORT to free ports or 0."


async def test_servers_that_do_not_answer_are_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE_S", 0.3)
    port = free_port()
    settings = settings_for(
        tmp_path, temporal_address=f"127.0.0.1:{port}", mongo_uri=f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"
    )
    temporal = await doctor.check_temporal(settings, None)
    mongo = await doctor.check_mongo(settings, None)
    assert (temporal.ok, mongo.ok) == (False, False)
    assert str(port) in temporal.detail
    assert "TEMPORAL_ADDRESS" in str(temporal.mend)
    assert "MONGO_URI" in str(mongo.mend)


async def test_external_servers_as_they_should_be(servers: Servers, tmp_path: Path) -> None:
    whole = settings_for(tmp_path, temporal_address=servers.temporal_address, mongo_uri=servers.mongo_uri)
    assert (await doctor.check_temporal(whole, None)).ok
    assert (await doctor.check_mongo(whole, None)).ok


async def test_a_temporal_without_our_namespace_is_told_how_to_get_it(servers: Servers, tmp_path: Path) -> None:
    bare = settings_for(tmp_path, temporal_address=servers.temporal_address, temporal_namespace="bare")
    finding = await doctor.check_temporal(bare, None)
    assert finding.mend == f"temporal operator namespace create --address {servers.temporal_address} --namespace bare"


async def test_a_temporal_without_our_search_attributes_is_told_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    address = f"127.0.0.1:{port}"
    async with Children() as children:
        with monkeypatch.context() as earlier:
            earlier.setattr(temporal_server, "SEARCH_ATTRIBUTES", (TENANT, AGENT_ID, PROVIDER_NAME, STAGE))
            await temporal_server.start_temporal(
                children, tmp_path, tmp_path / "t.log", port=port, ui_port=free_port(), namespace="default"
            )
        finding = await doctor.check_temporal(settings_for(tmp_path, temporal_address=address), None)
    assert finding.mend == (
        f"temporal operator search-attribute create --address {address} --namespace default"
        " --name AvatarVersion --type Int --name AvatarStyle --type Keyword"
    )


async def test_a_mongod_outside_a_replica_set_is_a_finding(tmp_path: Path) -> None:
    port = free_port()
    program = mongod.mongod_program(tmp_path / "mongo", tmp_path / "mongod.log", port=port)
    argv = tuple(word for word in program.argv if word not in ("--replSet", mongod.REPLICA_SET))
    (tmp_path / "mongo").mkdir()
    async with Children() as children:
        await children.start(replace(program, argv=argv))
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient("127.0.0.1", port)
        await client.admin.command("ping")
        await client.close()
        finding = await doctor.check_mongo(settings_for(tmp_path, mongo_uri=f"mongodb://127.0.0.1:{port}"), None)
    assert not finding.ok
    assert "--replSet" in str(finding.mend)


async def test_the_running_stack_is_looked_at(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, temporal_address="127.0.0.1:9", mongo_uri="mongodb://127.0.0.1:9")
    async with embedded_stack(settings, ()):
        running = running_stack(tmp_path)
        assert running is not None
        assert doctor.check_ports(settings, running).ok
        api = await doctor.check_api(settings, running)
    assert not api.ok
    assert running.api_url in api.detail
    assert str(api.mend).endswith("api.log.")


def test_a_machine_that_cannot_render_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "avatar.picture.is_available", lambda: str(PictureUnavailable("no libEGL", mend="Install libegl1"))
    )
    finding = doctor.check_pictures()
    assert not finding.ok
    assert finding.detail == "no libEGL. Install libegl1."


def test_human_data_that_cannot_be_read_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise SetupProblem("the human data cannot be read", mend="Reinstall the package")

    monkeypatch.setattr("avatar.human.bundle.bundle", broken)
    assert doctor.check_human_data() == doctor.Finding(
        part="human data", ok=False, detail="the human data cannot be read", mend="Reinstall the package"
    )


async def test_a_storage_account_is_asked_whether_it_can_be_written(tmp_path: Path, azurite: Azurite) -> None:
    assert (await doctor.check_storage(settings_for(tmp_path))).detail.endswith("blobs")

    async def found(azure: Azurite) -> doctor.Finding:
        given = {"AZURE_STORAGE_CONNECTION_STRING": azure.connection(), "AVATAR_BLOB_CONTAINER": "doctors"}
        return await doctor.check_storage(load_settings(given, data=tmp_path))

    assert (await found(azurite)).ok
    wrong = replace(azurite, key=new_key())
    for broken, hint in ((wrong, "Access keys"), (replace(azurite, port=free_port()), "that it is up")):
        finding = await found(broken)
        assert not finding.ok and finding.mend and hint in finding.mend
        assert broken.key not in finding.model_dump_json()
