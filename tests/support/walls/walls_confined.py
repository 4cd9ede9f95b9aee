"""A process that is confined as the server is, and then tries what must not be possible, by ctypes."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.walls.escaping import Canary


def given(mark: Canary, folder: Path, drop: bool) -> str:
    """The argument for :func:`main`."""
    from landed.engines.postgres.shadow.walls import landlock

    return json.dumps(
        {
            "folder": str(folder), "drop": drop, "secret": str(mark.secret_file), "mark": str(mark.mark),
            "signals": landlock.abi() >= 6, "parent": os.getpid(), "tcp": mark.tcp_port,
            "udp": mark.udp_port, "unix": str(mark.unix),
        }
    )  # fmt: skip


def main(to: dict[str, Any]) -> None:
    """Confine this process and print what was allowed and what was refused: error numbers, 0 for none."""
    import resource  # noqa: F401

    from landed.engines.postgres.shadow.walls import landlock
    from landed.engines.postgres.shadow.walls.confine import confine

    own = Path(to["folder"])
    (own / "here").write_text("x")
    (own / "here").chmod(0o666)
    kept = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # as if one had been left open
    rights = landlock.opened(
        [
            (str(own), landlock.OWN | landlock.MAKE_SOCK),
            ("/usr/lib", landlock.READ),
            ("/dev/null", landlock.READ),
        ]
    )
    if to["drop"]:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    walls = confine(rights, memory=256 << 20, file_size=1 << 20)
    system = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *words: Any) -> None:
        ctypes.set_errno(0)
        text = [ctypes.c_long(w) if isinstance(w, int) else ctypes.c_char_p(w) for w in words]
        if system.syscall(ctypes.c_long(number), *text) < 0:
            raise OSError(ctypes.get_errno(), "")

    def tried(what: Callable[[], Any]) -> int:
        try:
            what()
        except OSError as problem:
            return problem.errno or -1
        except BaseException as problem:  # another kind of error is none of the walls'
            sys.stderr.write(f"{problem!r}\n")
            return -2
        return 0

    allowed = {name: tried(what) for name, what in _allowed(own).items()}
    refused = {name: tried(what) for name, what in _refused(to, own, call, kept).items()}
    sys.stdout.write(json.dumps({"walls": walls, "allowed": allowed, "refused": refused}))


def _allowed(own: Path) -> dict[str, Callable[[], Any]]:
    def fork() -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0

    def listen() -> None:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(own / "socket"))
            os.chmod(own / "socket", 0o700)
            made.listen()

    def own_signal() -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGUSR1)

    return {
        "write an own file": lambda: (own / "new").write_text("x"),
        "rename it": lambda: os.rename(own / "new", own / "newer"),
        "link it": lambda: os.link(own / "newer", own / "other"),
        "a folder": lambda: (own / "folder").mkdir(),
        "read a library's folder": lambda: os.listdir("/usr/lib"),
        "fork": fork,
        "listen on a socket": listen,
        "signal itself": own_signal,
        "a pipe": lambda: os.pipe(),
    }


def _refused(
    to: dict[str, Any], own: Path, call: Callable[..., None], kept: socket.socket
) -> dict[str, Callable[[], Any]]:
    x86 = os.uname().machine == "x86_64"
    connect, sendmsg, shift = (42, 46, 0) if x86 else (203, 211, 1)
    names = ("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "kcmp",
             "userfaultfd", "bpf", "perf_event_open", "keyctl", "add_key", "mount", "umount2", "pivot_root",
             "chroot", "move_mount", "open_tree", "fsopen", "unshare", "setns", "open_by_handle_at",
             "name_to_handle_at", "init_module", "finit_module", "delete_module", "kexec_load", "reboot",
             "swapon", "sethostname", "acct", "clock_settime", "syslog", "personality", "memfd_create",
             "execveat", "socketpair", "symlinkat", "mknodat", "fchownat", "utimensat", "setxattr",
             "rt_sigqueueinfo", "setpriority", "mq_open", "msgget")  # fmt: skip
    from landed.engines.postgres.shadow.walls.syscalls import DENIED, UNKNOWN

    by_number = {
        name: (lambda number=numbers[shift]: call(number, 0, 0, 0, 0, 0))
        for name, numbers in (DENIED | UNKNOWN).items()
        if name in names or name in UNKNOWN
    }
    secret, mark = to["secret"], to["mark"]
    address = (
        struct.pack("<H", socket.AF_INET) + struct.pack(">H", to["udp"]) + bytes([127, 0, 0, 1]) + bytes(8)
    )
    more: dict[str, Callable[[], Any]] = {
        "a TCP socket": lambda: socket.socket(socket.AF_INET),
        "a TCP socket of IPv6": lambda: socket.socket(socket.AF_INET6),
        "a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "a vsock": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM),
        "a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
        "a datagram socket of the machine": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        "connect to a socket in a folder": lambda: socket.socket(socket.AF_UNIX).connect(to["unix"]),
        "connect to an abstract socket": lambda: socket.socket(socket.AF_UNIX).connect("\0landed-nobody"),
        "send to an address, on a socket left open": lambda: kept.sendto(b"x", ("127.0.0.1", to["udp"])),
        "the same, as a raw call": lambda: call(
            44 if x86 else 206, kept.fileno(), b"x", 1, 0, address, len(address)
        ),
        "connect a socket left open": lambda: call(connect, kept.fileno(), address, len(address)),
        "sendmsg": lambda: call(sendmsg, kept.fileno(), 0, 0),
        "read a secret": lambda: Path(secret).read_text(),
        "change it": lambda: Path(secret).write_text("x"),
        "append to it": lambda: open(secret, "a").close(),
        "truncate it": lambda: os.truncate(secret, 0),
        "remove it": lambda: os.unlink(secret),
        "rename it": lambda: os.rename(secret, own / "taken"),
        "link it": lambda: os.link(secret, own / "taken"),
        "make it executable": lambda: os.chmod(secret, 0o777),
        "leave a mark": lambda: Path(mark).write_text("x"),
        "leave a folder": lambda: os.mkdir(mark),
        "leave a pipe": lambda: os.mkfifo(mark),
        "leave a link": lambda: os.symlink("/", mark),
        "a pipe among its own": lambda: os.mkfifo(own / "pipe"),
        "a link among its own": lambda: os.symlink("/etc", own / "etc"),
        "list a foreign folder": lambda: os.listdir(os.path.dirname(secret)),
        "read /etc/passwd": lambda: Path("/etc/passwd").read_text(),
        "read another's environment": lambda: Path(f"/proc/{to['parent']}/environ").read_bytes(),
        "read its own": lambda: Path("/proc/self/environ").read_bytes(),
        "write to a terminal": lambda: os.open("/dev/tty", os.O_RDWR),
        "execute a shell": lambda: os.execv("/bin/sh", ["sh", "-c", f"echo > {mark}"]),
        "spawn a shell": lambda: os.posix_spawn("/bin/sh", ["sh", "-c", f"echo > {mark}"], {}),
        "signal the parent": lambda: os.kill(to["parent"], 0),
        "signal everybody": lambda: os.kill(-1, 0),
        "limits of another": lambda: _prlimit(to["parent"]),
        "a number of x32": lambda: call(0x40000000 + 39),
        "a number that nobody knows": lambda: call(7777),
        "a file of 2 MB": lambda: _large(own / "large"),
    }
    if not to["signals"]:
        # An older kernel: docs/walls.md says so, and doctor.
        del more["signal the parent"]
    return by_number | more


def _prlimit(pid: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))


def _large(path: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with path.open("wb") as file:
        for _ in range(2):
            file.write(bytes(1 << 20))
            file.flush()
