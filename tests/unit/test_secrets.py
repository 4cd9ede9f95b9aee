"""What is secret is known by its form or by its text, in every spelling, and nothing else is touched."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.core import secret_forms, secrets


@pytest.fixture(autouse=True)
def _nothing_in_force():
    secrets.forget()
    yield
    secrets.forget()


SHOWN = [
    ("postgres://u:p@ss@h:1/db?password=x", "postgres://u:…@h:1/db?password=…"),
    ("postgresql:/u:s3cret@h/x", "postgresql:/u:…@h/x"),
    ("see postgressql://u:geheim@h, or", "see postgressql://u:…@h, or"),
    ("jdbc:postgresql://u:p@h", "jdbc:postgresql://u:…@h"),
    ("postgresql//u:p@h", "postgresql//u:…@h"),
    ("postgresql%3A%2F%2Fu%3Asecret%40h", "postgresql://u:…@h"),
    ("postgresql://user:hunt", "postgresql://user:…"),
    ("https://ghp_token@github.com/x", "https://…@github.com/x"),
    ("host=h password='a b' dbname=d", "host=h password=… dbname=d"),
    ("PGPASSWORD=abc landed status", "PGPASSWORD=… landed status"),
    ("alter role x password 'it''s'", "alter role x password '…'"),
    ("Authorization: Bearer abc.def-123", "Authorization: Bearer …"),
    ("?sslpassword=k&token=zz&sslmode=require", "?sslpassword=…&token=…&sslmode=require"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_a_form_is_enough(text, shown):
    assert secrets.redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://127.0.0.1:5432/db",
        "postgresql://me@db.example.com:5432/shop",
        "postgresql:///shop?host=/run/postgresql&port=5432",
        "postgresql://[::1]:5432/x",
        "see https://dash.cloudflare.com/profile/api-tokens → Create",
        "password  given, not shown",
        "column public.users.password · type · text",
        "using (token = auth.uid())",
        "passfile=/home/me/.pgpass sslkey=/x",
        "landed.toml:3: x // not a URL",
        "created_at timestamptz // a:b",
    ],
)
def test_what_is_no_secret_stays(text):
    assert secrets.redact(text) == text


def test_a_given_secret_is_known_in_every_spelling():
    secrets.keep_from("postgresql://me:pa%20ss%22w%27rd@h/db")
    for text in (
        "pa ss\"w'rd",
        "pa%20ss%22w%27rd",
        json.dumps("pa ss\"w'rd"),
        repr("pa ss\"w'rd"),
        "fe pa ss\"w''rd",
    ):
        assert "w" not in secrets.redact(text).replace("fe", ""), text


def test_short_and_plain_words_do_not_blank_the_output():
    for word in ("a", "abc", "postgres"):
        secrets.keep_from(f"postgresql://u:{word}@h/db")
    text = "abc of postgres is a table"
    assert secrets.redact(text) == text
    secrets.keep("main")
    assert secrets.redact("main, domain, mainly") == "…, domain, mainly"


def test_json_keeps_its_keys():
    secrets.keep("migrations")
    body = {"migrations": [{"name": "the migrations of me"}], "n": 1, "b": None}
    assert secrets.redact_json(body) == {"migrations": [{"name": "the … of me"}], "n": 1, "b": None}


def test_variables_count_by_name():
    secrets.keep_variables(
        {"CLOUDFLARE_API_TOKEN": "abcdefgh", "PWD": "/srv/elsewhere", "X": "postgres://a:bcd-3f@h"}
    )
    assert secrets.redact("abcdefgh /srv/elsewhere bcd-3f") == "… /srv/elsewhere …"


@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="@"), min_size=4, max_size=20
    ),
    st.sampled_from(["postgresql", "postgres", "postgre", "POSTGRESQL", "mysql", "x-y+z", ""]),
    st.sampled_from(["{}", '"{}"', "'{}'", "<{}>", "error at {}: no", '{{"url": "{}"}}']),
)
def test_a_given_url_never_shows_its_secret(password, scheme, around):
    secrets.forget()
    if password.lower() in secrets._PLAIN or "%" in password:
        return
    url = f"{scheme}://user:{password}@host/db"
    secrets.keep_from(url)
    for text in (url, password, secrets._encoded(password), secret_forms.decoded(password)):
        shown = secrets.redact(around.format(text))
        assert password not in shown.replace(around.format(""), ""), (text, shown)


@pytest.mark.parametrize(
    "piece",
    [
        "a:/",
        "://",
        "a:b@",
        "-",
        "%3A",
        "password",
        "pass=",
        "'",
        '"',
        "//@",
        "token.",
        "eyJa",
        "=",
        "e'",
        "pass='",
        "pass='a\\",
        'pwd=""',
        "password '",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece):
    text = piece * (400_000 // len(piece))
    before = time.process_time()
    secrets.redact(text)
    assert time.process_time() - before < 5


def test_words_of_other_peoples_variables_are_not_looked_for():
    """A database for tests with the password "orders" would blank the table orders."""
    secrets.keep_variables({"DATABASE_URL": "postgres://app:orders@localhost/app", "APP_KEY": "shop"})
    assert secrets.redact("orders of the shop") == "orders of the shop"
    secrets.keep_variables({"LANDED_TARGET": "postgres://app:orders@localhost/app"})
    assert secrets.redact("orders of the shop") == "… of the shop"


def test_a_file_pushes_nothing_out_and_makes_nothing_slow():
    secrets.keep_variables({f"LANDED_{n}_SECRET": f"junk-number-{n}" for n in range(100_000)}, files=True)
    secrets.keep_from("postgresql://me:this-one@h/d")
    before = time.process_time()
    for _ in range(1000):
        assert secrets.redact("this-one it is, and some more text in this line") == (
            "… it is, and some more text in this line"
        )
    assert time.process_time() - before < 5
    for text in (
        "a@" * 100_000,
        "password=" + " " * 100_000,
        "password=" * 50_000,
        "?" * 100_000 + "@",
        "@?a=b" * 50_000,
    ):
        secrets.keep_from(text)
    assert time.process_time() - before < 10


@pytest.mark.parametrize(
    "spelled", ["S3cr/et@Pass", "S3cr%2Fet%40Pass", "s3cr%2fet%40pass", "S3CR/ET@PASS", r"S3cr\/et@Pass"]
)
def test_case_and_escapes_make_no_difference(spelled):
    secrets.keep_from("postgresql://me:S3cr%2Fet%40Pass@h/d")
    assert secrets.redact(f"it said <{spelled}>") == "it said <…>"


def test_what_is_shown_anyway_stays():
    """user, password and database of the same name, as in many a container."""
    secrets.keep_from("postgresql://shop:shop@localhost/shop")
    secrets.keep_from("postgresql://me:localdev@localdev.example.com/db")
    assert secrets.redact("Postgres localhost/shop on localdev") == "Postgres localhost/shop on localdev"
    assert secrets.redact("postgresql://shop:shop@localhost/shop") == "postgresql://shop:…@localhost/shop"


def test_an_address_after_a_mention_has_no_login():
    secrets.keep_from("ask @octocat: http://example.com/x")
    assert secrets.masked("ask @octocat: http://example.com/x") == "ask @octocat: http://example.com/x"
