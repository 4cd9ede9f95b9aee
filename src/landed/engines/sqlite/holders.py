"""Who has a file open: for telling the user which process holds a database."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def holders(path: Path) -> list[str]:
    """Other processes that have the file open, as ``name (pid N)``; empty where it cannot be known."""
    try:
        system = platform.system()
        if system == "Linux":
            return _from_proc(path)
        if system == "Darwin":
            return _from_lsof(path)
    except (OSError, subprocess.SubprocessError):
        return []
    return []


def _from_proc(path: Path) -> list[str]:
    wanted = os.stat(path)
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        folder = f"/proc/{pid}/fd"
        try:
            descriptors = os.listdir(folder)
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                info = os.stat(f"{folder}/{descriptor}")
            except OSError:
                continue
            if (info.st_ino, info.st_dev) == (wanted.st_ino, wanted.st_dev):
                found.append(f"{_name(pid)} (pid {pid})")
                break
    return found


def _name(pid: str) -> str:
    """A process's program name; arguments are left out, since they may hold secrets."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(4096).split(b"\0")
    except OSError:
        return "a process"
    program = os.path.basename(words[0].decode(errors="replace"))
    for word in words[1:3]:
        text = os.path.basename(word.decode(errors="replace"))
        if text in ("wrangler", "wrangler.js", "landed"):
            return text.removesuffix(".js")
    return program or "a process"


def _from_lsof(path: Path) -> list[str]:
    run = subprocess.run(
        ["lsof", "-Fpc", "--", str(path)], capture_output=True, text=True, timeout=5, check=False
    )
    found, pid = [], ""
    for line in run.stdout.splitlines():
        if line.startswith("p"):
            pid = line[1:]
        elif line.startswith("c") and pid != str(os.getpid()):
            found.append(f"{line[1:]} (pid {pid})")
    return found
