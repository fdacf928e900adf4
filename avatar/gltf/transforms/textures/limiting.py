"""Every image of a document within a limit and in one format, each encoded once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InvalidModel
from avatar.gltf.encoded import Encoded, EncodedImages
from avatar.gltf.gate.checks import Findings, check_images
from avatar.gltf.guests.sidecar import Toolchain
from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Change, Document, Tree, pointer, without
from avatar.gltf.model.images import JPEG, KTX2, PNG, WEBP, ImageHeader, read_header
from avatar.gltf.model.slots import source_image
from avatar.gltf.transforms.textures.decoding import jpeg_as_it_is, open_picture
from avatar.gltf.transforms.textures.encoding import ENCODERS, MIMES, OPTIONS, TextureOptions, encode
from avatar.gltf.transforms.textures.roles import UNUSED, Role, Use, image_roles, plain_images
from avatar.gltf.transforms.textures.scaling import fitted_size, scaled
from avatar.variant import Detail, TextureFormat

U8 = NDArray[np.uint8]

_NONE: Final[Mapping[str, Encoded]] = {}
_POINTS: Final = {WEBP: "EXT_texture_webp", KTX2: "KHR_texture_basisu"}  # how a texture points at such an image
_LARGE = 2**22  # pixels: larger images are worked on in one thread, one after another, for the sake of memory
_MOST_AT_ONCE = 4  # images, on a machine with many cores


@dataclass(frozen=True, slots=True)
class _Wish:
    """How an image shall be."""

    role: Role
    size: tuple[int, int]  # (width, height); as it is when it is within the limit
    kind: TextureFormat
    quality: Detail
    options: TextureOptions


@dataclass(frozen=True, slots=True)
class _Job:
    """An image that has to be looked at, and where it stands. Its bytes are taken out of the document when they are
    needed: several large images at once would fill the memory."""

    key: str
    document: Document
    view: int
    header: ImageHeader
    wish: _Wish
    where: str

    def data(self) -> bytes:
        return view_bytes(self.document, self.view)


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of an image."""

    data: bytes
    mime: str
    changed: bool
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class _Tools:
    toolchain: Toolchain | None
    encoded: EncodedImages | None
    threads: int  # of one encoder
    alone: ThreadPoolExecutor  # one thread: what others have let go of stays with their threads for a while


def limit_textures(
    document: Document,
    limit: int,
    relief: int | None = None,
    options: TextureOptions | None = None,
    known: Mapping[str, Encoded] = _NONE,
    *,
    format: TextureFormat = TextureFormat.JPEG,
    quality: Detail = Detail.HIGH,
    toolchain: Toolchain | None = None,
    encoded: EncodedImages | None = None,
) -> Change:
    """``document`` with no image over ``limit`` pixels a side, all of them in ``format``; ``relief`` is the limit,
    where it is another, of images that hold normals or numbers and not colours.

    JPEG stands for JPEG where nothing is see-through and PNG of 256 colours elsewhere, with its coverage kept where it
    cuts out. Normal maps stay unit vectors. What has to be scaled gets sides that are powers of two; KTX2 has no others
    and comes with all its mip levels, by the programs of ``toolchain``. Images of the right size and format keep their
    bytes at high quality, and otherwise unless a new file is clearly smaller. Pictures that no texture shows, or that
    VRM names as its thumbnail, stay JPEG or PNG.

    ``options`` are those of ``quality`` unless given. ``known`` are images (bytes, media type) that were made within
    the same limits, by their `image_keys`; ``encoded`` keeps what is made for others. Raises ``InvalidModel`` for an
    image that does not decode or claims too many pixels, ``CodecFailed`` when a codec fails.
    """
    findings = Findings()
    check_images(document, findings)
    if findings.errors:
        first = findings.problems[0]
        raise InvalidModel(first.message, where=first.where, problems=findings.problems)
    if not document.list("images"):
        return Change(document)
    roles, plain = image_roles(document), plain_images(document)
    options = options or OPTIONS[quality]
    keys: list[str] = []
    sizes: dict[str, int] = {}
    done: dict[str, _Result] = {}
    jobs: dict[str, _Job] = {}
    for at, image in enumerate(document.list("images")):
        data, role = view_bytes(document, image["bufferView"]), roles.get(at, UNUSED)
        kind = _kind(format, role, plain=at in plain)
        said = _key(data, role)
        key = f"{said} {kind} {role.srgb}"
        keys.append(key)
        sizes[key] = len(data)
        if said in known:
            made, mime = known[said]
            done[key] = _Result(made, mime, changed=made != data)
        elif key not in jobs:
            header, where = read_header(data), pointer("images", at)
            if header is None:
                raise InvalidModel("is not a PNG, JPEG or WebP image", where=where, mend="Convert it")
            most = limit if relief is None or role.use not in (Use.DATA, Use.NORMAL) else relief
            wish = _Wish(role, _size(header, most, kind), kind, quality, options)
            jobs[key] = _Job(key, document, image["bufferView"], header, wish, where)
    recalled = len(done)
    done |= _all_made(list(jobs.values()), toolchain, encoded)
    changed = sum(result.changed for result in done.values())
    after = sum(len(result.data) if result.changed else sizes[key] for key, result in done.items())
    note = f"re-encoded {changed} of {len(done)} images at {limit} px or less: "
    note += f"{sum(sizes.values()):,} to {after:,} bytes"
    note += f"; {recalled} of them were known" if recalled else ""
    remembered = sum(result.remembered for result in done.values())
    note += f"; {remembered} of them had been encoded before" if remembered else ""
    return Change(_rebuilt(document, keys, done), (note,))


