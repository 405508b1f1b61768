"""The colours of a report are told apart by everybody, on light paper and on dark."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from headway.pipelines.reporting.page import own

# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
# table 1, severity 1.0: linear RGB as protanopes, deuteranopes and tritanopes see it.
VISIONS = {
    "usual": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # of sRGB (IEC 61966)
WHITE = XYZ.sum(1)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of linear RGB."""
    x, y, z = np.cbrt(np.clip(XYZ @ np.clip(rgb, 0, 1) / WHITE, 0.008856, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def palettes() -> dict[str, tuple[list[str], str]]:
    style = own("report.css")
    found = [re.findall(rf"--{name}: (#[0-9a-f]{{6}})", style) for name in (*(f"s{k}" for k in range(7)), "paper")]
    return {theme: ([each[k] for each in found[:7]], found[7][k]) for k, theme in enumerate(("light", "dark"))}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", list(VISIONS))
def test_any_two_contestants_differ(theme: str, vision: str) -> None:
    """By 20 units of CIE 1976 and more, about nine times what is just noticeable (2.3)."""
    colours, _ = palettes()[theme]
    seen = [lab(np.asarray(VISIONS[vision]) @ linear(colour)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_stand_out_from_the_paper(theme: str) -> None:
    """A contrast of 3 to 1 (WCAG 2.2, 1.4.11)."""
    colours, paper = palettes()[theme]
    light = [float(XYZ[1] @ linear(colour)) + 0.05 for colour in (*colours, paper)]
    assert min(max(each, light[-1]) / min(each, light[-1]) for each in light[:-1]) >= 3
