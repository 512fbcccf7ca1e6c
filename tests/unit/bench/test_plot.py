"""The plots of `make bench`: where a figure's dot is, and what becomes of figures that do not fit."""

from xml.etree import ElementTree as ET

import pytest

from tests.bench.plot import LABELS, SCALE, WIDTH, Row, chart, plots
from tests.bench.report import Aim, Figure, Yardstick

pytestmark = pytest.mark.unit

SVG = "{http://www.w3.org/2000/svg}"
FLOOR = Yardstick("bare", (1.0, 2.0, 4.0))
AT_ONE = LABELS + SCALE / 2.5


def groups(svg: str) -> list[ET.Element]:
    return ET.fromstring(svg).findall(f"{SVG}g")


def whisker(group: ET.Element) -> tuple[float, float]:
    line = group.find(f"{SVG}line")
    assert line is not None
    return float(line.get("x1", "")), float(line.get("x2", ""))


def dot(group: ET.Element) -> float | None:
    circle = group.find(f"{SVG}circle")
    return None if circle is None else float(circle.get("cx", ""))


def test_a_dot_is_at_the_median_and_a_whisker_reaches_from_least_to_most() -> None:
    (group,) = groups(chart("t", [Row("n", (0.5, 1.0, 2.0), missed=False)]))
    assert dot(group) == AT_ONE
    assert whisker(group) == (LABELS + SCALE / 5, LABELS + SCALE * 4 / 5)
    assert [text.text for text in group.findall(f"{SVG}text")] == ["n", "1.00"]


def test_what_is_beyond_the_axis_is_an_arrow_and_a_number() -> None:
    (group,) = groups(chart("t", [Row("n", (24.0,), missed=True)]))
    assert dot(group) is None
    assert group.find(f"{SVG}path") is not None
    assert max(whisker(group)) <= WIDTH
    assert group.findall(f"{SVG}text")[1].text == "24.0"
    assert group.get("class") == "miss"


def test_names_are_text_whatever_is_in_them() -> None:
    (group,) = groups(chart("a < b", [Row("<&>", (1.0,), missed=False)]))
    assert group.findall(f"{SVG}text")[0].text == "<&>"


def test_ratios_are_of_figures_with_a_yardstick_and_aims_of_those_with_an_aim() -> None:
    bare = Figure("bare", "s", (1.0,))
    ratio = Figure("ratio", "s", (2.0, 4.0, 8.0), FLOOR)
    aim = Figure("aim", "s", (3.0,), aim=Aim(6.0, of="value"))
    drawn = plots([bare, ratio, aim])
    assert [dot(group) for group in groups(drawn["ratios"])] == [LABELS + SCALE * 4 / 5]
    assert [dot(group) for group in groups(drawn["aims"])] == [LABELS + SCALE / 5]
    assert plots([bare]) == {}


@pytest.mark.parametrize(
    ("aim", "value", "used"),
    [
        (Aim(2.0, of="value"), 1.0, 0.5),
        (Aim(at_least=2.0, of="value"), 4.0, 0.5),
        (Aim(at_least=2.0, of="value"), 1.0, 2.0),
        (Aim(0.0, of="value"), 0.0, 0.0),
        (Aim(at_least=1.0, of="value"), 0.0, 2.5),
    ],
)
def test_less_than_one_is_better_than_the_aim(aim: Aim, value: float, used: float) -> None:
    (group,) = groups(plots([Figure("f", "s", (value,), aim=aim)])["aims"])
    assert dot(group) == pytest.approx(LABELS + SCALE * used / 2.5, abs=0.1)
    assert (group.get("class") == "miss") is (used > 1)
