"""Writes an adapter of the last layer as mlx_lm's training does, with random numbers in it, and prints the logits without and with
it, as JSON.

adapter_of_mlx.py BASE_FOLDER ADAPTER_FOLDER TOKEN_IDS lora|dora
"""

import json
import pathlib
import sys

import mlx.core as mx
from logits_in_mlx import logits
from mlx.utils import tree_flatten
from mlx_lm.tuner.utils import linear_to_lora_layers
from mlx_lm.utils import load_model, save_config


def main() -> None:
    base, adapter, ids, kind = sys.argv[1:]
    tokens = [int(token) for token in ids.split(",")]
    model, _ = load_model(pathlib.Path(base), strict=False)
    plain = logits(model, tokens)
    model.freeze()
    mx.random.seed(0)
    parameters = {"rank": 4, "scale": 3.0, "dropout": 0.0}
    linear_to_lora_layers(model, 1, parameters, use_dora=kind == "dora")
    made = dict(tree_flatten(model.trainable_parameters()))
    # Training begins with zeros in B.
    trained = {name: mx.random.normal(value.shape) if name.endswith("lora_b") else value for name, value in made.items()}
    model.load_weights(list(trained.items()), strict=False)
    settings = {"fine_tune_type": kind, "num_layers": 1, "lora_parameters": parameters, "model": base}
    save_config(settings, pathlib.Path(adapter) / "adapter_config.json")
    mx.save_safetensors(str(pathlib.Path(adapter) / "adapters.safetensors"), trained)
    print(json.dumps({"plain": plain, "adapted": logits(model, tokens)}))


if __name__ == "__main__":
    main()
