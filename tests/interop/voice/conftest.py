"""Stages for scenes of calls: one gateway, several callers and agents with baresip."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.caller import Caller
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.line import Line, allow_payments
from tests.support.processor import FakeProcessor
from tests.support.stage import Scene, Stage
from tests.support.webhook_app import WebhookApp

STAGES = 3
"""That play at once: more would wait for the processor."""
CALLER_HZ, AGENT_HZ = 440, 660

Stages = asyncio.Queue[Stage]
Perform = Callable[[Iterable[Scene]], dict[str, asyncio.Task[None]]]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def stages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stages]:
    """Stages that are free."""
    directory = tmp_path_factory.mktemp("stages")
    async with AsyncExitStack() as stack:

        async def phone(name: str, tone_hz: int) -> Phone:
            settings = PhoneSettings(name=name, tone_hz=tone_hz, directory=directory)
            return await stack.enter_async_context(await Phone.start(settings))

        bank = await stack.enter_async_context(FakeProcessor())
        agents = [await phone(f"44770090080{index}", AGENT_HZ) for index in range(STAGES)]
        trunks = [trunk_to(agent.port, agent.name, name=agent.name) for agent in agents]
        # What one stage asks is not to be too much for another.
        limits = {"calls_per_second": 100, "voice_requests_per_second": 100}
        more: dict[str, dict[str, object]] = {"payments": {"url": bank.url}, "limits": {**limits}}
        gateway = await stack.enter_async_context(
            RunningGateway(directory / "gateway", trunks=trunks, more=more)
        )
        free: Stages = asyncio.Queue()
        for index, agent in enumerate(agents):
            loud = Caller(await phone(f"44770000080{index}", CALLER_HZ))
            quiet = Caller(await phone(f"44770000081{index}", 0))
            webhooks = await stack.enter_async_context(WebhookApp())
            line = await Line.rent(gateway, webhooks)
            fallback = {"address": f"{webhooks.url}/fallback", "http_method": "POST"}
            await allow_payments(line, fallback_answer_url=fallback)
            free.put_nowait(Stage(line, loud, quiet, Caller(agent), directory))
        yield free


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def perform(stages: Stages) -> AsyncIterator[Perform]:
    """Play scenes, as many at once as there are stages: their tasks by name."""
    tasks: list[asyncio.Task[None]] = []

    async def play(scene: Scene) -> None:
        stage = await stages.get()
        try:
            for person in (stage.loud, stage.quiet, stage.agent):
                person.listens_from_now()
            await scene.play(stage)
        finally:
            stages.put_nowait(stage)

    def start(scenes: Iterable[Scene]) -> dict[str, asyncio.Task[None]]:
        started = {scene.name: asyncio.create_task(play(scene)) for scene in scenes}
        tasks.extend(started.values())
        return started

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def played(request: pytest.FixtureRequest, perform: Perform) -> dict[str, asyncio.Task[None]]:
    """The scenes of the module, which play from now on: by name, as tasks."""
    return perform(request.module.SCENES)
