"""Pictures over HTTP, on the real Temporal and mongod: read as Ready Player Me's, made once, found again.

The road is walked with scripted pictures; what is in them is looked at on one human and the real renderer.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import numpy as np
import pytest
import pytest_asyncio
from gateways import Gateway
from people import a_character
from PIL import Image
from scripted import a_picture
from temporalio.exceptions import ApplicationError
from wishing import GLB, MORPHS, Turnstile, another, following, publish, until, with_settings
from working import working

from activities.pool import MeshTools
from activities.wishes import Granting
from avatar.catalog import deletion
from avatar.catalog.documents import WishDocument
from avatar.human.human import make_human
from avatar.manifest import Bounds, ModelFacts
from avatar.picture import Studio
from avatar.shot import EXPRESSIONS, Expression, Framing, Shot

PNG = "image/png"
PUBLISHED = b"the picture it was published with"
HAPPY = "/avatars/ada.png?camera=portrait&expression=happy"
FACE = tuple(sorted({name for face in EXPRESSIONS.values() for name in face} | set(MORPHS)))
MODEL = ModelFacts(joints=("Hips",), morphs=FACE, bounds=Bounds(min=(0, 0, 0), max=(1, 2, 1)))


@pytest_asyncio.fixture
async def published(gateway: Gateway) -> Gateway:
    """Ada with a picture, and with all that faces move."""
    picture = await gateway.services.blobs.put(PUBLISHED, PNG)
    await publish(gateway, picture=picture, model=MODEL)
    return gateway


class Camera(Turnstile):
    """Takes pictures of nothing: their bytes tell what was asked for. Counts."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self.taken: list[Shot] = []
        self._blobs = gateway.services.blobs

    async def __call__(self, given: Any, attempt: int) -> Any:
        self.taken.append(given.shot)
        await self.passed()
        data = f"{given.shot.model_dump_json()} of {given.of.source.sha256}".encode()
        return a_picture().model_copy(update={"blob": await self._blobs.put(data, PNG)})


async def test_a_picture_is_taken_once_and_then_found(published: Gateway) -> None:
    camera = Camera(published)
    async with working(published, render_shot=camera):
        first = await published.http.get(HAPPY)
        assert (first.status_code, first.headers["content-type"]) == (200, PNG)
        assert first.headers["cache-control"] == "no-cache"
        (shot,) = camera.taken
        assert (shot.width, shot.height, shot.framing, shot.background) == (800, 800, Framing.PORTRAIT, None)
        assert shot.morphs == EXPRESSIONS[Expression.HAPPY]
        for query in (
            "expression=HAPPY&camera=Portrait",
            "Expression=happy&uat=7&quality=80",
            "expression=happy&view=front&pose=relaxed&size=800&_=123",
            "camera=portrait&expression=happy&v=1",
        ):
            again = await published.http.get(f"/avatars/ada.png?{query}")
            assert again.headers["etag"] == first.headers["etag"], query
    assert len(camera.taken) == 1
    # Without any worker: what is there needs none.
    again = await published.http.get(f"{HAPPY}&v=1", headers={"Range": "bytes=2-9"})
    assert (again.status_code, again.content) == (206, first.content[2:10])
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    named = await published.http.get("/avatars/ada/versions/1/picture.png?expression=happy")
    assert named.content == first.content and "immutable" in named.headers["cache-control"]
    unchanged = await published.http.get(HAPPY, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = await published.http.head(HAPPY)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]


async def test_without_parameters_it_is_the_published_picture(published: Gateway) -> None:
    """No worker runs: nothing is made. What clients use against caches is no parameter."""
    for path, cache in (
        ("/avatars/ada.png", "no-cache"),
        ("/avatars/ada.png?uat=123&cacheControl=no-store", "no-cache"),
        ("/avatars/ada.png?v=1", "public, max-age=31536000, immutable"),
        ("/avatars/ada/versions/1/picture.png", "public, max-age=31536000, immutable"),
    ):
        answer = await published.http.get(path)
        assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, PUBLISHED, cache), path
    await publish(published, model=MODEL, picture_missing="no EGL on that machine")
    answer = await published.http.get("/avatars/ada.png")
    assert answer.status_code == 404 and "no EGL on that machine" in answer.json()["detail"]
    assert (await published.http.get("/avatars/ada.png?v=1")).content == PUBLISHED


