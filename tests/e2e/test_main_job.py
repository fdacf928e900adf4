"""The main job: a profile goes in, a published avatar comes out, and every place that tells of it tells the truth."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import numpy as np
import pygltflib
import pytest
import pytest_asyncio
from live_stack import PROJECT, Live
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import read_glb
from avatar.manifest import GenerationStatus, Manifest
from runtime.toolchain import toolchain
from workflows.policies import SEARCH_ATTRIBUTES
from workflows.sandbox import RUNNER, WORKFLOWS

pytestmark = pytest.mark.e2e
ADA = PROJECT / "examples" / "ada.json"
BUDGETS = ((15_000, 1024), (8_000, 512), (3_000, 512))


@pytest.fixture(scope="module")
def published(live: Live) -> GenerationStatus:
    """Ada, made once through the command line."""
    done = live.avatar("generate", ADA, "--json")
    assert done.exit_code == 0, done.err
    told = done.json
    assert (told.pop("changes"), told.pop("reused")) == ([], []), "the first version of an agent"
    return GenerationStatus.model_validate(told)


@pytest.fixture(scope="module")
def manifest(live: Live, published: GenerationStatus) -> Manifest:
    return Manifest.model_validate_json(httpx.get(published.manifest_url).content)


@pytest.fixture(scope="module")
def files(live: Live, manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The three levels, downloaded through the command line."""
    folder = tmp_path_factory.mktemp("ada")
    for level in (0, 1, 2):
        done = live.avatar("download", "ada", "--lod", str(level), "--out", folder / f"lod{level}.glb")
        assert done.exit_code == 0, done.err
    return [folder / f"lod{level}.glb" for level in (0, 1, 2)]


@pytest_asyncio.fixture
async def temporal(live: Live) -> Client:
    return await Client.connect(live.stack.where.temporal_address, data_converter=pydantic_data_converter)


async def history_of(temporal: Client, published: GenerationStatus) -> WorkflowHistory:
    return await temporal.get_workflow_handle(f"generate/local/{published.agent_id}").fetch_history()


def test_the_status_tells_the_whole_story(published: GenerationStatus, live: Live) -> None:
    assert (published.status, published.stage, published.percent) == ("published", "done", 100)
    assert published.version == published.current_version == 1
    steps = [step.step for step in published.steps]
    assert steps[:3] == ["describe", "build_parametric", "inspect_model"]
    assert set(steps[3:]) >= {"build_lod/0", "build_lod/1", "build_lod/2", "render_picture", "publish"}
    assert all(step.seconds is not None and step.attempts == 1 for step in published.steps)
    told = live.avatar("status", "ada")
    assert told.exit_code == 0
    assert "version 1 is served" in told.out


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_level_keeps_its_budget_and_is_what_the_manifest_says(
    manifest: Manifest, files: list[Path], level: int
) -> None:
    triangles, pixels = BUDGETS[level]
    data = files[level].read_bytes()
    entry = manifest.lods[level]
    assert (entry.level, entry.bytes) == (level, len(data))
    gltf = pygltflib.GLTF2().load_from_bytes(data)
    counted = sum(gltf.accessors[primitive.indices].count // 3 for mesh in gltf.meshes for primitive in mesh.primitives)
    assert counted == entry.triangles
    assert triangles * 0.8 < counted <= triangles
    assert max(max(texture.width, texture.height) for texture in entry.textures) <= pixels
    with Sidecar(toolchain()) as sidecar:
        assert validate(data, sidecar).errors == 0


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_level_keeps_the_skeleton_the_weights_and_the_morphs(
    manifest: Manifest, files: list[Path], level: int
) -> None:
    document = read_glb(files[level].read_bytes())
    tree = document.tree
    assert len(manifest.morphs) == 72 and len(manifest.skeleton.joints) == 67
    joints = {tree["nodes"][index]["name"] for skin in tree["skins"] for index in skin["joints"]}
    assert joints == set(manifest.skeleton.joints)
    moved: dict[str, float] = dict.fromkeys(manifest.morphs, 0.0)
    for mesh in tree["meshes"]:
        names = mesh.get("extras", {}).get("targetNames", [])
        for primitive in mesh["primitives"]:
            weights = read_floats(document, primitive["attributes"]["WEIGHTS_0"])
            np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-3)
            for name, target in zip(names, primitive.get("targets", []), strict=True):
                delta = read_floats(document, target["POSITION"])
                moved[name] = max(moved[name], float(np.abs(delta).max(initial=0.0)))
    still = {name for name, distance in moved.items() if distance < 1e-4}
    assert still <= {"viseme_sil"}, "every other morph must move something"
    assert moved["jawOpen"] > 0.01, "metres"


def test_the_morphs_move_what_they_should(files: list[Path]) -> None:
    document = read_glb(files[1].read_bytes())
    head = next(mesh for mesh in document.tree["meshes"] if mesh["name"] == "Wolf3D_Head")
    names = head["extras"]["targetNames"]
    (primitive,) = head["primitives"]
    rest = read_floats(document, primitive["attributes"]["POSITION"])

    def centre(name: str) -> np.ndarray:
        delta = read_floats(document, primitive["targets"][names.index(name)]["POSITION"])
        size = np.linalg.norm(delta, axis=1)
        return np.asarray((rest * size[:, None]).sum(axis=0) / size.sum())

    assert centre("eyeBlinkLeft")[0] > 0.01 > -0.01 > centre("eyeBlinkRight")[0], "the left is at +X"
    assert centre("eyeBlinkLeft")[1] > centre("mouthSmileLeft")[1] > centre("jawOpen")[1]
    assert centre("browInnerUp")[1] > centre("eyeBlinkLeft")[1]


