"""Bans over HTTP, for the operator alone: listed, and lifted."""

import pytest

from tests.support.api import OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract


@pytest.mark.endpoint("GET /cordboard/sip/bans", "DELETE /cordboard/sip/bans/{id}")
async def test_a_ban_is_listed_and_lifted(api: Api) -> None:
    status, listed = await api.basic("GET", "/cordboard/sip/bans")
    ban = {"source": "192.0.2.66", "seconds": 300, "reason": "too many messages"}
    assert (status, listed) == (200, {"bans": [ban]})
    assert (await api.basic("DELETE", "/cordboard/sip/bans/192.0.2.66"))[0] == 204
    assert (await api.basic("DELETE", "/cordboard/sip/bans/192.0.2.66"))[0] == 404
    assert (await api.basic("GET", "/cordboard/sip/bans"))[1] == {"bans": []}


async def test_bans_are_the_operators(api: Api) -> None:
    for method, path in (("GET", "/cordboard/sip/bans"), ("DELETE", "/cordboard/sip/bans/192.0.2.66")):
        status, _ = await api.basic(method, path, key=OTHER_KEY, secret=OTHER_SECRET)
        assert status == 403
    assert len(api.bans.held) == 1
