"""Kamailio as a proxy between the gateway and its phones: it stays in the path of calls and registrations."""

import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import Self

from tests.support.ports import is_bound

KAMAILIO = shutil.which("kamailio")
MODULES = Path("/usr/lib/x86_64-linux-gnu/kamailio/modules")
PHONE_PREFIX = "44790000"
"""Numbers that begin so are phones here; the port that the phone listens at makes the rest."""
START_POLLS = 400
STOP_TIMEOUT_S = 5.0

CONFIG = """\
debug=1
log_stderror=yes
fork=no
children=1
disable_tcp=no
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
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
    if (is_method("REGISTER")) {{
        add_path();
        $du = "sip:127.0.0.1:{gateway}";
        t_relay();
        exit;
    }}
    record_route();
    if ($rU =~ "^{prefix}") {{
        $ru = "sip:" + $rU + "@127.0.0.1:" + $(rU{{s.substr,{digits},0}});
    }} else if ($si == "127.0.0.1" && $sp != {gateway}) {{
        $du = "sip:127.0.0.1:{gateway}";
    }}
    t_relay();
}}
"""


class Kamailio:
    """One proxy on loopback; an async context."""

    def __init__(self, directory: Path, *, port: int, gateway_port: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._log = directory / "kamailio.log"
        self._config = directory / "kamailio.cfg"
        self._config.write_text(
            CONFIG.format(port=port, gateway=gateway_port, prefix=PHONE_PREFIX, digits=len(PHONE_PREFIX))
        )
        self._directory = directory

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(KAMAILIO), "-f", str(self._config), "-DD", "-E", "-m", "16", "-M", "4",
                "-Y", str(self._directory), "-w", str(self._directory), stdout=log, stderr=log,
            )  # fmt: skip
        for _ in range(START_POLLS):
            if is_bound(self.port):
                return self
            assert self._process.returncode is None, self._log.read_text(errors="replace")[-2000:]
            await asyncio.sleep(0.05)
        await self.__aexit__()
        raise AssertionError(f"kamailio does not listen: {self._log.read_text(errors='replace')[-2000:]}")

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @staticmethod
    def number_of(port: int) -> str:
        """The number by which a phone at this port is called through the proxy."""
        return f"{PHONE_PREFIX}{port:05d}"
