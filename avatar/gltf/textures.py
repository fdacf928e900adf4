"""Textures no larger than a limit, in formats that every client reads: JPEG where nothing is see-through, else PNG."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from avatar.errors import InvalidModel
from avatar.gltf.accessors import view_bytes
from avatar.gltf.checks import Findings, check_images
from avatar.gltf.document import Change, Document, Tree, pointer, without
from avatar.gltf.images import JPEG, MAX_SIDE, PNG, read_header

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]


class Use(IntEnum):
    """What an image is for; where it is used twice, the larger number rules."""

    DATA = 0  # roughness, metallic, occlusion: linear
    COLOUR = 1  # alpha is not looked at
    CUT_OUT = 2  # alpha decides against a cutoff
    BLENDED = 3  # alpha matters
    NORMAL = 4  # directions


@dataclass(frozen=True, slots=True)
class TextureOptions:
    """JPEG qualities by use, colours of a PNG, and how much smaller a new file must be to replace one that has the
    right size."""

    colour_quality: int = 87
    data_quality: int = 85
    normal_quality: int = 90
    palette: int = 256
    rounds: int = 6  # of refining the palette
    gain: float = 0.9


@dataclass(frozen=True, slots=True)
class _Role:
    use: Use
    cutoff: float = 0.5


DEFAULTS = TextureOptions()
_UNUSED = _Role(Use.BLENDED)  # whatever an unused image is for, nothing of it is lost
_NONE: Mapping[str, tuple[bytes, str]] = {}


def limit_textures(
    document: Document,
    limit: int,
    relief: int | None = None,
    options: TextureOptions = DEFAULTS,
    known: Mapping[str, tuple[bytes, str]] = _NONE,
) -> Change:
    """``document`` with no image over ``limit`` pixels a side and none in WebP; ``relief`` is the limit, where it is
    another, of images that hold normals or numbers and not colours.

    Alpha survives as PNG of 256 colours, with its coverage kept where it cuts out; normal maps stay unit vectors;
    images of the right size and format keep their bytes unless a new file is clearly smaller. ``known`` are images
    (bytes, media type) that were made within the same limits, by their `image_keys`. Raises ``InvalidModel`` for an
    image that does not decode or claims too many pixels.
    """
    findings = Findings()
    check_images(document, findings)
    if findings.errors:
        first = findings.problems[0]
        raise InvalidModel(first.message, where=first.where, problems=findings.problems)
    roles = _roles(document)
    views, pictures = list(document.list("bufferViews")), []
    chunks, size = [document.binary], len(document.binary)
    done: dict[str, tuple[int, str]] = {}
    before = after = changed = recalled = 0
    for at, image in enumerate(document.list("images")):
        data = view_bytes(document, image["bufferView"])
        role = roles.get(at, _UNUSED)
        key = _key(data, role)
        if key not in done:
            most = limit if relief is None or role.use not in (Use.DATA, Use.NORMAL) else relief
            made, mime = known.get(key) or _fit(data, most, role, options, pointer("images", at))
            recalled += key in known
            if made != data:
                padding = -size % 4
                views.append({"buffer": 0, "byteOffset": size + padding, "byteLength": len(made)})
                chunks += [b"\0" * padding, made]
                size += padding + len(made)
                changed += 1
            done[key] = (image["bufferView"] if made == data else len(views) - 1, mime)
            before, after = before + len(data), after + len(made)
        pictures.append({**image, "bufferView": done[key][0], "mimeType": done[key][1]})
    if not pictures:
        return Change(document)
    tree = _without_webp({**document.tree, "images": pictures, "bufferViews": views, "buffers": [{"byteLength": size}]})
    note = f"re-encoded {changed} of {len(done)} images at {limit} px or less: {before:,} to {after:,} bytes"
    if recalled:
        note += f"; {recalled} of them were known"
    return Change(Document(tree, b"".join(chunks)), (note,))


def image_keys(document: Document) -> tuple[str, ...]:
    """What decides how each image is treated, within given limits: equal keys, equal results."""
    roles = _roles(document)
    return tuple(
        _key(view_bytes(document, image["bufferView"]), roles.get(at, _UNUSED))
        for at, image in enumerate(document.list("images"))
    )


def _key(data: bytes, role: _Role) -> str:
    said = f"{hashlib.sha256(data).hexdigest()} {role.use.name} {role.cutoff!r}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _without_webp(tree: Tree) -> Tree:
    """Textures point at their image directly: what was WebP is none any more."""
    textures: list[Tree] = []
    for texture in tree.get("textures", []):
        extensions = texture.get("extensions", {})
        if "EXT_texture_webp" in extensions:
            rest = without(extensions, "EXT_texture_webp")
            texture = {**without(texture, "extensions"), "source": extensions["EXT_texture_webp"]["source"]}
            if rest:
                texture["extensions"] = rest
        textures.append(texture)
    made = {**tree, "textures": textures} if textures else dict(tree)
    for key in ("extensionsUsed", "extensionsRequired"):
        if key in made:
            made[key] = [name for name in made[key] if name != "EXT_texture_webp"]
    return made


def _roles(document: Document) -> dict[int, _Role]:
    """What each image is used for, from all materials and their extensions."""
    roles: dict[int, _Role] = {}
    textures = document.list("textures")

    def note(info: Any, role: _Role) -> None:
        index = info.get("index") if isinstance(info, dict) else None
        if not isinstance(index, int) or not 0 <= index < len(textures):
            return
        texture = textures[index]
        source = texture.get("extensions", {}).get("EXT_texture_webp", texture).get("source")
        if source is not None and (source not in roles or roles[source].use < role.use):
            roles[source] = role

    for material in document.list("materials"):
        pbr = material.get("pbrMetallicRoughness", {})
        alpha = {"MASK": Use.CUT_OUT, "BLEND": Use.BLENDED}.get(material.get("alphaMode", "OPAQUE"), Use.COLOUR)
        note(pbr.get("baseColorTexture"), _Role(alpha, material.get("alphaCutoff", 0.5)))
        note(pbr.get("metallicRoughnessTexture"), _Role(Use.DATA))
        note(material.get("occlusionTexture"), _Role(Use.DATA))
        note(material.get("emissiveTexture"), _Role(Use.COLOUR))
        note(material.get("normalTexture"), _Role(Use.NORMAL))
        for extension in material.get("extensions", {}).values():
            for name, info in extension.items() if isinstance(extension, dict) else ():
                if name.endswith("Texture"):  # may read its alpha (specularTexture does)
                    note(info, _Role(Use.NORMAL if name.endswith("NormalTexture") else Use.BLENDED))
    return roles


def _fit(data: bytes, limit: int, role: _Role, options: TextureOptions, where: str) -> tuple[bytes, str]:
    """The image within ``limit``, and its media type; ``data`` itself when nothing is gained by a new file."""
    header = read_header(data)
    if header is None:
        raise InvalidModel("is not a PNG, JPEG or WebP image", where=where, mend="Convert it")
    small = max(header.width, header.height) <= limit
    if small and header.mime == JPEG:
        return data, JPEG
    pixels = _decode(data, limit, where)
    had_alpha = pixels.shape[2] == 4
    keep_alpha = had_alpha and role.use in (Use.CUT_OUT, Use.BLENDED) and int(pixels[..., 3].min()) < 255
    if not keep_alpha:
        pixels = pixels[..., :3]
    if not small:
        pixels = _scaled(pixels, limit, role)
    quality = {Use.DATA: options.data_quality, Use.NORMAL: options.normal_quality}.get(role.use, options.colour_quality)
    made = _indexed(pixels, options) if keep_alpha else _jpeg(pixels, quality, sharp=role.use is Use.NORMAL)
    mime = PNG if keep_alpha else JPEG
    if small and header.mime == PNG and len(made) > options.gain * len(data):
        return data, PNG
    return made, mime


def _decode(data: bytes, limit: int, where: str) -> U8:
    """(h, w, 3|4) pixels; a large JPEG is decoded at a fraction of its size that is still above ``limit``."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if max(image.size) > MAX_SIDE:
                raise InvalidModel(f"has {image.size[0]} x {image.size[1]} pixels", where=where, mend="Scale it down")
            if max(image.size) > 2 * limit:
                image.draft("RGB", (limit, limit))
            return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    except InvalidModel:
        raise
    except Exception as error:  # a decoder on hostile bytes may raise anything
        raise InvalidModel(
            f"the image does not decode ({type(error).__name__})", where=where, mend="Save it again as PNG or JPEG"
        ) from error


