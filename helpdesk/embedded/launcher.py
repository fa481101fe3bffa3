"""Runs a program as another identity, and lets it die with its parent. Started as a script of its own.

    launcher.py [--mapped | --uid N --gid N] [--parent PID --signal N] -- program arguments…

PostgreSQL refuses to run as root. `--mapped` enters a user namespace in which root has the number of nobody: files stay
root's and nobody else gains a right. `--uid` drops to another user for good.
The death signal must be asked for after the identity has changed, since the kernel forgets it at that moment; this is
why a program between parent and child is needed at all.
"""

import argparse
import ctypes
import os
import sys

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def _libc_call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def enter_user_namespace() -> None:
    """Become nobody in a namespace of our own; raises OSError where the kernel or a container forbids it."""
    uid, gid = os.geteuid(), os.getegid()
    _libc_call("unshare", CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NOBODY} {uid} 1")
    _write("/proc/self/gid_map", f"{NOBODY} {gid} 1")


def become(uid: int, gid: int) -> None:
    """Drop root for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signal_number: int) -> None:
    """Ask the kernel for a signal at the parent's death; leave at once when it is already dead."""
    if not sys.platform.startswith("linux"):
        return
    _libc_call("prctl", PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


def main() -> None:
    """Parse, change identity, become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mapped", action="store_true")
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--parent", type=int)
    parser.add_argument("--signal", type=int)
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    if options.mapped:
        enter_user_namespace()
    elif options.uid is not None:
        become(options.uid, options.gid)
    if options.parent:
        die_with(options.parent, options.signal)
    os.umask(0o077)
    os.execvp(options.program[0], options.program)


if __name__ == "__main__":
    main()