def test_the_picture_is_there(live: Live, manifest: Manifest) -> None:
    assert manifest.picture is not None, manifest.picture_missing
    answer = httpx.get(manifest.picture.url)
    assert answer.headers["content-type"] == "image/png"
    assert len(answer.content) == manifest.picture.bytes < 600_000


def test_inspect_agrees_with_the_manifest(live: Live, manifest: Manifest, files: list[Path]) -> None:
    done = live.avatar("inspect", files[1], "--json")
    assert done.exit_code == 0, done.err
    assert done.json["triangles"] == manifest.lods[1].triangles
    assert len(done.json["morphs"]) == 72
    assert "triangles" in live.avatar("inspect", files[1]).out


def test_optimize_makes_three_levels_of_what_it_is_given(live: Live, files: list[Path], tmp_path: Path) -> None:
    done = live.avatar("optimize", files[0], "--out", tmp_path, "--json")
    assert done.exit_code == 0, done.err
    assert [report["level"] for report in done.json] == [0, 1, 2]
    for report, (triangles, _) in zip(done.json, BUDGETS, strict=True):
        assert report["triangles"] <= triangles
        assert Path(report["file"]).stat().st_size == report["bytes"]


def test_optimize_makes_the_variants_that_are_named(live: Live, files: list[Path], tmp_path: Path) -> None:
    query = "quality=low&useMeshOptCompression=true&morphTargets=Oculus%20Visemes&textureAtlas=256"
    done = live.avatar("optimize", files[0], "--out", tmp_path, "--as", query, "--json")
    assert done.exit_code == 0, done.err
    (report,) = done.json
    assert (report["level"], report["drawCalls"]) == (2, 2)
    assert len(report["morphs"]) == 15
    assert Path(report["file"]).name == "lod2-atlas256-15-morphs-meshopt.glb"
    wrong = live.avatar("optimize", files[0], "--out", tmp_path, "--as", "lod=7&pose=B")
    assert wrong.exit_code == 2
    assert "lod must be 0, 1 or 2" in wrong.err and "pose must be" in wrong.err


async def test_the_temporal_ui_tells_the_story(temporal: Client, published: GenerationStatus) -> None:
    handle = temporal.get_workflow_handle("generate/local/ada")
    described = await handle.describe()
    assert await described.static_summary() == "generate Ada Lindqvist (realistic)"
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    ours = {key.name for key in SEARCH_ATTRIBUTES}
    assert {name: value for name, value in attributes.items() if name in ours} == {
        "Tenant": "local",
        "AgentId": "ada",
        "AvatarStyle": "realistic",
        "Provider": "parametric",
        "Stage": "done",
        "AvatarVersion": 1,
    }
    found = [w async for w in temporal.list_workflows("AgentId = 'ada' AND AvatarVersion = 1")]
    assert [w.id for w in found] == ["generate/local/ada"]


async def test_no_bytes_enter_the_history(temporal: Client, published: GenerationStatus) -> None:
    history = await history_of(temporal, published)
    text = history.to_json()
    assert len(text) < 120_000
    assert len(history.events) < 120


async def test_the_history_replays_on_the_code_as_it_is(temporal: Client, published: GenerationStatus) -> None:
    history = await history_of(temporal, published)
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=RUNNER)
    await replayer.replay_workflow(history)


def test_a_second_run_is_a_second_version_and_the_first_stays(live: Live, manifest: Manifest, tmp_path: Path) -> None:
    changed = json.loads(ADA.read_text()) | {"description": "An old man, 1.50 m tall, in a red T-shirt."}
    profile = tmp_path / "changed.json"
    profile.write_text(json.dumps(changed))
    done = live.avatar("generate", profile, "--json")
    assert done.exit_code == 0, done.err
    assert done.json["version"] == 2
    after = Manifest.model_validate_json(httpx.get(f"{live.url}/api/avatars/ada").content)
    assert after.version == 2 and after.etag != manifest.etag
    assert after.bounds.max[1] < manifest.bounds.max[1], "shorter"
    assert httpx.get(manifest.lods[2].url).status_code == 200


def test_generate_without_waiting_says_where_to_look(live: Live, tmp_path: Path) -> None:
    profile = tmp_path / "bob.json"
    profile.write_text(json.dumps({"agentId": "bob", "name": "Bob", "style": "stylised"}))
    done = live.avatar("generate", profile, "--no-wait")
    assert done.exit_code == 0, done.err
    assert "avatar status bob" in done.out
    waited = live.avatar("generate", profile, "--json")  # joins the same run
    assert waited.json["version"] == 1


def test_what_the_command_line_refuses(live: Live, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"agentId": "ada", "nam": "Ada"}')
    refused = live.avatar("generate", bad)
    assert refused.exit_code == 2 and "name" in refused.err and str(bad) in refused.err
    assert live.avatar("generate", tmp_path / "missing.json").exit_code == 3
    unknown = live.avatar("status", "nobody", "--json")
    assert (unknown.exit_code, json.loads(unknown.err)["code"]) == (3, "not_found")
    liar = tmp_path / "liar.glb"
    liar.write_bytes(b"glTF\x02\0\0\0\xff\xff\xff\x7f" + b"\0" * 40)
    assert live.avatar("inspect", liar).exit_code == 5
    refused = live.avatar("optimize", liar, "--out", tmp_path / "out")
    assert refused.exit_code == 5 and not (tmp_path / "out").exists()
    away = live.avatar("status", "ada", "--api", "http://127.0.0.1:9")
    assert away.exit_code == 7 and "avatar up" in away.err