def _kind(format: TextureFormat, role: Role, *, plain: bool) -> TextureFormat:
    """The format of one image. Lossy WebP always halves chroma, and without loss it is larger than the JPEG of a normal
    map: those stay JPEG."""
    if format is TextureFormat.WEBP and role.use is Use.NORMAL:
        return TextureFormat.JPEG
    return TextureFormat.JPEG if plain and format in (TextureFormat.WEBP, TextureFormat.KTX2) else format


def image_keys(document: Document) -> tuple[str, ...]:
    """What decides how each image is treated, within given limits: equal keys, equal results."""
    roles = image_roles(document)
    return tuple(
        _key(view_bytes(document, image["bufferView"]), roles.get(at, UNUSED))
        for at, image in enumerate(document.list("images"))
    )


def _key(data: bytes, role: Role) -> str:
    said = f"{hashlib.sha256(data).hexdigest()} {role.use.name} {role.cutoff!r}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _size(header: ImageHeader, limit: int, kind: TextureFormat) -> tuple[int, int]:
    if kind is TextureFormat.KTX2:
        return fitted_size(header.width, header.height, limit, least=4)
    if max(header.width, header.height) <= limit:
        return header.width, header.height
    return fitted_size(header.width, header.height, limit)


# --- one image --------------------------------------------------------------------------------------------------------


