"""Offers that phones and PBXs really make, by SIPp: which stream comes of each, or which status code.

Who calls is told by the loopback address that the call comes from: behind each is a trunk with a media policy
of its own.
"""

import base64
import itertools
import re
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like
from tests.support.gateway import RunningGateway, Trunk
from tests.support.line import Line, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

CALLER = "447700000001"
PLAIN, WIDE, SAFE = "127.0.0.1", "127.0.0.2", "127.0.0.3"
TRUNKS: list[Trunk] = [
    {"name": "wide", "host": WIDE, "codecs": ["opus", "G722", "PCMA"], "srtp": "optional"},
    {"name": "safe", "host": SAFE, "srtp": "always"},
]
EVENTS = "a=rtpmap:101 telephone-event/8000"
OPUS = ("a=rtpmap:96 opus/48000/2", "a=rtpmap:97 telephone-event/48000")
KEY = base64.b64encode(bytes(range(30))).decode()
GCM = base64.b64encode(bytes(range(28))).decode()
SHA80 = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31"
SHA32 = f"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"
AEAD = f"a=crypto:3 AEAD_AES_128_GCM inline:{GCM}"
UNKNOWN = f"a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}"
FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)
LONG_TALK = talk("This goes on for quite some time, until it is the caller who ends it. " * 5)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway with three kinds of callers."""
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("negotiation")
        gateway = await stack.enter_async_context(RunningGateway(directory, trunks=TRUNKS))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(LONG_TALK)
        yield line


def caller(
    line: Line,
    directory: Path,
    scenario: str,
    media: tuple[str, ...],
    *,
    source: str = PLAIN,
    host: str = "",
    again: tuple[str, ...] = (),
    stays_ms: int = 200,
) -> Sipp:
    """A caller whose SDP has these lines after `t=`, in a re-INVITE `again`; it calls from `source`."""
    keys: dict[str, object] = {
        "caller": CALLER,
        "net": "IP6" if ":" in host else "IP4",
        "host": host or source,
        "media": "\r\n".join(media),
        "again": "\r\n".join(again),
    }
    target = f"127.0.0.1:{line.gateway.sip_port}"
    options = ("-s", line.number, "-i", source, "-d", str(stays_ms))
    return Sipp(scenario, directory, to=target, keys=keys, options=options)


async def said(
    line: Line, directory: Path, scenario: str, media: tuple[str, ...], source: str = PLAIN
) -> list[str]:
    """Play a call to its end: the lines of the gateway's SDP."""
    async with caller(line, directory, scenario, media, source=source) as sipp:
        await sipp.finish()
        return descriptions(sipp)[0]


def descriptions(sipp: Sipp) -> list[list[str]]:
    """The SDP in the gateway's responses, each as its lines."""
    answers = (message for message in sipp.received() if message.startswith("SIP/2.0 200"))
    found = [
        [text.strip() for text in answer.splitlines() if re.match(r"[a-z]=", text)] for answer in answers
    ]
    return [sdp for sdp in found if sdp]


def streams(sdp: list[str]) -> list[str]:
    """The `m=` lines, our port written as PORT."""
    found = (text for text in sdp if text.startswith("m="))
    return [re.sub(r"^(m=\w+) [1-9][0-9]* ", r"\1 PORT ", text) for text in found]


