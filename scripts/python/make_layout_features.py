"""Makes the cases of fixtures/lora-features that have the public set's other layouts: what a start leaves of the base
beside the base, and an adapter that PEFT saves beside the others' folders.

make_layout_features.py [FOLDER [CASE…]]
"""

import copy
from pathlib import Path

from make_lora_features import TRAINING, batch, llama, logits_of, lora, main, several_adapters, train, trained_by_name
from peft import EvaConfig, LoraConfig, get_peft_model, initialize_lora_eva_weights
import torch


def fresh_start(folder, base, init, config, measure=None):
    """What a start leaves in the base and puts into the pair, and a few steps on the former."""
    base.save_pretrained(folder / "base")
    inputs = batch(base)
    tensors = {**inputs, "base.logits": logits_of(base, inputs)}
    model = get_peft_model(base, LoraConfig(**config, init_lora_weights=init)).eval()
    if measure:
        measure(model)
    tensors["fresh.logits"] = logits_of(model, inputs)
    for name, layer in model.get_base_model().named_modules():
        if hasattr(layer, "get_delta_weight"):
            tensors["delta." + name] = layer.get_delta_weight("default").detach().clone()
    copy.deepcopy(model).unload().save_pretrained(folder / "base_residual")
    model.peft_config["default"].init_lora_weights = True
    model.save_pretrained(folder / "adapter")
    names, batches = trained_by_name(model), [batch(base) for _ in range(TRAINING["steps"])]
    for key in batches[0]:
        tensors["train." + key] = torch.stack([one[key] for one in batches])
    losses = train(model.train(), names, batches)
    tensors.update({"final." + key: parameter for key, parameter in names.items()})
    tensors["final.logits"] = logits_of(model.eval(), inputs)
    return {"description": f"init_lora_weights='{init}'", "train": {**TRAINING, "losses": losses}}, tensors


def from_inputs(model):
    """EVA looks at a few batches, which no file keeps."""
    base = model.get_base_model()
    initialize_lora_eva_weights(model, [batch(base, rows=4) for _ in range(6)], show_progress_bar=False)


CASES = {
    "mica-start": lambda folder: fresh_start(folder, llama(2), "mica", lora(target_modules=["q_proj", "down_proj"])),
    "eva-start": lambda folder: fresh_start(
        folder, llama(2), "eva", lora(target_modules=["q_proj", "v_proj"], eva_config=EvaConfig(rho=1.0)), from_inputs),
    "names-default": lambda folder: several_adapters(folder, llama(2), {
        "default": lora(target_modules=["q_proj"]), "default2": lora(target_modules=["q_proj", "v_proj"], r=2)}),
}

if __name__ == "__main__":
    main(CASES, Path(__file__).parents[2] / "fixtures" / "lora-features")
