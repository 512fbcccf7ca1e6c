"""What is wrong in an NCCO is named by its whole path, with what could stand there instead."""

import pytest

from gateway.errors import Invalid
from gateway.ncco.schema import read_ncco
from gateway.store.records import Json

pytestmark = pytest.mark.unit

PHONE = {"type": "phone", "number": "447700900003"}
SOCKET = {"type": "websocket", "uri": "wss://bot.example/"}
PROMPT = {"type": "CardNumber", "text": "Your card, please."}


def refused(action: Json) -> tuple[str, str]:
    """The place, without the action's, and the reason."""
    with pytest.raises(Invalid) as error:
        read_ncco([action])
    ((place, reason),) = error.value.parameters.items()
    return str(place).removeprefix(f"ncco[0].{action['action']}."), str(reason)


@pytest.mark.parametrize(
    ("action", "place", "options"),
    [
        ({"action": "wait", "foo": 1}, "foo", "timeout"),
        (
            {"action": "input", "type": ["dtmf"], "dtmf": {"foo": 1}},
            "dtmf.foo",
            "timeOut, maxDigits, submitOnHash",
        ),
        (
            {"action": "record", "transcription": {"foo": 1}},
            "transcription.foo",
            "language, eventUrl, eventMethod, sentimentAnalysis",
        ),
        ({"action": "pay", "amount": 1, "voice": {"foo": 1}}, "voice.foo", "language, style"),
        (
            {"action": "pay", "amount": 1, "prompts": [{**PROMPT, "foo": 1}]},
            "prompts[0].foo",
            "type, text, errors",
        ),
        (
            {"action": "connect", "endpoint": [{"type": "app", "user": "ann", "foo": 1}]},
            "endpoint[0].foo",
            "user",
        ),
        (
            {"action": "connect", "endpoint": [{**PHONE, "onAnswer": {"foo": 1}}]},
            "endpoint[0].onAnswer.foo",
            "url, ringbackTone, ringback",
        ),
        (
            {"action": "connect", "endpoint": [{**SOCKET, "authorization": {"type": "custom", "foo": 1}}]},
            "endpoint[0].authorization.foo",
            "value",
        ),
        (
            {"action": "connect", "endpoint": [PHONE], "advancedMachineDetection": {"foo": 1}},
            "advancedMachineDetection.foo",
            "behavior, mode, beepTimeout",
        ),
    ],
)
def test_an_unknown_option_is_refused_with_those_that_there_are(
    action: Json, place: str, options: str
) -> None:
    assert refused(action) == (place, f"not an option here; options are {options}")


def test_the_options_of_speech_are_closed_too() -> None:
    place, reason = refused({"action": "input", "type": ["speech"], "speech": {"foo": 1}})
    assert place == "speech.foo"
    assert "uuid, endOnSilence, language" in reason


@pytest.mark.parametrize(
    ("action", "place", "choices"),
    [
        ({"action": "record", "format": "foo"}, "format", "wav, mp3, ogg"),
        ({"action": "input", "type": ["foo"]}, "type[0]", "dtmf, speech"),
        (
            {"action": "connect", "endpoint": [{"type": "foo"}]},
            "endpoint[0].type",
            "phone, sip, websocket, app, vbc",
        ),
        (
            {"action": "connect", "endpoint": [PHONE], "advancedMachineDetection": {"mode": "foo"}},
            "advancedMachineDetection.mode",
            "default, detect, detect_beep",
        ),
        (
            {"action": "pay", "amount": 1, "prompts": [{**PROMPT, "errors": {"foo": {"text": "No."}}}]},
            "prompts[0].errors.foo",
            "InvalidCardType, InvalidCardNumber, InvalidExpirationDate, InvalidSecurityCode, Timeout",
        ),
    ],
)
def test_a_wrong_choice_is_told_the_right_ones(action: Json, place: str, choices: str) -> None:
    named, reason = refused(action)
    assert named == place
    assert reason.startswith("'foo' is not one of ")
    listed = reason.removeprefix("'foo' is not one of ").split(", ")
    assert sorted(listed) == sorted(choices.split(", "))


@pytest.mark.parametrize(
    ("action", "place", "reason"),
    [
        ({"action": "talk"}, "text", "must be given"),
        ({"action": "connect", "endpoint": [{"type": "sip"}]}, "endpoint[0].uri", "must be given"),
        ({"action": "pay", "amount": -1}, "amount", "must be above 0 and below 1000000000"),
        ({"action": "pay", "amount": "9.9999"}, "amount", "must have at most 3 decimal places"),
        ({"action": "talk", "text": "x" * 1501}, "text", "must have at most 1500 characters"),
    ],
)
def test_what_is_missing_or_too_much_is_named(action: Json, place: str, reason: str) -> None:
    named, said = refused(action)
    assert named == place
    assert said.startswith(reason)


@pytest.mark.parametrize("name", ["x - at `$.endpoint[9].y", "x - at `$[z", "x`", "[key]"])
def test_a_name_that_looks_like_a_path_is_refused_like_any_other(name: str) -> None:
    with pytest.raises(Invalid):
        read_ncco([{"action": "wait", name: 1}])


@pytest.mark.parametrize(
    "number",
    ["0044770090", "٤٤٧٧٠٠٩٠٠٠٠٣", "44770090000３", "447700900003\n", "+447700900003", "447700", "4" * 16],
)
def test_a_telephone_number_is_written_in_one_way(number: str) -> None:
    place, reason = refused({"action": "connect", "endpoint": [{**PHONE, "number": number}]})
    assert place == "endpoint[0].number"
    assert "country code first" in reason
