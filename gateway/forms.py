"""The forms that texts must have: patterns for the machine, and words for who reads the error."""

import re

E164 = r"^[1-9][0-9]{6,14}$(?!\n)"
MSISDN = r"^[0-9]{3,15}$(?!\n)"
COUNTRY = r"^[A-Za-z]{2}$"
API_KEY = r"^[A-Za-z0-9_-]{4,32}$"
COST = r"^[0-9]{1,6}(\.[0-9]{1,8})?$"
NUMBER_PATTERN = r"^\*?[0-9]{0,15}\*?[0-9]{0,15}\*?$(?!\n)"
HTTP_URL = r"^https?://\S+$"
WEBSOCKET_URL = r"^wss?://\S+$"
SIP_URI = r"^sips?:[^\s@]+@[^\s@]+$"
SIP_DOMAIN = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$(?!\n)"
SIP_HOST = r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$(?!\n)"
SIP_USER = r"^[A-Za-z0-9_.+-]{1,64}$(?!\n)"
ANY_SIP_URI = r"^sips?:\+?[\w|:.\-@;,=%&]+$"
L16 = r"^audio/l16; ?rate=(8000|16000|24000)$"
PRINTABLE = r"^[\x20-\x7e]{1,8191}$(?!\n)"
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
DTMF = r"^[0-9*#p]*$"
KEY = r"^[0-9*#]$"
EXTENSION = r"^[0-9]{1,15}$"
CURRENCY = r"^[a-z]{3}$"
DIGITS = r"^[0-9A-Da-d*#pP]+$"
MIME_TYPE = r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}$"

FEATURE_LIST = r"^(SMS|VOICE|MMS|sms|voice|mms)(,(SMS|VOICE|MMS|sms|voice|mms)){0,2}$"

FEATURES = ("VOICE", "SMS", "MMS")
"""What a number can do."""
NUMBER_TYPES = ("landline", "landline-toll-free", "mobile-lvn")

WORDS = {
    E164: "a number of 7 to 15 digits, country code first, no +",
    MSISDN: "a number of 3 to 15 digits, no +",
    COUNTRY: "a country code of two letters",
    API_KEY: "4 to 32 letters, digits, - and _",
    COST: 'a price such as "0.80"',
    FEATURE_LIST: "a list such as SMS,VOICE of SMS, VOICE and MMS",
    NUMBER_PATTERN: "digits, with a star where any may stand",
    HTTP_URL: "an http(s) URL",
    WEBSOCKET_URL: "a ws(s) URL",
    SIP_URI: "a SIP URI such as sip:ann@example.com",
    SIP_DOMAIN: "letters, digits and -, which neither begins nor ends it",
    SIP_HOST: "the name of a SIP domain",
    SIP_USER: "1 to 64 letters, digits and any of _ . + -",
    ANY_SIP_URI: "a SIP URI such as sip:ann@example.com",
    L16: "audio/l16;rate=16000, or a rate of 8000 or 24000",
    PRINTABLE: "printable ASCII of at most 8191 characters",
    LANGUAGE: "a language such as en-US (BCP 47)",
    DTMF: "digits, * and #, and p for a pause",
    DIGITS: "digits, A to D, * and #, and p for a pause",
    MIME_TYPE: "a media type such as audio/mpeg",
    KEY: "one of the digits, * or #",
    EXTENSION: "an extension of 1 to 15 digits",
    CURRENCY: "an ISO 4217 code in small letters, such as usd",
}

_MISSED = re.compile(r" matching regex (?P<pattern>.*)$", re.DOTALL)


def has_form(text: str, pattern: str) -> bool:
    """Whether the text has the form, as msgspec finds it."""
    return re.search(pattern, text) is not None


def missed(message: str) -> str | None:
    """The words for the form that msgspec's message says was missed; None when it says something else."""
    match = _MISSED.search(message)
    if match is None:
        return None
    words = (words for pattern, words in WORDS.items() if repr(pattern) == match["pattern"])
    return next(words, "a text of another form")
