"""Three levels of detail with textures, as two mesh processes make them: seconds and the memory of each process.

The avatar is ours at 18,000 triangles with four images of 1024 px.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from PIL import Image

from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.layout import image_bytes
from avatar.gltf.sources import forget
from avatar.gltf.variants import build_variant
from avatar.variant import Compression, TextureFormat, Variant
from bench.gltf.child import shape
from bench.gltf.peers import high_water_mb, mesh_environment
from runtime.toolchain import toolchain

TRIANGLES = 18_000
IMAGES = 4
SIDE = 1024  # pixels
SHARES = ("0", "1,2")  # levels that each of two processes makes
_CACHE_BYTES = 2**28  # of encoded images, empty at first, which both processes share
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Peak:
    """The most that a mesh process and what it starts have had resident, MB."""

    python: float = 0.0
    codecs: float = 0.0  # of the sidecar
    encoder: float = 0.0  # of the program that writes KTX2 images, which comes and goes

    def look(self, pid: int) -> None:
        """Measure mesh process ``pid`` now."""
        with contextlib.suppress(psutil.Error, OSError):
            self.python = max(self.python, high_water_mb(pid))
            for child in psutil.Process(pid).children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError):
                    size = high_water_mb(child.pid)
                    if "host.mjs" in " ".join(child.cmdline()):
                        self.codecs = max(self.codecs, size)
                    else:
                        self.encoder = max(self.encoder, size)


@dataclass(frozen=True, slots=True)
class Levels:
    """Three levels in one image format."""

    format: TextureFormat
    seconds: float
    bytes: tuple[int, ...]
    peaks: tuple[Peak, ...]  # of each mesh process


def specimen(data: bytes, sidecar: Sidecar) -> bytes:
    """``data`` with 18,000 triangles and four square images that all textures share."""
    document = shape(data, TRIANGLES, sidecar)
    sources = [image for image in image_bytes(document) if image][:IMAGES]
    views, chunks, images = list(document.list("bufferViews")), [document.binary], []
    size = len(document.binary)
    for source in sources:
        saved = io.BytesIO()
        Image.open(io.BytesIO(source)).convert("RGB").resize((SIDE, SIDE)).save(saved, "PNG")
        padding = -size % 4
        chunks += [b"\0" * padding, saved.getvalue()]
        size += padding
        views.append({"buffer": 0, "byteOffset": size, "byteLength": len(saved.getvalue())})
        size += len(saved.getvalue())
        images.append({"bufferView": len(views) - 1, "mimeType": "image/png"})
    textures = [{**texture, "source": number % len(images)} for number, texture in enumerate(document.list("textures"))]
    tree = {
        **document.tree,
        "bufferViews": views,
        "images": images,
        "textures": textures,
        "buffers": [{"byteLength": size}],
    }
    return write_glb(Document(tree, b"".join(chunks)))


def measure(data: bytes, kind: TextureFormat) -> Levels:
    """Two processes, both warm, from the word to go until the last level is done."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.glb")
        source.write_bytes(data)
        command = [sys.executable, "-m", "bench.gltf.levels", str(source), kind.value, str(Path(folder, "encoded"))]
        children = [
            subprocess.Popen(
                [*command, share],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=mesh_environment(),
            )
            for share in SHARES
        ]
        pipes = [(child.stdin, child.stdout) for child in children]
        for _, out in pipes:
            assert out is not None
            out.readline()  # ready
        with _watching([child.pid for child in children]) as peaks:
            start = time.perf_counter()
            for into, _ in pipes:
                assert into is not None
                into.write("go\n")
                into.flush()
            answers = [out.readline().split() for _, out in pipes if out is not None]
            seconds = time.perf_counter() - start
        for child in children:
            child.communicate()
    return Levels(kind, seconds, tuple(int(size) for answer in answers for size in answer), peaks)


@contextlib.contextmanager
def _watching(pids: Sequence[int]) -> Iterator[tuple[Peak, ...]]:
    """The peaks of these processes, looked at until the end of the block."""
    peaks, over = tuple(Peak() for _ in pids), threading.Event()

    def look() -> None:
        for peak, pid in zip(peaks, pids, strict=True):
            peak.look(pid)

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
        look()
    finally:
        over.set()
        watcher.join()


def main(arguments: list[str]) -> int:
    """One mesh process: says that it is warm, waits, makes its levels, says how large they are."""
    source, kind, folder, share = arguments
    data = Path(source).read_bytes()
    encoded = EncodedImages(Path(folder), _CACHE_BYTES)
    with Sidecar(toolchain()) as sidecar:
        build_variant(data, Variant(lod=2, texture_size=64, compression=Compression.MESHOPT), sidecar)
        forget()  # it is warm now, and knows nothing of this avatar
        print("ready", flush=True)
        sys.stdin.readline()
        sizes = []
        for level in share.split(","):
            variant = Variant(lod=int(level), texture_format=TextureFormat(kind), compression=Compression.MESHOPT)
            sizes.append(len(build_variant(data, variant, sidecar, encoded).data))
        print(*sizes, flush=True)
        sys.stdin.read()  # until it has been measured
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
