"""Fixtures of the command line's tests."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.gateway.cli.fakes import FakeGateway, Request, Shell
from tests.contract.gateway.cli.served import Served, serving


@pytest.fixture
def fake() -> Iterator[FakeGateway]:
    gateway = FakeGateway()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            request = Request(self.command, self.path, self.headers.get("Authorization", ""), body)
            status, payload = gateway.answer(request)
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload) + gateway.missing))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield gateway
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def shell(fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    environ = {
        "CORDBOARD_DATA_DIRECTORY": str(tmp_path / "data"),
        "CORDBOARD_SERVER_PUBLIC_URL": fake.url,
        "CORDBOARD_ACCOUNT_API_KEY": "a1b2c3d4",
        "CORDBOARD_ACCOUNT_API_SECRET": "open sesame",
    }
    return Shell(tmp_path / "data", environ)


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def application(shell: Shell, private_key: str) -> str:
    """The id of an application whose key lies in the data directory."""
    directory = shell.data / "keys"
    directory.mkdir(parents=True)
    (directory / "0f0e0d0c-0000-4000-8000-000000000001.key").write_text(private_key)
    return "0f0e0d0c-0000-4000-8000-000000000001"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture
def typing(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line beside the interface that all tests share."""
    monkeypatch.chdir(tmp_path)
    return served.shell(tmp_path)
