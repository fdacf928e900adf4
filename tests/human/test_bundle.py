"""The baked CC0 data: complete, lossless in what matters, and decoded only on demand."""

from __future__ import annotations

import numpy as np
import pytest

from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, VERTEX_COUNT, bundle
from avatar.morph_names import ARKIT


def test_the_base_is_the_hm08_body_in_metres() -> None:
    base = bundle().base
    assert base.shape == (VERTEX_COUNT, 3)
    skin = base[bundle().vertices_of("body")]
    assert np.ptp(skin[:, 1]) == pytest.approx(1.65, abs=0.1)
    # the file's first vertex, to its last decimal
    np.testing.assert_allclose(base[0], [-0.03492, 0.73299, 0.14076], atol=1e-9)


def test_helper_groups_that_other_parts_build_on_are_there() -> None:
    wanted = {"body", "helper-tights", "helper-skirt", "helper-hair", "helper-tongue"}
    wanted |= {f"helper-{side}-eye" for side in "lr"} | {f"helper-{row}-teeth" for row in ("upper", "lower")}
    assert wanted <= set(bundle().groups)
    assert set(bundle().vertices_of("helper-l-eye")) <= set(range(LEFT_EYE.start, LEFT_EYE.stop))
    assert set(bundle().vertices_of("helper-r-eye")) <= set(range(RIGHT_EYE.start, RIGHT_EYE.stop))
    assert len(bundle().faces("body")) == 13378


def test_every_corner_of_the_macro_grid_is_there() -> None:
    missing = {
        f"macrodetails/universal-{g}-{a}-{m}muscle-{w}weight"
        for g in ("female", "male")
        for a in ("child", "young", "old")
        for m in ("min", "average", "max")
        for w in ("min", "average", "max")
    } - bundle().targets
    assert not missing
    assert {f"arkit/{name}" for name in ARKIT} <= bundle().targets
    assert len(ARKIT) == 52


def test_targets_are_sparse_sorted_and_small() -> None:
    for name in ("arkit/jawOpen", "nose/nose-width3-incr", "macrodetails/caucasian-male-old"):
        delta = bundle().target(name)
        assert (np.diff(delta.index) > 0).all()
        assert delta.index[-1] < VERTEX_COUNT
        assert delta.offset.shape == (len(delta.index), 3)
        assert 0.001 < np.abs(delta.offset).max() < 0.6
    assert np.abs(bundle().target("arkit/jawOpen").offset).max() == pytest.approx(0.0343, abs=5e-4)


def test_shared_arrays_cannot_be_written_to() -> None:
    for array in (bundle().base, bundle().target("arkit/jawOpen").offset, bundle().faces("body")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("name", ["lips", "eyelids", "ears", "fingernails", "toenails", "inside-mouth"])
def test_masks_are_partly_filled(name: str) -> None:
    mask = bundle().mask(name)
    assert mask.shape == (512, 512)
    assert 0 < (mask > 128).mean() < 0.3


def test_unknown_names_are_key_errors() -> None:
    for call in (bundle().target, bundle().faces, bundle().mask, bundle().vertices_of):
        with pytest.raises(KeyError):
            call("nothing/of-the-sort")
