"""What a process that runs a stranger's query may still do: read below one folder, compute for a while, and answer.

Belongs here: Landlock, a system-call filter and resource limits, through the C library. Not here: DuckDB's own settings
(connection.py). Linux only, and every wall is required: where the kernel lacks one, nothing runs.

Landlock takes away every file but those below the folder, and all writing; see landlock(7). The filter takes away
sockets, new processes and threads, tracing and the kernel's rarer doors; see seccomp(2). Both stay until the process
ends, and both need only that it gives up gaining rights (no_new_privs).
"""

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_SECCOMP_MODE_FILTER = 2

_CAPABILITY_VERSION = 0x20080522

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_VERSION_FLAG = 1
_LANDLOCK_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_ACCESSES_OF_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights on files that a version of Landlock knows: what is named here and not granted is refused."""
_LANDLOCK_VERSION_MIN = 3
"""The first that refuses to truncate files."""

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FORBIDDEN_CALLS: dict[str, dict[str, int]] = {
    "x86_64": {
        "socket": 41, "connect": 42, "bind": 49, "listen": 50, "socketpair": 53, "clone": 56, "fork": 57, "vfork": 58,
        "execve": 59, "kill": 62, "ptrace": 101, "setpriority": 141, "mount": 165, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321, "execveat": 322,
        "userfaultfd": 323, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
    },
    "aarch64": {
        "mount": 40, "unshare": 97, "ptrace": 117, "kill": 129, "setpriority": 140, "socket": 198, "socketpair": 199,
        "bind": 200, "listen": 201, "connect": 203, "keyctl": 219, "clone": 220, "execve": 221, "perf_event_open": 241,
        "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280, "execveat": 281, "userfaultfd": 282,
        "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
    },
}  # fmt: skip
_X32_CALLS_FROM = 0x40000000
_ALLOW, _REFUSE_EPERM = 0x7FFF0000, 0x00050000 | 1
_LOAD_WORD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06


class CannotConfine(Exception):
    """The kernel lacks a wall. The message says which; queries of strangers must not run."""


def check_kernel() -> None:
    """Raise CannotConfine unless this kernel has every wall."""
    if not os.path.exists("/proc/self/status"):
        raise CannotConfine("SQL for others needs Linux; ask the catalog with `egraph sql` or any DuckDB instead")
    if platform.machine() not in _AUDIT_ARCH:
        raise CannotConfine(f"SQL for others has no system-call filter for {platform.machine()}; use `egraph sql`")
    version = _landlock_version()
    if version < _LANDLOCK_VERSION_MIN:
        raise CannotConfine(
            f"SQL for others needs Landlock {_LANDLOCK_VERSION_MIN} (Linux 6.2, enabled at boot) and this kernel has "
            f"{version or 'none'}; ask the catalog with `egraph sql` or any DuckDB instead"
        )
    with open("/proc/self/status", encoding="ascii") as status:
        if "\nSeccomp:" not in status.read():
            raise CannotConfine("SQL for others needs seccomp and this kernel has none; use `egraph sql` instead")


def confine(readable: Path, *, memory_bytes: int, cpu_seconds: int) -> None:
    """Confine the calling thread, which must be the only one. `memory_bytes` come on top of what is mapped now.

    Raises CannotConfine where a wall cannot be built.
    """
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_AS: _mapped_bytes() + memory_bytes,
    }
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))
    _drop_capabilities()
    _control(_PR_SET_DUMPABLE, 0)
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    _restrict_files(readable)
    _filter_calls()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise CannotConfine(f"{what} was refused: {os.strerror(ctypes.get_errno())}; SQL for others stays off")
    return result


def _control(option: int, value: int) -> None:
    _checked(_libc().prctl(option, value, 0, 0, 0), f"prctl {option}")


def _drop_capabilities() -> None:
    """Let root be a user like any other: it could raise its own limits."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc().capset(header, bytes(24)), "capset")


def _landlock_version() -> int:
    return max(0, int(_libc().syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION_FLAG)))


def _restrict_files(readable: Path) -> None:
    version = _landlock_version()
    handled = _ACCESSES_OF_VERSION[min(version, max(_ACCESSES_OF_VERSION))]
    # Fields in the order of the kernel's structure: rights on files, on TCP ports, scopes. Older ones know fewer.
    fields = [handled]
    if version >= 4:
        fields.append(0b11)  # bind and connect
    if version >= 6:
        fields.append(0b11)  # abstract sockets and signals
    rules = struct.pack(f"={len(fields)}Q", *fields)
    libc = _libc()
    ruleset = _checked(libc.syscall(_LANDLOCK_CREATE_RULESET, rules, len(rules), 0), "a Landlock ruleset")
    folder = os.open(readable, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        grant = struct.pack("=Qi", _READ_FILE | _READ_DIR, folder)
        _checked(libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_PATH_BENEATH, grant, 0), "a Landlock rule")
        _checked(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0), "Landlock")
    finally:
        os.close(folder)
        os.close(ruleset)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _filter_calls() -> None:
    instructions = _filter_of(platform.machine())
    program = _Program(len(instructions) // 8, instructions)
    libc = _libc()
    _checked(
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "the filter of system calls"
    )


def _filter_of(machine: str) -> bytes:
    """Give the filter as classic BPF: another architecture or a forbidden call gets EPERM, all else passes."""
    forbidden = sorted(_FORBIDDEN_CALLS[machine].values())
    refusal = 4 + len(forbidden) + 1

    def from_here(place: int) -> int:
        return refusal - place - 1

    lines = [
        (_LOAD_WORD, 0, 0, 4),  # the architecture
        (_JUMP_EQUAL, 0, from_here(1), _AUDIT_ARCH[machine]),
        (_LOAD_WORD, 0, 0, 0),  # the number of the call
        (_JUMP_GREATER_EQUAL, from_here(3), 0, _X32_CALLS_FROM),
        *((_JUMP_EQUAL, from_here(place), 0, number) for place, number in enumerate(forbidden, start=4)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE_EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _mapped_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()
