"""Adapters of PEFT's methods whose update is low-rank, on one tiny LLaMA, and the logits that PEFT computes with each.

make_low_rank_methods.py FOLDER

FOLDER/base is the model, FOLDER/<method> an adapter as `save_pretrained` writes it with random values, loaded again by PEFT for
FOLDER/expected.json. For methods that PEFT's `convert_to_lora` converts, its LoRA of full rank has nearly the same logits (asserted).
"""

import json
import pathlib
import sys

import peft
import torch
from peft.tuners.lora.conversion import save_as_lora
from transformers import LlamaConfig, LlamaForCausalLM

IDS = torch.tensor([[3, 14, 15, 9, 26, 5]])
TARGETS = {"target_modules": ["q_proj", "v_proj", "gate_proj", "down_proj"]}

METHODS = {
    "vera": peft.VeraConfig(r=8, **TARGETS),
    "loha": peft.LoHaConfig(r=3, alpha=6, rank_pattern={"v_proj": 2}, alpha_pattern={"v_proj": 1}, **TARGETS),
    "lokr": peft.LoKrConfig(r=2, alpha=6, **TARGETS),
    "lokr-full": peft.LoKrConfig(r=64, alpha=6, **TARGETS),
    "adalora": peft.AdaLoraConfig(init_r=4, target_r=2, total_step=10, lora_alpha=3, **TARGETS),
    "delora": peft.DeloraConfig(r=4, **TARGETS),
    "miss": peft.MissConfig(r=4, **TARGETS),
    "miss-mini": peft.MissConfig(r=4, mini_r=8, init_weights="mini", **TARGETS),
    "randlora": peft.RandLoraConfig(r=4, randlora_alpha=3, **TARGETS),
    "vblora": peft.VBLoRAConfig(r=3, num_vectors=10, vector_length=8, topk=2, **TARGETS),
    "gralora": peft.GraloraConfig(r=4, alpha=3, gralora_k=2, **TARGETS),
    # Not low-rank.
    "c3a": peft.C3AConfig(block_size=8, **TARGETS),
}


def logits_of(model):
    with torch.no_grad():
        return model(IDS).logits[0]


def main(root):
    torch.manual_seed(7)
    config = LlamaConfig(
        **{"vocab_size": 32, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4},
        **{"num_key_value_heads": 2, "max_position_embeddings": 32, "initializer_range": 0.2},
    )
    LlamaForCausalLM(config).save_pretrained(root / "base")
    load = lambda: LlamaForCausalLM.from_pretrained(root / "base")
    expected = {"inputIds": IDS.tolist(), "base": logits_of(load()).flatten().tolist()}
    for name, settings in METHODS.items():
        torch.manual_seed(3)
        model = peft.get_peft_model(load(), settings)
        for path, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.data = torch.randn_like(parameter) * 0.3
        model.save_pretrained(root / name)
        (root / name / "README.md").unlink()
        saved = peft.PeftModel.from_pretrained(load(), root / name).eval()
        logits = logits_of(saved)
        assert (logits - logits_of(load())).abs().max() > 0.05, name
        if name not in ("adalora", "c3a"):
            save_as_lora(root / "converted", saved, rank=1.0)
            converted = peft.PeftModel.from_pretrained(load(), root / "converted")
            difference = (logits_of(converted) - logits).abs().max().item()
            assert difference < 2e-3, (name, difference)
        expected[name] = logits.flatten().tolist()
    for file in (root / "converted").iterdir():
        file.unlink()
    (root / "converted").rmdir()
    (root / "base" / "generation_config.json").unlink()
    (root / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
