"""What a leg may speak: codecs, encryption, packets, keys. Trunks and programmable SIP domains fill it in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from gateway.config import TrunkSettings
from gateway.store.records.sip import SipDomainRecord
from signalling.sdp.stream import CodecName, CodecOrder, LocalMedia, SrtpPolicy


@dataclass(frozen=True, slots=True)
class MediaPolicy:
    """The choices of one leg.

    By default narrow band comes first and our order counts: the media plane mixes at 8 kHz, and every other
    codec costs it more than a telephone gains. So the others are spoken with peers that have nothing else.
    """

    codecs: tuple[CodecName, ...] = ("PCMU", "PCMA", "G722", "opus")
    """In order of preference; no other is agreed to."""
    order: CodecOrder = "ours"
    srtp: SrtpPolicy = "never"
    ptime_ms: int = 20
    rtcp_mux: bool = False
    comfort_noise: bool = False
    in_band_dtmf: bool = False
    """Listen for keys as tones where there is no telephone-event."""

    def apply(self, local: LocalMedia) -> LocalMedia:
        """Our end of a stream as the policy wants it."""
        return replace(
            local,
            codecs=self.codecs,
            order=self.order,
            srtp=self.srtp,
            ptime_ms=self.ptime_ms,
            rtcp_mux=self.rtcp_mux,
            comfort_noise=self.comfort_noise,
            in_band_dtmf=self.in_band_dtmf,
        )


DEFAULT = MediaPolicy()
"""Where no trunk and no domain has a say."""


BROWSERS = frozenset({"ws", "wss"})
"""Transports of callers that encrypt whatever they say (RFC 8827 section 6.5)."""


def of_caller(transport: str) -> MediaPolicy:
    """The policy of a caller who comes by no trunk and to no domain."""
    return replace(DEFAULT, srtp="optional") if transport in BROWSERS else DEFAULT


def of_trunk(trunk: TrunkSettings) -> MediaPolicy:
    """The policy of a trunk, whose settings are known to be valid."""
    return MediaPolicy(
        codecs=cast("tuple[CodecName, ...]", trunk.codecs),
        srtp=cast("SrtpPolicy", trunk.srtp),
        ptime_ms=trunk.ptime_ms,
        rtcp_mux=trunk.rtcp_mux,
        comfort_noise=trunk.comfort_noise,
        in_band_dtmf=trunk.dtmf == "in-band",
    )


def of_domain(domain: SipDomainRecord) -> MediaPolicy:
    """The policy of a programmable SIP domain."""
    return replace(DEFAULT, srtp=domain.srtp)


def of_uri(parameters: Mapping[str, str | None]) -> MediaPolicy:
    """The policy of a SIP address that an application names: `;media=srtp` asks for encryption."""
    wants_srtp = (parameters.get("media") or "").lower() == "srtp"
    return replace(DEFAULT, srtp="always" if wants_srtp else DEFAULT.srtp)
