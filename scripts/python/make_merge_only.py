"""Adapters of PEFT's methods without A and B, and SHA-256 hashes of all float32 weights after merge_and_unload.

Writes fixtures/merge-only, on bases of fixtures/peft.
"""

import hashlib
import json
from pathlib import Path

import peft
import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

FIXTURES = Path(__file__).parents[2] / "fixtures"
ROOT = FIXTURES / "merge-only"
CASES = {
    "ia3-gpt2": ("gpt2", peft.IA3Config(task_type="CAUSAL_LM")),
    "ia3-llama": ("llama-gqa", peft.IA3Config(task_type="CAUSAL_LM")),
    "ia3-bert": ("bert-seqcls", peft.IA3Config(task_type="SEQ_CLS")),
    "beft-bert": ("bert-seqcls", peft.BeftConfig(task_type="SEQ_CLS")),
    "ln-tuning-llama": ("llama-gqa", peft.LNTuningConfig(task_type="CAUSAL_LM", target_modules=["input_layernorm", "norm"])),
}

expected = {}
for name, (base, config) in CASES.items():
    kind = AutoModelForSequenceClassification if config.task_type == "SEQ_CLS" else AutoModelForCausalLM
    load = lambda: kind.from_pretrained(FIXTURES / "peft" / base / "base", dtype=torch.float32)
    torch.manual_seed(3)
    model = peft.get_peft_model(load(), config)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += torch.randn_like(parameter) * 0.3
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(ROOT / name)
    (ROOT / name / "README.md").unlink()
    merged = peft.PeftModel.from_pretrained(load(), ROOT / name).merge_and_unload()
    hashes = {key: hashlib.sha256(value.detach().contiguous().numpy().tobytes()).hexdigest()
              for key, value in merged.named_parameters()}
    expected[name] = {"base": base, "weights": hashes}
(ROOT / "expected.json").write_text(json.dumps(expected, indent=1))
