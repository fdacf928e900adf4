"""Textures within a limit: format, alpha, normals, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from specimens import altered, encoded, figure, picture, png_bomb, unpack, with_image

from avatar.errors import InvalidModel
from avatar.gltf.accessors import view_bytes
from avatar.gltf.document import Document, read_glb
from avatar.gltf.inspect import require_sound
from avatar.gltf.textures import limit_textures

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
