"""Bake what every skin shares: UV layout, texel masks, occlusion, noise and landmark indices of the hm08 base.

    python -m tools.bake_skin path/to/mpfb2 [avatar/human/data/skin.npz]

``mpfb2`` is the CC0 MakeHuman data folder that holds ``3dobjs/base.obj`` and ``textures/mpfb_*.jpg``. All avatars
share the topology, so a mask painted once on the un-morphed base lands on the right anatomy of each of them; at
generation time only colours are put together (``avatar.human.skin``). Takes about a minute and is deterministic.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.skin.base import F64, load_base
from tools.skin.body import body_fields
from tools.skin.head import head_fields
from tools.skin.layout import build_layout, lid_rings
from tools.skin.lids import brow_windows, lid_windows
from tools.skin.texels import FINE, bake_texels, vertex_openness

COARSE = 512
LEVELS = {"noise_relief": 48, "pores": 16, "stubble": 16}  # fine ones with few details in each step stay small


def png(field: F64, size: int, signed: bool, levels: int = 256) -> NDArray[np.uint8]:
    """Field as the bytes of a lossless 8-bit PNG (128 is zero and 64 is one when signed)."""
    values = np.clip(field * 64 + 128, 0, 255) if signed else np.clip(field, 0, 1) * 255
    if values.shape[0] != size:
        factor = values.shape[0] // size
        values = values.reshape(size, factor, size, factor).mean((1, 3))
    if levels < 256:
        values = np.round(values / 256 * levels) * (256 / levels)
    image = Image.fromarray(np.clip(values.round(), 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def bake(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Everything that goes into the file."""
    base = load_base(folder)
    layout = build_layout(base)
    openness = vertex_openness(base, layout)
    lids = lid_rings(base, layout)
    out: dict[str, NDArray[np.generic]] = {
        "surface": base.faces["body"][..., 0].astype(np.uint16),
        "neck_seam": layout.seam.astype(np.uint16),
        **{f"lid_{name}": rings[0].astype(np.uint16) for name, rings in lids.items()},
        **{f"lash_{name}": rings[2].astype(np.uint16) for name, rings in lids.items()},
    }
    vert = base.faces["body"][..., 0]
    out["mouth_rim"] = np.intersect1d(np.unique(vert[layout.face]), np.unique(vert[layout.mouth])).astype(np.uint16)
    for name in ("upper-teeth", "lower-teeth"):
        ids = np.unique(base.faces[f"helper-{name}"][..., 0])
        key = name.replace("-", "_")
        out[f"{key}_vertex"] = ids.astype(np.uint16)
        out[f"{key}_canonical"] = base.vertices[ids].astype(np.float32)
    for name, quads in (("head", layout.head), ("body", layout.body)):
        tex = bake_texels(base, layout, quads, openness)
        coarse, fine = head_fields(tex) if name == "head" else body_fields(base, tex)
        out[f"{name}_vertex"] = tex.vertex.astype(np.uint16)
        out[f"{name}_uv"] = np.c_[tex.uv[:, 0], 1 - tex.uv[:, 1]].astype(np.float32)
        out[f"{name}_triangles"] = tex.triangles.astype(np.uint16)
        coverage = tex.covered.astype(float)
        out[f"{name}_coarse_covered"] = png(coverage, COARSE, False)
        for key, field in coarse.items():
            out[f"{name}_coarse_{key}"] = png(field, COARSE, key.startswith("noise_"))
        for key, field in fine.items():
            out[f"{name}_fine_{key}"] = png(field, FINE, key.startswith("noise_"), LEVELS.get(key, 256))
        out[f"{name}_metric"] = tex.metric.reshape(COARSE // 2, 4, COARSE // 2, 4, 2).mean((1, 3)).astype(np.float16)
        if name == "head":
            out |= brow_windows(tex) | lid_windows(base, layout, tex)
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Bake the shared skin maps of the hm08 base.")
    parser.add_argument("mpfb2", type=Path, help="folder with 3dobjs/base.obj and textures/mpfb_*.jpg")
    default = Path(__file__).resolve().parent.parent / "avatar" / "human" / "data" / "skin.npz"
    parser.add_argument("out", type=Path, nargs="?", default=default)
    arguments = parser.parse_args()
    arrays = bake(arguments.mpfb2)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **{k: np.asarray(a) for k, a in arrays.items()})
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB, {len(arrays)} arrays")


if __name__ == "__main__":
    main()
