"""Pictures of the little man: what is in them, what changes them, what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from avatar.errors import InvalidModel
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.picture import Framing, Pose, Shot, Studio, View, is_available, render
from avatar.picture.studio import encode

SMALL = {"width": 96, "height": 128, "background": None}


@pytest.fixture(scope="module")
def studio(man: bytes) -> Iterator[Studio]:
    with Studio() as opened:
        opened.place(man)
        yield opened


def mask(studio: Studio, **shot: object) -> np.ndarray:
    return studio.photograph(Shot(**SMALL, **shot))[..., 3] > 127


def test_this_machine_can_render() -> None:
    assert is_available() is None


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("pose", list(Pose))
def test_whole_body_fills_the_picture_and_keeps_off_its_border(studio: Studio, view: View, pose: Pose) -> None:
    seen = mask(studio, view=view, pose=pose)
    assert not (seen[0].any() or seen[-1].any() or seen[:, 0].any() or seen[:, -1].any())
    assert max(seen.any(1).mean(), seen.any(0).mean()) > 0.75


@pytest.mark.parametrize("framing", [Framing.PORTRAIT, Framing.FACE])
@pytest.mark.parametrize("view", [View.FRONT, View.SIDE])
def test_heads_stand_free_above_and_go_on_below(studio: Studio, framing: Framing, view: View) -> None:
    seen = mask(studio, framing=framing, view=view)
    assert not seen[0].any()
    assert seen[-1].any()
    rows = np.flatnonzero(seen.any(1))
    top = seen[rows[0] + 2]
    assert not top[0] and not top[-1]
    middle = np.flatnonzero(top).mean()
    assert abs(middle - 48) < 12


def test_face_is_closer_than_portrait(studio: Studio) -> None:
    def head_width(framing: Framing) -> int:
        seen = mask(studio, framing=framing)
        return int(seen[np.flatnonzero(seen.any(1))[0] + 3].sum())

    assert head_width(Framing.FACE) > 1.5 * head_width(Framing.PORTRAIT) > 0


def test_relaxed_brings_the_arms_down(studio: Studio) -> None:
    def spread(pose: Pose) -> float:
        seen = mask(studio, pose=pose)
        return seen.any(0).sum() / seen.any(1).sum()

    assert spread(Pose.BIND) > 0.85
    assert spread(Pose.RELAXED) < 0.6


def test_pose_of_one_shot_does_not_stay_for_the_next(studio: Studio) -> None:
    before = studio.photograph(Shot(**SMALL, pose=Pose.BIND))
    studio.photograph(Shot(**SMALL, pose=Pose.RELAXED, morphs={"cheekPuff": 1.0}))
    assert np.array_equal(before, studio.photograph(Shot(**SMALL, pose=Pose.BIND)))


def test_a_morph_changes_the_head_only_and_an_unknown_one_nothing(studio: Studio) -> None:
    rest = studio.photograph(Shot(**SMALL)).astype(int)
    puffed = studio.photograph(Shot(**SMALL, morphs={"cheekPuff": 1.0})).astype(int)
    changed = np.abs(puffed * puffed[..., 3:] - rest * rest[..., 3:]).max(2) > 24 * 255
    assert changed[: 128 // 3].sum() > 50
    assert changed[128 // 3 :].sum() < 0.1 * changed.sum()  # shadow edges move a little elsewhere
    assert np.array_equal(rest, studio.photograph(Shot(**SMALL, morphs={"noSuchShape": 1.0})))


def test_prefixed_joints_are_the_same_joints(studio: Studio, make_man: Callable[[str], bytes], man: bytes) -> None:
    plain = studio.photograph(Shot(**SMALL))
    studio.place(make_man("mixamorig:"))
    assert np.array_equal(plain, studio.photograph(Shot(**SMALL)))
    studio.place(man)


def test_edges_keep_the_colour_of_what_they_belong_to(studio: Studio) -> None:
    image = studio.photograph(Shot(width=180, height=240, pose=Pose.BIND)).astype(int)
    alpha = image[..., 3]
    rows, columns = np.nonzero((alpha > 0) & (alpha < 255))
    beside = [
        (np.abs(image[y, x, :3] - image[y, x + step, :3]).max())
        for y, x in zip(rows, columns, strict=True)
        for step in (-1, 1)
        if alpha[y, x + step] == 255
    ]
    assert len(beside) > 100 and np.median(beside) < 12  # a dark fringe would differ by half the brightness


def test_background_is_a_colour_or_nothing(studio: Studio) -> None:
    clear = Image.open(io.BytesIO(studio.take(Shot(width=64, height=64, background=None))))
    assert clear.mode == "RGBA" and clear.getpixel((0, 0))[3] == 0
    solid = Image.open(io.BytesIO(studio.take(Shot(width=64, height=64, background="#204060"))))
    assert solid.mode == "RGB" and solid.getpixel((0, 0)) == (0x20, 0x40, 0x60)


def test_the_renderer_refuses_a_file_and_takes_the_next(studio: Studio, man: bytes) -> None:
    document = read_glb(man)
    accessors = [dict(entry) for entry in document.list("accessors")]
    accessors[0]["count"] = 10_000_000
    with pytest.raises(InvalidModel, match="renderer cannot read"):
        studio.place(write_glb(Document(document.tree | {"accessors": accessors}, document.binary)))
    studio.place(man)
    assert mask(studio).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nodes": [{"children": [1]}, {"children": [0]}]}, "cycle"),
        ({"nodes": [{"children": [2]}, {"children": [2]}, {}]}, "two parents"),
        ({"nodes": [{"children": [7]}]}, "broken"),
        ({"nodes": [{"rotation": [0, 0]}]}, "broken"),
        ({"nodes": [{"rotation": [0, 0, 0, 0]}]}, "length zero"),
        ({"nodes": [{"scale": [1e200] * 3, "children": [1]}, {"scale": [1e200] * 3}]}, "finite"),
        ({"nodes": []}, "0 nodes"),
        ({"images": [{"uri": "../../secret.png"}]}, "outside"),
    ],
)
def test_broken_scene_graphs_are_refused_before_the_renderer(man: bytes, change: dict, message: str) -> None:
    document = read_glb(man)
    with Studio() as studio:
        with pytest.raises(InvalidModel, match=message):
            studio.place(write_glb(Document(document.tree | change, document.binary)))
        assert studio.guest is None


def test_a_truncated_file_is_refused(man: bytes) -> None:
    with pytest.raises(InvalidModel):
        render(man[:-100])


def test_an_avatar_without_a_skeleton_has_a_picture(man: bytes) -> None:
    document = read_glb(man)
    nodes = [{key: value for key, value in node.items() if key != "skin"} for node in document.list("nodes")]
    for node in nodes:
        node["name"] = "thing"
    tree = {key: value for key, value in document.tree.items() if key != "skins"} | {"nodes": nodes}
    mesh = [dict(document.list("meshes")[0])]
    attributes = mesh[0]["primitives"][0]["attributes"]
    mesh[0]["primitives"][0]["attributes"] = {k: v for k, v in attributes.items() if k in ("POSITION", "NORMAL")}
    glb = write_glb(Document(tree | {"meshes": mesh}, document.binary))
    data = render(glb, Shot(width=64, height=64, framing=Framing.FACE))
    assert np.asarray(Image.open(io.BytesIO(data))).std() > 5


def test_a_picture_too_rich_for_its_size_is_told_in_256_colours() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1024, 768, 4), dtype=np.uint8)
    noise[..., 3] = 255
    assert Image.open(io.BytesIO(encode(noise, Shot()))).mode == "P"
    wide = np.tile(noise[:512, :512], (4, 4, 1)) // 64 * 64
    assert Image.open(io.BytesIO(encode(wide, Shot(width=2048, height=2048)))).mode == "RGB", "more pixels, more bytes"


def test_many_sizes_one_after_the_other_leave_no_trace(studio: Studio) -> None:
    """The renderer keeps few targets; those that come back are as new."""
    first = mask(studio)
    for side in (32, 48, 64, 80, 96):
        shot = Shot(width=side, height=side, background=None)
        assert studio.photograph(shot).shape == (side, side, 4)
    assert (mask(studio) == first).all()
