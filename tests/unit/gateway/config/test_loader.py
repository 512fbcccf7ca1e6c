"""The file and the environment become Settings, and whatever is wrong is named by its key."""

from pathlib import Path

import pytest

from gateway.config import ConfigError, Settings, find, load

pytestmark = pytest.mark.unit


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "cordboard.toml"


def test_nothing_configured_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Settings()


def test_the_file_in_the_working_directory_is_the_default(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written.write_text("[sip]\nport = 5070\n")
    assert load(None, {}).sip.port == 5070


def test_a_named_file_wins_over_the_variable_and_the_variable_over_the_default(tmp_path: Path) -> None:
    assert find(Path("a.toml"), {"CORDBOARD_CONFIG": "b.toml"}) == Path("a.toml")
    assert find(None, {"CORDBOARD_CONFIG": "b.toml"}) == Path("b.toml")


def test_the_environment_overrides_the_file(written: Path) -> None:
    written.write_text('data_directory = "/a"\n[sip]\nport = 5070\nrealm = "here"\n')
    environ = {
        "CORDBOARD_DATA_DIRECTORY": "/b",
        "CORDBOARD_SIP_PORT": "5080",
        "CORDBOARD_EGRESS_ALLOW": "127.0.0.0/8, ::1/128",
    }
    settings = load(written, environ)
    assert settings.data_directory == "/b"
    assert (settings.sip.port, settings.sip.realm) == (5080, "here")
    assert settings.egress.allow == ("127.0.0.0/8", "::1/128")


def test_variables_of_others_are_left_alone(written: Path) -> None:
    written.write_text("")
    load(written, {"CORDBOARD_SERVICE_HOST": "10.0.0.1", "CORDBOARD_PORT": "tcp://10.0.0.1:80", "HOME": "/"})


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[sip]\nprot = 1", "[sip] prot", "did you mean [sip] port?"),
        ("[spi]\nport = 1", "spi", "did you mean sip?"),
        (
            "[[trunks]]\nname = 'a'\nhots = 'b'",
            "[[trunks]] (1st) hots",
            "did you mean [[trunks]] (1st) host?",
        ),
        ("[[sip.users]]\npasword = 'b'", "[[sip.users]] (1st) pasword", "password?"),
        ("zzzz = 1", "zzzz", "there are data_directory"),
        ("[sip]\nport = '5060'", "[sip] port", 'holds "5060"; it may hold a whole number'),
        ("[sip]\ntrusted = '10.0.0.0/8'", "[sip] trusted", "a list"),
        ("sip = 3", "sip", "holds 3; it may hold a table"),
        ("[[trunks]]\nname = 'a'", "[[trunks]] (1st) host", "a host, or `targets`"),
        ("[[trunks]]\nhost = 'a'", "[[trunks]] (1st) name", "is missing"),
    ],
)
def test_a_wrong_key_is_named(written: Path, text: str, key: str, words: str) -> None:
    written.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(written, {})
    assert caught.value.key == key
    assert words in str(caught.value)


def test_a_secret_of_the_wrong_type_is_not_repeated(written: Path) -> None:
    written.write_text("[account]\napi_secret = 271828\n")
    with pytest.raises(ConfigError) as caught:
        load(written, {})
    assert caught.value.key == "[account] api_secret"
    assert "271828" not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"CORDBOARD_SIP_PORT": "many"}, 'SIP_PORT holds "many"; it may hold a whole number'),
        (
            {"CORDBOARD_SIP_PORT": "70000"},
            "SIP_PORT holds 70000; it may hold a port from 0 to 65535",
        ),
        (
            {"CORDBOARD_SIP_PROT": "1"},
            "SIP_PROT is not a setting; did you mean CORDBOARD_SIP_PORT?",
        ),
    ],
)
def test_a_wrong_variable_is_named_as_the_variable(
    written: Path, environ: dict[str, str], words: str
) -> None:
    written.write_text("")
    with pytest.raises(ConfigError) as caught:
        load(written, environ)
    assert str(caught.value).startswith("CORDBOARD_" + words)


def test_a_variable_does_not_hide_a_section_that_is_no_table(written: Path) -> None:
    written.write_text("sip = 3")
    with pytest.raises(ConfigError, match="it may hold a table"):
        load(written, {"CORDBOARD_SIP_PORT": "5060"})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "absent.toml", {})
    broken = tmp_path / "broken.toml"
    broken.write_text("[sip\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(broken, {})
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(broken, {})
