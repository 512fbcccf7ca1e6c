"""What bodies about conversations, members and users may say, and what is told when they may not."""

from typing import Any

import pytest

from gateway.api.fields import MAX_KEPT
from tests.support.api import Api

pytestmark = pytest.mark.contract

URL = "https://shop.example/rtc"
CHANNELS = "app, messenger, mms, phone, sip, sms, vbc, viber, websocket, whatsapp, whatsapp-voice"


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        (
            {"numbers": [{"type": "fax", "number": "44"}]},
            "numbers[0].type",
            '"numbers[0].type" must be one of [phone, whatsapp-voice, sip, app, websocket, vbc]',
        ),
        ({"numbers": [{"type": "phone"}]}, "numbers[0].number", '"numbers[0].number" is required'),
        (
            {"numbers": [{"type": "sip", "uri": "mailto:a@b"}]},
            "numbers[0].uri",
            '"numbers[0].uri" must be a SIP URI such as sip:ann@example.com',
        ),
        (
            {"numbers": [{"type": "websocket", "uri": "ws://" + "x" * 200}]},
            "numbers[0].uri",
            '"numbers[0].uri" length must be less than or equal to 200 characters long',
        ),
        (
            {"numbers": [{"type": "app"}] * 101},
            "numbers",
            '"numbers" length must be less than or equal to 100 items',
        ),
        ({"callback": {}}, "callback.url", '"callback.url" is required'),
        (
            {"callback": {"url": URL, "method": "PUT"}},
            "callback.method",
            '"callback.method" must be one of [GET, POST]',
        ),
        (
            {"callback": {"url": URL, "event_mask": "x" * 201}},
            "callback.event_mask",
            '"callback.event_mask" length must be less than or equal to 200 characters long',
        ),
        (
            {"callback": {"url": URL, "params": {"ncco_url": "ftp://x"}}},
            "callback.params.ncco_url",
            '"callback.params.ncco_url" must be an http(s) URL',
        ),
        (
            {"properties": {"type": ""}},
            "properties.type",
            '"properties.type" length must be greater than or equal to 1 characters long',
        ),
        (
            {"properties": {"custom_data": {"k": "x" * MAX_KEPT}}},
            "properties",
            f'"properties" must be less than or equal to {MAX_KEPT} bytes of JSON',
        ),
        (
            {"display_name": "x" * 51},
            "display_name",
            '"display_name" length must be less than or equal to 50 characters long',
        ),
    ],
)
@pytest.mark.parametrize("verb", ["POST", "PUT"])
async def test_wrong_conversations_are_named(
    api: Api, verb: str, body: dict[str, Any], name: str, reason: str
) -> None:
    path = "/v1/conversations"
    if verb == "PUT":
        path += "/" + (await api.expect(201, "POST", path, {}))["id"]
    answer = await api.expect(400, verb, path, body)
    assert answer["invalid_parameters"] == [{"name": name, "reason": reason}]


async def test_numbers_and_callback_are_kept_and_shown_without_passwords(api: Api) -> None:
    numbers = [
        {"type": "phone", "number": "447700900000"},
        {"type": "sip", "uri": "sip:+44@example.com", "username": "ann", "password": "hush"},
        {"type": "app", "user": "ann"},
        {"type": "websocket", "uri": "wss://example.com/socket", "content_type": "audio/l16;rate=16000"},
        {"type": "vbc", "extension": "123"},
        {"type": "whatsapp-voice", "number": "447700900001"},
    ]
    callback = {
        "url": URL,
        "event_mask": "member:joined",
        "params": {"applicationId": "app", "ncco_url": "https://shop.example/ncco"},
        "method": "GET",
    }
    wanted = {"numbers": numbers, "callback": callback}
    created = await api.expect(201, "POST", "/v1/conversations", wanted)
    open_numbers = [{name: each[name] for name in each if name != "password"} for each in numbers]
    assert created["numbers"] == open_numbers
    assert created["callback"] == callback
    conversation = await api.store.conversation(api.claims()["application_id"], created["id"])  # type: ignore[arg-type]
    assert conversation is not None
    assert conversation.numbers == numbers
    path = f"/v1/conversations/{created['id']}"
    changed = await api.expect(200, "PUT", path, {"callback": None, "numbers": []})
    assert "callback" not in changed
    assert "numbers" not in changed


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            {"channel": {"type": "pigeon"}},
            f'"channel.type" must be one of [{CHANNELS}]',
        ),
        (
            {"channel": {"type": "app", "ring_timeout": 7_200_001}},
            '"channel.ring_timeout" must be less than or equal to 7200000',
        ),
        (
            {"channel": {"type": "app", "headers": {"k": "x" * MAX_KEPT}}},
            f'"channel" must be less than or equal to {MAX_KEPT} bytes of JSON',
        ),
        ({"media": {"audio_settings": {"muted": "yes"}}}, '"media.audio_settings.muted" must be a boolean'),
        ({"knocking_id": 7}, '"knocking_id" must be a string'),
    ],
)
async def test_wrong_members_are_named(api: Api, body: dict[str, Any], reason: str) -> None:
    path = "/v1/conversations/" + (await api.expect(201, "POST", "/v1/conversations", {}))["id"]
    wanted = {"state": "invited", "user": {"name": "alice"}, "channel": {"type": "app"}, **body}
    answer = await api.expect(400, "POST", f"{path}/members", wanted)
    assert [each["reason"] for each in answer["invalid_parameters"]] == [reason]