async def test_what_does_not_fit_is_a_400_with_all_mistakes(published: Gateway) -> None:
    wrong = "camera=drone&size=9999&expression=smug&blendShapes[jawOpn]=1&zoom=2"
    for path in (f"/avatars/ada.png?{wrong}", f"/avatars/ada/versions/1/picture.png?{wrong}"):
        answer = await published.http.get(path)
        problem = answer.json()
        assert (answer.status_code, problem["status"], problem["code"]) == (400, 400, "invalid_input")
        assert {error["field"] for error in problem["errors"]} == {
            "camera", "size", "expression", "blendShapes[jawOpn]", "zoom",
        }  # fmt: skip
        assert "portrait, fullbody, fit, face" in str(problem["errors"]) and "jawOpen" in str(problem["errors"])
    other = await published.http.get("/avatars/ada/versions/1/picture.png?v=2&size=64")
    assert other.status_code == 400
    many = "&".join(f"blendShapes[jawOpen]=0.{number}" for number in range(200))
    assert "more than 100" in (await published.http.get(f"/avatars/ada.png?{many}")).json()["detail"]
    assert (await published.http.get("/avatars/nobody.png?size=64")).status_code == 404
    assert (await published.http.get("/avatars/ada.png?v=9&size=64")).status_code == 404


async def test_two_gateways_and_many_clients_take_one_picture(published: Gateway) -> None:
    camera = Camera(published)
    camera.open.clear()
    async with another(published) as second, working(published, render_shot=camera):
        clients = [gateway.http for gateway in (published, second) for _ in range(4)]
        asking = [asyncio.create_task(http.get(HAPPY)) for http in clients]
        await camera.reached.wait()
        late = asyncio.create_task(second.http.get(HAPPY))
        await asyncio.sleep(0.3)
        camera.open.set()
        answers = await asyncio.gather(*asking, late)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(camera.taken) == 1


async def test_pictures_and_variants_share_a_minute(published: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avatar.catalog.wishes.MINUTE", 1e6)  # so that none ends during the test
    gateway, camera = with_settings(published, variant_builds_per_minute=2), Camera(published)
    async with working(gateway, render_shot=camera):
        await gateway.services.blobs.put(b"variant", GLB)  # what the script says it has built
        for path in (HAPPY, "/avatars/ada.glb?pose=A", HAPPY):
            assert (await gateway.http.get(path)).status_code == 200
        answer = await gateway.http.get("/avatars/ada.png?expression=sad")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
        listed = (await gateway.http.get("/api/avatars/ada/variants")).json()["variants"]
        assert [each["query"] for each in listed] == ["lod=0&pose=A"], "pictures are no variants"


async def test_a_machine_without_a_renderer_says_what_to_install(published: Gateway) -> None:
    tried = 0

    def blind(given: Any, attempt: int) -> Any:
        nonlocal tried
        tried += 1
        raise ApplicationError(
            "libEGL.so.1 is missing. Install what Filament needs: apt-get install -y libegl1.",
            type="picture_unavailable",
            non_retryable=True,
        )

    async with working(published, render_shot=blind):
        for _ in range(2):
            answer = await published.http.get(HAPPY)
            assert (answer.status_code, answer.json()["code"]) == (501, "picture_unavailable")
            assert "apt-get install -y libegl1" in answer.json()["detail"]
        assert tried == 1
        ago = datetime.now(UTC) - timedelta(seconds=20)
        await WishDocument.get_pymongo_collection().update_many({}, {"$set": {"ended_at": ago}})
        assert (await published.http.get(HAPPY)).status_code == 501
    assert tried == 2, "it may have been installed meanwhile"


async def test_redirects_and_signed_names(published: Gateway) -> None:
    gateway, camera = with_settings(published, delivery="redirect"), Camera(published)
    async with working(gateway, render_shot=camera):
        answer = await gateway.http.get(f"{HAPPY}&v=1")
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "private, max-age=150")
        location = httpx.URL(answer.headers["location"])
        assert location.params["name"] == "ada-v1-portrait-happy.png"
        assert (await gateway.http.get(location.raw_path.decode())).status_code == 200
        moving = await gateway.http.get("/avatars/ada.png?camera=fullbody&view=side&size=64&blendShapes[jawOpen]=1")
        assert moving.headers["cache-control"] == "no-store"
        assert httpx.URL(moving.headers["location"]).params["name"] == "ada-v1-fullbody-1-morphs-side-64px.png"


