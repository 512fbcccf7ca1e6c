"""The door to customers' hosts, against hosts that lie about their address and servers that misbehave."""

import asyncio
import errno
import io
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from gateway.errors import Unavailable
from gateway.store.records import Webhook
from gateway.webhooks import download, egress, lookups
from gateway.webhooks.connections import Admitted
from gateway.webhooks.egress import Egress
from gateway.webhooks.exchange import Reply, reply_trouble
from gateway.webhooks.failures import (
    BadContent,
    ConnectionClosed,
    ConnectTimeout,
    DnsFailure,
    EgressError,
    InvalidUrl,
    RefusedAddress,
    SocketTimeout,
    TlsFailure,
    TooLarge,
)
from tests.support.rude_server import (
    Answer,
    RudeServer,
    closes,
    drips,
    http,
    resets,
    says,
    stays_silent,
)
from tests.support.waiting import until

pytestmark = pytest.mark.contract

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
async def door() -> AsyncIterator[Egress]:
    opened = Egress(LOOPBACK)
    yield opened
    await opened.close()


def _hook(url: str, method: str = "POST", *, socket_ms: int = 5000) -> Webhook:
    return Webhook(address=url, http_method="GET" if method == "GET" else "POST", socket_timeout_ms=socket_ms)


class Names:
    """A name server whose answers are given beforehand, one for each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.questions.append(host)
        if not self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.answers.pop(0)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "0177.0x0.1",
        "127.0.0.1.",
        "127.0.0.1..",
        "0",
        "127。0。0。1",
        "１２７.0.0.1",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "shop.example@127.0.0.1",
        "127.0.0.1%23@shop.example",
        "169.254.169.254",
        "168.63.129.16",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "10.0.0.1",
    ],
)
async def test_no_spelling_of_a_forbidden_address_gets_through(host: str) -> None:
    door = Egress()
    for url in (*(f"{scheme}://{host}/" for scheme in ("http", "https", "ws", "wss")), f"sip:ann@{host}"):
        with pytest.raises((RefusedAddress, InvalidUrl, DnsFailure)):
            await door.admit(url, {"http", "https", "ws", "wss", "sip"})
    await door.close()


async def test_admitted_says_where_to_connect() -> None:
    door = Egress(resolve=Names(["2606:4700::1111", "1.1.1.1"]))
    admitted = await door.admit("wss://shop.example/socket", {"ws", "wss"})
    assert admitted == Admitted("shop.example", ("2606:4700::1111", "1.1.1.1"), 443)
    assert admitted.address == "2606:4700::1111"


async def test_one_bad_address_refuses_the_host() -> None:
    with pytest.raises(RefusedAddress):
        await Egress(resolve=Names(["8.8.8.8", "10.0.0.1"])).admit("http://shop.example/")


@pytest.mark.parametrize("names", [Names(), Names([])])
async def test_a_name_without_addresses(names: Names) -> None:
    with pytest.raises(DnsFailure):
        await Egress(resolve=names).admit("http://shop.example/")


async def test_silent_name_servers_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(lookups, "DNS_TIMEOUT_S", 0.05)
    with pytest.raises(DnsFailure):
        await Egress(resolve=silent).admit("http://shop.example/")


async def test_a_name_is_looked_up_once_and_connected_to_there() -> None:
    async with RudeServer(says(http())) as good, RudeServer(says(http())) as trap:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        door = Egress(LOOPBACK, resolve=names)
        await door.request(_hook(f"http://shop.example:{good.port}/"), {}, {})
        assert names.questions == ["shop.example"]
        assert f"Host: shop.example:{good.port}".encode() in good.requests[0]
        assert trap.connections == 0
        await door.close()


async def test_a_name_that_turns_to_loopback_is_refused_when_it_does() -> None:
    async with RudeServer(says(http())) as trap:
        door = Egress(("127.0.0.2/32",), resolve=Names(["127.0.0.2"], ["127.0.0.1"], ["127.0.0.2"]))
        hook = _hook(f"http://shop.example:{trap.port}/")
        outcomes = [await _failure(door, hook) for _ in range(3)]
        assert outcomes == [ConnectionClosed, RefusedAddress, ConnectionClosed]
        assert trap.connections == 0


async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async with RudeServer(says(http())) as server:
        door = Egress(LOOPBACK, resolve=Names(["127.0.0.9", "127.0.0.1"]))
        reply = await door.request(_hook(f"http://shop.example:{server.port}/"), {}, {})
        assert reply.status == 200
        await door.close()


async def _failure(door: Egress, hook: Webhook) -> type[EgressError]:
    with pytest.raises(EgressError) as failure:
        await door.request(hook, {}, {})
    return type(failure.value)


async def test_post(door: Egress) -> None:
    async with RudeServer(says(http(204, b"", "Text/Plain; charset=utf-8"))) as server:
        reply = await door.request(_hook(server.url), {"status": "ringing"}, {"X-Id": "d1"})
        assert reply == Reply(204, "text/plain", b"")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(b"POST /hook HTTP/1.1")
        for line in (b"User-Agent: Cordboard", b"X-Id: d1", b"Content-Type: application/json"):
            assert line in head
        assert body == b'{"status":"ringing"}'


async def test_get(door: Egress) -> None:
    async with RudeServer(says(http())) as server:
        assert (await door.request(_hook(server.url, "GET"), {"to": "4477"}, {})).body == b"[]"
        assert server.requests[0].startswith(b"GET /hook?to=4477 HTTP/1.1")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (closes, ConnectionClosed),
        (resets, ConnectionClosed),
        (stays_silent, SocketTimeout),
        (drips(HEAD + b"X: " + b"x" * 500, 0.05), SocketTimeout),
        (drips(http(body=b"[" + b" " * 500 + b"]"), 0.02), SocketTimeout),
        (says(HEAD + b"Content-Length: 9\r\n\r\n[]"), ConnectionClosed),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), BadContent),
        (says(HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n"), BadContent),
    ],
)
async def test_misbehaviour_has_a_name(door: Egress, answer: Answer, failure: type[EgressError]) -> None:
    async with RudeServer(answer) as server:
        hook = Webhook(address=server.url, connect_timeout_ms=300, socket_timeout_ms=300)
        assert await _failure(door, hook) is failure
        assert server.connections == 1


async def test_nobody_listens(door: Egress) -> None:
    async with RudeServer(closes) as server:
        url = server.url
    assert await _failure(door, _hook(url)) is ConnectionClosed


async def test_nobody_accepts(door: Egress) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        hook = Webhook(address=f"http://127.0.0.1:{address[1]}/", connect_timeout_ms=300)
        assert await _failure(door, hook) is ConnectTimeout
        for client in waiting:
            client.close()


@pytest.mark.parametrize("status", [302, 307, 404, 429, 500, 503])
async def test_a_status_is_a_reply_and_a_redirect_is_not_followed(door: Egress, status: int) -> None:
    async with RudeServer(closes) as trap, RudeServer(says(http(status, Location=trap.url))) as server:
        assert (await door.request(_hook(server.url), {}, {})).status == status
        assert trap.connections == 0


async def test_a_reply_is_read_so_far_and_no_farther(door: Egress) -> None:
    async with RudeServer(says(HEAD + b"\r\n" + b"[" * (16 * egress.MAX_REPLY))) as server:
        reply = await door.request(_hook(server.url), {}, {})
        assert egress.MAX_REPLY < len(reply.body) < 2 * egress.MAX_REPLY
        assert reply_trouble(reply) == "Response too large."
        await until(lambda: server.open == 0, "the host is cut off")


async def test_compressed_replies_are_not_unpacked(door: Egress) -> None:
    packed = b"\x1f\x8b" + b"\x00" * 20
    async with RudeServer(says(http(body=packed, Content_Encoding="gzip"))) as server:
        assert (await door.request(_hook(server.url), {}, {})).body == packed
        assert b"Accept-Encoding: identity" in server.requests[0]


async def test_tls_is_verified_against_the_name() -> None:
    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(server_tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with RudeServer(says(http()), tls=server_tls) as server:

        async def ask(name: str, trust: ssl.SSLContext | None) -> Reply:
            door = Egress(LOOPBACK, resolve=Names(["127.0.0.1"]), tls=trust)
            try:
                return await door.request(_hook(f"https://{name}:{server.port}/"), {}, {})
            finally:
                await door.close()

        assert (await ask("shop.example", trusting)).status == 200
        with pytest.raises(TlsFailure):
            await ask("other.example", trusting)
        with pytest.raises(TlsFailure):
            await ask("shop.example", None)


WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 24


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (WAV, "wav"),
        (b"OggS\x00\x02" + bytes(20), "ogg"),
        (b"ID3\x04" + bytes(20), "mp3"),
        (b"\xff\xfb\x90\x00" + bytes(20), "mp3"),
        (b"\xff\xf3\x90\x00" + bytes(20), "mp3"),
        (b"RIFF\x24\x00\x00\x00AVI fmt ", None),
        (b"<html>", None),
        (b"\xff\xfe", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_audio_is_known_by_its_content(head: bytes, kind: str | None) -> None:
    assert download.audio_kind(head) == kind


def _files(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def test_a_file_is_fetched_through_redirects(door: Egress, tmp_path: Path) -> None:
    into = tmp_path / "tune"
    async with (
        RudeServer(says(http(body=WAV, content_type="text/html"))) as last,
        RudeServer(says(http(302, b"", Location=last.url))) as first,
    ):
        assert (await door.fetch(first.url, into)).kind == "wav"
    assert into.read_bytes() == WAV
    assert _files(tmp_path) == [into]


async def test_redirects_are_counted(door: Egress, tmp_path: Path) -> None:
    async with RudeServer(says(http(302, b"", Location="/again"))) as server:
        with pytest.raises(BadContent):
            await door.fetch(server.url, tmp_path / "tune")
        assert server.connections == egress.MAX_REDIRECTS + 1


async def test_a_file_that_drips_is_given_up(
    door: Egress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "FETCH_TIMEOUT_S", 0.3)
    async with RudeServer(drips(http(body=WAV * 10), 0.02)) as server:
        with pytest.raises(SocketTimeout):
            await door.fetch(server.url, tmp_path / "tune")
    assert _files(tmp_path) == []


async def test_a_full_disk_is_not_the_hosts_fault(
    door: Egress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda *_: Full())
    async with RudeServer(says(http(body=WAV))) as server:
        with pytest.raises(Unavailable):
            await door.fetch(server.url, tmp_path / "tune")
    assert _files(tmp_path) == []


@pytest.mark.parametrize(
    ("location", "failure"),
    [
        ("http://10.0.0.1/", RefusedAddress),
        ("http://[::1]/", RefusedAddress),
        ("file:///etc/passwd", InvalidUrl),
        ("http://user@127.0.0.1/", InvalidUrl),
    ],
)
async def test_a_redirect_is_judged_like_a_first_url(
    door: Egress, tmp_path: Path, location: str, failure: type[EgressError]
) -> None:
    async with RudeServer(says(http(302, b"", Location=location))) as server:
        with pytest.raises(failure):
            await door.fetch(server.url, tmp_path / "tune")


async def test_a_redirect_to_the_same_name_is_looked_up_again(tmp_path: Path) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    door = Egress(("127.0.0.1/32",), resolve=names)
    async with RudeServer(says(http(302, b"", Location="/again"))) as server:
        with pytest.raises(RefusedAddress):
            await door.fetch(f"http://shop.example:{server.port}/", tmp_path / "tune")
    assert (names.questions, server.connections) == (["shop.example"] * 2, 1)
    await door.close()


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (http(body=WAV * 10), TooLarge),
        (HEAD + b"\r\n" + WAV * 10, TooLarge),
        (http(body=b"<html>"), BadContent),
        (http(404, WAV), BadContent),
        (HEAD + b"Content-Length: 90\r\n\r\n" + WAV, ConnectionClosed),
    ],
)
async def test_a_file_that_does_not_come_whole_leaves_nothing(
    door: Egress, tmp_path: Path, response: bytes, failure: type[EgressError]
) -> None:
    async with RudeServer(says(response)) as server:
        with pytest.raises(failure):
            await door.fetch(server.url, tmp_path / "tune", limit=100)
    assert _files(tmp_path) == []
