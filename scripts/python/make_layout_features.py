"""Makes the cases of fixtures/lora-features that have the public set's other layouts: what a start leaves of the base
beside the base – with the batches that it measured first, if any –, and an adapter that PEFT saves beside the others'
folders.

make_layout_features.py [FOLDER [CASE…]]
"""

import copy
from pathlib import Path

from make_family_features import gpt2
from make_lora_features import TRAINING, batch, llama, logits_of, lora, main, several_adapters, train, trained_by_name
from peft import EvaConfig, LoraConfig, LoraGAConfig, get_peft_model, initialize_lora_eva_weights
from peft.tuners.lora.config import CordaConfig
from peft.tuners.lora.corda import preprocess_corda
from peft.tuners.lora.loraga import preprocess_loraga
import torch


def fresh_start(folder, base, init, config, prepare=None, measure=None, measured=()):
    """What a start leaves in the base and puts into the pair, and a few steps on the former. `prepare` looks at the base,
    `measure` at the model with the adapter; `measured` are the batches that either runs, where a file is to keep them."""
    base.save_pretrained(folder / "base")
    inputs = batch(base)
    tensors = {**inputs, "base.logits": logits_of(base, inputs)}
    for key in measured[0] if measured else ():
        tensors["measured." + key] = torch.stack([one[key] for one in measured])
    config = LoraConfig(**config, init_lora_weights=init)
    if prepare:
        prepare(base, config, measured)
    model = get_peft_model(base, config).eval()
    if measure:
        measure(model, measured)
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


def from_inputs(model, measured):
    """EVA looks at a few batches, which no file keeps, or at one again and again until its directions stay."""
    base = model.get_base_model()
    batches = measured or [batch(base, rows=4) for _ in range(6)]
    initialize_lora_eva_weights(model, batches, show_progress_bar=False)


def from_covariance(base, config, measured):
    """CorDA takes one sequence a call, and scales each by its own largest entry."""
    preprocess_corda(base, config, run_model=lambda: [logits_of(base, one) for one in measured])


def from_gradients(base, config, measured):
    preprocess_loraga(base, config, train_step=lambda: [base(**one).loss.backward() for one in measured])


def corda(folder, base, config, method):
    sequences = [{key: ids for key in ("input_ids", "labels")}
                 for ids in (torch.randint(3, base.config.vocab_size, (1, 12)) for _ in range(8))]
    config = {**config, "corda_config": CordaConfig(corda_method=method)}
    return fresh_start(folder, base, "corda", config, prepare=from_covariance, measured=sequences)


def lora_ga(folder, base, config, **settings):
    config = {**config, "lora_ga_config": LoraGAConfig(**settings)}
    batches = [batch(base, rows=4, time=9) for _ in range(3)]
    return fresh_start(folder, base, "lora_ga", config, prepare=from_gradients, measured=batches)


CASES = {
    "mica-start": lambda folder: fresh_start(folder, llama(2), "mica", lora(target_modules=["q_proj", "down_proj"])),
    "eva-start": lambda folder: fresh_start(
        folder, llama(2), "eva", lora(target_modules=["q_proj", "v_proj"], eva_config=EvaConfig(rho=1.0)),
        measure=from_inputs),
    "names-default": lambda folder: several_adapters(folder, llama(2), {
        "default": lora(target_modules=["q_proj"]), "default2": lora(target_modules=["q_proj", "v_proj"], r=2)}),
    # Ranks at which the random decompositions of EVA and LoRA-GA (svd_lowrank, 2·r and 4·r directions) leave nothing out.
    "eva-measured": lambda folder: (lambda base: fresh_start(
        folder, base, "eva", lora(r=12, target_modules=["q_proj", "gate_proj"], eva_config=EvaConfig(rho=1.0)),
        measure=from_inputs, measured=[batch(base, rows=5, time=9)]))(llama(2)),
    "corda-ipm": lambda folder: corda(folder, llama(2), lora(target_modules=["q_proj", "down_proj"]), "ipm"),
    "corda-kpm": lambda folder: corda(folder, llama(2), lora(target_modules=["v_proj", "up_proj"]), "kpm"),
    "corda-conv1d": lambda folder: corda(folder, gpt2(), lora(target_modules=["c_attn", "c_fc"]), "ipm"),
    "lora-ga": lambda folder: lora_ga(folder, llama(2), lora(r=6, target_modules=["q_proj", "down_proj"])),
    "lora-ga-weights": lambda folder: lora_ga(
        folder, llama(2), lora(r=12, target_modules=["q_proj", "up_proj"]), direction="ArBr", scale="weight_svd"),
    "lora-ga-conv1d": lambda folder: lora_ga(folder, gpt2(), lora(r=6, target_modules=["c_attn"]), direction="A2rBr"),
}

if __name__ == "__main__":
    main(CASES, Path(__file__).parents[2] / "fixtures" / "lora-features")