ANSWERED: dict[str, tuple[str, tuple[str, ...], list[str], list[str]]] = {
    "our order counts": (
        PLAIN,
        ("m=audio 9 RTP/AVP 8 0 101", EVENTS),
        ["m=audio PORT RTP/AVP 0 101"],
        ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv"],
    ),
    "static types without names": (PLAIN, ("m=audio 9 RTP/AVP 8",), ["m=audio PORT RTP/AVP 8"], []),
    "dynamic types": (
        PLAIN,
        ("m=audio 9 RTP/AVP 110 98", "a=rtpmap:110 PCMA/8000/1", "a=rtpmap:98 telephone-event/8000"),
        ["m=audio PORT RTP/AVP 110 98"],
        ["a=rtpmap:110 PCMA/8000", "a=fmtp:98 0-15"],
    ),
    "video before audio": (
        PLAIN,
        ("m=video 9 RTP/AVP 99", "a=rtpmap:99 H264/90000", "m=audio 9 RTP/AVP 0"),
        ["m=video 0 RTP/AVP 99", "m=audio PORT RTP/AVP 0"],
        [],
    ),
    "two audio streams": (
        PLAIN,
        ("m=audio 9 RTP/AVP 18", "m=audio 9 RTP/AVP 8", "m=audio 9 RTP/AVP 0"),
        ["m=audio 0 RTP/AVP 18", "m=audio PORT RTP/AVP 8", "m=audio 0 RTP/AVP 0"],
        [],
    ),
    "feedback profile": (PLAIN, ("m=audio 9 RTP/AVPF 0",), ["m=audio PORT RTP/AVPF 0"], []),
    "held from the start": (PLAIN, ("m=audio 9 RTP/AVP 0", "a=sendonly"), [], ["a=recvonly"]),
    "keys that we do not want": (
        PLAIN,
        ("m=audio 9 RTP/AVP 0", SHA80),
        ["m=audio PORT RTP/AVP 0"],
        [],
    ),
    "SRTP beside plain where we have none": (
        PLAIN,
        ("m=audio 9 RTP/SAVP 0", SHA80, "m=audio 9 RTP/AVP 0"),
        ["m=audio 0 RTP/SAVP 0", "m=audio PORT RTP/AVP 0"],
        [],
    ),
    "Opus with its own events": (
        WIDE,
        ("m=audio 9 RTP/AVP 9 96 101 97", *OPUS, EVENTS),
        ["m=audio PORT RTP/AVP 96 97"],
        ["a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1", "a=rtpmap:97 telephone-event/48000"],
    ),
    "G.722": (WIDE, ("m=audio 9 RTP/AVP 0 8 9",), ["m=audio PORT RTP/AVP 9"], ["a=rtpmap:9 G722/8000"]),
    "plain where SRTP is optional": (WIDE, ("m=audio 9 RTP/AVP 8",), ["m=audio PORT RTP/AVP 8"], []),
    "keys in the plain profile": (
        WIDE,
        ("m=audio 9 RTP/AVP 8", SHA80),
        ["m=audio PORT RTP/AVP 8"],
        ["KEY 1"],
    ),
    "the first suite that we have": (
        SAFE,
        ("m=audio 9 RTP/SAVP 0", UNKNOWN, SHA32, AEAD),
        ["m=audio PORT RTP/SAVP 0"],
        ["KEY 2"],
    ),
    "an authenticated cipher": (SAFE, ("m=audio 9 RTP/SAVP 0", AEAD), ["m=audio PORT RTP/SAVP 0"], ["KEY 3"]),
    "numbers beyond reason": (
        PLAIN,
        ("m=audio 9 RTP/AVP 0 999", f"a=ptime:{10**40}", "a=maxptime:-5", f"a=rtpmap:{10**40} PCMA/8000"),
        ["m=audio PORT RTP/AVP 0"],
        ["a=ptime:20"],
    ),
    "DTLS beside SRTP": (
        SAFE,
        ("m=audio 9 UDP/TLS/RTP/SAVPF 0", FINGERPRINT, "a=setup:actpass", "m=audio 9 RTP/SAVP 0", SHA80),
        ["m=audio PORT UDP/TLS/RTP/SAVPF 0", "m=audio 0 RTP/SAVP 0"],
        ["a=setup:active"],
    ),
}


@pytest.mark.parametrize("name", ANSWERED)
async def test_an_offer_is_answered(line: Line, tmp_path: Path, name: str) -> None:
    source, media, expected, lines = ANSWERED[name]
    sdp = await said(line, tmp_path, "media_offer_is_answered", media, source=source)
    assert streams(sdp) == expected or not expected
    keys = [text for text in sdp if text.startswith("a=crypto")]
    assert [f"KEY {text[9]}" for text in keys] == [text for text in lines if text.startswith("KEY")]
    assert KEY not in "".join(keys)
    assert set(lines) - {f"KEY {text[9]}" for text in keys} <= set(sdp)


