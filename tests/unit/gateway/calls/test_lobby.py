"""Who waits where."""

import pytest

from gateway.calls.lobby import Lobby

pytestmark = pytest.mark.unit


def test_a_leg_waits_in_one_conversation_while_it_leaves_another() -> None:
    lobby = Lobby()
    lobby.wait("CON-1", "leg")
    lobby.wait("CON-2", "leg")
    lobby.leave("CON-1", "leg")
    assert not lobby.waits("CON-1", "leg")
    assert lobby.waits("CON-2", "leg")
    assert not lobby.waits("CON-2", "other")
    lobby.leave("CON-2", "leg")
    lobby.leave("CON-2", "leg")
    assert len(lobby) == 0
