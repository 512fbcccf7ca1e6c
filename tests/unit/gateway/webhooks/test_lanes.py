"""Which lane serves which host."""

import pytest

from gateway.store.records import Delivery, Webhook
from gateway.webhooks import lanes
from gateway.webhooks.lanes import Lanes
from tests.support import records

pytestmark = pytest.mark.unit


def to_host(host: str) -> Delivery:
    return records.delivery(f"to-{host}", webhook=Webhook(address=f"http://{host}/event"))


def test_while_the_shared_lane_lives_no_new_one_overtakes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for a lane of its own again, but what is owed to the host stands in the shared one."""
    monkeypatch.setattr(lanes, "MAX_LANES", 1)
    those = Lanes()
    own = those.lane(to_host("a.example"))
    shared = those.lane(to_host("b.example"))
    assert shared is not own
    del own
    assert those.lane(to_host("b.example")) is shared
    del shared
    assert not those.lane(to_host("b.example")).serves(to_host("c.example"))
