"""Hashes of files, of which a copy's manifest consists."""

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """Digest of a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def hashes_below(root: Path) -> dict[str, str]:
    """Path below ``root`` → digest, of every file; empty where there is no such folder."""
    return {str(path.relative_to(root)): sha256_of(path) for path in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())


def pack(root: Path, archive: Path) -> dict[str, str]:
    """Every file below ``root`` into an archive; path → digest of what was packed.

    A file that is removed meanwhile (an upload nobody sent) is left out.
    """
    packed = {}
    with tarfile.open(archive, "w") as tar:
        for path in _files(root):
            try:
                digest = sha256_of(path)
                tar.add(path, arcname=str(path.relative_to(root)), recursive=False)
            except FileNotFoundError:
                continue
            packed[str(path.relative_to(root))] = digest
    return packed


def unpack(archive: Path, root: Path) -> None:
    """Back to ``root``, with rights for the owner only; nothing can leave that folder."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tarfile.open(archive) as tar:
        for member in tar:
            member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
            tar.extract(member, root, filter="data")
    for folder in root.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o700)
