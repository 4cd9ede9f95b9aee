"""The watchman: a tiny process that stops a throw-away server when nobody uses it any more.

It holds no connection: every landed process keeps a shared lock on the server's ``users.lock``, which the
system takes back however the process ends (also by SIGKILL), and the watchman waits for the exclusive one.
So it is no business of the user's process to stop the server, and leaving costs no time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from landed.engines.postgres.shadow.server.identity import Identity

_PROGRAM = r"""
import fcntl, os, signal, socket, sys, time
root = sys.argv[1]
watch = os.open(os.path.join(root, "watch.lock"), os.O_RDWR | os.O_CREAT, 0o600)
try:
    fcntl.flock(watch, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(0)
users = os.open(os.path.join(root, "users.lock"), os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(users, fcntl.LOCK_EX)
data = os.path.join(root, "data")
pidfile = os.path.join(data, "postmaster.pid")

def listens():
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.path.join(root, "s", ".s.PGSQL.5432"))
        except OSError:
            return False
    return True

def is_server(pid):
    if pid < 2:
        return False
    if os.path.isdir("/proc/self"):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            said = file.read(65536)
    else:
        import subprocess
        said = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True).stdout
    return os.fsencode(data) in said

def server():
    # The second file is the server's own: its number may be stale, or what a stranger's SQL wrote there.
    for name in (os.path.join(root, "pid"), pidfile):
        try:
            with open(name, "rb") as file:
                pid = int(file.readline(20))
            if is_server(pid):
                return pid
        except (OSError, ValueError):
            continue
    return None

def orphan():
    # Of a folder that was removed; of the server that runs in its place by now, the folder is there.
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        try:
            if is_server(int(name)) and os.readlink(f"/proc/{name}/cwd").endswith(" (deleted)"):
                return int(name)
        except (OSError, ValueError):
            continue
    return None

# A server that is told to stop at once takes five seconds until it kills what does not listen.
for sign, patience in ((signal.SIGINT, 8), (signal.SIGQUIT, 7), (signal.SIGKILL, 1)):
    pid = (server() if listens() else None) or orphan()
    if pid is None:
        break
    try:
        os.kill(pid, sign)
    except OSError:
        break
    end = time.monotonic() + patience
    while os.path.exists(pidfile) and time.monotonic() < end:
        time.sleep(0.01)
# In this order: whoever gets the users' lock next must be able to post a new watchman.
os.close(watch)
os.close(users)
"""


def post_watchman(root: Path, identity: Identity) -> None:
    """Start the watchman of one server, if there is none. The caller holds the users' lock, shared."""
    import fcntl
    import os
    import subprocess

    if not sys.executable or not os.access(sys.executable, os.X_OK):
        return
    with (root / "watch.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
    options = identity.options()
    for key in ("user", "group", "extra_groups"):
        options.pop(key, None)
    # Through the shell, so that it is nobody's child that would have to be waited for.
    shell = ["/bin/sh", "-c", '"$@" >/dev/null 2>&1 </dev/null &', "sh"]
    subprocess.run([*shell, sys.executable, "-I", "-S", "-c", _PROGRAM, str(root)], check=False, **options)