REFUSED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "no audio": ("488", PLAIN, ("m=video 9 RTP/AVP 99", "a=rtpmap:99 H264/90000")),
    "no stream": ("488", PLAIN, ("a=sendrecv",)),
    "a strange codec": ("488", PLAIN, ("m=audio 9 RTP/AVP 18 101", EVENTS)),
    "events alone": ("488", PLAIN, ("m=audio 9 RTP/AVP 101", EVENTS)),
    "a rejected stream": ("488", PLAIN, ("m=audio 0 RTP/AVP 0",)),
    "a codec that the trunk has not": ("488", WIDE, ("m=audio 9 RTP/AVP 0",)),
    "SRTP where there is none": ("488", PLAIN, ("m=audio 9 RTP/SAVP 0", SHA80)),
    "plain where SRTP is a must": ("488", SAFE, ("m=audio 9 RTP/AVP 0",)),
    "no suite of ours": ("488", SAFE, ("m=audio 9 RTP/SAVP 0", UNKNOWN)),
    "DTLS where SRTP is not wanted": (
        "488",
        PLAIN,
        ("m=audio 9 UDP/TLS/RTP/SAVPF 0", FINGERPRINT, "a=setup:actpass"),
    ),
    "fax": ("488", PLAIN, ("m=image 9 udptl t38",)),
    "too many formats": ("488", PLAIN, ("m=audio 9 RTP/AVP" + " 0" * 65,)),
    "too many lines": ("488", PLAIN, ("m=audio 9 RTP/AVP 0", *("a=x",) * 512)),
    "too many streams": ("488", PLAIN, ("m=audio 9 RTP/AVP 0",) * 9),
    "a port beyond the last": ("488", PLAIN, ("m=audio 99999999999999999999 RTP/AVP 0",)),
    "a stream to a group": ("488", PLAIN, ("m=audio 9 RTP/AVP 0", "c=IN IP4 224.2.1.1/127")),
    "a stream to a name": ("488", PLAIN, ("m=audio 9 RTP/AVP 0", "c=IN IP4 media.example.com")),
    "a stream to the cloud's own address": (
        "488",
        PLAIN,
        ("m=audio 9 RTP/AVP 0", "c=IN IP4 169.254.169.254"),
    ),
    "no description": ("400", PLAIN, ("this is no line of a description",)),
    "a stream without formats": ("400", PLAIN, ("m=audio 9 RTP/AVP",)),
    "a port that is none": ("400", PLAIN, ("m=audio port RTP/AVP 0",)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_offer_is_refused_and_nobody_is_asked(line: Line, tmp_path: Path, name: str) -> None:
    code, source, media = REFUSED[name]
    before = len(line.webhooks.hooks)
    async with caller(line, tmp_path, f"media_offer_gets_{code}", media, source=source) as sipp:
        await sipp.finish()
    assert not [hook for hook in line.webhooks.hooks[before:] if hook.path == "/answer"]


async def test_another_type_of_body_is_refused(line: Line, tmp_path: Path) -> None:
    async with caller(line, tmp_path, "media_other_body_gets_415", ("m=audio 9 RTP/AVP 0",)) as sipp:
        await sipp.finish()


async def test_a_call_that_media_has_no_room_for_gets_503_until_there_is(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway", max_legs=1))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(LONG_TALK)
        media = ("m=audio 9 RTP/AVP 0",)
        async with caller(line, tmp_path, "media_offer_is_answered", media, stays_ms=5000) as first:
            await first.far_rtp_port()
            async with caller(line, tmp_path, "media_full_gets_503", media) as second:
                await second.finish()
            await first.finish()
        await line.webhooks.wait(status="completed")
        async with caller(line, tmp_path, "media_offer_is_answered", media) as third:
            await third.finish()


async def test_our_own_offer_says_what_we_can(line: Line, tmp_path: Path) -> None:
    sdp = await said(
        line, tmp_path, "media_late_offer_is_answered", ("m=audio 9 RTP/AVP 96", *OPUS), source=WIDE
    )
    assert streams(sdp) == ["m=audio PORT RTP/AVP 111 9 8 110 101"]
    assert [text.split()[1] for text in sdp if text.startswith("a=crypto")] == [
        "AES_CM_128_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_32",
        "AEAD_AES_128_GCM",
    ]


async def test_a_late_offer_that_must_be_encrypted(line: Line, tmp_path: Path) -> None:
    answer = ("m=audio 9 RTP/SAVP 0", SHA80)
    sdp = await said(line, tmp_path, "media_late_offer_is_answered", answer, source=SAFE)
    assert streams(sdp) == ["m=audio PORT RTP/SAVP 0 8 9 111 101 110"]


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (SAFE, ("m=audio 9 RTP/AVP 0",)),
        (PLAIN, ("m=audio 0 RTP/AVP 0",)),
        (PLAIN, ("m=audio 9 RTP/AVP 18",)),
        (PLAIN, ("nonsense",)),
    ],
)
async def test_an_answer_that_cannot_be_ends_the_call(
    line: Line, tmp_path: Path, source: str, answer: tuple[str, ...]
) -> None:
    async with caller(line, tmp_path, "media_late_offer_gets_bye", answer, source=source) as sipp:
        await sipp.finish()


