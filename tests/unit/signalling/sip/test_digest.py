"""Digest: the published examples, both ends against each other, and what must not be accepted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.digest import (
    MAX_SPENT_NONCES,
    NONCE_TTL_S,
    Login,
    Nonces,
    Verifier,
    answer,
    challenges,
    make_key,
)
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.auth import MAX_CHALLENGES, MAX_FIELDS, Challenge, Credentials, parse_challenges

pytestmark = pytest.mark.unit

REALM = "house, of cords"
SOURCE = "192.0.2.9"
LOGIN = Login("ann", "right")

TEXT = st.text(max_size=12).filter(lambda text: "\r" not in text and "\n" not in text)
CHALLENGES = st.builds(
    Challenge,
    realm=TEXT,
    nonce=TEXT,
    algorithm=st.sampled_from(["MD5", "SHA-256"]),
    qop=st.sampled_from([(), ("auth",), ("auth", "auth-int")]),
    opaque=st.none() | TEXT,
    stale=st.booleans(),
)


@pytest.fixture
def verifier() -> Verifier:
    users = {"ann": (make_key("ann", REALM, "right"), make_key("ann", REALM, "new"))}
    return Verifier(REALM, users, Nonces(b"secret"))


def respond_to(verifier: Verifier, now: float = 0.0, login: Login = LOGIN) -> Credentials:
    offered = parse_challenges(challenges(REALM, verifier.nonces.issue(now, SOURCE)))
    value = answer(offered, login, "INVITE", "sip:b@c", lambda: "cn")
    assert value is not None
    return Credentials.parse(value)


class TestPublishedExamples:
    """RFC 7616 section 3.9.1 and RFC 2617 section 3.5."""

    NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"

    @pytest.mark.parametrize(
        ("algorithm", "response"),
        [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ],
    )
    def test_with_qop(self, algorithm: str, response: str) -> None:
        challenge = Challenge(
            "http-auth@example.org", self.NONCE, algorithm, ("auth", "auth-int"), self.OPAQUE
        )
        value = answer(
            [challenge], Login("Mufasa", "Circle of Life"), "GET", "/dir/index.html", lambda: self.CNONCE
        )
        credentials = Credentials.parse(value or "")
        assert credentials.response == response
        assert credentials.opaque == self.OPAQUE
        assert credentials.nonce_count == 1

    def test_without_qop(self) -> None:
        challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
        value = answer(
            [challenge], Login("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", lambda: "unused"
        )
        assert Credentials.parse(value or "").response == "1949323746fe6a43ef61f9606e7febea"
        assert "unused" not in (value or "")


class TestHeaders:
    @given(CHALLENGES)
    def test_challenge_round_trip(self, challenge: Challenge) -> None:
        assert Challenge.parse(str(challenge)) == challenge

    @given(st.lists(CHALLENGES, max_size=4))
    def test_one_line_and_several_are_the_same(self, offered: list[Challenge]) -> None:
        lines = [str(challenge) for challenge in offered]
        assert parse_challenges([", ".join(lines)] if lines else []) == offered
        assert parse_challenges(lines) == offered

    @given(TEXT, TEXT, st.none() | st.integers(0, 2**32 - 1))
    def test_credentials_round_trip(self, name: str, realm: str, count: int | None) -> None:
        credentials = Credentials(name, realm, "n", "sip:a", "0f")
        if count is not None:
            credentials = replace(credentials, qop="auth", cnonce=name, nonce_count=count)
        assert Credentials.parse(str(credentials)) == credentials

    def test_loose_spelling(self) -> None:
        text = 'DIGEST Realm = "a, \\"b\\"",qop="auth,auth-int" , NONCE="n=1,2", stale=TRUE,algorithm=md5'
        assert Challenge.parse(text) == Challenge('a, "b"', "n=1,2", "md5", ("auth", "auth-int"), None, True)

    def test_other_schemes_are_left_out(self) -> None:
        text = 'Basic realm="x", Negotiate, Digest realm="r", nonce="n", Bearer abc.def/ghi=='
        assert parse_challenges([text]) == [Challenge("r", "n")]

    @given(st.text(max_size=80).map("Digest ".__add__))
    def test_any_text_parses_or_is_refused(self, text: str) -> None:
        for parse in (Challenge.parse, Credentials.parse):
            try:
                parse(text)
            except RemoteSipError:
                continue

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Digest",
            'Digest realm="r"',
            'Digest nonce="n"',
            'realm="r", nonce="n"',
            'Digest realm="r", realm="q", nonce="n"',
            'Digest realm="r, nonce="n"',
            'Digest realm="r", nonce="n", "junk"',
        ],
    )
    def test_bad_challenges(self, text: str) -> None:
        with pytest.raises(RemoteSipError):
            Challenge.parse(text)

    @pytest.mark.parametrize(
        "tail",
        ["", ", nc=00000001", ', qop=auth, cnonce="c"', ', qop=auth, cnonce="c", nc=1', ", uri=x, uri=y"],
    )
    def test_bad_credentials(self, tail: str) -> None:
        head = 'Digest username="u", realm="r", nonce="n"' + (', uri="u", response="r"' if tail else "")
        with pytest.raises(RemoteSipError):
            Credentials.parse(head + tail)

    def test_limits(self) -> None:
        fields = "".join(f", x{index}=y" for index in range(MAX_FIELDS - 2))
        assert Challenge.parse(f"Digest realm=r, nonce=n{fields}") == Challenge("r", "n")
        with pytest.raises(RemoteSipError):
            Challenge.parse(f"Digest realm=r, nonce=n{fields}, z=y")
        assert len(parse_challenges(["Digest realm=r, nonce=n"] * MAX_CHALLENGES)) == MAX_CHALLENGES
        with pytest.raises(RemoteSipError):
            parse_challenges(["Digest realm=r, nonce=n"] * (MAX_CHALLENGES + 1))


class TestAnswer:
    def test_prefers_sha256_wherever_it_stands(self) -> None:
        offered = [Challenge("r", "n", "MD5"), Challenge("r", "n", "sha-256", ("auth",))]
        for order in (offered, offered[::-1]):
            value = answer(order, LOGIN, "INVITE", "sip:a", lambda: "c")
            assert Credentials.parse(value or "").algorithm == "sha-256"

    @pytest.mark.parametrize(
        "challenge",
        [
            Challenge("r", "n", "MD5-sess", ("auth",)),
            Challenge("r", "n", "MD5", ("auth-int",)),
            Challenge("q", "n"),
        ],
    )
    def test_leaves_what_it_cannot_or_must_not_answer(self, challenge: Challenge) -> None:
        assert answer([challenge], Login("ann", "right", realm="r"), "INVITE", "sip:a", lambda: "c") is None

    def test_the_password_is_in_no_repr(self) -> None:
        assert "right" not in repr(LOGIN)


class TestVerifier:
    def test_offers_first_what_every_phone_knows(self) -> None:
        offered = parse_challenges(challenges(REALM, "n", stale=True))
        assert [(one.algorithm, one.qop, one.stale) for one in offered] == [
            ("MD5", ("auth",), True),
            ("SHA-256", ("auth",), True),
        ]

    def test_an_answer_without_qop_uses_up_its_nonce(self, verifier: Verifier) -> None:
        offered = [Challenge(REALM, verifier.nonces.issue(0, SOURCE), "MD5", ())]
        credentials = Credentials.parse(answer(offered, LOGIN, "REGISTER", "sip:b@c", lambda: "cn") or "")
        assert credentials.qop is None
        assert verifier.verify(credentials, "REGISTER", 1, SOURCE) == "ok"
        assert verifier.verify(credentials, "REGISTER", 1, SOURCE) == "stale"
        counted = [replace(offered[0], qop=("auth",))]
        again = Credentials.parse(answer(counted, LOGIN, "REGISTER", "sip:b@c", lambda: "cn") or "")
        assert verifier.verify(again, "REGISTER", 1, SOURCE) == "stale"

    @pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
    def test_right_answer_is_good_once(self, verifier: Verifier, algorithm: str) -> None:
        offered = [Challenge(REALM, verifier.nonces.issue(0, SOURCE), algorithm, ("auth",))]
        credentials = Credentials.parse(answer(offered, LOGIN, "INVITE", "sip:b@c", lambda: "cn") or "")
        assert verifier.verify(credentials, "INVITE", 1, SOURCE) == "ok"
        assert verifier.verify(credentials, "INVITE", 1, SOURCE) == "stale"

    def test_each_password_of_a_user_opens(self, verifier: Verifier) -> None:
        for now, password in enumerate(("right", "new")):
            good = respond_to(verifier, now, Login("ann", password))
            assert verifier.verify(good, "INVITE", now, SOURCE) == "ok"

    def test_a_key_shows_nothing_and_is_of_a_password(self) -> None:
        key = make_key("ann", REALM, "right")
        assert key.md5 not in repr(key)
        assert key.sha256 not in repr(key)
        with pytest.raises(ValueError, match="needs a password"):
            make_key("ann", REALM, "")

    def test_counts_must_rise(self, verifier: Verifier) -> None:
        nonce = verifier.nonces.issue(0, SOURCE)
        assert [verifier.nonces.spend(nonce, count, 0) for count in (1, 3, 2, 3, 4)] == [
            True,
            True,
            False,
            False,
            True,
        ]

    @pytest.mark.parametrize(
        "login", [Login("ann", "wrong"), Login("ann", ""), Login("eve", "right"), Login("eve", "")]
    )
    def test_wrong(self, verifier: Verifier, login: Login) -> None:
        assert verifier.verify(respond_to(verifier, login=login), "INVITE", 0, SOURCE) == "wrong"
        assert len(verifier.nonces) == 0

    def test_every_field_counts(self, verifier: Verifier) -> None:
        good = respond_to(verifier)
        for bad in (
            replace(good, uri="sip:other@c"),
            replace(good, realm="other"),
            replace(good, cnonce="other"),
            replace(good, nonce_count=2),
            replace(good, qop="auth-int"),
            replace(good, qop=None, cnonce=None, nonce_count=None),
            replace(good, algorithm="MD5"),
            replace(good, algorithm="SHA-512"),
            replace(good, response="ü" * 64),
        ):
            assert verifier.verify(bad, "INVITE", 0, SOURCE) == "wrong"
        assert verifier.verify(good, "BYE", 0, SOURCE) == "wrong"
        assert verifier.verify(good, "INVITE", 0, SOURCE) == "ok"

    def test_a_right_answer_for_another_realm_is_wrong(self, verifier: Verifier) -> None:
        offered = parse_challenges(challenges("elsewhere", verifier.nonces.issue(0, SOURCE)))
        credentials = Credentials.parse(answer(offered, LOGIN, "INVITE", "sip:b@c", lambda: "cn") or "")
        assert verifier.verify(credentials, "INVITE", 0, SOURCE) == "wrong"
        assert len(verifier.nonces) == 0

    def test_nonce_dies_and_belongs_to_one_source(self, verifier: Verifier) -> None:
        good = respond_to(verifier, now=100)
        assert verifier.verify(good, "INVITE", 100, "192.0.2.10") == "stale"
        assert verifier.verify(good, "INVITE", 99, SOURCE) == "stale"
        assert verifier.verify(good, "INVITE", 100 + NONCE_TTL_S, SOURCE) == "stale"
        assert verifier.verify(good, "INVITE", 99.9 + NONCE_TTL_S, SOURCE) == "ok"

    @given(st.text(max_size=100))
    def test_no_nonce_can_be_made_up(self, nonce: str) -> None:
        assert not Nonces(b"secret").is_fresh(nonce, 0, SOURCE)

    def test_a_nonce_of_another_secret_is_stale(self, verifier: Verifier) -> None:
        nonce = Nonces(b"other").issue(0, SOURCE)
        assert not verifier.nonces.is_fresh(nonce, 0, SOURCE)
        assert not verifier.nonces.is_fresh(verifier.nonces.issue(0, SOURCE).upper(), 0, SOURCE)


class TestSpentNonces:
    def test_full_table_refuses_until_the_oldest_is_stale(self) -> None:
        nonces = Nonces(b"secret")
        for index in range(MAX_SPENT_NONCES):
            assert nonces.spend(str(index), 1, 0.0)
        assert not nonces.spend("more", 1, NONCE_TTL_S - 1)
        assert nonces.spend("0", 2, NONCE_TTL_S - 1)
        assert nonces.spend("more", 1, NONCE_TTL_S)
        assert len(nonces) == 1
