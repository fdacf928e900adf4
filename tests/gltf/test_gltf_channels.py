"""Texture channels by choice: what goes leaves its average behind."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from specimens import altered, encoded, figure, with_image

from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.transforms.channels import choose_channels
from avatar.variant import Channel

SMALL = figure(4)
BROWN = with_image(SMALL, encoded(Image.new("RGB", (8, 8), (188, 124, 64)), "PNG"))


def _opaque(tree: dict[str, Any]) -> None:
    tree["materials"][1].pop("alphaMode")


def _factor(document: Document, material: int) -> list[float]:
    found: list[float] = document.tree["materials"][material]["pbrMetallicRoughness"]["baseColorFactor"]
    return found


def test_all_channels_change_nothing() -> None:
    document = require_sound(SMALL)
    assert choose_channels(document, Channel).document is document


def test_base_colour_becomes_the_factor_in_linear_light() -> None:
    made = choose_channels(require_sound(altered(BROWN, _opaque)), []).document
    assert _factor(made, 0) == pytest.approx([0.5029, 0.2016, 0.0513, 1.0], abs=2e-3)  # sRGB decoded
    assert "images" not in made.tree
    assert "textures" not in made.tree


def test_a_factor_multiplies_the_average() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] = [0.5, 1.0, 1.0, 0.25]

    made = choose_channels(require_sound(altered(BROWN, change)), []).document
    assert _factor(made, 0) == pytest.approx([0.2515, 0.2016, 0.0513, 0.25], abs=2e-3)


def test_only_what_the_surface_shows_counts() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :] = (255, 0, 0)  # everywhere but where the head looks
    pixels[:8] = (0, 0, 255)
    data = with_image(SMALL, encoded(Image.fromarray(pixels), "PNG"))

    def change(tree: dict[str, Any]) -> None:
        transform = {"KHR_texture_transform": {"scale": [1, 0.1]}}
        tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["extensions"] = transform
        tree["extensionsUsed"] = ["KHR_texture_transform"]

    made = choose_channels(require_sound(altered(data, change)), []).document
    assert _factor(made, 0) == pytest.approx([0, 0, 1, 1], abs=1e-3)


def test_cut_outs_keep_their_shape_in_white() -> None:
    document = require_sound(SMALL)
    change = choose_channels(document, [])
    image = change.document.tree["images"][0]
    pixels = np.asarray(Image.open(io.BytesIO(view_bytes(change.document, image["bufferView"]))))
    before = document.tree["images"][1]
    own = np.asarray(Image.open(io.BytesIO(view_bytes(document, before["bufferView"]))))
    assert (pixels[..., :3] == 255).all()
    np.testing.assert_array_equal(pixels[..., 3], own[..., 3])
    assert any("kept the alpha" in note for note in change.notes)


def test_normals_go_and_colours_stay(sidecar: Sidecar) -> None:
    made = choose_channels(require_sound(SMALL), [Channel.BASE_COLOR]).document
    assert "normalTexture" not in made.tree["materials"][1]
    assert len(made.list("images")) == 2
    data = write_glb(made)
    assert inspect(data).sound
    assert validate(data, sidecar).errors == 0


def _rough(tree: dict[str, Any]) -> None:
    material = tree["materials"][0]
    material["pbrMetallicRoughness"] |= {"metallicRoughnessTexture": {"index": 0}, "metallicFactor": 0.5}
    material["occlusionTexture"] = {"index": 0}
    material["emissiveTexture"], material["emissiveFactor"] = {"index": 0}, [1.0, 1.0, 0.5]


def test_roughness_metalness_and_glow_become_factors() -> None:
    made = choose_channels(require_sound(altered(BROWN, _rough)), []).document.tree["materials"][0]
    assert made["pbrMetallicRoughness"]["roughnessFactor"] == pytest.approx(124 / 255, abs=1e-3)
    assert made["pbrMetallicRoughness"]["metallicFactor"] == pytest.approx(0.5 * 64 / 255, abs=1e-3)
    assert made["emissiveFactor"] == pytest.approx([0.5029, 0.2016, 0.0257], abs=2e-3)
    assert "occlusionTexture" not in made


def test_occlusion_alone_keeps_the_image_that_it_shares() -> None:
    made = choose_channels(require_sound(altered(BROWN, _rough)), [Channel.OCCLUSION]).document
    material = made.tree["materials"][0]
    assert "metallicRoughnessTexture" not in material["pbrMetallicRoughness"]
    source = made.tree["textures"][material["occlusionTexture"]["index"]]["source"]
    assert view_bytes(made, made.tree["images"][source]["bufferView"])[:4] == b"\x89PNG"


def test_layers_of_extensions_go_with_their_channel() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["materials"][0]["extensions"] = {
            "KHR_materials_clearcoat": {
                "clearcoatFactor": 0.5,
                "clearcoatTexture": {"index": 0},
                "clearcoatNormalTexture": {"index": 2},
            },
            "KHR_materials_specular": {"specularColorTexture": {"index": 0}},
        }
        tree["extensionsUsed"] = ["KHR_materials_clearcoat", "KHR_materials_specular"]

    document = require_sound(altered(BROWN, change))
    plain = choose_channels(document, []).document.tree["materials"][0]["extensions"]
    assert plain["KHR_materials_clearcoat"] == {"clearcoatFactor": pytest.approx(0.5 * 188 / 255, abs=1e-3)}
    assert list(plain["KHR_materials_specular"]) == ["specularColorFactor"]
    normal = choose_channels(document, [Channel.NORMAL]).document.tree["materials"][0]["extensions"]
    assert "clearcoatNormalTexture" in normal["KHR_materials_clearcoat"]
    assert "clearcoatTexture" not in normal["KHR_materials_clearcoat"]


def test_lips_do_not_redden_the_skin() -> None:
    pixels = np.full((64, 64, 3), (200, 150, 120), np.uint8)
    pixels[:14] = (20, 0, 0)
    data = with_image(SMALL, encoded(Image.fromarray(pixels), "PNG"))
    made = choose_channels(require_sound(data), []).document
    assert _factor(made, 0)[:3] == pytest.approx([0.578, 0.305, 0.188], abs=0.01)
