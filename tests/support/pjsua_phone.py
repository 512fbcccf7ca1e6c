"""pjsua2 as a softphone: calls and is called, says a tone, saves what it hears, and obeys JSON lines.

Run as a module this is the phone itself; `PjsuaPhone` starts that in a process of its own.
"""

import argparse
import importlib.util
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.child import Child, report
from tests.support.ports import free_ports

if TYPE_CHECKING:
    pj: Any
elif importlib.util.find_spec("pjsua2"):
    import pjsua2 as pj

IS_INSTALLED = importlib.util.find_spec("pjsua2") is not None
"""There are no wheels of it for Python 3.13 and later."""
RATE_HZ = 8000
POLL_MS = 20
LEAVE_MS = 200
LOUDNESS = 0.1
"""Of a full tone, which would drive the others of a room into the limiter."""
LEVEL_OF_MESSAGES = 4
"""Of the library's log, so that SIP messages are in it."""
SESSION_S = 600
"""The session interval that it asks for where it wants session timers."""


class PjsuaPhone(Child):
    """One phone. Events: `ready`, `ringing`, `established`, `closed` (text), `dtmf` (digit), `registered`.

    Its log has every SIP message that it sends and receives.
    """

    def __init__(self, name: str, directory: Path, *, tone_hz: int, **options: str) -> None:
        """`options`: those of `main` besides, by name."""
        directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.heard = directory / f"{name}.wav"
        self.port = free_ports(1)[0]
        transport = options.get("transport", "udp")
        self.uri = f"sip:{name}@127.0.0.1:{self.port}" + (f";transport={transport}" * (transport != "udp"))
        words = {"name": name, "port": self.port, "tone": tone_hz, "heard": self.heard, **options}
        super().__init__(
            "tests.support.pjsua_phone",
            *(f"--{key}={value}" for key, value in words.items()),
            log=directory / f"{name}.log",
        )


def main() -> None:
    """The phone's own process."""
    parser = argparse.ArgumentParser()
    for option in ("name", "heard"):
        parser.add_argument(f"--{option}", required=True)
    for option in ("port", "tone"):
        parser.add_argument(f"--{option}", type=int, required=True)
    parser.add_argument("--transport", default="udp", choices=("udp", "tcp", "tls"))
    parser.add_argument("--tls", default="", help="directory of server.pem, server.key, authority.pem")
    parser.add_argument("--proxy", default="", help="host:port of where it registers and calls")
    parser.add_argument("--domain", default="", help="where it registers; nowhere when empty")
    parser.add_argument("--password", default="")
    parser.add_argument("--srtp", default="", choices=("", "mandatory"))
    parser.add_argument("--answers", default="at once", choices=("at once", "early"))
    parser.add_argument("--codec", default="", help="the only one, as PJSIP names it")
    parser.add_argument("--prack", default="", choices=("", "mandatory"))
    parser.add_argument("--timer", default="", choices=("", "always"))
    _keep_words_apart()
    _live(parser.parse_args())


def _keep_words_apart() -> None:
    """The library logs to standard output, which is for events; its words go to the log."""
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)


def _live(options: argparse.Namespace) -> None:
    orders: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(_endpoint_settings())
    kinds = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
    where = pj.TransportConfig()
    where.port = options.port
    where.boundAddress = "127.0.0.1"
    if options.tls:
        where.tlsConfig.certFile = f"{options.tls}/server.pem"
        where.tlsConfig.privKeyFile = f"{options.tls}/server.key"
        where.tlsConfig.CaListFile = f"{options.tls}/authority.pem"
        where.tlsConfig.verifyServer = True
    transport = endpoint.transportCreate(kinds[options.transport], where)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    if options.codec:
        for codec in endpoint.codecEnum2():
            endpoint.codecSetPriority(codec.codecId, 255 * (codec.codecId == options.codec))
    phone = _Account(options)
    phone.create(_account_settings(options, transport))
    report("ready")
    threading.Thread(target=_read_orders, args=(orders,), daemon=True).start()
    while True:
        endpoint.libHandleEvents(POLL_MS)
        while not orders.empty():
            verb, *words = orders.get()
            if verb == "quit":
                endpoint.hangupAllCalls()
                endpoint.libHandleEvents(LEAVE_MS)
                # Its objects must not be destroyed after the library, and Python would do so.
                os._exit(0)
            phone.obey(verb, words)


def _read_orders(orders: "queue.SimpleQueue[list[str]]") -> None:
    for line in sys.stdin:
        orders.put(json.loads(line))
    orders.put(["quit"])


def _endpoint_settings() -> Any:  # noqa: ANN401 - pjsua2 has no types
    settings = pj.EpConfig()
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.logConfig.level = settings.logConfig.consoleLevel = LEVEL_OF_MESSAGES
    settings.logConfig.msgLogging = 1
    settings.medConfig.noVad = True
    settings.medConfig.clockRate = RATE_HZ
    return settings


