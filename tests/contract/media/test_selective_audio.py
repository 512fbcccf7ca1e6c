"""Who hears whom in a real worker, and who is kept from everybody."""

from pathlib import Path

import pytest
import soundfile

from media.control import (
    Conceal,
    Dtmf,
    Join,
    Ping,
    Pong,
    RecordingDone,
    Refused,
    Restrict,
    StartRecording,
    StopRecording,
)
from media.worker.restrictions import MAX_NAMES
from tests.contract.media.conftest import Call
from tests.contract.media.test_worker import ANNA, BELA, CARO, SPOKEN, UNHEARD, steady
from tests.contract.media.test_worker_websocket import BOT, Talker, bot
from tests.support.media_exchange import level
from tests.support.media_worker import MediaWorker, Telephone, level_dbov

pytestmark = pytest.mark.contract

TONES = {"a": ANNA, "b": BELA, "c": CARO}


async def heard(phones: dict[str, Telephone]) -> dict[str, str]:
    """Whom each hears, by the letters of the legs."""
    return {
        listener: "".join(leg for leg, tone in TONES.items() if level_dbov(audio, tone) > SPOKEN - 6)
        for listener, audio in [(listener, await steady(phone)) for listener, phone in phones.items()]
    }


async def test_a_restriction_holds_until_another(worker: MediaWorker, call: Call, tmp_path: Path) -> None:
    phones = {leg: await call(leg, tone) for leg, tone in TONES.items()}
    # Of "c", who has not joined yet, and of "nobody", who never does.
    worker.do(Restrict(leg="a", heard_by=("c", "nobody")))
    for leg in TONES:
        worker.do(Join(leg=leg, room="r"))
    worker.do(StartRecording(recording="rec", room="r", path=str(tmp_path / "r.wav"), channels=3, rate=8000))
    assert await heard(phones) == {"a": "bc", "b": "c", "c": "ab"}
    worker.do(Join(leg="a", room="elsewhere"))
    worker.do(Join(leg="a", room="r"))
    worker.do(Restrict(leg="b", hears=()))
    assert await heard(phones) == {"a": "bc", "b": "", "c": "ab"}
    worker.do(Restrict(leg="a"))
    worker.do(Restrict(leg="b"))
    assert await heard(phones) == {"a": "bc", "b": "ac", "c": "ab"}
    worker.do(StopRecording(recording="rec"))
    audio, _ = soundfile.read((await worker.told(RecordingDone)).path, dtype="int16")
    for channel, tone in zip(audio[8000:16000].T, TONES.values(), strict=True):
        assert level(channel, tone) == pytest.approx(SPOKEN, abs=2), "who is restricted is recorded"


async def test_more_names_than_a_tick_can_serve_are_refused(worker: MediaWorker, call: Call) -> None:
    await call("a")
    worker.do(Restrict(leg="a", hears=tuple(map(str, range(MAX_NAMES)))))
    worker.do(Restrict(leg="a", heard_by=tuple(map(str, range(MAX_NAMES + 1)))))
    assert str(MAX_NAMES) in (await worker.told(Refused)).reason


async def test_a_concealed_leg_is_for_the_gateway_alone(
    worker: MediaWorker, call: Call, tmp_path: Path
) -> None:
    talker = Talker(8000)
    async with bot(worker, talker.talk):
        anna, bela = await call("a", ANNA), await call("b", BELA)
        worker.do(Conceal(leg="a", concealed=True))
        for leg in ("a", "b"):
            worker.do(Join(leg=leg, room="r"))
        worker.do(StartRecording(recording="rec", room="r", path=str(tmp_path / "r.wav"), rate=8000))
        audio = await steady(bela)
        assert level_dbov(audio, ANNA) < UNHEARD < SPOKEN - 6 < level_dbov(audio, BOT)
        assert level_dbov(await steady(anna), BELA) > SPOKEN - 6
        anna.press(1)
        assert (await worker.told(Dtmf, leg="a")).digit == "1"
        worker.do(StopRecording(recording="rec"))
        recorded, _ = soundfile.read((await worker.told(RecordingDone)).path, dtype="int16")
        assert level_dbov(recorded, ANNA) < UNHEARD < SPOKEN - 6 < level_dbov(recorded[-8000:], BELA)
        worker.do(Conceal(leg="a", concealed=False))
        worker.do(Ping(nonce=1))
        await worker.told(Pong)
        anna.press(2)
        assert (await talker.pressed())["digit"] == "2", "the first digit was not for it"
        assert level_dbov(await steady(bela), ANNA) > SPOKEN - 6
