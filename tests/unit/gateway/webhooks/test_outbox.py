"""The outbox over a store in memory and hosts that answer as they are told, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from gateway.store.records import Webhook
from gateway.webhooks import lanes
from gateway.webhooks import outbox as module
from gateway.webhooks.delivery import Answer
from gateway.webhooks.exchange import Reply
from gateway.webhooks.failures import EgressError, TlsFailure
from tests.support import records
from tests.support.outbox_setting import DEAD_HOST, GOOD, SLOW_HOST, Setting

pytestmark = pytest.mark.unit


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    made = Setting()
    await made.outbox.start()
    yield made
    await made.outbox.close()


def _raises(error: EgressError) -> Callable[[], Reply]:
    def answer() -> Reply:
        raise error

    return answer


async def test_a_stream_goes_out_in_order_under_the_deliveries_ids(setting: Setting) -> None:
    setting.submit(*(records.delivery(f"d{n}", order=n) for n in range(5)))
    await setting.settle()
    assert setting.hosts.got == setting.hosts.headers == ["d0", "d1", "d2", "d3", "d4"]
    assert setting.hosts.most["http://shop.example/event"] == 1
    assert set(setting.states().values()) == {"delivered"}


async def test_a_dead_host_hurts_only_its_own_streams(setting: Setting) -> None:
    setting.submit(
        records.delivery("dead-1", order=1, stream="a", webhook=DEAD_HOST),
        records.delivery("dead-2", order=2, stream="a", webhook=DEAD_HOST),
        records.delivery("good-1", order=3, stream="b"),
        records.delivery("good-2", order=4, stream="c", application_id="app-2"),
    )
    await setting.settle()
    assert sorted(setting.hosts.got) == ["dead-1", "good-1", "good-2"]
    await setting.pass_time(1.0)
    assert setting.hosts.got.count("dead-1") == 2
    row = setting.store.rows["dead-1"]
    assert (row.state, row.attempts, row.due_at) == ("pending", 2, 11.0)
    assert "dead-2" not in setting.hosts.got


async def test_what_is_behind_a_dead_delivery_goes_out(setting: Setting) -> None:
    setting.hosts.answers["http://rude.example/"] = lambda: Reply(404, "", b"")
    rude = Webhook(address="http://rude.example/")
    setting.submit(records.delivery("d1", order=1, webhook=rude), records.delivery("d2", order=2))
    await setting.settle()
    assert setting.states() == {"d1": "dead", "d2": "delivered"}


async def test_one_application_has_so_many_requests_at_once(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "IN_FLIGHT_PER_APPLICATION", 3)
    setting.submit(
        *(records.delivery(f"d{n}", order=n, stream=f"s{n}", webhook=SLOW_HOST) for n in range(9)),
        records.delivery("other", order=99, application_id="app-2"),
    )
    await setting.settle()
    assert setting.hosts.in_flight[SLOW_HOST.address] == 3
    assert setting.states()["other"] == "delivered"
    setting.hosts.release.set()
    await setting.settle()
    assert setting.hosts.most[SLOW_HOST.address] == 3
    assert set(setting.states().values()) == {"delivered"}


async def test_all_applications_have_so_many_requests_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_FLIGHT", 4)
    setting = Setting()
    await setting.outbox.start()
    setting.submit(
        *(records.delivery(f"d{n}", order=n, application_id=f"app-{n}", webhook=SLOW_HOST) for n in range(9))
    )
    await setting.settle()
    assert setting.hosts.in_flight[SLOW_HOST.address] == 4
    await setting.outbox.close()


async def test_memory_holds_a_part_and_the_store_the_rest(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "HELD_PER_HOST", 10)
    monkeypatch.setattr(module, "REFILL", 4)
    for n in range(50):
        slow = records.delivery(f"d{n:02}", order=n, stream=f"s{n % 3}", webhook=SLOW_HOST)
        setting.submit(slow)
    await setting.settle()
    lane = setting.outbox._lanes.lane(slow)
    assert len(lane.held) == 10
    assert lane.behind
    setting.hosts.release.set()
    for n in range(50, 60):
        await asyncio.sleep(0)
        setting.submit(records.delivery(f"d{n:02}", order=n, stream=f"s{n % 3}", webhook=SLOW_HOST))
    await setting.settle()
    assert set(setting.states().values()) == {"delivered"}
    assert sorted(setting.hosts.got) == [f"d{n:02}" for n in range(60)]
    for stream in range(3):
        of_stream = [id_ for id_ in setting.hosts.got if int(id_[1:]) % 3 == stream]
        assert of_stream == sorted(of_stream)
    assert not lane.behind


async def test_a_store_that_cannot_be_read_is_asked_again(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "HELD_PER_HOST", 1)
    setting.submit(*(records.delivery(f"d{n}", order=n, webhook=SLOW_HOST) for n in (1, 2)))
    await setting.settle()
    setting.store.failing = 2  # the outcome of d1, then the first reading
    setting.hosts.release.set()
    await setting.settle()
    assert "d2" not in setting.hosts.got
    await setting.pass_time(module.STORE_RETRY_S)
    assert setting.states() == {"d1": "pending", "d2": "delivered"}


async def test_a_restart_takes_up_what_is_owed(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFILL", 2)
    setting.submit(*(records.delivery(f"d{n}", order=n, webhook=SLOW_HOST) for n in range(3)))
    retried = msgspec.structs.replace(records.delivery("d9", order=9, stream="b"), attempts=2, due_at=11.0)
    setting.store.add(retried)
    await setting.settle()
    await setting.outbox.close()
    assert set(setting.states().values()) == {"pending"}
    setting.hosts.release.set()
    setting.hosts.got.clear()
    setting.outbox = setting.make()
    await setting.outbox.start()
    await setting.settle()
    assert setting.hosts.got == ["d0", "d1", "d2"]
    await setting.pass_time(11.0)
    assert setting.hosts.got[-1] == "d9"


async def test_what_is_submitted_before_the_start_waits_behind_what_is_owed() -> None:
    setting = Setting()
    setting.store.add(records.delivery("old", order=1))
    setting.submit(records.delivery("new", order=2, wants_reply=True))
    starting = asyncio.ensure_future(setting.outbox.start())
    await asyncio.sleep(0)
    setting.submit(records.delivery("newest", order=3))
    await starting
    await setting.settle()
    assert setting.hosts.got == ["old", "new", "newest"]
    assert await setting.outbox.reply("new") == Answer(GOOD)
    await setting.outbox.close()


async def test_the_reply_to_a_delivery(setting: Setting) -> None:
    setting.submit(records.delivery("d1", wants_reply=True))
    assert await setting.outbox.reply("d1") == Answer(GOOD)
    assert await setting.outbox.reply("d1") == Answer()
    assert await setting.outbox.reply("never heard of") == Answer()


async def test_a_reply_that_is_no_ncco_sends_the_question_to_the_fallback(setting: Setting) -> None:
    backup = Webhook(address="http://backup.example/")
    setting.hosts.answers["http://shop.example/event"] = lambda: Reply(200, "text/html", b"<html>")
    setting.hosts.answers[backup.address] = lambda: Reply(200, "text/plain", b"[1]")
    setting.submit(records.delivery("d1", wants_reply=True, fallback=backup))
    answer = await setting.outbox.reply("d1")
    assert answer == Answer(Reply(200, "text/plain", b"[1]"), ("Unexpected content type.",))


async def test_a_reply_that_never_comes_says_why(setting: Setting) -> None:
    setting.hosts.answers["http://shop.example/event"] = _raises(TlsFailure())
    setting.submit(records.delivery("d1", wants_reply=True))
    assert await setting.outbox.reply("d1") == Answer(None, ("TLS failure.",))
    assert setting.states() == {"d1": "dead"}


async def test_closing_lets_go_of_who_waits(setting: Setting) -> None:
    setting.submit(records.delivery("d1", wants_reply=True, webhook=SLOW_HOST))
    waiting = asyncio.ensure_future(setting.outbox.reply("d1"))
    await setting.settle()
    await setting.outbox.close()
    assert await waiting == Answer()


async def test_replies_that_nobody_asks_for_are_forgotten(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNCLAIMED_REPLIES", 2)
    setting.submit(*(records.delivery(f"d{n}", order=n, wants_reply=True) for n in range(4)))
    await setting.settle()
    assert await setting.outbox.reply("d0") == Answer()
    assert await setting.outbox.reply("d3") == Answer(GOOD)


async def test_a_question_beside_the_store(setting: Setting) -> None:
    backup = Webhook(address="http://backup.example/")
    question = records.delivery("q1", wants_reply=True, webhook=DEAD_HOST, fallback=backup)
    asked = asyncio.ensure_future(setting.outbox.ask(question))
    await setting.settle()
    assert not asked.done()
    await setting.pass_time(1.0)
    assert await asked == Answer(GOOD, ("Connection closed.",))
    assert setting.store.rows == {}
    assert len(setting.hosts.got) == 3


async def test_a_delivery_that_breaks_the_outbox_does_not_stop_its_stream(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    broken = msgspec.structs.replace(records.delivery("d1", order=1), payload={})
    setting.submit(broken, records.delivery("d2", order=2))
    await setting.settle()
    assert setting.states() == {"d1": "pending", "d2": "delivered"}
    assert "delivery d1" in caplog.text


async def test_who_waits_for_a_delivery_that_breaks_the_outbox_is_let_go(setting: Setting) -> None:
    broken = msgspec.structs.replace(records.delivery("d1", wants_reply=True), payload={})
    setting.submit(broken)
    waiting = asyncio.ensure_future(setting.outbox.reply("d1"))
    await setting.settle()
    assert waiting.done()
    assert waiting.result() == Answer()


async def test_an_idle_outbox_holds_nothing(setting: Setting) -> None:
    setting.submit(records.delivery("d1"))
    await setting.settle()
    assert not setting.outbox._tasks
    assert len(setting.outbox._lanes) == 0


async def test_what_is_mentioned_is_tried_once_and_kept_nowhere(setting: Setting) -> None:
    setting.outbox.mention([records.delivery("dead", webhook=DEAD_HOST), records.delivery("good")])
    await setting.settle()
    await setting.pass_time(100_000.0)
    assert setting.hosts.got == ["dead", "good"]
    assert setting.store.rows == {}


async def test_so_much_may_be_mentioned_at_once(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MENTIONS_PER_APPLICATION", 3)
    setting.outbox.mention(records.delivery(f"d{n}", webhook=SLOW_HOST) for n in range(9))
    setting.outbox.mention([records.delivery("other", application_id="app-2")])
    await setting.settle()
    assert setting.hosts.got == ["d0", "d1", "d2", "other"]
    setting.hosts.release.set()
    await setting.settle()
    setting.outbox.mention([records.delivery("later")])
    await setting.settle()
    assert setting.hosts.got[-1] == "later"


async def test_a_question_does_not_wait_behind_what_memory_cannot_hold(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "HELD_PER_HOST", 4)
    monkeypatch.setattr(module, "REFILL", 3)
    for n in range(9):
        setting.submit(records.delivery(f"d{n}", order=n, stream="dead", webhook=SLOW_HOST))
    same_host = Webhook(address=f"{SLOW_HOST.address}question")
    setting.submit(records.delivery("question", order=9, stream="q", wants_reply=True, webhook=same_host))
    setting.submit(records.delivery("d9", order=10, stream="dead", webhook=SLOW_HOST))
    asked = asyncio.ensure_future(setting.outbox.reply("question"))
    await setting.settle()
    assert asked.done()
    assert asked.result() == Answer(GOOD)
    setting.hosts.release.set()
    await setting.settle()
    assert [each for each in setting.hosts.got if each != "question"] == [f"d{n}" for n in range(10)]
    assert setting.hosts.got.count("question") == 1
    assert set(setting.states().values()) == {"delivered"}


async def test_what_is_held_is_revised(setting: Setting) -> None:
    """On its way, waiting for its turn, and waiting to be tried again: neither sent nor kept as it was."""
    slow = records.delivery("slow", webhook=SLOW_HOST, order=1, stream="a")
    behind = records.delivery("behind", order=2, stream="a", webhook=SLOW_HOST)
    failing = records.delivery("failing", webhook=DEAD_HOST, order=3, stream="b")
    setting.submit(slow, behind, failing)
    await setting.settle()
    revised = [
        msgspec.structs.replace(each, payload={"id": f"revised {each.id}"})
        for each in (slow, behind, failing)
    ]
    setting.outbox.revise([*revised, records.delivery("unknown", application_id="app-9")])
    setting.hosts.release.set()
    await setting.pass_time(1.0)
    assert setting.hosts.got == ["slow", "failing", "revised behind", "revised failing"]
    assert {row.payload["id"] for row in setting.store.rows.values()} == {
        each.payload["id"] for each in revised
    }


async def test_a_dead_host_does_not_hold_what_its_application_owes_to_others(setting: Setting) -> None:
    """Far more than memory holds, each in a stream of its own; then one event to each of many other hosts."""
    for n in range(5 * lanes.HELD_PER_HOST):
        setting.submit(records.delivery(f"slow-{n}", order=n, stream=f"s{n}", webhook=SLOW_HOST))
    await setting.settle()
    assert setting.hosts.in_flight[SLOW_HOST.address] == lanes.EVENTS_IN_FLIGHT_PER_HOST
    others = [
        records.delivery(
            f"good-{n}", order=9999 + n, stream=f"g{n}", webhook=Webhook(address=f"http://h{n}/")
        )
        for n in range(2 * lanes.MAX_LANES)
    ]
    setting.submit(*others)
    await setting.settle()
    assert {setting.states()[each.id] for each in others} == {"delivered"}
    assert setting.hosts.most[SLOW_HOST.address] == lanes.EVENTS_IN_FLIGHT_PER_HOST


async def test_hosts_that_share_a_lane_are_served_in_order(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MAX_LANES", 1)
    monkeypatch.setattr(lanes, "HELD_PER_HOST", 4)
    for n in range(60):
        webhook = SLOW_HOST if n % 3 == 0 else Webhook(address=f"http://host-{n % 3}.example/")
        setting.submit(records.delivery(f"d{n:02}", order=n, stream=f"s{n % 3}", webhook=webhook))
        if n == 30:
            setting.hosts.release.set()
        await asyncio.sleep(0)
    await setting.settle()
    assert set(setting.states().values()) == {"delivered"}
    for stream in range(3):
        of_stream = [id_ for id_ in setting.hosts.got if int(id_[1:]) % 3 == stream]
        assert of_stream == [f"d{n:02}" for n in range(60) if n % 3 == stream]
    assert len(setting.outbox._lanes) == 0


async def test_a_question_does_not_wait_for_events_that_are_on_their_way(setting: Setting) -> None:
    for n in range(2 * lanes.IN_FLIGHT_PER_APPLICATION):
        host = Webhook(address=SLOW_HOST.address)
        setting.submit(records.delivery(f"d{n}", order=n, stream=f"s{n}", webhook=host))
    await setting.settle()
    same_host = Webhook(address=f"{SLOW_HOST.address}question")
    question = records.delivery("q", order=99, stream="q", wants_reply=True, webhook=same_host)
    assert await setting.outbox.ask(question) == Answer(GOOD)
