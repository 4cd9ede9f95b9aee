"""Names of targets in landed.toml: the file says which variable, the variable is the whole URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.check import Level
from landed.core.errors import ConfigError, UsageError
from landed.ops.doctor_targets import named_targets
from landed.project.discovery import discover
from landed.project.naming import resolve_target
from landed.project.outside import kept_back
from landed.project.target_spec import TargetSpec

SECRET = "Gen0mmen-Wird-N1chts"
URL = f"postgresql://me:{SECRET}@db.example.com:5433/shop"
TWO = """\
[targets.staging]
url = {env = "STAGING_URL"}

[targets.production]
url = {env = "PRODUCTION_URL"}
"""


def resolve(
    folder: Path, spec: str | None, environ: dict[str, str] | None = None, text: str = TWO
) -> TargetSpec:
    (folder / "landed.toml").write_text(text)
    return resolve_target(discover(folder, {}, environ or {}), spec)


def test_a_name_means_what_its_variable_holds(tmp_path: Path) -> None:
    found = resolve(tmp_path, "staging", {"STAGING_URL": URL})
    assert (found.name, found.alias, found.kind) == ("staging", "staging", "postgres")
    assert found.label == "Postgres db.example.com:5433/shop (REMOTE)"
    assert found.dsn is not None and found.dsn.password == SECRET
    assert SECRET not in repr(found)


def test_it_may_be_the_default_and_stand_in_pyproject(tmp_path: Path) -> None:
    text = '[tool.landed]\ntarget = "x"\n[tool.landed.targets.x]\nurl = {env = "X"}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert resolve_target(discover(tmp_path, {}, {"X": URL})).alias == "x"
    assert resolve(tmp_path, None, {"X": URL}, 'target = "y"\n[targets.y]\nurl = {env = "X"}\n').alias == "y"


def test_a_dotenv_may_hold_it_and_is_a_file_of_the_project(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"STAGING_URL={URL}\n")
    dsn = resolve(tmp_path, "staging").dsn
    assert dsn is not None and (dsn.outside, dsn.origin) == ("none", ".env STAGING_URL")
    dsn = resolve(tmp_path, "staging", {"STAGING_URL": "postgresql://other.example.com/x"}).dsn
    assert dsn is not None and (dsn.outside, dsn.host) == ("url", "other.example.com")


def test_nothing_is_added_to_the_url_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    environ = {"PGPASSWORD": SECRET, "PGHOST": "thief.example.com", "PGDATABASE": "x", "PGUSER": "you"}
    dsn = resolve(tmp_path, "staging", environ | {"STAGING_URL": "postgresql://me@db.example.com/"}).dsn
    assert dsn is not None
    assert dsn.parameters() == {
        "host": "db.example.com", "user": "me", "dbname": "me", "port": 5432, "password": "",
        **kept_back("none", None),
    }  # fmt: skip
    own = "?sslcert=c.pem&sslkey=k.pem&passfile=p&require_auth=md5"
    dsn = resolve(tmp_path, "staging", {"STAGING_URL": f"postgresql://me@db.example.com/x{own}"}).dsn
    assert dsn is not None
    given = dsn.parameters()
    assert (given["passfile"], given["require_auth"], given["sslcert"]) == ("p", "md5", "c.pem")
    assert "sslcertmode" not in given


@pytest.mark.parametrize("value", [SECRET, f"redis://u:{SECRET}@h/0", f"sqlite:/{SECRET}", f"/{SECRET}/x.db"])
def test_a_variable_that_holds_no_url_is_not_shown(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError) as raised:
        resolve(tmp_path, "staging", {"STAGING_URL": value})
    error = raised.value
    assert SECRET not in f"{error.message} {error.details} {error.next} {error.where}"
    assert error.where == "environment STAGING_URL"


def test_the_whole_url_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="whole URL"):
        resolve(tmp_path, "staging", {"STAGING_URL": "postgresql:///shop", "PGHOST": "db.example.com"})


def test_one_that_is_not_set_and_one_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="STAGING_URL holds, and it is not set"):
        resolve(tmp_path, "staging")
    with pytest.raises(UsageError) as raised:
        resolve(tmp_path, "stagin")
    assert "named in landed.toml: staging, production" in raised.value.details
    assert raised.value.next == "--target staging"


def test_doctor_lists_them_and_shows_no_value(tmp_path: Path) -> None:
    (tmp_path / "landed.toml").write_text(TWO)
    (tmp_path / ".env").write_text(f"PRODUCTION_URL={URL}\n")
    checks = list(named_targets(discover(tmp_path, {}, {"STAGING_URL": URL})))
    assert [(c.label, c.value, c.origin) for c in checks] == [
        ("target staging", "STAGING_URL, set in the environment", "landed.toml:1"),
        ("target production", "PRODUCTION_URL, set in .env", "landed.toml:4"),
    ]
    (unset, _) = named_targets(discover(tmp_path, {}, {}))
    assert unset.value == "STAGING_URL, not set" and unset.level is Level.NOTE


def test_where_none_is_the_default_they_are_offered(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="say which one") as raised:
        resolve(tmp_path, None)
    assert [action.command for action in raised.value.way.actions] == [
        "landed status --target staging",
        "landed status --target production",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f'[targets.staging]\nurl = "{URL}"\n',
        "[targets.staging]\n",
        '[targets]\nstaging = "x"\n',
        '[targets.staging]\nurl = {env = "STAGING_URL", host = "thief.example.com"}\n',
        '[targets.staging]\nurl = {env = "STAGING_URL"}\nhost = "thief.example.com"\n',
        '[targets.staging]\nurl = {env = "$STAGING_URL/x"}\n',
        '[targets."d1:remote"]\nurl = {env = "STAGING_URL"}\n',
        '[targets.files]\nurl = {env = "STAGING_URL"}\n',
        'targets = "x"\n',
    ],
)
def test_a_file_says_the_variable_and_no_more(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        resolve(tmp_path, None, {"STAGING_URL": URL}, text)
    error = raised.value
    assert (error.where or "").startswith("landed.toml")
    assert SECRET not in f"{error.message} {error.details} {error.next}"