def _scaled(pixels: U8, limit: int, role: _Role) -> U8:
    height, width = pixels.shape[:2]
    factor = limit / max(width, height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if role.use is Use.NORMAL:
        return _scaled_normals(pixels, size)
    colour = np.asarray(Image.fromarray(pixels[..., :3]).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    if pixels.shape[2] == 3:
        return colour
    weighted = np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    # Where nothing is visible the weighted colour is black, and bilinear filtering would draw it as a dark rim.
    unseen = weighted[..., 3] == 0
    weighted[unseen, :3] = colour[unseen]
    if role.use is Use.CUT_OUT:
        weighted[..., 3] = _same_coverage(pixels[..., 3], weighted[..., 3], role.cutoff)
    return weighted


def _same_coverage(full: U8, small: U8, cutoff: float) -> U8:
    """``small`` alpha scaled so that as much of it passes the cutoff as of ``full``: thin hair stays as dense as it
    was (Castano 2010, "Computing alpha mipmaps")."""
    wanted = float((full > cutoff * 255).mean())
    low, high = 0.25, 4.0
    for _ in range(10):
        factor = (low + high) / 2
        if float((small * factor > cutoff * 255).mean()) < wanted:
            low = factor
        else:
            high = factor
    scaled: U8 = np.clip(np.ceil(small * high), 0, 255).astype(np.uint8)  # the end that is dense enough
    return scaled


def _scaled_normals(pixels: U8, size: tuple[int, int]) -> U8:
    """Averaged directions, made unit again (tangent space, 8 bits for -1..1)."""
    vectors = pixels[..., :3].astype(np.float32) / 127.5 - 1
    planes = [np.asarray(Image.fromarray(vectors[..., axis]).resize(size, Image.Resampling.BOX)) for axis in range(3)]
    mean = np.stack(planes, axis=-1)
    mean[np.linalg.norm(mean, axis=-1) < 1e-3] = (0, 0, 1)
    unit = mean / np.linalg.norm(mean, axis=-1, keepdims=True)
    encoded: U8 = np.clip(np.round((unit + 1) * 127.5), 0, 255).astype(np.uint8)
    return encoded


def _jpeg(pixels: U8, quality: int, *, sharp: bool) -> bytes:
    """JPEG of ``quality``, without chroma subsampling when ``sharp``."""
    out = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(out, "JPEG", quality=quality, subsampling=0 if sharp else 2, optimize=True)
    return out.getvalue()


def _indexed(pixels: U8, options: TextureOptions) -> bytes:
    """PNG with a palette of colours and their alpha; exact when the image (h, w, 4) has few enough of them.

    The palette is refined by Lloyd's algorithm (1982, "Least squares quantization in PCM") on the image's distinct
    colours, weighted by the square root of their number, so that rare ones count too.
    """
    flat = np.ascontiguousarray(pixels).view(np.uint32).reshape(-1)
    distinct, owner, counts = np.unique(flat, return_inverse=True, return_counts=True)
    colours = distinct.view(np.uint8).reshape(-1, 4).astype(np.float64)
    palette, nearest = _palette(colours, np.sqrt(counts), options)
    picture = Image.fromarray(nearest[owner.reshape(-1)].astype(np.uint8).reshape(pixels.shape[:2]), "P")
    picture.putpalette(palette[:, :3].tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True, transparency=palette[:, 3].tobytes())
    return out.getvalue()


def _palette(colours: F64, weights: F64, options: TextureOptions) -> tuple[U8, NDArray[np.int64]]:
    """At most ``options.palette`` colours (p, 4) for distinct ``colours`` (n, 4), and the nearest one of each (n,)."""
    if len(colours) <= options.palette:
        return colours.astype(np.uint8), np.arange(len(colours))
    seen = colours * np.array([*[1.0] * 3, 2.0])  # steps of alpha show more: they move the edge of a cut-out
    order = np.lexsort((seen[:, :3].sum(axis=1), np.round(seen[:, 3] / 16)))
    share = np.cumsum(weights[order])
    starts = np.searchsorted(share, (np.arange(options.palette) + 0.5) / options.palette * share[-1])
    middles = seen[order[np.unique(starts)]]
    nearest = np.zeros(len(seen), np.int64)
    for number in range(options.rounds + 1):
        nearest = np.asarray(cKDTree(middles).query(seen)[1], np.int64)
        if number == options.rounds:
            break
        total = np.bincount(nearest, weights, len(middles))
        sums = np.stack([np.bincount(nearest, weights * seen[:, axis], len(middles)) for axis in range(4)], axis=1)
        middles = np.where(total[:, None] > 0, sums / np.maximum(total, 1e-12)[:, None], middles)
    palette: U8 = np.clip(np.round(middles / np.array([*[1.0] * 3, 2.0])), 0, 255).astype(np.uint8)
    return palette, nearest
