"""Session-Expires, Min-SE, RSeq and RAck: what is read, what is written, and what is refused."""

import pytest

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.cseq import CSeq
from signalling.sip.headers.rack import MAX_RSEQ, RAck, parse_rseq
from signalling.sip.headers.session_expires import MAX_INTERVAL_S, SessionExpires, parse_min_se

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1800", SessionExpires(1800)),
        (" 90 ; refresher=uac", SessionExpires(90, "uac")),
        ("90;Refresher=UAS;x=y", SessionExpires(90, "uas")),
        ("90;refresher", SessionExpires(90)),
        (str(MAX_INTERVAL_S), SessionExpires(MAX_INTERVAL_S)),
    ],
)
def test_a_session_interval_is_read(text: str, expected: SessionExpires) -> None:
    assert SessionExpires.parse(text) == expected
    assert SessionExpires.parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text", ["", ";refresher=uac", "-1", "1.5", str(MAX_INTERVAL_S + 1), "90;refresher=me"]
)
def test_a_wrong_session_interval_is_refused(text: str) -> None:
    with pytest.raises(RemoteSipError):
        SessionExpires.parse(text)


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("120;x=y", 120)])
def test_a_minimum_is_read(text: str, seconds: int) -> None:
    assert parse_min_se(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", ";x"])
def test_a_wrong_minimum_is_refused(text: str) -> None:
    with pytest.raises(RemoteSipError):
        parse_min_se(text)


@pytest.mark.parametrize("text", ["776656 1 INVITE", " 776656\t1 INVITE "])
def test_an_acknowledged_number_is_read(text: str) -> None:
    assert RAck.parse(text) == RAck(776656, CSeq(1, "INVITE"))
    assert str(RAck.parse(text)) == "776656 1 INVITE"


@pytest.mark.parametrize(
    "text", ["", "1", "1 INVITE", "0 1 INVITE", f"{MAX_RSEQ + 1} 1 INVITE", "1 1 IN VITE"]
)
def test_a_wrong_acknowledged_number_is_refused(text: str) -> None:
    with pytest.raises(RemoteSipError):
        RAck.parse(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "x", str(MAX_RSEQ + 1)])
def test_a_wrong_number_is_refused(text: str) -> None:
    with pytest.raises(RemoteSipError):
        parse_rseq(text)
