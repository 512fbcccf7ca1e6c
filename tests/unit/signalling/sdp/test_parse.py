"""Reading and writing descriptions."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sdp.errors import SdpError
from signalling.sdp.model import MediaDescription, Origin, SessionDescription
from signalling.sdp.parse import MAX_FORMATS, MAX_LINES, MAX_MEDIA, parse
from signalling.sdp.write import write

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[4] / "fixtures" / "sdp"
GOOD = sorted((FIXTURES / "good").glob("*.sdp"))
BAD = sorted((FIXTURES / "bad").glob("*.sdp"))
REFUSED = sorted((FIXTURES / "refused").glob("*.sdp"))


def good(name: str) -> SessionDescription:
    return parse((FIXTURES / "good" / f"{name}.sdp").read_bytes())


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_description_survives_a_round_trip(path: Path) -> None:
    description = parse(path.read_bytes())
    assert parse(write(description)) == description


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_is_no_description_is_a_bad_request(path: Path) -> None:
    with pytest.raises(SdpError) as caught:
        parse(path.read_bytes())
    assert (caught.value.status_code, caught.value.reason != "") == (400, True)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_description_beyond_our_limits_is_not_acceptable(path: Path) -> None:
    with pytest.raises(SdpError) as caught:
        parse(path.read_bytes())
    assert (caught.value.status_code, caught.value.reason != "") == (488, True)


@given(st.binary(max_size=300))
def test_any_octets_parse_or_are_refused(data: bytes) -> None:
    with suppress(SdpError):
        parse(data)


@given(st.sampled_from(GOOD), st.data())
def test_a_damaged_description_parses_or_is_refused(path: Path, data: st.DataObject) -> None:
    octets = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        description = parse(bytes(octets))
    except SdpError:
        return
    assert parse(write(description)) == description


def test_all_parts() -> None:
    assert good("media-level-address") == SessionDescription(
        origin=Origin("3", "4", "192.0.2.1"),
        connection="192.0.2.1",
        media=(MediaDescription("audio", 4000, "RTP/AVP", ("0",), connection="192.0.2.9"),),
    )


@pytest.mark.parametrize("name", ["lf-only", "no-last-line-end", "empty-lines-at-end", "port-count"])
def test_loose_forms_are_the_same(name: str) -> None:
    data = (FIXTURES / "good" / "lf-only.sdp").read_bytes()
    assert good(name) == parse(data)


def test_unused_lines_are_dropped() -> None:
    description = good("unused-lines")
    assert description.name == "a call"
    assert b"\r\nb=" not in write(description)


def test_limits_are_inclusive() -> None:
    assert len(good("streams-8").media) == MAX_MEDIA
    assert len(good("formats-64").media[0].formats) == MAX_FORMATS
    assert len((FIXTURES / "good" / "lines-512.sdp").read_bytes().splitlines()) == MAX_LINES


def test_octets_that_are_not_utf8_come_back_unchanged() -> None:
    assert b"s=\xe9t\xe9\r\n" in write(good("not-utf8"))


def test_line_breaks_do_not_get_out() -> None:
    with pytest.raises(SdpError):
        write(SessionDescription(Origin("1", "1", "192.0.2.1\r\nm=x")))