@pytest.mark.parametrize(
    ("prefix", "body", "reason"),
    [
        ("/v1", {"state": "invited"}, '"state" must be one of [joined, left]'),
        ("/v1", {}, '"state" is required'),
        ("/beta", {"action": "dance"}, '"action" must be one of [join, leave]'),
        ("/v1", {"state": "left", "reason": {"code": "x" * 201}}, None),
    ],
)
async def test_wrong_changes_of_members_are_named(
    api: Api, prefix: str, body: dict[str, Any], reason: str | None
) -> None:
    path = "/v1/conversations/" + (await api.expect(201, "POST", "/v1/conversations", {}))["id"]
    await api.expect(201, "POST", "/v1/users", {"name": "alice"})
    new = {"state": "joined", "user": {"name": "alice"}, "channel": {"type": "app"}}
    member = (await api.expect(201, "POST", f"{path}/members", new))["id"]
    answer = await api.expect(400, "PUT", f"{prefix}{path[3:]}/members/{member}", body)
    reasons = [each["reason"] for each in answer["invalid_parameters"]]
    assert reasons == [reason or '"reason.code" length must be less than or equal to 200 characters long']


async def test_channels_of_users_are_kept_and_shown_without_passwords(api: Api) -> None:
    channels = {
        "pstn": [{"number": 447700900000}],
        "sip": [{"uri": "sip:4442138907@sip.example.com", "username": "ann", "password": "hush"}],
        "vbc": [{"extension": "403"}],
        "websocket": [
            {"uri": "wss://example.com", "content-type": "audio/l16;rate=16000", "headers": {"k": "v"}}
        ],
        "sms": [{"number": "447700900000"}],
        "messenger": [{"id": "0104f5de"}],
    }
    created = await api.expect(201, "POST", "/v1/users", {"name": "ann", "channels": channels})
    sip = [{"uri": "sip:4442138907@sip.example.com", "username": "ann"}]
    assert created["channels"] == {**channels, "sip": sip}
    read = await api.expect(200, "GET", f"/v1/users/{created['id']}")
    assert read == created


@pytest.mark.parametrize(
    ("channels", "reason"),
    [
        ({"sms": [{}]}, '"channels.sms[0].number" is required'),
        ({"messenger": [{"number": "1"}]}, '"channels.messenger[0].id" is required'),
        (
            {"viber": [{"number": "1"}] * 101},
            '"channels.viber" length must be less than or equal to 100 items',
        ),
        ([], '"channels" must be an object'),
    ],
)
async def test_wrong_users_are_named(api: Api, channels: object, reason: str) -> None:
    answer = await api.expect(400, "POST", "/v1/users", {"channels": channels})
    assert [each["reason"] for each in answer["invalid_parameters"]] == [reason]


async def test_the_first_generation_takes_a_channel_of_a_user_as_it_is(api: Api) -> None:
    channel = {"type": "phone", "leg_id": "l", "to": {"type": "phone", "number": "447700900000"}}
    created = await api.expect(200, "POST", "/beta/users", {"name": "ann", "channels": channel})
    assert (await api.expect(200, "GET", f"/v1/users/{created['id']}"))["channels"] == channel
