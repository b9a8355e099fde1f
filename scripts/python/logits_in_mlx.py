"""Logits of mlx_lm without and with an adapter, as JSON.

logits_in_mlx.py BASE_FOLDER ADAPTER_FOLDER TOKEN_IDS
"""

import json
import pathlib
import sys

import mlx.core as mx
from mlx_lm.utils import load_adapters, load_model


def logits(model, ids: list[int]) -> list[float]:
    model.eval()
    return model(mx.array([ids])).astype(mx.float32).reshape(-1).tolist()


def main() -> None:
    base, adapter, ids = sys.argv[1:]
    tokens = [int(token) for token in ids.split(",")]
    model, _ = load_model(pathlib.Path(base), strict=False)
    plain = logits(model, tokens)
    adapted = logits(load_adapters(model, adapter), tokens)
    print(json.dumps({"plain": plain, "adapted": adapted}))


if __name__ == "__main__":
    main()
