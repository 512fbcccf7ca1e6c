"""Kamailio as Homer's collector: what it understood of each HEP packet, in a table of text."""

import re
from pathlib import Path

from tests.support.kamailio import RunningKamailio

STORED = "one more packet is stored"

CONFIG = """\
debug=0
log_stderror=yes
fork=no
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{port}
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "db_text.so"
loadmodule "sipcapture.so"
modparam("db_text", "db_mode", 1)
modparam("sipcapture", "db_url", "text://{directory}")
modparam("sipcapture", "hep_capture_on", 1)
modparam("sipcapture", "capture_on", 1)
modparam("sipcapture", "capture_node", "homer")
request_route {{
    sip_capture();
    xlog("L_ERR", "{stored}\n");
    drop;
}}
onreply_route {{
    sip_capture();
    xlog("L_ERR", "{stored}\n");
    drop;
}}
"""

TEXTS = (
    "micro_ts", "method", "reply_reason", "ruri", "ruri_user", "ruri_domain", "from_user", "from_domain",
    "from_tag", "to_user", "to_domain", "to_tag", "pid_user", "contact_user", "auth_user", "callid",
    "callid_aleg", "via_1", "via_1_branch", "cseq", "diversion", "diversion_user", "reason", "content_type",
    "auth", "user_agent", "source_ip", "destination_ip", "contact_ip", "originator_ip", "correlation_id",
    "custom_field1", "custom_field2", "custom_field3", "rtp_stat", "node", "msg",
)  # fmt: skip
NUMBERS = (
    "date", "source_port", "destination_port", "contact_port", "originator_port", "expires",
    "proto", "family", "type",
)  # fmt: skip
COLUMNS = {**dict.fromkeys(NUMBERS, "int"), **dict.fromkeys(TEXTS, "string")}
"""Those of Homer's table; Kamailio fills them by their names."""

_SEPARATOR = re.compile(r"(?<!\\):")
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"r": "\r", "n": "\n"}


class HepCollector(RunningKamailio):
    """One collector on loopback; an async context."""

    def __init__(self, directory: Path, *, port: int) -> None:
        super().__init__(directory, port, CONFIG.format(port=port, directory=directory, stored=STORED))
        self._table = directory / "sip_capture"
        self._table.write_text(" ".join(f"{name}({kind},null)" for name, kind in COLUMNS.items()) + "\n")

    def stored(self) -> int:
        """How many packets it was told so far."""
        return self._log.read_text(errors="replace").count(STORED)

    def rows(self) -> list[dict[str, str]]:
        """What it was told, by column, in the order of the Call-IDs; written when the collector ends."""
        rows = [_SEPARATOR.split(line) for line in self._table.read_text().splitlines()[1:]]
        told = [dict(zip(COLUMNS, map(_plain, row), strict=True)) for row in rows]
        return sorted(told, key=lambda row: row["callid"])


def _plain(cell: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), cell)
