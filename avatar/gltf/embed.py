"""Folds ``data:`` URIs and extra buffers into the one binary chunk, so that nothing later has to know of them."""

from __future__ import annotations

import base64
import binascii
import re

from avatar.gltf.document import Document, Tree, without

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
    """``document`` with all data in buffer 0 and every image in a buffer view. Its tree must have passed the checks."""
    tree = document.tree
    buffers = document.list("buffers")
    inline = any("uri" in item for item in (*buffers, *document.list("images")))
    if not inline and len(buffers) <= 1:
        return document
    binary = bytearray()
    starts: list[int] = []
    for buffer in buffers:
        binary += b"\0" * (-len(binary) % 4)
        starts.append(len(binary))
        decoded = decode_data_uri(buffer["uri"]) if "uri" in buffer else None
        binary += (decoded[1] if decoded else document.binary)[: buffer["byteLength"]]
    views: list[Tree] = [
        {**view, "buffer": 0, "byteOffset": view.get("byteOffset", 0) + starts[view["buffer"]]}
        for view in document.list("bufferViews")
    ]
    pictures: list[Tree] = []
    for image in document.list("images"):
        decoded = decode_data_uri(image["uri"]) if "uri" in image else None
        if decoded:
            binary += b"\0" * (-len(binary) % 4)
            views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(decoded[1])})
            image = {**without(image, "uri"), "bufferView": len(views) - 1, "mimeType": decoded[0]}
            binary += decoded[1]
        pictures.append(image)
    parts: Tree = {"buffers": [{"byteLength": len(binary)}], "bufferViews": views}
    if pictures:
        parts["images"] = pictures
    return Document({**tree, **parts}, bytes(binary))
