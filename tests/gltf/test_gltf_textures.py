"""Textures within a limit: size, format, alpha, normals, what is refused, and that nothing is encoded twice."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from specimens import Sketch, altered, encoded, figure, picture, png_bomb, unpack, with_image

from avatar.errors import InvalidModel, SetupProblem
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.basis import Mode, decode_ktx2, read_ktx2
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.transforms.textures import limit_textures, limiting
from avatar.gltf.transforms.textures.encoding import encode
from avatar.gltf.transforms.textures.roles import Role, Use, image_roles
from avatar.gltf.transforms.textures.scaling import covered_levels, fitted_size
from avatar.variant import Detail, TextureFormat

BIG = figure(4, texture=256)
COLOUR, CLOTH, NORMAL = 0, 1, 2


def _image(document: Document, at: int) -> Image.Image:
    return Image.open(io.BytesIO(view_bytes(document, document.tree["images"][at]["bufferView"])))


def _limited(data: bytes, limit: int) -> Document:
    return limit_textures(require_sound(data), limit).document


def test_images_shrink_to_the_limit_and_keep_their_kind() -> None:
    document = _limited(BIG, 64)
    kinds = [(_image(document, at).size, _image(document, at).format) for at in range(3)]
    assert kinds == [((64, 64), "JPEG"), ((64, 64), "PNG"), ((64, 64), "JPEG")]
    assert [image["mimeType"] for image in document.tree["images"]] == ["image/jpeg", "image/png", "image/jpeg"]


def test_colours_stay_what_they_were() -> None:
    before = np.asarray(_image(require_sound(BIG), COLOUR).convert("RGB").resize((64, 64), Image.Resampling.BOX), float)
    after = np.asarray(_image(_limited(BIG, 64), COLOUR).convert("RGB"), float)
    assert np.abs(before - after).mean() < 6


def test_a_jpeg_of_the_right_size_keeps_its_bytes() -> None:
    before, after = require_sound(BIG), _limited(BIG, 256)
    assert view_bytes(after, after.tree["images"][COLOUR]["bufferView"]) == view_bytes(
        before, before.tree["images"][COLOUR]["bufferView"]
    )


def test_proportions_survive() -> None:
    wide = with_image(BIG, encoded(picture(200).resize((200, 50)), "PNG"))
    assert _image(_limited(wide, 64), COLOUR).size == (64, 16)


def test_alpha_that_nobody_looks_at_is_dropped() -> None:
    opaque = altered(BIG, lambda tree: tree["materials"][1].update(alphaMode="OPAQUE"))
    assert _image(_limited(opaque, 64), CLOTH).format == "JPEG"


def test_thin_cut_outs_keep_their_coverage_and_their_colour() -> None:
    pixels = np.zeros((256, 256, 4), np.uint8)
    pixels[..., :3] = (200, 120, 40)
    y, x = np.mgrid[0:256, 0:256]
    pixels[..., 3] = np.where((x + 0.37 * y) % 9 < 1.5, 255, 0)  # slanted hairs, less than two pixels wide
    small = np.asarray(_image(_limited(_replaced(BIG, CLOTH, pixels), 64), CLOTH).convert("RGBA"))
    assert (small[..., 3] > 127).mean() == pytest.approx((pixels[..., 3] > 127).mean(), rel=0.2)
    np.testing.assert_allclose(small[..., :3].reshape(-1, 3).mean(axis=0), (200, 120, 40), atol=4)


def _replaced(data: bytes, at: int, pixels: np.ndarray) -> bytes:
    """``data`` with other pixels in image ``at``."""
    made = with_image(data, encoded(Image.fromarray(pixels), "PNG"))

    def change(tree: dict[str, Any]) -> None:
        tree["images"][at]["bufferView"], tree["images"][0]["bufferView"] = tree["images"][0]["bufferView"], first

    first = unpack(data)[0]["images"][0]["bufferView"]
    return altered(made, change)


def test_normal_maps_stay_unit_vectors() -> None:
    angle = np.random.default_rng(5).random((256, 256)) * 2 * np.pi
    vectors = np.stack([0.6 * np.cos(angle), 0.6 * np.sin(angle), np.full_like(angle, 0.8)], -1)
    bumpy = np.round((vectors + 1) * 127.5).astype(np.uint8)
    small = np.asarray(_image(_limited(_replaced(BIG, NORMAL, bumpy), 64), NORMAL).convert("RGB"), float)
    lengths = np.linalg.norm(small / 127.5 - 1, axis=-1)
    assert np.abs(lengths - 1).mean() < 0.05


def test_normals_and_numbers_have_a_limit_of_their_own() -> None:
    document = limit_textures(require_sound(BIG), 128, 64).document
    assert [_image(document, at).size for at in (COLOUR, CLOTH, NORMAL)] == [(128, 128), (128, 128), (64, 64)]


def test_images_with_alpha_fit_a_palette_that_nobody_tells_from_the_colours() -> None:
    y, x = np.mgrid[0:256, 0:256]
    noise = np.random.default_rng(4).integers(0, 24, (256, 256))
    pixels = np.stack([90 + x // 4 + noise, 50 + x // 6 + noise, 30 + noise, np.clip(2 * y, 0, 255)], -1)
    made = _limited(_replaced(BIG, CLOTH, pixels.astype(np.uint8)), 256)
    image = _image(made, CLOTH)
    assert image.mode == "P"
    error = np.abs(np.asarray(image.convert("RGBA"), float) - pixels).mean(axis=(0, 1))
    assert error[:3].max() < 7 and error[3] < 5


def test_webp_becomes_a_format_that_every_client_reads() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["textures"][0] = {"extensions": {"EXT_texture_webp": {"source": 0}}}
        tree["extensionsUsed"] = tree["extensionsRequired"] = ["EXT_texture_webp"]

    source = altered(with_image(BIG, encoded(picture(128), "WEBP")), change)
    document = _limited(source, 128)
    assert _image(document, COLOUR).format == "JPEG"
    assert document.tree["textures"][0] == {"source": 0}
    assert "extensionsRequired" not in document.tree


def test_equal_images_are_stored_once() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["images"].append(dict(tree["images"][COLOUR]))
        tree["textures"].append({"source": 3})
        tree["materials"].append({"pbrMetallicRoughness": {"baseColorTexture": {"index": 3}}})

    document = _limited(altered(BIG, change), 64)
    assert document.tree["images"][3]["bufferView"] == document.tree["images"][COLOUR]["bufferView"]


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(InvalidModel, match="30000 x 30000"):
        limit_textures(read_glb(with_image(BIG, png_bomb(30_000))), 64)


def test_pixels_that_do_not_decode_are_named() -> None:
    broken = with_image(BIG, encoded(picture(256), "PNG")[:300])
    with pytest.raises(InvalidModel, match="/images/0: the image does not decode"):
        _limited(broken, 64)


# --- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "limit", "fitted"),
    [
        ((1000, 600), 512, (512, 256)),  # 307 is nearer to 256, by ratio
        ((1000, 800), 512, (512, 512)),  # 410 is nearer to 512
        ((4096, 2048), 1024, (1024, 512)),
        ((3000, 7), 64, (64, 1)),
        ((300, 200), 200, (128, 64)),  # the power of two below
    ],
)
def test_what_is_scaled_gets_powers_of_two(size: tuple[int, int], limit: int, fitted: tuple[int, int]) -> None:
    assert fitted_size(*size, limit) == fitted
    assert fitted_size(*size[::-1], limit) == fitted[::-1]


@given(st.integers(1, 8192), st.integers(1, 8192), st.sampled_from((64, 128, 256, 512, 1024, 2048, 4096)))
def test_fitted_sizes_keep_within_the_limit_and_near_the_proportions(width: int, height: int, limit: int) -> None:
    across, down = fitted_size(width, height, limit, least=4)
    assert all(side & (side - 1) == 0 and 4 <= side <= limit for side in (across, down))
    if min(across, down) > 4 and max(width, height) >= limit:
        assert 0.49 < (across / down) / (width / height) < 2.05


def test_an_odd_size_within_the_limit_is_left_alone_but_not_as_ktx2(toolchain: Toolchain) -> None:
    odd = with_image(BIG, encoded(picture(200).resize((100, 60)), "JPEG"))
    assert _image(_limited(odd, 128), COLOUR).size == (100, 60)
    header = read_ktx2(_bytes(_wished(odd, 128, TextureFormat.KTX2, toolchain), COLOUR))
    assert (header.width, header.height) == (128, 64)


# --- formats and qualities --------------------------------------------------------------------------------------------


def _wished(
    data: bytes, limit: int, format: TextureFormat, toolchain: Toolchain, quality: Detail = Detail.HIGH, **more: Any
) -> Document:
    document = require_sound(data)
    return limit_textures(document, limit, format=format, quality=quality, toolchain=toolchain, **more).document


def _bytes(document: Document, at: int) -> bytes:
    return view_bytes(document, document.tree["images"][at]["bufferView"])


def test_ktx2_is_chosen_by_what_an_image_is_for(toolchain: Toolchain) -> None:
    document = _wished(BIG, 64, TextureFormat.KTX2, toolchain)
    headers = [read_ktx2(_bytes(document, at)) for at in (COLOUR, CLOTH, NORMAL)]
    assert [header.mode for header in headers] == [Mode.ETC1S, Mode.ETC1S, Mode.UASTC]
    assert [header.srgb for header in headers] == [True, True, False]
    assert [header.alpha for header in headers] == [False, True, False]
    assert {(header.width, header.height, header.levels) for header in headers} == {(64, 64, 7)}


@pytest.mark.parametrize(
    ("format", "name"), [(TextureFormat.KTX2, "KHR_texture_basisu"), (TextureFormat.WEBP, "EXT_texture_webp")]
)
def test_textures_point_at_them_by_an_extension_that_is_required(
    format: TextureFormat, name: str, toolchain: Toolchain
) -> None:
    tree = _wished(BIG, 64, format, toolchain).tree
    own = [at for at in range(3) if format is TextureFormat.KTX2 or at != NORMAL]
    assert tree["textures"] == [
        {"extensions": {name: {"source": at}}} if at in own else {"source": at} for at in range(3)
    ]
    assert (tree["extensionsUsed"], tree["extensionsRequired"]) == ([name], [name])
    assert {tree["images"][at]["mimeType"] for at in own} == {f"image/{format}"}


@pytest.mark.parametrize("format", list(TextureFormat))
@pytest.mark.parametrize("quality", [Detail.LOW, Detail.HIGH])
def test_khronos_finds_no_error_in_any_format(
    format: TextureFormat, quality: Detail, toolchain: Toolchain, sidecar: Sidecar
) -> None:
    made = write_glb(_wished(BIG, 64, format, toolchain, quality))
    assert validate(made, sidecar).errors == 0
    inspect(made)  # and neither do we


def test_png_on_request_is_without_loss(toolchain: Toolchain) -> None:
    document = _wished(BIG, 256, TextureFormat.PNG, toolchain)
    assert {_image(document, at).format for at in range(3)} == {"PNG"}
    for at in (COLOUR, CLOTH):
        before = np.asarray(_image(require_sound(BIG), at).convert("RGBA"))
        np.testing.assert_array_equal(np.asarray(_image(document, at).convert("RGBA")), before)


def test_webp_keeps_alpha_and_normals(toolchain: Toolchain) -> None:
    before, after = require_sound(BIG), _wished(BIG, 256, TextureFormat.WEBP, toolchain)
    assert [_image(after, at).format for at in (COLOUR, CLOTH)] == ["WEBP", "WEBP"]
    assert _image(after, NORMAL).format in ("PNG", "JPEG")
    alphas = [np.asarray(_image(document, CLOTH).convert("RGBA"), float)[..., 3] for document in (before, after)]
    assert np.abs(alphas[0] - alphas[1]).mean() < 2
    normals = [np.asarray(_image(document, NORMAL).convert("RGB")) for document in (before, after)]
    assert np.abs(normals[0].astype(float) - normals[1]).mean() < 2


@pytest.mark.parametrize("format", [TextureFormat.JPEG, TextureFormat.WEBP, TextureFormat.KTX2])
def test_lower_quality_is_smaller_and_still_near(format: TextureFormat, toolchain: Toolchain) -> None:
    noisy = with_image(BIG, encoded(_noisy(256), "PNG"))
    made = [_bytes(_wished(noisy, 128, format, toolchain, quality), COLOUR) for quality in Detail]
    assert len(made[0]) < len(made[1]) < len(made[2])
    wanted = np.asarray(_noisy(256).resize((128, 128), Image.Resampling.LANCZOS), float)
    for data in made:
        data = decode_ktx2(data, toolchain) if format is TextureFormat.KTX2 else data
        error = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float) - wanted
        assert 10 * np.log10(255**2 / (error**2).mean()) > 26


def _noisy(size: int) -> Image.Image:
    y, x = np.mgrid[0:size, 0:size] / size
    noise = np.random.default_rng(8).normal(0, 14, (size, size, 1))
    tones = np.array([170, 120, 90]) + 40 * np.stack([np.sin(5 * x), np.cos(4 * y), x * y], -1) + noise
    return Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8))


def test_thin_cut_outs_stay_as_dense_in_every_level_of_ktx2() -> None:
    y, x = np.mgrid[0:128, 0:128]
    hair = np.full((128, 128, 4), 200, np.uint8)
    hair[..., 3] = np.where((x + 0.37 * y) % 9 < 1.5, 255, 0)
    levels = covered_levels(hair, Role(Use.CUT_OUT, srgb=True))
    assert [level.shape[0] for level in levels] == [64, 32, 16, 8, 4, 2, 1]
    whole = (hair[..., 3] > 127).mean()
    kept = [(level[..., 3] > 127).mean() / whole for level in levels[:4]]
    assert kept[:2] == pytest.approx([1, 1], abs=0.15)
    assert all(0.9 < share < 2.5 for share in kept)  # nearly even alpha passes as a whole or not at all
    hair[..., 3] = np.where(x < 64, 255, 0)  # a large hole is no hair: filtered levels will do
    assert covered_levels(hair, Role(Use.CUT_OUT, srgb=True)) == []


def test_a_cut_out_that_is_thin_becomes_uastc(toolchain: Toolchain) -> None:
    pixels = np.full((256, 256, 4), 120, np.uint8)
    y, x = np.mgrid[0:256, 0:256]
    pixels[..., 3] = np.where((x + 0.37 * y) % 9 < 1.5, 255, 0)
    document = _wished(_replaced(BIG, CLOTH, pixels), 64, TextureFormat.KTX2, toolchain)
    header = read_ktx2(_bytes(document, CLOTH))
    assert (header.mode, header.levels, header.alpha) == (Mode.UASTC, 7, True)


def test_pictures_of_the_whole_avatar_stay_what_any_client_reads(toolchain: Toolchain) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["images"].append(dict(tree["images"][COLOUR]))
        tree["extensions"] = {"VRMC_vrm": {"specVersion": "1.0", "meta": {"thumbnailImage": 3}}}
        tree["extensionsUsed"] = ["VRMC_vrm"]

    document = _wished(altered(BIG, change), 64, TextureFormat.KTX2, toolchain)
    assert [image["mimeType"] for image in document.tree["images"]] == [*["image/ktx2"] * 3, "image/jpeg"]
    assert set(document.tree["extensionsUsed"]) == {"VRMC_vrm", "KHR_texture_basisu"}


def test_colours_and_numbers_are_told_apart() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["images"] += [dict(tree["images"][COLOUR]) for _ in range(3)]
        tree["textures"] += [{"source": at} for at in (3, 4, 5)]
        tree["materials"][0]["extensions"] = {
            "KHR_materials_sheen": {"sheenColorTexture": {"index": 3}, "sheenRoughnessTexture": {"index": 4}},
            "KHR_materials_clearcoat": {"clearcoatNormalTexture": {"index": 5}},
        }

    roles = image_roles(Document(altered_tree(change)))
    assert roles[3] == Role(Use.BLENDED, srgb=True)
    assert roles[4] == Role(Use.BLENDED, srgb=False)
    assert roles[5] == Role(Use.NORMAL)


def altered_tree(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    return unpack(altered(BIG, change))[0]


# --- what comes in ----------------------------------------------------------------------------------------------------


def _grey16() -> Image.Image:
    return Image.fromarray((np.linspace(0, 65535, 256 * 256).reshape(256, 256)).astype(np.uint16))


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (_grey16, "PNG"),
        (lambda: _grey16().point(lambda value: value / 256).convert("L"), "PNG"),
        (lambda: _ramp().quantize(256), "PNG"),
        (lambda: _ramp().convert("CMYK"), "JPEG"),
        (lambda: _ramp().convert("L"), "JPEG"),
        (lambda: _ramp(), "WEBP"),
    ],
    ids=["16 bits", "grey", "palette", "CMYK", "grey JPEG", "WebP"],
)
@pytest.mark.parametrize("limit", [64, 256])
def test_whatever_comes_in_looks_the_same(made: Callable[[], Image.Image], kind: str, limit: int) -> None:
    document = _limited(with_image(BIG, encoded(made(), kind)), limit)
    after = _image(document, COLOUR)
    assert after.mode in ("RGB", "L", "P", "I;16")
    assert after.mode != "CMYK"
    wanted = np.asarray(_ramp_plane().resize((limit, limit), Image.Resampling.BOX), float)
    found = np.asarray(after, float) / 257 if after.mode == "I;16" else np.asarray(after.convert("RGB"), float)[..., 1]
    assert np.abs(found - wanted).mean() < 3


def _ramp() -> Image.Image:
    return Image.merge("RGB", [_ramp_plane()] * 3)


def _ramp_plane() -> Image.Image:
    return Image.fromarray((np.linspace(0, 255, 256 * 256).reshape(256, 256)).astype(np.uint8))


def test_a_jpeg_that_says_it_lies_on_its_side_is_shown_as_gltf_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture(64).save(out, "JPEG", exif=exif)
    kept = _bytes(_limited(with_image(BIG, out.getvalue()), 64), COLOUR)
    assert Image.open(io.BytesIO(kept)).getexif().get(0x0112) is None
    shown = [np.asarray(Image.open(io.BytesIO(data))) for data in (kept, out.getvalue())]
    np.testing.assert_array_equal(shown[0], shown[1])


LARGE = """
import sys
from pathlib import Path
from avatar.gltf.model.document import read_glb
from avatar.gltf.transforms.textures import limit_textures
made = limit_textures(read_glb(Path(sys.argv[1]).read_bytes()), 1024).document
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) >> 10, *(image["mimeType"] for image in made.tree["images"]))
"""


def test_large_images_are_taken_one_after_another(tmp_path: Path) -> None:
    """Four of 4096 px: each is 64 MB of pixels, and the program itself 80 MB."""
    plane = Image.linear_gradient("L").resize((4096, 4096), Image.Resampling.NEAREST)
    turned = plane.transpose(Image.Transpose.ROTATE_90)
    out = io.BytesIO()
    Image.merge("RGBA", [plane, turned, plane, turned]).save(out, "PNG", compress_level=1)
    sketch = Sketch()
    for number in range(4):
        sketch.image(out.getvalue() + bytes(number), "image/png")
    slots = {"baseColorTexture": {"index": 0}, "metallicRoughnessTexture": {"index": 1}}
    hair = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 3}}, "alphaMode": "MASK"}
    sketch.tree["materials"] = [{"pbrMetallicRoughness": slots, "normalTexture": {"index": 2}}, hair]
    (tmp_path / "large.glb").write_bytes(sketch.glb())
    command = [sys.executable, "-c", LARGE, str(tmp_path / "large.glb")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert said[1:] == ["image/jpeg"] * 3 + ["image/png"]
    assert int(said[0]) < 300


# --- once -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", list(TextureFormat))
def test_nothing_is_encoded_twice(
    format: TextureFormat, toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def counted(*given: Any) -> Any:
        calls.append(1)
        return encode(*given)

    monkeypatch.setattr(limiting, "encode", counted)
    first = _wished(BIG, 64, format, toolchain, encoded=EncodedImages(tmp_path, 10**7))
    assert len(calls) == 3
    again = _wished(BIG, 64, format, toolchain, encoded=EncodedImages(tmp_path, 10**7))
    assert (again, len(calls)) == (first, 3)
    assert first == _wished(BIG, 64, format, toolchain)
    _wished(BIG, 64, format, toolchain, Detail.LOW, encoded=EncodedImages(tmp_path, 10**7))
    _wished(BIG, 32, format, toolchain, encoded=EncodedImages(tmp_path, 10**7))
    assert len(calls) == 12  # 3 without a cache, 3 of another quality, 3 of another size


def test_an_image_that_fits_is_encoded_once_for_all_limits(toolchain: Toolchain, tmp_path: Path) -> None:
    cache = EncodedImages(tmp_path, 10**7)
    small = figure(4, texture=32)
    notes = [
        limit_textures(
            require_sound(small), limit, format=TextureFormat.KTX2, toolchain=toolchain, encoded=cache
        ).notes[0]
        for limit in (256, 64)
    ]
    assert "had been encoded" not in notes[0]
    assert "3 of them had been encoded before" in notes[1]


def test_an_encoder_that_fails_is_told_and_not_remembered(tmp_path: Path, toolchain: Toolchain) -> None:
    nowhere = Toolchain(node=toolchain.node, modules=tmp_path / "nothing")
    cache = EncodedImages(tmp_path / "cache", 10**7)
    with pytest.raises(SetupProblem):
        _wished(BIG, 64, TextureFormat.KTX2, nowhere, encoded=cache)
    assert read_ktx2(_bytes(_wished(BIG, 64, TextureFormat.KTX2, toolchain, encoded=cache), COLOUR)).width == 64
