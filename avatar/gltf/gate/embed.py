"""Folds ``data:`` URIs and extra buffers into the one binary chunk, so that nothing later has to know of them."""

from __future__ import annotations

import base64
import binascii
import re

from avatar.gltf.gate.schema import MESHOPT
from avatar.gltf.model.document import Document, Tree, without

_HEAD = re.compile(r"data:(?P<mime>[^;,]*)(?:;[^;,]*)*;base64")


def decode_data_uri(uri: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a base64 ``data:`` URI (RFC 2397), None when it is none."""
    head, comma, body = uri.partition(",")
    match = _HEAD.fullmatch(head)
    if not (match and comma):
        return None
    try:
        return match["mime"], base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None


def embed(document: Document) -> Document:
    """``document`` with all data in buffer 0 and every image in a buffer view. Its tree must have passed the checks.

    Views of buffers that have no data, since theirs are compressed elsewhere, move to one such buffer, number 1.
    """
    tree = document.tree
    buffers = document.list("buffers")
    inline = any("uri" in item for item in (*buffers, *document.list("images")))
    if not inline and (len(buffers) <= 1 or (len(buffers) == 2 and document.binary)):
        return document
    binary = bytearray()
    hollow = 0
    starts: list[tuple[int, int]] = []  # of each buffer: the buffer that takes it, and where
    for at, buffer in enumerate(buffers):
        if "uri" not in buffer and (at > 0 or not document.binary):
            starts.append((1, hollow))
            hollow += buffer["byteLength"] + -buffer["byteLength"] % 4
            continue
        binary += b"\0" * (-len(binary) % 4)
        starts.append((0, len(binary)))
        decoded = decode_data_uri(buffer["uri"]) if "uri" in buffer else None
        binary += (decoded[1] if decoded else document.binary)[: buffer["byteLength"]]
    views = [_moved(view, starts) for view in document.list("bufferViews")]
    pictures: list[Tree] = []
    for image in document.list("images"):
        decoded = decode_data_uri(image["uri"]) if "uri" in image else None
        if decoded:
            binary += b"\0" * (-len(binary) % 4)
            views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(decoded[1])})
            image = {**without(image, "uri"), "bufferView": len(views) - 1, "mimeType": decoded[0]}
            binary += decoded[1]
        pictures.append(image)
    folded: list[Tree] = [{"byteLength": len(binary)}]
    if hollow:
        folded.append({"byteLength": hollow})
    parts: Tree = {"buffers": folded, "bufferViews": views}
    if pictures:
        parts["images"] = pictures
    return Document({**tree, **parts}, bytes(binary))


def _moved(view: Tree, starts: list[tuple[int, int]]) -> Tree:
    """A view, or what an extension says of its compressed data, where its buffer is now."""
    buffer, start = starts[view["buffer"]]
    made = {**view, "buffer": buffer, "byteOffset": view.get("byteOffset", 0) + start}
    claims = {name: claim for name, claim in view.get("extensions", {}).items() if name in MESHOPT}
    if claims:
        made["extensions"] = {**view["extensions"], **{name: _moved(claim, starts) for name, claim in claims.items()}}
    return made
