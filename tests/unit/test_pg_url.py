"""Postgres URLs and PG* variables: read as they are meant, and never shown with their password."""

from __future__ import annotations

import pickle
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from landed.core.errors import ConfigError, UsageError
from landed.project.naming import redact
from landed.project.outside import NOWHERE, PERSONS_ONLY, kept_back
from landed.project.pg_parameters import PASSED_ON, PLACE
from landed.project.pg_url import Dsn, from_environment, parse_url

REF = "abcdefghijklmnopqrst"
PASSWORDS = [
    "simple",
    "p@ss",
    "a:b",
    "x/y",
    "q?r=s",
    "h#sh",
    "100%",
    "50%25",
    "sp ace",
    "[brackets]",
    "@:/?#%&=",
    "ünï",
    "a@b@c",
    "'\"\\",
]


def codes(dsn: Dsn) -> list[str]:
    return [note.code for note in dsn.notes]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h:1234/d?sslmode=verify-full&sslrootcert=/x.crt",
        "postgres://h/d",
        "postgresql://u@[::1]:1/d",
        "postgresql:///d?host=/tmp&port=7",
        "postgresql://u:p%40s%25@h/d%20e?options=-c%20x%3D1&connect_timeout=3",
        "postgresql://a:1,b:1/d?target_session_attrs=read-write&user=me",
    ],
)
def test_the_same_as_libpq(url: str) -> None:
    expected = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    found = {key: str(value) for key, value in parse_url(url, {}).parameters().items()}
    if "," in expected.get("host", ""):
        expected["port"] = "1"
    assert found == {"port": "5432", **expected}


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_read_encoded_or_not(password: str) -> None:
    tail = f"@db.{REF}.supabase.co:5432/postgres?sslmode=require"
    encoded = parse_url(f"postgresql://postgres:{quote(password, safe='')}{tail}", {})
    assert (encoded.password, encoded.host, encoded.port) == (password, f"db.{REF}.supabase.co", 5432)
    assert codes(encoded) == []
    if password == "50%25":
        return  # cannot be told from an encoded one
    plain = parse_url(f"postgresql://postgres:{password}{tail}", {})
    assert (plain.password, plain.host, plain.database) == (password, f"db.{REF}.supabase.co", "postgres")
    assert plain.option("sslmode") == "require"
    special = any(c in "@:/?#[] " for c in password) or password.endswith("%") or "%&" in password
    assert codes(plain) == (["password-not-encoded"] if special else [])


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8))
def test_no_password_is_ever_shown(password: str) -> None:
    dsn = parse_url(f"postgresql://me:{quote(password, safe='')}@db.example.com/shop", {}, "flag --target")
    for shown in (repr(dsn), str(dsn), f"{dsn}", dsn.place, repr(dsn.with_options(sslmode="require"))):
        assert password not in shown
    assert redact(f"postgresql://me:{password}@db.example.com/shop").endswith("://db.example.com/shop")


@pytest.mark.parametrize("password", PASSWORDS)
def test_what_is_in_errors_of_odd_urls(password: str) -> None:
    for url in (
        f"postgresql://u:{password}@h:99999/d",
        f"postgresql://u:{password}@h:x:y/d",
        f"mysql://u:{password}@h",
    ):
        with pytest.raises(UsageError) as raised:
            parse_url(url, {}, "here")
        assert password not in str(raised.value)


@pytest.mark.parametrize("written", ["[YOUR-PASSWORD]", "%5BYOUR-PASSWORD%5D"])
def test_the_dashboards_placeholder_is_no_password(written: str) -> None:
    dsn = parse_url(f"postgresql://postgres:{written}@h/d", {})
    assert dsn.password is None
    assert codes(dsn) == ["password-placeholder"]


def test_parameters_for_other_programs() -> None:
    dsn = parse_url("postgresql://u@h:6543/d?pgbouncer=true&connection_limit=1&ssl=true", {})
    assert codes(dsn) == ["ignored-parameter", "ignored-parameter"]
    assert dsn.options == (("sslmode", "require"),)


def test_what_is_left_open_comes_from_the_environment() -> None:
    environ = {
        "PGHOST": "db.example.com",
        "PGPORT": "7",
        "PGUSER": "me",
        "PGDATABASE": "shop",
        "PGPASSWORD": "s3cret",
    }
    dsn = from_environment(environ)
    assert (dsn.host, dsn.port, dsn.user, dsn.database, dsn.password) == (
        "db.example.com",
        7,
        "me",
        "shop",
        "s3cret",
    )
    assert (dsn.locality, dsn.origin) == ("REMOTE", "PG* variables")
    other = parse_url("postgresql://you:x@h:8", environ)
    assert (other.host, other.port, other.user, other.database, other.password) == (
        "h",
        8,
        "you",
        "shop",
        "x",
    )
    assert from_environment({}).locality == "LOCAL"


