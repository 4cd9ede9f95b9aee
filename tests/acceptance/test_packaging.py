"""What `pip install` gives: the whole package, its command, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    into = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = into.glob("*.whl")
    with zipfile.ZipFile(file) as content:
        yield content


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    source = {
        file.relative_to(ROOT / "src").as_posix()
        for file in (ROOT / "src" / "landed").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == source
    assert "landed/py.typed" in shipped


def test_the_command_and_the_version_are_those_of_the_source(wheel):
    import landed

    (metadata,) = (wheel.read(n).decode() for n in wheel.namelist() if n.endswith("/METADATA"))
    assert f"\nVersion: {landed.__version__}\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata

    (points,) = (wheel.read(n).decode() for n in wheel.namelist() if n.endswith("/entry_points.txt"))
    assert "landed = landed.cli.start:main" in points
    assert "landed/cli/main.py" in wheel.namelist()


def test_what_the_package_needs_is_pinned_for_development():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    needs = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    needs += [*groups["lint"], *groups["test"]]
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in lines if "==" in line}
    assert {re.split(r"[>=\[ ;]", need)[0] for need in needs} <= pinned
