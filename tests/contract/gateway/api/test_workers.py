"""Media workers over HTTP, for the operator alone."""

import pytest

from tests.support.api import OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract


@pytest.mark.endpoint("GET /cordboard/workers")
async def test_workers_are_listed(api: Api) -> None:
    status, listed = await api.basic("GET", "/cordboard/workers")
    assert status == 200
    first = {"pid": 4711, "legs": 2, "load": 0.125, "late_ms": 0.25, "deaths": 0, "refuses": ""}
    second = {"pid": None, "legs": 0, "load": 0.0, "late_ms": 0.0, "deaths": 4, "refuses": "they die"}
    assert listed == {"workers": [{"number": 1, **first}, {"number": 2, **second}]}


async def test_workers_are_the_operators(api: Api) -> None:
    status, _ = await api.basic("GET", "/cordboard/workers", key=OTHER_KEY, secret=OTHER_SECRET)
    assert status == 403
