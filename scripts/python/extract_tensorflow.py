"""Takes TensorFlow's C library, its headers and its licences out of a wheel, and nothing else.

extract_tensorflow.py WHEEL FOLDER

Libraries go to FOLDER/lib, headers to FOLDER/include, where the binding of @tensorflow/tfjs-node expects them.
"""

import pathlib
import re
import shutil
import sys
import zipfile

LIBRARY = re.compile(r"tensorflow/(libtensorflow_(?:cc|framework)\.so\.2)")
# What tensorflow/c/c_api.h and tensorflow/c/eager/c_api.h include, directly or not.
HEADER = re.compile(
    r"tensorflow/include/("
    r"tensorflow/c/.*\.h|tensorflow/core/platform/ctstring\w*\.h|(?:xla/)?tsl/platform/ctstring\w*\.h|(?:xla/)?tsl/c/.*\.h)"
)
LICENCE = re.compile(r"[^/]*\.dist-info/(?:licenses/)?((?:LICENSE|THIRD_PARTY_NOTICES|AUTHORS)[^/]*)")


def place(member: str) -> str | None:
    """Where a member of the wheel belongs, or None if it is not wanted."""
    for pattern, folder in ((LIBRARY, "lib"), (HEADER, "include"), (LICENCE, ".")):
        match = pattern.fullmatch(member)
        if match:
            return f"{folder}/{match.group(1)}"
    return None


def main() -> None:
    wheel, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with zipfile.ZipFile(wheel) as archive:
        wanted = {member: place(member) for member in archive.namelist()}
        wanted = {member: target for member, target in wanted.items() if target is not None}
        if sum(target.startswith("lib/") for target in wanted.values()) != 2:
            sys.exit(f"{wheel.name} does not hold the two libraries libtensorflow_cc.so.2 and libtensorflow_framework.so.2.")
        for member, target in wanted.items():
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(path, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 22)


if __name__ == "__main__":
    main()
