"""Documents whose images lie behind all else in the binary chunk: the rest can be kept as it is and they exchanged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from avatar.errors import InvalidModel
from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Document, Tree


def geometry_only(document: Document) -> tuple[list[Tree], bytes]:
    """Buffer views and bytes of all that is no image. Raises InvalidModel when images do not come last."""
    views = document.list("bufferViews")
    of_images = [image["bufferView"] for image in document.list("images")]
    first = len(views) - len(of_images)
    if sorted(of_images) != list(range(first, len(views))):
        raise _mixed("images share buffer views or stand among the others")
    kept = views[:first]
    used = max((view.get("byteOffset", 0) + view["byteLength"] for view in kept), default=0)
    if any(view.get("byteOffset", 0) < used for view in views[first:]):
        raise _mixed("an image lies before geometry")
    for accessor in document.list("accessors"):
        sparse = accessor.get("sparse", {})
        read = (accessor, *(sparse[part] for part in ("indices", "values") if part in sparse))
        if any(source.get("bufferView", -1) >= first for source in read):
            raise _mixed("an accessor reads from an image")
    return kept, document.binary[:used]


def with_images(views: Sequence[Tree], binary: bytes, images: Iterable[bytes]) -> tuple[list[Tree], bytes]:
    """Buffer views and bytes of geometry with a view more for each image, in order, at multiples of 4 bytes."""
    made, chunks, size = list(views), [binary], len(binary)
    for image in images:
        padding = -size % 4
        made.append({"buffer": 0, "byteOffset": size + padding, "byteLength": len(image)})
        chunks += [b"\0" * padding, image]
        size += padding + len(image)
    return made, b"".join(chunks)


def image_bytes(document: Document) -> list[bytes]:
    """The images of a document, in order."""
    return [view_bytes(document, image["bufferView"]) for image in document.list("images")]


def _mixed(what: str) -> InvalidModel:
    return InvalidModel(f"its images cannot be exchanged: {what}", where="bufferViews", mend="Build the model anew")
