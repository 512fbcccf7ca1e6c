"""The configuration that the first `cordboard serve` writes."""

FIRST_CONFIG = """\
# Written by the first `cordboard serve`; change it as you like and start again. Every key can also be set in
# the environment: [sip] port is CORDBOARD_SIP_PORT. What is commented out shows the default.

# data_directory = "~/.local/share/cordboard"

[server]
# host = "127.0.0.1"
# port = 8080
# public_url = "https://voice.example.com"

[sip]
# host = "127.0.0.1"
# port = 5060
# Who may call in without a password. SIP listens on loopback only, so this lets the softphones of this
# machine in and nobody else. Take it out before you set host to an address that others reach.
trusted = ["127.0.0.0/8"]
# Further addresses, on the same ports, and what is listened for: also "tls", "ws" and "wss". Those with TLS
# need tls_certificate and tls_key, which name PEM files.
# more_hosts = []
# transports = ["udp", "tcp"]
# tls_port = 5061
# ws_port = 5066
# wss_port = 7443
# Hosts of yours below which SIP domains are: the domain bakery is called at bakery.sip.example.com.
# domains = ["sip.example.com"]
# Whether accounts call their own numbers with their API key and secret; fast hashes are kept for it.
# account_login = false
# By which digests callers are challenged. Some old phones take none where SHA-256 stands beside MD5.
# digest_algorithms = ["MD5", "SHA-256"]

[sip.guard]
# What is borne from strangers, who get in with a password at most (docs/security-events.md).
# rate = 10
# burst = 20
# ban_s = 300
# exempt = []

[sight]
# A Homer server that is told of every SIP message (docs/sight.md).
# homer = "homer.example.com:9060"
# homer_password = ""

[media]
# host = "127.0.0.1"
# port_min = 20000
# port_max = 29999
# Media workers, at most one core each; 0 for one less than there are cores.
# workers = 0
# Seconds that calls may go on when the gateway is told to stop.
# drain_s = 0

[egress]
# Private addresses that webhooks, websockets and SIP URIs of applications may name. None by default, so that
# an application cannot reach into your network through the gateway. On a developer's machine the applications
# themselves run on loopback: hence this line. Take it out on a server.
allow = ["127.0.0.0/8", "::1/128"]

[retention]
# How long is kept what nobody deletes. Applications may say otherwise for their own legs.
# leg_days = 2
# recording_days = 30
# delivered_hours = 24
# dead_days = 7

[limits]
# How often each account may ask: calls that it starts (by POST and by `connect`), legs that one conversation
# dials, and other requests of the Voice API. More is answered with 429, or told as an error of the `connect`.
# calls_per_second = 3
# dials_per_minute = 10
# voice_requests_per_second = 15

# The numbers that can be rented. These are reserved for fiction: softphones can dial them, no carrier routes
# them.
[[numbers]]
country = "GB"
type = "mobile-lvn"
first = "447700900000"
last = "447700900099"
cost = "0.00"

[[numbers]]
country = "US"
first = "12025550100"
last = "12025550199"
cost = "0.00"

# The way out to phones. A call leaves by the first trunk that has a prefix of the number, and hunts on when
# its servers have trouble; no prefix, no call. There are more keys (gateway/config/trunks.py): several
# targets with probes and failover, registration, number formats, caller ids, codecs, encryption, limits.
# [[trunks]]
# name = "carrier"
# host = "sip.carrier.example"
# username = "me"
# password = "secret"
# prefixes = ["44", "1"]

# Behind which trunk the extensions of `vbc` endpoints are.
# [vbc]
# trunk = "carrier"

# Who charges the cards that callers key in (docs/payments.md).
# [payments]
# url = "https://payments.example.com/charges"
# secret = "secret"
"""
