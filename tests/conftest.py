"""Rules for the whole suite, and the fixtures that tests with real peers share.

Kernels run as plain Python in the process of the tests, where indices are checked; NUMBA_DISABLE_JIT=0 asks
for compiled ones. Only this process is told so, not its environment: workers that tests start must compile.
"""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numba
import pytest

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.webhook_app import WebhookApp

if os.environ.get("NUMBA_DISABLE_JIT") != "0":
    numba.config.DISABLE_JIT = 1  # type: ignore[attr-defined]

pytest_plugins = ["tests.support.compatibility", "tests.support.interop", "tests.support.leaks"]

KINDS = frozenset({"unit", "contract", "interop", "faults", "security"})

StartPhone = Callable[..., Coroutine[None, None, Phone]]
StartGateway = Callable[..., Coroutine[None, None, RunningGateway]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every module says what kind of test it holds, so that a kind can be run alone and none is forgotten."""
    wrong = {}
    for item in items:
        module = item.getparent(pytest.Module)
        if module is not None:
            kinds = {mark.name for mark in module.own_markers} & KINDS
            if len(kinds) != 1:
                wrong[module.path] = f"{module.path}: pytestmark has {sorted(kinds) or 'no kind'}"
    if wrong:
        raise pytest.UsageError(
            f"every test module declares exactly one of {sorted(KINDS)} as its pytestmark:\n"
            + "\n".join(wrong.values())
        )


def pytest_report_header() -> str:
    """Name the peers from outside Python, since what is missing gets skipped."""
    found = {name: shutil.which(name) or "missing, its tests are skipped" for name in ("sipp", "espeak-ng")}
    return "peers: " + ", ".join(f"{name} {where}" for name, where in found.items())


@pytest.fixture
async def running() -> AsyncIterator[AsyncExitStack]:
    """Whatever a test enters here is ended when the test is over, the last one first."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def start_phone(running: AsyncExitStack, tmp_path: Path) -> StartPhone:
    """Start a softphone with a name, a tone and other fields of PhoneSettings."""

    async def start(name: str, tone_hz: int = 0, **settings: Any) -> Phone:  # noqa: ANN401 - what PhoneSettings takes
        chosen = PhoneSettings(name=name, tone_hz=tone_hz, directory=tmp_path / "phones", **settings)
        return await running.enter_async_context(await Phone.start(chosen))

    return start


@pytest.fixture
def start_gateway(running: AsyncExitStack, tmp_path: Path) -> StartGateway:
    """Start a gateway with arguments of RunningGateway, as a process of its own."""

    async def start(**options: Any) -> RunningGateway:  # noqa: ANN401 - what RunningGateway takes
        return await running.enter_async_context(RunningGateway(tmp_path / "gateway", **options))

    return start


@pytest.fixture
async def webhooks(running: AsyncExitStack) -> WebhookApp:
    """A voice application's web server."""
    return await running.enter_async_context(WebhookApp())
