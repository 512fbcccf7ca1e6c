"""Kamailio as a proxy between the gateway and its phones: it stays in the path of calls and registrations."""

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path
from typing import Any, Self

from tests.support.ports import free_ports, is_bound
from tests.support.tls import Certificate

KAMAILIO = shutil.which("kamailio")
HAS_TLS = any(Path("/usr/lib").glob("*/kamailio/modules/tls.so"))
PHONE_PREFIX = "4479000"
"""Numbers that begin so are phones here; the digit of one of `TRUNKS` and the phone's port make the rest."""
TRUNKS: dict[str, dict[str, Any]] = {
    "udp": {},
    "tcp": {"transport": "tcp"},
    "tls": {"transport": "tls"},
    "srtp": {"srtp": "always"},
}
"""How the gateway reaches phones by it; the place here is the digit of their numbers."""
START_POLLS = 400
STOP_TIMEOUT_S = 5.0

CONFIG = """\
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
{tls}
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "path.so"
modparam("rr", "enable_full_lr", 1)
modparam("path", "use_received", 0)

request_route {{
    if (!mf_process_maxfwd_header("20")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (loose_route() && has_totag()) {{
        t_relay();
        exit;
    }}
    if (is_method("ACK|CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (is_method("OPTIONS") && uri == myself && $rU == $null) {{
        sl_send_reply("200", "Keepalive");
        exit;
    }}
    if (is_method("REGISTER")) {{
        add_path();
        $du = "sip:127.0.0.1:{gateway}";
        t_relay();
        exit;
    }}
    record_route();
    if ($rU =~ "^{prefix}") {{
        $ru = "sip:" + $rU + "@127.0.0.1:" + $(rU{{s.substr,{digits},0}});
        $ru = $ru + ";transport=" + $(proto{{s.tolower}});
    }} else if ($rd != "127.0.0.1") {{
        $du = "sip:127.0.0.1:{gateway}";
    }}
    t_relay();
}}
"""
CONFIG_OF_TLS = """\
enable_tls=yes
listen=tls:127.0.0.1:{port}
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{key}")
modparam("tls", "ca_list", "{authority}")
modparam("tls", "verify_certificate", 1)
"""


class RunningKamailio:
    """One Kamailio on loopback by a configuration of ours; an async context."""

    def __init__(self, directory: Path, port: int, config: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._directory = directory
        self._log = directory / "kamailio.log"
        self._config = directory / "kamailio.cfg"
        self._config.write_text(config)

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(KAMAILIO), "-f", str(self._config), "-DD", "-E", "-m", "32", "-M", "4",
                "-Y", str(self._directory), "-w", str(self._directory),
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        for _ in range(START_POLLS):
            if is_bound(self.port):
                return self
            assert self._process.returncode is None, self._log.read_text(errors="replace")[-2000:]
            await asyncio.sleep(0.05)
        await self.__aexit__()
        raise AssertionError(f"kamailio does not listen: {self._log.read_text(errors='replace')[-2000:]}")

    async def __aexit__(self, *_: object) -> None:
        """It has children, so it is the whole group that must be gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


class Kamailio(RunningKamailio):
    """A proxy, which goes on over the transport that it was reached by.

    Args:
        gateway_port: Where names are, for UDP; whoever calls an address gets there.
        tls: What the proxy proves its name with.
    """

    def __init__(self, directory: Path, *, gateway_port: int, tls: Certificate) -> None:
        port, self.tls_port = free_ports(2)
        with_tls = CONFIG_OF_TLS.format(
            port=self.tls_port, certificate=tls.certificate, key=tls.key, authority=tls.authority
        )
        config = CONFIG.format(
            port=port,
            tls=with_tls if HAS_TLS else "",
            gateway=gateway_port,
            prefix=PHONE_PREFIX,
            digits=len(PHONE_PREFIX) + 1,
        )
        super().__init__(directory, port, config)

    @property
    def trunks(self) -> list[dict[str, Any]]:
        """What the gateway has to be told of it."""
        return [
            {
                "name": way,
                "host": "127.0.0.1",
                "port": self.tls_port if way == "tls" else self.port,
                "prefixes": [f"{PHONE_PREFIX}{digit}"],
                **settings,
            }
            for digit, (way, settings) in enumerate(TRUNKS.items())
        ]

    @staticmethod
    def number_of(port: int, way: str) -> str:
        """The number by which a phone at this port is called through the proxy: over one of `TRUNKS`."""
        return f"{PHONE_PREFIX}{list(TRUNKS).index(way)}{port:05d}"