async def test_who_names_an_address_behind_a_nat_is_heard_and_hears(line: Line, tmp_path: Path) -> None:
    async with RtpParty(880) as party:
        media = (f"m=audio {party.port} RTP/AVP 0",)
        async with caller(
            line, tmp_path, "media_offer_is_answered", media, host="192.168.1.5", stays_ms=4000
        ) as sipp:
            party.speak_to(await sipp.far_rtp_port())
            await sipp.finish()
        assert is_speech_like(party.heard())


CHANGED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], list[str], str]] = {
    "another codec": (
        PLAIN,
        ("m=audio 9 RTP/AVP 0",),
        ("m=audio 9 RTP/AVP 9",),
        ["m=audio PORT RTP/AVP 9"],
        "a=sendrecv",
    ),
    "another number for a codec": (
        PLAIN,
        ("m=audio 9 RTP/AVP 97", "a=rtpmap:97 PCMA/8000"),
        ("m=audio 9 RTP/AVP 98", "a=rtpmap:98 PCMA/8000"),
        ["m=audio PORT RTP/AVP 98"],
        "a=sendrecv",
    ),
    "hold": (
        PLAIN,
        ("m=audio 9 RTP/AVP 0",),
        ("m=audio 9 RTP/AVP 0", "a=inactive"),
        ["m=audio PORT RTP/AVP 0"],
        "a=inactive",
    ),
    "the hold of old": (
        PLAIN,
        ("m=audio 9 RTP/AVP 0",),
        ("m=audio 9 RTP/AVP 0", "c=IN IP4 0.0.0.0"),
        ["m=audio PORT RTP/AVP 0"],
        "a=recvonly",
    ),
    "video besides": (
        PLAIN,
        ("m=audio 9 RTP/AVP 0",),
        ("m=audio 9 RTP/AVP 0", "m=video 9 RTP/AVP 99"),
        ["m=audio PORT RTP/AVP 0", "m=video 0 RTP/AVP 99"],
        "a=sendrecv",
    ),
    "encryption": (
        WIDE,
        ("m=audio 9 RTP/AVP 8",),
        ("m=audio 9 RTP/SAVP 8", SHA80),
        ["m=audio PORT RTP/SAVP 8"],
        "a=sendrecv",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
async def test_a_stream_is_changed_by_reinvite(line: Line, tmp_path: Path, name: str) -> None:
    source, media, again, expected, direction = CHANGED[name]
    scenario = "media_reoffer_is_answered"
    async with caller(line, tmp_path, scenario, media, source=source, again=again) as sipp:
        await sipp.finish()
        first, second = descriptions(sipp)
    assert streams(second) == expected
    assert direction in second
    assert _port(first) == _port(second)
    assert _version(second) == _version(first) + 1


@pytest.mark.parametrize(
    ("source", "media", "again"),
    [
        (PLAIN, ("m=audio 9 RTP/AVP 0",), ("m=audio 9 RTP/AVP 18",)),
        (SAFE, ("m=audio 9 RTP/SAVP 0", SHA80), ("m=audio 9 RTP/AVP 0",)),
    ],
)
async def test_a_change_that_cannot_be_leaves_the_call_as_it_is(
    line: Line, tmp_path: Path, source: str, media: tuple[str, ...], again: tuple[str, ...]
) -> None:
    async with caller(line, tmp_path, "media_reoffer_gets_488", media, source=source, again=again) as sipp:
        await sipp.finish()


class Witness(RtpParty):
    """Keeps the sequence number and the timestamp of each packet."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[tuple[int, int]] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.headers.append(struct.unpack_from("!HI", data, 2))
        super().datagram_received(data, addr)

    def pauses(self) -> list[int]:
        """Where the stream went on after a pause of half a second or more, by the sender's own clock."""
        pairs = enumerate(itertools.pairwise(self.headers), start=1)
        return [
            place
            for place, (before, after) in pairs
            if (after[0] - before[0]) & 0xFFFF == 1 and (after[1] - before[1]) & 0xFFFFFFFF >= 4000
        ]


async def test_a_stream_is_taken_out_and_put_back(line: Line, tmp_path: Path) -> None:
    """RFC 3264 section 8.2: the call stays, its audio stops, and comes back with the next offer."""
    async with Witness() as party:
        media = (f"m=audio {party.port} RTP/AVP 0",)
        scenario = "media_stream_is_taken_out_and_put_back"
        again = ("m=audio 0 RTP/AVP 0",)
        async with caller(line, tmp_path, scenario, media, again=again, stays_ms=1200) as sipp:
            party.speak_to(await sipp.far_rtp_port())
            await sipp.finish()
            answers = descriptions(sipp)
    assert [streams(sdp) for sdp in answers] == [
        ["m=audio PORT RTP/AVP 0"],
        ["m=audio 0 RTP/AVP 0"],
        ["m=audio PORT RTP/AVP 0"],
    ]
    assert _port(answers[0]) == _port(answers[2])
    (back,) = party.pauses()
    assert is_speech_like(party.heard())
    assert len(party.headers) - back > 10


async def test_who_refuses_keys_is_called_without_where_they_are_no_must(line: Line, tmp_path: Path) -> None:
    async with RtpParty(880) as party:
        scenario = "media_keys_get_488_and_a_plain_call_is_answered"
        async with Sipp(scenario, tmp_path, keys={"hear": party.port}) as phone:
            carrier = {
                "name": "shy",
                "targets": [{"host": "127.0.0.1", "port": phone.port}],
                "prefixes": ["4479009"],
                "srtp": "optional",
            }
            await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=carrier)
            call = await line.create_call({"type": "phone", "number": "447900900000"}, LONG_TALK)
            await phone.finish()
            await line.webhooks.wait(status="completed", uuid=call["uuid"], within_s=30)
            (*_, plain) = (message for message in phone.received() if message.startswith("INVITE"))
        assert "a=crypto" not in plain
        assert is_speech_like(party.heard())


async def test_keys_stay_while_the_peers_do(line: Line, tmp_path: Path) -> None:
    media = ("m=audio 9 RTP/SAVP 0", SHA80)
    new = SHA80.replace(KEY, base64.b64encode(bytes(range(1, 31))).decode())
    for again, same in ((media, True), ((media[0], new), False)):
        scenario = "media_reoffer_is_answered"
        async with caller(line, tmp_path, scenario, media, source=SAFE, again=again) as sipp:
            await sipp.finish()
            first, second = descriptions(sipp)
        assert (_key(first) == _key(second)) is same


def _port(sdp: list[str]) -> str:
    return next(text.split()[1] for text in sdp if text.startswith("m=audio"))


def _version(sdp: list[str]) -> int:
    return int(next(text.split()[2] for text in sdp if text.startswith("o=")))


def _key(sdp: list[str]) -> str:
    return next(text for text in sdp if text.startswith("a=crypto"))


@pytest.mark.parametrize("scenario", ["media_in_parts_is_answered", "inbound_to_a_telephone_uri_is_answered"])
async def test_what_carriers_send_besides_is_understood(line: Line, tmp_path: Path, scenario: str) -> None:
    sdp = await said(line, tmp_path, scenario, ("m=audio 9 RTP/AVP 0",))
    assert streams(sdp) == ["m=audio PORT RTP/AVP 0"]
