"""The limits of replays as settings: files of a project may lower them, and raise them only so far."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import ConfigError
from landed.core.limits import BOUNDS, DEFAULT, Bound, Limits, how_to_raise
from landed.project.settings import Settings, read_settings


def settings(folder: Path, text: str = "", **environ: str) -> Settings:
    (folder / "landed.toml").write_text(text)
    return read_settings(folder, {}, environ)


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    assert settings(tmp_path).limits == DEFAULT == Limits()


def test_a_file_sets_them_and_the_environment_wins(tmp_path: Path) -> None:
    text = "[limits]\nstatement_seconds = 2.5\ntotal-seconds = 30\nmemory_mb = 64\ndisk_mb = '100'\n"
    found = settings(tmp_path, text, LANDED_TOTAL_SECONDS="7").limits
    assert found == Limits(2.5, 7.0, 64 << 20, 100 << 20)


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda b: b.setting)
class TestBounds:
    def test_a_file_of_the_project_raises_only_so_far(self, tmp_path: Path, bound: Bound) -> None:
        at_most = settings(tmp_path, f"[limits]\n{bound.setting} = {bound.most}\n").limits
        assert getattr(at_most, bound.field) == bound.most * bound.factor
        with pytest.raises(ConfigError, match="may be at most") as found:
            settings(tmp_path, f"[limits]\n\n{bound.setting} = {bound.most + 1}\n")
        assert found.value.where == "landed.toml:3"
        assert bound.variable in str(found.value.next)

    def test_a_person_goes_beyond_and_dot_env_does_not(self, tmp_path: Path, bound: Bound) -> None:
        beyond = str(bound.most + 1)
        found = settings(tmp_path, **{bound.variable: beyond}).limits
        assert getattr(found, bound.field) == (bound.most + 1) * bound.factor
        (tmp_path / ".env").write_text(f"{bound.variable}={beyond}\n")
        with pytest.raises(ConfigError, match="may be at most"):
            settings(tmp_path)

    @pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "true", '"much"', "[1]", "1e400"])
    def test_what_is_no_limit_is_refused(self, tmp_path: Path, bound: Bound, value: str) -> None:
        with pytest.raises(ConfigError, match=f'"{bound.setting}" must be'):
            settings(tmp_path, f"[limits]\n{bound.setting} = {value}\n")

    def test_the_error_of_a_limit_names_its_setting(self, bound: Bound) -> None:
        text = how_to_raise(bound.field)
        assert bound.setting in text
        assert bound.variable in text