def _all_made(jobs: Sequence[_Job], toolchain: Toolchain | None, encoded: EncodedImages | None) -> dict[str, _Result]:
    """The images by key. Codecs let go of the interpreter, so images are made side by side; the largest first, lest
    one is left for the end."""
    cores = len(os.sched_getaffinity(0))
    workers = max(1, min(cores, _MOST_AT_ONCE, len(jobs)))
    ordered = sorted(jobs, key=lambda job: -job.wish.size[0] * job.wish.size[1])
    with ThreadPoolExecutor(1) as alone, ThreadPoolExecutor(workers, thread_name_prefix="textures") as pool:
        tools = _Tools(toolchain, encoded, max(1, cores // workers), alone)
        coming = {job.key: pool.submit(_made, job, tools) for job in ordered}
        try:
            return {job.key: coming[job.key].result() for job in jobs}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _made(job: _Job, tools: _Tools) -> _Result:
    """The image as wished; its own bytes when nothing is gained by others."""
    wish, data, mime = job.wish, job.data(), job.header.mime
    own = _own_bytes(job, data)
    found = False
    if own is not None and wish.quality is Detail.HIGH and mime == MIMES[wish.kind]:
        made = own
    elif tools.encoded is None:
        made, mime = _encoded(job, data, own, tools)
    else:
        said = f"{hashlib.sha256(data).hexdigest()} {wish!r} {ENCODERS}"
        key = hashlib.sha256(said.encode()).hexdigest()
        (made, mime), found = tools.encoded.get_or_make(key, lambda: _encoded(job, data, own, tools))
    if own is not None and not made:
        made = own
    changed = made != data
    return _Result(made if changed else b"", mime, changed, found)


def _own_bytes(job: _Job, data: bytes) -> bytes | None:
    """The bytes by which the image may stay as it is; None when it may not."""
    wish, mime = job.wish, job.header.mime
    if wish.size != (job.header.width, job.header.height) or wish.kind is TextureFormat.KTX2:
        return None
    if mime != MIMES[wish.kind] and not (wish.kind is TextureFormat.JPEG and mime == PNG):
        return None
    return jpeg_as_it_is(data) if mime == JPEG else data


def _encoded(job: _Job, data: bytes, own: bytes | None, tools: _Tools) -> Encoded:
    """A new file; no bytes stand for ``own``."""
    wish, header = job.wish, job.header
    large = header.width * header.height > _LARGE

    def encoded(pixels: U8) -> Encoded:
        return encode(pixels, wish.role, wish.kind, wish.quality, wish.options, tools.toolchain, tools.threads)

    if wish.kind is TextureFormat.KTX2:  # by a process of its own: others may go on here
        made, mime = encoded(tools.alone.submit(_pixels, job, data).result() if large else _pixels(job, data))
    elif large:
        made, mime = tools.alone.submit(lambda: encoded(_pixels(job, data))).result()
    else:
        made, mime = encoded(_pixels(job, data))
    if own is not None and len(made) > wish.options.gain * len(own):
        return b"", header.mime
    return made, mime


def _pixels(job: _Job, data: bytes) -> U8:
    """(h, w, 3, or 4 where alpha matters) of the wished size."""
    wish, header = job.wish, job.header
    image = open_picture(data, max(wish.size), job.where)
    alpha = image.mode == "RGBA" and wish.role.use in (Use.CUT_OUT, Use.BLENDED)
    alpha = alpha and image.getchannel("A").getextrema()[0] != 255
    if wish.size != (header.width, header.height):
        return scaled(image, wish.size, wish.role, alpha=alpha)
    return np.asarray(image if alpha or image.mode == "RGB" else image.convert("RGB"))


# --- the document -----------------------------------------------------------------------------------------------------


def _rebuilt(document: Document, keys: Sequence[str], done: Mapping[str, _Result]) -> Document:
    """``document`` with the images of ``keys``, the new ones behind all else."""
    views, pictures = list(document.list("bufferViews")), []
    chunks, size = [document.binary], len(document.binary)
    places: dict[str, int] = {}
    for key, image in zip(keys, document.list("images"), strict=True):
        result = done[key]
        if key not in places:
            places[key] = image["bufferView"]
            if result.changed:
                padding = -size % 4
                places[key] = len(views)
                views.append({"buffer": 0, "byteOffset": size + padding, "byteLength": len(result.data)})
                chunks += [b"\0" * padding, result.data]
                size += padding + len(result.data)
        pictures.append({**image, "bufferView": places[key], "mimeType": result.mime})
    tree = {**document.tree, "images": pictures, "bufferViews": views, "buffers": [{"byteLength": size}]}
    return Document(_pointing(tree), b"".join(chunks))


def _pointing(tree: Tree) -> Tree:
    """Textures point at their images the way the media types ask for, and the file says which extensions that takes."""
    textures: list[Tree] = []
    needed: set[str] = set()
    for texture in tree.get("textures", []):
        source = source_image(texture)
        extensions: dict[str, Any] = without(texture.get("extensions", {}), *_POINTS.values())
        texture = without(texture, "extensions", "source")
        if source is not None:
            name = _POINTS.get(tree["images"][source]["mimeType"])
            if name is None:
                texture["source"] = source
            else:
                extensions[name] = {"source": source}
                needed.add(name)
        textures.append({**texture, "extensions": extensions} if extensions else texture)
    made = {**tree, "textures": textures} if textures else dict(tree)
    for key in ("extensionsUsed", "extensionsRequired"):
        kept = [name for name in tree.get(key, []) if name not in _POINTS.values()]
        if key in tree or needed:
            made[key] = [*kept, *sorted(needed)]
    return {key: value for key, value in made.items() if value or not key.startswith("extensions")}
