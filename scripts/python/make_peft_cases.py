"""Computes cases of fixtures/peft again with PEFT: the inputs, the adapter and the settings of a case stay, what is expected of them
is made anew, in float32 and, to see what rounding does, in float64. So several cases can share a base.

make_peft_cases.py FOLDER BASE CASE…: each case gets a link to BASE, a folder of fixtures/bases, as its base.
"""

import copy
import json
import os
import re
import shutil
import sys
from pathlib import Path

import torch
import transformers
from make_lora_features import logits_of, trained_by_name, write
from peft import PeftModel
from safetensors.torch import load_file

INPUTS = ("input_ids", "attention_mask", "labels")


def load(folder, dtype):
    architecture = json.loads((folder / "base/config.json").read_text())["architectures"][0]
    model = getattr(transformers, architecture).from_pretrained(folder / "base", attn_implementation="eager", dtype=dtype)
    model.config.use_cache = False
    return model.eval()


def batches_of(given):
    stacks = {key: given[f"train.{key}"].long() for key in INPUTS if f"train.{key}" in given}
    return [dict(zip(stacks, rows)) for rows in zip(*stacks.values())]


def train(model, names, batches, settings):
    parameters = list({id(parameter): parameter for parameter in names.values()}.values())
    optimiser = torch.optim.AdamW(parameters, betas=settings["betas"], eps=settings["eps"], weight_decay=settings["weight_decay"])
    micro, losses, norms = settings["accumulate"], [], []
    for step, rate in enumerate(settings["lrs"]):
        optimiser.zero_grad()
        optimiser.param_groups[0]["lr"] = rate
        parts = [model(**inputs).loss / micro for inputs in batches[step * micro:(step + 1) * micro]]
        sum(parts).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, settings["clip"] or float("inf")).item())
        optimiser.step()
        losses.append(sum(parts).item())
    return losses, norms


def computed(folder, given, settings, dtype):
    inputs = {key: given[key].long() for key in INPUTS if key in given}
    base = load(folder, dtype)
    tensors = {"base.logits": logits_of(base, inputs)}
    facts = {"base_loss": base(**inputs).loss.item()}
    model = PeftModel.from_pretrained(base, folder / "adapter", is_trainable=True, autocast_adapter_dtype=False).to(dtype).eval()
    names = trained_by_name(model)
    tensors["adapter.logits"] = logits_of(model, inputs)
    loss = model(**inputs).loss
    loss.backward()
    tensors["adapter.loss"] = loss.detach().reshape(1)
    tensors |= {f"grad.{key}": parameter.grad.clone() for key, parameter in names.items()}
    norm = torch.cat([parameter.grad.flatten() for parameter in names.values()]).norm()
    tensors["merged.logits"] = logits_of(copy.deepcopy(model).merge_and_unload(), inputs)
    apart = lambda one, other: (tensors[one] - tensors[other]).abs().max().item()
    facts |= {"adapter_loss": loss.item(), "grad_norm": norm.item(), "check_merged_max_abs": apart("merged.logits", "adapter.logits"),
              "max_abs_adapter_minus_base": apart("adapter.logits", "base.logits")}
    if settings:
        losses, norms = train(model, names, batches_of(given), settings)
        tensors |= {f"final.{key}": parameter.detach() for key, parameter in names.items()}
        tensors |= {"train.losses": torch.tensor(losses), "final.logits": logits_of(model, inputs)}
        facts |= {"train": {**settings, "losses": losses, "grad_norms_before_clip": norms}, "final_loss": model(**inputs).loss.item()}
    return facts, tensors


