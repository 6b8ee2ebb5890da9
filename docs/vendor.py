"""Make the copies of JavaScript libraries anew that pages and the explorer ship, byte for byte.

Needs npm, which reaches its registry. Each library lies in a folder of its package data beside a
vendor.json, which says what the copy must be. For another version change `version` and `integrity`
there (`npm view NAME@VERSION dist.integrity`), and run this with `--write`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1] / "ectgraph"


def fetch(record: dict[str, Any]) -> dict[str, bytes]:
    """The files of a package that are shipped, out of the archive whose digest is on record."""
    with tempfile.TemporaryDirectory() as folder:
        package = f"{record['name']}@{record['version']}"
        subprocess.run(  # noqa: S603
            ["npm", "pack", "--silent", package],  # noqa: S607
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != record["integrity"]:
            sys.exit(f"{package}: npm has other bytes than are on record: sha512-{digest}")
        with tarfile.open(archive) as members:
            return {
                name: members.extractfile(f"package/{file['path']}").read()  # type: ignore[union-attr]
                for name, file in record["files"].items()
            }


def renew(place: Path, *, write: bool) -> None:
    """Fetch one library, compare, and put its files beside its record.

    Args:
        place: its vendor.json.
        write: whether to put the digests on record instead of comparing.

    """
    record = json.loads(place.read_bytes())
    for name, data in fetch(record).items():
        digest = hashlib.sha256(data).hexdigest()
        if write:
            record["files"][name]["sha256"] = digest
        elif digest != record["files"][name]["sha256"]:
            sys.exit(f"{name}: not what is on record: {digest}")
        place.with_name(name).write_bytes(data)
        print(f"{record['name']} {name}: {len(data):,} bytes, sha256 {digest}")
    if write:
        place.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    for found in sorted(PACKAGE.rglob("vendor.json")):
        renew(found, write="--write" in sys.argv)
