"""Makes fixtures/old-peft/mixtral and qwen3-moe: adapters of single experts, as PEFT wrote them beside transformers 4, with the
logits that today's PEFT computes from them.

make_old_experts.py [FOLDER]
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers
from make_family_features import mixture
from make_lora_features import batch, logits_of, write
from safetensors.torch import save_file

RANK = 3
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}


def pair(path, columns, rows, rank=RANK):
    return {f"base_model.model.{path}.lora_A.weight": torch.randn(rank, columns) * 0.2,
            f"base_model.model.{path}.lora_B.weight": torch.randn(rows, rank) * 0.2}


def adapter(model, module, maps, layers, router):
    """Pairs on q_proj and on each map of each expert: {name: (columns, rows)}."""
    config, tensors = model.config, {}
    for layer in layers:
        place = f"model.layers.{layer}"
        heads = config.num_attention_heads * (getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
        tensors |= pair(f"{place}.self_attn.q_proj", config.hidden_size, heads)
        for expert in range(config.num_local_experts):
            for name, (columns, rows) in maps.items():
                tensors |= pair(f"{place}.{module}.experts.{expert}.{name}", columns, rows)
        if router:
            tensors |= pair(f"{place}.{module}.gate", config.hidden_size, config.num_local_experts)
    return tensors


def case(folder, model, module, names, inner):
    width = model.config.hidden_size
    gate, up, down = names
    both = {gate: (width, inner), up: (width, inner)}
    every = {**both, down: (inner, width)}
    settings = {"every-map": (every, [0, 1], True, {}),
                "without-router": (every, [0, 1], False, {"lora_alpha": 5})}
    if module == "block_sparse_moe":
        settings["one-layer"] = (every, [1], False, {"layers_to_transform": [1]})
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder / "base")
    inputs = batch(model)
    inputs.pop("labels")
    tensors = {**inputs, "base.logits": logits_of(model, inputs)}
    for name, (maps, layers, router, more) in settings.items():
        place = folder / "adapters" / name
        place.mkdir(parents=True, exist_ok=True)
        save_file(adapter(model, module, maps, layers, router), place / "adapter_model.safetensors")
        targets = ["q_proj", *maps, *(["gate"] if router else [])]
        config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": 6, "lora_dropout": 0.0, "bias": "none",
                  "target_modules": targets, "base_model_name_or_path": None, "inference_mode": True, **more}
        (place / "adapter_config.json").write_text(json.dumps(config, indent=2))
        again = type(model).from_pretrained(folder / "base", attn_implementation="eager")
        adapted = peft.PeftModel.from_pretrained(again, place).eval()
        tensors[f"{name}.logits"] = logits_of(adapted, inputs)
        print(folder.name, name, (tensors[f"{name}.logits"] - tensors["base.logits"]).abs().max().item())
    write(folder, {"family": model.config.model_type, "versions": VERSIONS, "description":
                   "adapters of single experts, as PEFT wrote them beside transformers 4, as PEFT 0.21.2 reads them"}, tensors)


if __name__ == "__main__":
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "fixtures/old-peft")
    torch.manual_seed(15)
    case(root / "mixtral", mixture("Mixtral"), "block_sparse_moe", ("w1", "w3", "w2"), 32)
    qwen = mixture("Qwen3Moe", num_experts=4, moe_intermediate_size=20, head_dim=8, norm_topk_prob=True)
    case(root / "qwen3-moe", qwen, "mlp", ("gate_proj", "up_proj", "down_proj"), 20)
