"""Settings: one TOML file and the environment, validated once, frozen.

A key `[sip] port` is overridden by the variable `CORDBOARD_SIP_PORT`. A wrong value raises ConfigError, which
names the key, what it holds and what it may hold.
"""

from gateway.config.errors import ConfigError
from gateway.config.loader import find, load
from gateway.config.settings import (
    AccountSettings,
    EgressSettings,
    LimitSettings,
    MediaSettings,
    NumberPool,
    RetentionSettings,
    ServerSettings,
    Settings,
    SightSettings,
)
from gateway.config.sip import SipSettings, SipUser
from gateway.config.trunks import TrunkSettings

__all__ = [
    "AccountSettings",
    "ConfigError",
    "EgressSettings",
    "LimitSettings",
    "MediaSettings",
    "NumberPool",
    "RetentionSettings",
    "ServerSettings",
    "Settings",
    "SightSettings",
    "SipSettings",
    "SipUser",
    "TrunkSettings",
    "find",
    "load",
]