@pytest.mark.parametrize(
    ("host", "locality"),
    [
        ("", "LOCAL"), ("/run/postgresql", "LOCAL"), ("localhost", "LOOPBACK"), ("127.0.0.1", "LOOPBACK"),
        ("127.8.8.8", "LOOPBACK"), ("::1", "LOOPBACK"), ("db.localhost", "LOOPBACK"), ("@abstract", "LOCAL"),
        ("/run/postgresql,/tmp", "LOOPBACK"), ("/run/postgresql,db.example.com", "REMOTE"),
        ("10.0.0.1", "REMOTE"), ("db", "REMOTE"), ("localhost.example.com", "REMOTE"),
        ("localhost,db.example.com", "REMOTE"),
        ("host.docker.internal", "REMOTE"),
    ],
)  # fmt: skip
def test_where_it_is(host: str, locality: str) -> None:
    assert Dsn(host, 5432, "u", "d").locality == locality


def test_an_address_beside_the_name_says_where_it_is() -> None:
    assert parse_url("postgresql://localhost/d?hostaddr=10.0.0.1", {}).locality == "REMOTE"
    assert parse_url("postgresql:///d?hostaddr=127.0.0.1", {}).locality == "LOOPBACK"
    # A tunnel by the name of what is behind it.
    assert parse_url("postgresql://db.example.com/d?hostaddr=127.0.0.1", {}).locality == "REMOTE"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://u:secret@db.example.com/shop", "db.example.com:5432/shop"),
        ("postgresql://u:secret@[::1]:5433/shop", "[::1]:5433/shop"),
        ("postgresql:///shop?host=/run/postgresql&port=5434", "/run/postgresql:5434/shop"),
        ("postgresql:///", "the default socket:5432"),
    ],
)
def test_the_address_for_people(url: str, address: str) -> None:
    assert parse_url(url, {}).address == address


def test_supabase_hosts() -> None:
    direct = parse_url(f"postgresql://postgres@db.{REF}.supabase.co/postgres", {})
    pooler = parse_url(
        f"postgresql://postgres.{REF}@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", {}
    )
    assert (direct.project_ref, direct.is_supabase, direct.is_supabase_pooler) == (REF, True, False)
    assert (pooler.project_ref, pooler.is_supabase, pooler.is_supabase_pooler) == (REF, True, True)
    assert not parse_url("postgresql://x@db.notsupabase.co/d", {}).is_supabase


def test_what_it_prints_can_be_given_again() -> None:
    for url in ("postgresql://h:1/d", "postgresql://[::1]:1/d", "postgresql:///d?host=/tmp/x&port=7"):
        assert str(parse_url(url, {})) == url


def test_the_drivers_arguments_hold_it() -> None:
    dsn = parse_url("postgresql://u:p%20w@h/d", {})
    assert (
        psycopg.conninfo.make_conninfo("", **dsn.parameters())
        == "host=h user=u dbname=d port=5432 password='p w'"
    )
    assert pickle.loads(pickle.dumps(dsn)) == dsn


NOT_FOR_URLS = {
    "replication", "sslcompression", "fallback_application_name", "min_protocol_version",
    "max_protocol_version", "scram_client_key", "scram_server_key", "sslkeylogfile", "servicefile",
}  # fmt: skip


def test_every_parameter_of_the_driver_is_decided_on() -> None:
    """A new one of libpq is handed on, or refused, because somebody has thought about it."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    undecided = known - PASSED_ON - PLACE - NOT_FOR_URLS
    assert {name for name in undecided if not name.startswith("oauth_")} == set()
    assert not PASSED_ON & NOT_FOR_URLS
    for name in NOT_FOR_URLS | {"oauth_issuer"}:
        with pytest.raises(UsageError, match="does not know"):
            parse_url(f"postgresql://h/d?{name}=x", {})


@pytest.mark.parametrize("name", sorted(PERSONS_ONLY - {"options", "require_auth"}))
def test_what_a_file_may_not_set_a_person_may(name: str) -> None:
    value = {"gssencmode": "disable", "sslcertmode": "disable", "gsslib": "gssapi", "gssdelegation": "0"}.get(
        name, "x"
    )
    url = f"postgresql://h/d?{name}={value}"
    assert parse_url(url, {}, "flag --target").option(name) == value
    with pytest.raises(UsageError, match=f"cannot set {name}"):
        parse_url(url, {}, "landed.toml:1")


def test_a_files_certificate_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("x")
    url = f"postgresql://h/d?sslmode=verify-full&sslrootcert={tmp_path}/ca.crt"
    assert parse_url(url, {}, "landed.toml:1").option("sslmode") == "verify-full"
    for odd in ("/dev/zero", str(tmp_path), f"{tmp_path}/none"):
        with pytest.raises(UsageError, match="no file that is there"):
            parse_url(f"postgresql://h/d?sslrootcert={odd}", {}, "landed.toml:1")


def test_a_libpq_that_cannot_choose_a_login_is_given_nothing_to_send() -> None:
    found = kept_back("none", None, 150000)
    assert "require_auth" not in found and found["sslcert"] == found["passfile"] == NOWHERE
    assert found["krbsrvname"] == "nobody" and found["gssencmode"] == "disable"
    assert kept_back("all", None, 150000) == {}
    with pytest.raises(ConfigError, match="too old"):
        kept_back("passwords", None, 150000)
