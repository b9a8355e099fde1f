"""Adapters of the repository's fixtures with one field or one tensor changed, and what PEFT computes with each.

make_mutated_adapters.py OUT [COUNT [SEED [CASE…]]]

COUNT mutations (50) of each case. Each is a folder of OUT: the adapter's two files, and reference.json with the base's folder, the
input, the change in words, and PEFT's logits or the error that it raises. `drawn` is true if the logits differ from one loading to the next:
PEFT then misses a tensor, and draws it anew. `node --conditions=lowrank-source --import tsx integration/src/mutations/main.ts OUT` compares.
"""

import copy
import json
import random
import shutil
import sys
import warnings
from pathlib import Path

import torch
from check_in_peft import load_model
from peft import PeftModel
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).parents[2] / "fixtures"
METHODS = "adalora delora gralora loha lokr lokr-full miss miss-mini randlora vblora vera"
PEFT = ("all-linear-gpt2 bert-seqcls bias-all bias-lora-only dora-conv1d dora-linear dora-rslora-bias embed-lmhead-target embed-saved gpt2 "
        "layers-to-transform llama-gqa-tied lm-head-saved lora-bias patterns phi3 pissa regex-target roberta-seqcls rslora trainable-tokens")
FEATURES = "activated bd-lora kasa-mixed monteclora tied-head-and-rows velora"
ODD_VALUES = [None, True, False, "16", "", "abc", [], {}, ["nope"], {"nope": 3}, -1, 0, 1, 2, 1.5, 1e3, "all-linear"]
TYPES = [torch.float16, torch.bfloat16, torch.float64, torch.int32, torch.int8, torch.bool]


def cases():
    """{name: (adapter's folder, base's folder, ids)}"""
    expected = json.loads((ROOT / "peft-methods/expected.json").read_text())
    for name in METHODS.split():
        yield name, (ROOT / "peft-methods" / name, ROOT / "peft-methods/base", expected["inputIds"][0])
    for name, entry in json.loads((ROOT / "pruned-methods/expected.json").read_text()).items():
        yield name, (ROOT / "pruned-methods" / name, ROOT / "pruned-methods" / entry["base"], entry["inputIds"][0])
    for kind, names in (("peft", PEFT), ("lora-features", FEATURES)):
        for name in names.split():
            ids = load_file(ROOT / kind / name / "expected.safetensors")["input_ids"][0].tolist()
            yield name, (ROOT / kind / name / "adapter", ROOT / kind / name / "base", ids)


def changed_field(draw, config):
    """One field of adapter_config.json, changed in place; the change in words."""
    key = draw.choice(sorted(config))
    if draw.random() < 0.15:
        del config[key]
        return f"{key} removed"
    value = config[key]
    near = []
    if isinstance(value, bool):
        near = [not value]
    elif isinstance(value, (int, float)):
        near = [value + 1, value - 1, value * 2, value / 2, -value]
    elif isinstance(value, list) and value:
        near = [value[1:], value[:-1], [*value, value[0]], [*value, "nope"], value[0]]
    elif isinstance(value, dict) and value:
        name = draw.choice(sorted(value))
        near = [{other: value[other] for other in value if other != name}, {**value, name: draw.choice(ODD_VALUES)}]
    elif isinstance(value, str):
        near = [value.upper(), value[:-1], [value]]
    config[key] = copy.deepcopy(draw.choice(near if near and draw.random() < 0.6 else ODD_VALUES))
    return f"{key}: {json.dumps(config[key])} instead of {json.dumps(value)}"


def changed_tensor(draw, tensors):
    """One tensor, changed in place; the change in words."""
    name = draw.choice(sorted(tensors))
    value = tensors[name]
    parts = name.split(".")
    other = draw.choice(sorted(tensors))
    other_type = draw.choice(TYPES)
    axis = draw.randrange(value.dim()) if value.dim() > 0 else 0
    half = value.narrow(axis, 0, (value.shape[axis] + 1) // 2) if value.dim() > 0 else value
    changes = {
        "removed": lambda: tensors.pop(name),
        "renamed without its first part": lambda: tensors.update({".".join(parts[1:]): tensors.pop(name)}),
        "renamed with a name of the adapter": lambda: tensors.update({".".join([*parts[:-1], "default", parts[-1]]): tensors.pop(name)}),
        "renamed to another layer": lambda: tensors.update({name.replace(".0.", ".7."): tensors.pop(name)}),
        "added to another layer": lambda: tensors.update({name.replace(".0.", ".7."): value.clone()}),
        "added with another name": lambda: tensors.update({f"{name}_more": value.clone()}),
        "transposed": lambda: tensors.update({name: value.T}),
        f"half of axis {axis}": lambda: tensors.update({name: half}),
        f"twice along axis {axis}": lambda: tensors.update({name: torch.cat([value, value], axis) if value.dim() > 0 else value}),
        "flattened": lambda: tensors.update({name: value.flatten()}),
        "with another axis": lambda: tensors.update({name: value[None]}),
        "empty": lambda: tensors.update({name: value.flatten()[:0]}),
        f"as {other_type}": lambda: tensors.update({name: value.to(other_type)}),
        "with a NaN": lambda: tensors.update({name: torch.where(torch.arange(value.numel()).reshape(value.shape) == 0, torch.nan, value)}),
        f"exchanged with {other}": lambda: tensors.update({name: tensors[other].clone(), other: value.clone()}),
        "reversed in shape": lambda: tensors.update({name: value.reshape(tuple(reversed(value.shape)))}),
    }
    words = draw.choice(sorted(changes))
    changes[words]()
    return f"{name}: {words}"


def logits_of(base, folder, ids, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        model = PeftModel.from_pretrained(copy.deepcopy(base), folder).eval()
        return model(input_ids=torch.tensor([ids])).logits.float().flatten()


def reference(base, folder, ids):
    try:
        one, other = [logits_of(base, folder, ids, seed) for seed in (1, 2)]
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    # JSON has no NaN.
    return {"logits": one.tolist() if one.isfinite().all() else None, "drawn": not torch.equal(one, other)}


def main(out, count, seed, chosen):
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    for case, (adapter, base_folder, ids) in cases():
        if chosen and case not in chosen:
            continue
        base = load_model(base_folder, strict=False)
        for number in range(count):
            draw = random.Random(f"{seed} {case} {number}")
            config = json.loads((adapter / "adapter_config.json").read_text())
            tensors = load_file(adapter / "adapter_model.safetensors")
            change = "none"  # of the first one
            if number > 0:
                change = changed_field(draw, config) if draw.random() < 0.5 else changed_tensor(draw, tensors)
            folder = out / f"{case}-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "adapter_config.json").write_text(json.dumps(config, indent=1))
            contiguous = {name: value.contiguous().clone() for name, value in tensors.items()}
            save_file(contiguous, folder / "adapter_model.safetensors", metadata={"format": "pt"})
            facts = {"base": str(base_folder), "ids": ids, "change": change, **reference(base, folder, ids)}
            (folder / "reference.json").write_text(json.dumps(facts))
        print(case, flush=True)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[2:4]]
    main(Path(sys.argv[1]).resolve(), *numbers, *(50, 1)[len(numbers):], sys.argv[4:])
