"""The figure as VRM exporters would write it: expressions, human bones, springs, first-person views."""

from __future__ import annotations

from typing import Any

from specimens import MORPHS, altered

Tree = dict[str, Any]


def _unshown_first(tree: Tree) -> None:
    """A mesh that nothing shows comes first, so that all others move up when it goes."""
    body = tree["meshes"][1]["primitives"][0]
    tree["meshes"].insert(0, {"name": "Unshown", "primitives": [{**body, "material": 0}]})
    for node in tree["nodes"]:
        if "mesh" in node:
            node["mesh"] += 1


def vrm_0(data: bytes) -> bytes:
    """VRM 0.x: everything in one extension, expressions by mesh, morph names in the extras of primitives."""

    def change(tree: Tree) -> None:
        _unshown_first(tree)
        tree["meshes"][1]["primitives"][0]["extras"] = {"targetNames": tree["meshes"][1].pop("extras")["targetNames"]}
        groups = [
            {
                "name": name,
                "presetName": name.lower(),
                "isBinary": False,
                "binds": [{"mesh": 1, "index": at, "weight": 100}],
                "materialValues": [],
            }
            for at, name in enumerate(MORPHS)
        ]
        groups[0]["materialValues"] = [
            {"materialName": "Wolf3D_Skin", "propertyName": "_Color", "targetValue": [1, 0, 0, 1]}
        ]
        bones = {"hips": 1, "spine": 2, "head": 3}
        tree["extensions"] = {
            "VRM": {
                "exporterVersion": "specimens",
                "specVersion": "0.0",
                "meta": {"title": "Figure", "texture": 0},
                "humanoid": {
                    "humanBones": [{"bone": bone, "node": at, "useDefaultValues": True} for bone, at in bones.items()]
                },
                "firstPerson": {
                    "firstPersonBone": 3,
                    "meshAnnotations": [
                        {"mesh": 1, "firstPersonFlag": "Auto"},
                        {"mesh": 2, "firstPersonFlag": "Both"},
                    ],
                    "lookAtTypeName": "Bone",
                },
                "blendShapeMaster": {"blendShapeGroups": groups},
                "secondaryAnimation": {
                    "boneGroups": [
                        {"stiffiness": 1, "center": -1, "hitRadius": 0.02, "bones": [3], "colliderGroups": [0]}
                    ],
                    "colliderGroups": [{"node": 2, "colliders": [{"offset": {"x": 0, "y": 0, "z": 0}, "radius": 0.1}]}],
                },
                "materialProperties": [
                    {"name": "Wolf3D_Skin", "shader": "VRM/MToon", "textureProperties": {"_MainTex": 0}},
                    {
                        "name": "Wolf3D_Outfit",
                        "shader": "VRM/MToon",
                        "textureProperties": {"_MainTex": 1, "_BumpMap": 2},
                    },
                ],
            }
        }
        tree["extensionsUsed"] = ["VRM"]

    return altered(data, change)


def vrm_1(data: bytes) -> bytes:
    """VRM 1.0: expressions by node, springs and constraints in extensions of their own, MToon on the skin."""

    def change(tree: Tree) -> None:
        _unshown_first(tree)
        tree["extensions"] = {
            "VRMC_vrm": {
                "specVersion": "1.0",
                "meta": {"name": "Figure", "licenseUrl": "https://vrm.dev/licenses/1.0/", "thumbnailImage": 0},
                "humanoid": {"humanBones": {"hips": {"node": 1}, "spine": {"node": 2}, "head": {"node": 3}}},
                "firstPerson": {"meshAnnotations": [{"node": 4, "type": "auto"}, {"node": 5, "type": "both"}]},
                "expressions": {
                    "preset": {
                        "aa": {
                            "morphTargetBinds": [{"node": 4, "index": 0, "weight": 1.0}],
                            "materialColorBinds": [{"material": 0, "type": "color", "targetValue": [1, 0, 0, 1]}],
                        }
                    },
                    "custom": {
                        name: {"morphTargetBinds": [{"node": 4, "index": at, "weight": 1.0}]}
                        for at, name in enumerate(MORPHS)
                    },
                },
            },
            "VRMC_springBone": {
                "specVersion": "1.0",
                "colliders": [{"node": 2, "shape": {"sphere": {"offset": [0, 0, 0], "radius": 0.1}}}],
                "colliderGroups": [{"name": "chest", "colliders": [0]}],
                "springs": [{"joints": [{"node": 2}, {"node": 3}], "colliderGroups": [0], "center": 1}],
            },
        }
        roll = {"constraint": {"roll": {"source": 2, "rollAxis": "X", "weight": 0.5}}, "specVersion": "1.0"}
        tree["nodes"][3]["extensions"] = {"VRMC_node_constraint": roll}
        tree["materials"][0]["extensions"] = {
            "VRMC_materials_mtoon": {"specVersion": "1.0", "shadeMultiplyTexture": {"index": 0}}
        }
        tree["extensionsUsed"] = ["VRMC_vrm", "VRMC_springBone", "VRMC_node_constraint", "VRMC_materials_mtoon"]

    return altered(data, change)