async def test_what_is_kept_in_memory_is_true_at_once(published: Gateway) -> None:
    """Model and picture have the same parameters and are not mistaken; a deleted avatar has no pictures."""
    camera, feed = Camera(published), published.app.state.feed
    async with feed.running(), working(published, render_shot=camera):
        await following(published)
        for _ in range(2):
            assert (await published.http.get("/avatars/ada.png")).content == PUBLISHED
            assert (await published.http.get("/avatars/ada.glb")).headers["content-type"] == GLB
            assert (await published.http.get(f"{HAPPY}&v=1")).status_code == 200
        known = published.app.state.hot.answers.of("local", "ada")
        assert {served.ref.media_type for served in known.values()} == {PNG, GLB} and len(known) == 3
        await deletion.delete_avatar(published.services.connection, "local", "ada", by="")

        async def gone() -> bool:
            paths = (HAPPY, f"{HAPPY}&v=1", "/avatars/ada/versions/1/picture.png?expression=happy")
            return {(await published.http.get(path)).status_code for path in paths} == {404}

        await until(gone)
    assert await WishDocument.count() == 0


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as opened:
        yield opened


@pytest.fixture(scope="module")
def human() -> bytes:
    return make_human(a_character())


class Pool:
    """A mesh pool of one thread beside the test."""

    def __init__(self, studio: Studio) -> None:
        self._tools = cast(MeshTools, SimpleNamespace(studio=studio))

    async def run(self, job: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.to_thread(job, self._tools, *args)


def pixels(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


async def test_what_is_in_the_pictures(gateway: Gateway, studio: Studio, human: bytes) -> None:
    source = await gateway.services.blobs.put(human, GLB)
    await publish(gateway, source=source, model=MODEL)
    granting = Granting(gateway.services.blobs, cast(Any, Pool(studio)))
    async with working(gateway, render_shot=lambda given, attempt: granting.render_shot(given)):

        async def get(query: str) -> np.ndarray:
            return pixels(await gateway.http.get(f"/avatars/ada.png?size=96&{query}"))

        portrait = await get("camera=portrait")
        assert portrait.shape == (96, 96, 4)
        assert portrait[0, 0, 3] == 0 and portrait[60, 48, 3] == 255, "on nothing"
        whole = await get("camera=fullbody&background=144,89,156")
        assert whole.shape == (96, 96, 4) and tuple(whole[0, 0]) == (144, 89, 156, 255)
        standing = (whole != whole[0, 0]).any(2)
        assert standing.any(1).mean() > 0.75 and standing.any(0).mean() < 0.6, "from head to foot"
        face = await get("camera=portrait&expression=lol")
        moved = (np.abs(face[..., :3].astype(int) - portrait[..., :3]) > 24).any(2)
        assert moved.any() and moved[30:75, 30:66].sum() > 0.9 * moved.sum(), "the face and nothing else"
        assert (await get("camera=portrait&blendShapes[jawOpen]=0.8") != portrait).any()
        assert (await get("camera=fit&pose=power-stance&background=90599c") != whole).any()
        assert (await get("camera=fit&background=90599C") == whole).all()
        assert (await get("view=back") != portrait).any()
    found = await WishDocument.find({"query": "camera=portrait&size=96&expression=lol"}).to_list()
    assert [each.facts for each in found] == [{"width": 96, "height": 96}]