def _account_settings(options: argparse.Namespace, transport: int) -> Any:  # noqa: ANN401 - pjsua2 has no types
    settings = pj.AccountConfig()
    settings.idUri = f"sip:{options.name}@{options.domain or f'127.0.0.1:{options.port}'}"
    settings.sipConfig.transportId = transport
    settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    if options.proxy:
        settings.sipConfig.proxies.append(f"sip:{options.proxy};transport={options.transport};lr")
    if options.domain:
        settings.regConfig.registrarUri = f"sip:{options.domain}"
        settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", options.name, 0, options.password))
    if options.srtp:
        settings.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY
        settings.mediaConfig.srtpSecureSignaling = 0
    if options.prack:
        settings.callConfig.prackUse = pj.PJSUA_100REL_MANDATORY
    if options.timer:
        settings.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
        settings.callConfig.timerSessExpiresSec = SESSION_S
    return settings


if IS_INSTALLED:

    class _Account(pj.Account):  # type: ignore[misc] # pjsua2 has no types
        """The phone, with at most one call, and one more for `consult`."""

        def __init__(self, options: argparse.Namespace) -> None:
            super().__init__()
            self._options = options
            self._call: _Call | None = None
            self._consulted: _Call | None = None
            self._tone = pj.ToneGenerator()
            self._has_tone = False
            self._recorder = pj.AudioMediaRecorder()

        def onRegState(self, prm: Any) -> None:  # noqa: ANN401, N802 - as pjsua2 calls it
            report("registered" if prm.code == 200 else "refused", text=prm.reason)

        def onIncomingCall(self, prm: Any) -> None:  # noqa: ANN401, N802 - as pjsua2 calls it
            self._call = _Call(self, prm.callId)
            report("ringing")
            self._answer(183 if self._options.answers == "early" else 200)

        def obey(self, verb: str, words: list[str]) -> None:
            """Carry out one order; what cannot be done is reported."""
            try:
                self._do(verb, words)
            except pj.Error as error:
                report("error", text=error.info())

        def _do(self, verb: str, words: list[str]) -> None:
            how = pj.CallOpParam(True)
            if verb == "call":
                self._call = _Call(self)
                self._call.makeCall(words[0], how)
            elif verb == "options":
                asked = pj.SendRequestParam()
                asked.method = "OPTIONS"
                asked.txOption.targetUri = words[0]
                self.sendRequest(asked)
            elif self._call is None:
                report("error", text=f"{verb}: there is no call")
            elif verb == "answer":
                self._answer(200)
            elif verb == "hang_up":
                self._call.hangup(how)
            elif verb == "hold":
                self._call.setHold(how)
            elif verb == "resume":
                how.opt.flag = pj.PJSUA_CALL_UNHOLD
                self._call.reinvite(how)
            elif verb == "transfer":
                self._call.xfer(words[0], how)
            elif verb == "consult":
                self._consulted = _Call(self)
                self._consulted.makeCall(words[0], how)
            elif verb == "join":
                self._call.xferReplaces(self._consulted, how)
            elif verb in ("dtmf", "info"):
                keys = pj.CallSendDtmfParam()
                keys.digits = words[0]
                keys.method = {"dtmf": pj.PJSUA_DTMF_METHOD_RFC2833, "info": pj.PJSUA_DTMF_METHOD_SIP_INFO}[
                    verb
                ]
                self._call.sendDtmf(keys)

        def converse(self, audio: Any) -> None:  # noqa: ANN401 - pjsua2 has no types
            """Say the tone and save what is heard."""
            if not self._has_tone:
                self._has_tone = True
                self._tone.createToneGenerator(RATE_HZ)
                described = pj.ToneDesc()
                described.freq1, described.freq2 = self._options.tone, 0
                described.on_msec, described.off_msec = 1000, 0
                described.volume = int(32767 * LOUDNESS)
                tones = pj.ToneDescVector()
                tones.append(described)
                self._tone.play(tones, True)
                self._recorder.createRecorder(self._options.heard)
            self._tone.startTransmit(audio)
            audio.startTransmit(self._recorder)

        def _answer(self, code: int) -> None:
            how = pj.CallOpParam(True)
            how.statusCode = code
            if self._call is not None:
                self._call.answer(how)

    class _Call(pj.Call):  # type: ignore[misc] # pjsua2 has no types
        """What happens in one call."""

        def __init__(self, account: _Account, call: int = -1) -> None:
            super().__init__(account, call)
            self._account = account

        def onCallState(self, prm: Any) -> None:  # noqa: ANN401, N802 - as pjsua2 calls it
            info = self.getInfo()
            if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
                report("established")
            elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
                report("closed", text=f"{info.lastStatusCode} {info.lastReason}")

        def onCallMediaState(self, prm: Any) -> None:  # noqa: ANN401, N802 - as pjsua2 calls it
            info = self.getInfo()
            for index, media in enumerate(info.media):
                if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                    self._account.converse(self.getAudioMedia(index))

        def onDtmfDigit(self, prm: Any) -> None:  # noqa: ANN401, N802 - as pjsua2 calls it
            report("dtmf", digit=prm.digit)


if __name__ == "__main__":
    main()
