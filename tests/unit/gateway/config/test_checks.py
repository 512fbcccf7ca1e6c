"""What the types do not say about the settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.config import ConfigError, NumberPool, Settings
from gateway.config.checks import (
    MAX_HOST,
    MAX_LEGS,
    MAX_PASSWORD,
    MAX_POOL_NUMBERS,
    MAX_TABLES,
    MOST_PER_SECOND,
    RETENTION_BOUNDS,
    check,
)

pytestmark = pytest.mark.unit


def settings(**tables: object) -> Settings:
    return msgspec.convert(tables, Settings)


def trunk(**keys: object) -> dict[str, Any]:
    return {"trunks": [{"name": "carrier", "host": "sip.example.com", **keys}]}


def pool(**keys: object) -> dict[str, Any]:
    return {"numbers": [{"country": "GB", **keys}]}


def wrong() -> Iterator[tuple[dict[str, Any], str]]:
    yield {"data_directory": ""}, "data_directory"
    yield {"server": {"host": ""}}, "[server] host"
    yield {"server": {"host": "127.0.0.1:8080"}}, "[server] host"
    yield {"server": {"host": "a" * 64}}, "[server] host"
    yield {"server": {"host": ".".join(["abc"] * (MAX_HOST // 4 + 2))}}, "[server] host"
    yield {"server": {"port": 65536}}, "[server] port"
    yield {"server": {"port": -1}}, "[server] port"
    yield {"server": {"public_url": "voice.example.com"}}, "[server] public_url"
    yield {"server": {"tls_certificate": __file__}}, "[server] tls_key"
    yield {"server": {"tls_certificate": "absent.pem", "tls_key": __file__}}, "[server] tls_certificate"
    yield {"sip": {"host": ""}}, "[sip] host"
    yield {"sip": {"host": "every where"}}, "[sip] host"
    yield {"sip": {"host": "127.0.0.256"}}, "[sip] host"
    yield {"sip": {"advertised_host": "sip:voice.example"}}, "[sip] advertised_host"
    yield {"sip": {"realm": 'a"b'}}, "[sip] realm"
    yield {"sip": {"more_hosts": ["every where"]}}, "[sip] more_hosts"
    yield {"sip": {"more_hosts": ["::1"] * 16}}, "[sip] more_hosts"
    yield {"sip": {"transports": []}}, "[sip] transports"
    yield {"sip": {"transports": ["udp", "sctp"]}}, "[sip] transports"
    yield {"sip": {"transports": ["udp", "udp"]}}, "[sip] transports"
    yield {"sip": {"transports": ["tls"]}}, "[sip] tls_certificate"
    yield {"sip": {"transports": ["tcp", "ws"], "ws_port": 5060}}, "[sip] transports"
    yield {"sip": {"tls_port": 65_536}}, "[sip] tls_port"
    yield {"sip": {"tls_certificate": "none.pem", "tls_key": "none.key"}}, "[sip] tls_certificate"
    yield {"sip": {"tls_key": __file__}}, "[sip] tls_certificate"
    yield {"sip": {"tls_ca": "none.pem"}}, "[sip] tls_ca"
    yield {"sip": {"digest_algorithms": []}}, "[sip] digest_algorithms"
    yield {"sip": {"digest_algorithms": ["SHA-1"]}}, "[sip] digest_algorithms"
    yield {"sip": {"digest_algorithms": ["MD5", "MD5"]}}, "[sip] digest_algorithms"
    yield {"sip": {"nameservers": ["dns.example.com"]}}, "[sip] nameservers"
    yield {"sip": {"nameservers": ["192.0.2.53#0"]}}, "[sip] nameservers"
    yield {"sip": {"nameservers": ["192.0.2.53"] * 9}}, "[sip] nameservers"
    yield {"sip": {"session_expires_s": 89}}, "[sip] session_expires_s"
    yield {"sip": {"session_expires_s": 86_401}}, "[sip] session_expires_s"
    yield {"sip": {"trusted": ["10.0.0.1/8"]}}, "[sip] trusted"
    yield {"sip": {"domains": ["sip.example.com", "sip example"]}}, "[sip] domains"
    yield {"sip": {"users": [{"username": "a", "password": ""}]}}, "[[sip.users]] (1st) password"
    yield {"sip": {"users": [{"username": "a", "password": "b"}] * (MAX_TABLES + 1)}}, "[sip] users"
    yield {"media": {"host": "localhost"}}, "[media] host"
    yield {"media": {"advertised_host": "voice.example.com"}}, "[media] advertised_host"
    yield {"media": {"port_min": 80}}, "[media] port_min"
    yield {"media": {"port_min": 30000, "port_max": 30000}}, "[media] port_max"
    yield {"media": {"max_legs": 0}}, "[media] max_legs"
    yield {"media": {"max_legs": MAX_LEGS + 1}}, "[media] max_legs"
    yield {"account": {"api_key": "a1b2c3d4"}}, "[account] api_secret"
    yield {"account": {"api_secret": "secret"}}, "[account] api_key"
    yield {"egress": {"allow": ["everything"]}}, "[egress] allow"
    for key, most in RETENTION_BOUNDS.items():
        yield {"retention": {key: 0}}, f"[retention] {key}"
        yield {"retention": {key: most + 1}}, f"[retention] {key}"
    for key in ("calls_per_second", "voice_requests_per_second"):
        yield {"limits": {key: 0}}, f"[limits] {key}"
        yield {"limits": {key: MOST_PER_SECOND + 1}}, f"[limits] {key}"
    yield trunk(host=""), "[[trunks]] (1st) host"
    yield trunk(host="127.0.0.1:15070"), "[[trunks]] (1st) host"
    yield trunk(host="[::1]"), "[[trunks]] (1st) host"
    yield trunk(name=""), "[[trunks]] (1st) name"
    yield trunk(port=0), "[[trunks]] (1st) port"
    yield trunk(transport="carrier pigeon"), "[[trunks]] (1st) transport"
    yield trunk(ptime_ms=25), "[[trunks]] (1st) ptime_ms"
    yield trunk(prefixes=["+44"]), "[[trunks]] (1st) prefixes"
    yield {"trunks": trunk()["trunks"] * 2}, "[[trunks]] (2nd) name"
    yield {"trunks": trunk()["trunks"] * (MAX_TABLES + 1)}, "trunks"
    yield {"vbc": {"trunk": "pbx"}, **trunk()}, "[vbc] trunk"
    yield {"payments": {"secret": "x"}}, "[payments] url"
    for url in ("http://bank.example/pay", "ftp://127.0.0.1/", "https:///pay", "http://localhost/pay"):
        yield {"payments": {"url": url}}, "[payments] url"
    for homer in ("homer", ":9060", "homer:0", "homer:65536", "homer:x", "ho mer:9060", "sip:homer:9060"):
        yield {"sight": {"homer": homer}}, "[sight] homer"
    yield {"sight": {"homer": "2001:db8::1:9060"}}, "[sight] homer"
    yield {"sight": {"homer": "[homer]:9060"}}, "[sight] homer"
    yield {"sight": {"homer_node": -1}}, "[sight] homer_node"
    yield {"sight": {"homer_node": 2**32}}, "[sight] homer_node"
    yield {"sight": {"homer_password": "x" * (MAX_PASSWORD + 1)}}, "[sight] homer_password"
    yield pool(country="gb", list=["447700900001"]), "[[numbers]] (1st) country"
    yield pool(type="fax", list=["447700900001"]), "[[numbers]] (1st) type"
    yield pool(features=["SMOKE"], list=["447700900001"]), "[[numbers]] (1st) features"
    yield pool(cost="cheap", list=["447700900001"]), "[[numbers]] (1st) cost"
    yield pool(), "[[numbers]] (1st)"
    yield pool(list=["447700900001"], first="447700900002", last="447700900003"), "[[numbers]] (1st)"
    yield pool(list=["+447700900001"]), "[[numbers]] (1st) list"
    yield pool(list=["447700900001"] * (MAX_POOL_NUMBERS + 1)), "[[numbers]] (1st) list"
    yield pool(first="447700900001"), "[[numbers]] (1st) last"
    yield pool(first="999999", last="1000000"), "[[numbers]] (1st) first"
    yield pool(first="9999999", last="10000000"), "[[numbers]] (1st) last"
    yield pool(first="447700900002", last="447700900001"), "[[numbers]] (1st) last"
    yield pool(first="447700900000", last="447700910000"), "[[numbers]] (1st) last"


@pytest.mark.parametrize(("tables", "key"), list(wrong()))
def test_it_is_refused_and_named(tables: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(settings(**tables))
    assert caught.value.key == key
    assert "it may hold" in caught.value.problem


def test_what_an_operator_writes_passes(tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    pem.write_text("")
    check(
        settings(
            server={
                "port": 0,
                "tls_certificate": str(pem),
                "tls_key": str(pem),
                "public_url": "https://v.example",
            },
            sip={"trusted": ["192.0.2.1", "2001:db8::/32"], "users": [{"username": "desk", "password": "x"}]},
            account={"api_key": "a1b2c3d4", "api_secret": "secret"},
            **trunk(prefixes=["44", "1"], transport="tcp"),
            **pool(first="447700900000", last="447700909999"),
        )
    )


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::1", "localhost", "sip.example.com.", "carrier_1", "3com.example", "x" * 63]
)
def test_an_address_or_a_name_is_a_host(host: str) -> None:
    check(settings(server={"host": host}, sip={"host": host, "advertised_host": host}, **trunk(host=host)))


def test_the_largest_range_passes() -> None:
    check(Settings(numbers=(NumberPool(country="GB", first="447700900000", last="447700909999"),)))


@pytest.mark.parametrize("homer", ["", "homer.example.com:9060", "192.0.2.7:9060", "[2001:db8::1]:65535"])
def test_a_homer_server_has_a_host_and_a_port(homer: str) -> None:
    check(settings(sight={"homer": homer, "homer_node": 2**32 - 1, "homer_password": "x" * MAX_PASSWORD}))