def several(folder, given, expected, dtype):
    """Adapters alone, together and each in rows of its own; "exact_abc" adds the deltas that the case holds to the base's weights."""
    inputs = {key: given[key].long() for key in INPUTS if key in given}
    base, names = load(folder, dtype), sorted(path.name for path in (folder / "adapters").iterdir())
    tensors, facts = {"base.logits": logits_of(base, inputs)}, {"base_loss": base(**inputs).loss.item()}
    exact = load(folder, dtype)
    with torch.no_grad():
        for key in filter(lambda key: key.startswith("exact_abc.delta."), given):
            exact.get_submodule(key.removeprefix("exact_abc.delta.")).weight.add_(given[key])
    model = PeftModel.from_pretrained(base, folder / "adapters" / names[0], names[0])
    for name in names[1:]:
        model.load_adapter(folder / "adapters" / name, name)
    model.to(dtype).eval()
    losses = {}
    for name in names:
        model.set_adapter(name)
        losses[name] = model(**inputs).loss.item()
        tensors[f"{name}.logits"] = logits_of(model, inputs)
    for name in (key.removesuffix(".logits") for key in given if key.endswith(".logits")):
        model.base_model.set_adapter(name.removeprefix("merged_").split("+") if "+" in name else names[0])
        if name == "mixed":
            with torch.no_grad():
                mixed = model(input_ids=given["mixed.input_ids"].long(), adapter_names=expected["mixed_adapter_names"])
            tensors["mixed.logits"] = mixed.logits
        elif name == "swapped":
            tensors["swapped.logits"] = tensors["b.logits"]
        elif name.startswith("merged_"):
            tensors[f"{name}.logits"] = logits_of(copy.deepcopy(model).merge_and_unload(), inputs)
        elif name == "exact_abc":
            tensors[f"{name}.logits"] = logits_of(exact, inputs)
        elif "+" in name:
            tensors[f"{name}.logits"] = logits_of(model, inputs)
    return {**facts, "losses": {name: losses[name] for name in expected["losses"]}}, tensors


def fresh(folder, given, expected, dtype):
    """A start that leaves the base as it is."""
    facts, tensors = computed(folder, given, None, dtype)
    return {"base_loss": facts["base_loss"]}, {"base.logits": tensors["base.logits"], "fresh.logits": tensors["adapter.logits"]}


def recompute(folder, base):
    for old in folder.glob("base*"):
        old.unlink() if old.is_symlink() else shutil.rmtree(old)
        old.symlink_to(os.path.relpath(base, folder))
    given, expected = load_file(folder / "expected.safetensors"), json.loads((folder / "expected.json").read_text())
    one = lambda folder, given, expected, dtype: computed(folder, given, expected.get("train"), dtype)
    kind = several if (folder / "adapters").exists() else fresh if (folder / "base_residual").exists() else one
    (facts, tensors), (_, exact) = (kind(folder, given, expected, dtype) for dtype in (torch.float32, torch.float64))
    off = {key: (tensors[key].double() - exact[key]).abs() for key in tensors}
    unstable = {f"unstable.{key[6:]}": (value > 1e-5).int() for key, value in off.items()
                if key.startswith("final.base_model") and (value > 1e-5).any()}
    old = {key for key in given if not key.startswith("unstable.")}
    # Deltas and masks are the adapters' own.
    if left := {key for key in old - tensors.keys() if key.split(".")[-1] not in INPUTS and not re.search(r"(^|\.)(delta|mask)\.", key)}:
        raise ValueError(f"{folder.name} expects {sorted(left)}, which is not computed here")
    expected |= facts
    expected["rounding"] = {key: off[key].max().item() for key in ("adapter.logits", "adapter.loss", "train.losses") if key in off}
    kept = {key: value for key, value in given.items() if key in old}
    made = {**kept, **tensors, **unstable}
    expected["tensors"] = {key: [str(value.dtype).removeprefix("torch."), list(value.shape)] for key, value in made.items()}
    write(folder, expected, made)
    print(folder.name, expected["rounding"])


if __name__ == "__main__":
    root, base, *cases = sys.argv[1:]
    for case in cases:
        recompute(Path(root) / case, Path(base))
