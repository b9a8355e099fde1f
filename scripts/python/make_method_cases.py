"""Makes fixtures/methods: what PEFT computes for methods that lab/experiments/ compares LoRA with, on one tiny BERT.

make_method_cases.py [FOLDER]

Each file has the trained numbers under the names and in the layout of lab/experiments/src/methods, and logits, loss and gradients
("grad.…"). Adapter layers, which PEFT does not have, are written out here by their papers' formula.
"""

import sys
from pathlib import Path

import torch
from make_lora_features import batch, bert, logits_of
from peft import (IA3Config, LoraConfig, PrefixTuningConfig, PromptTuningConfig, VeraConfig, get_peft_model)
from peft.optimizers import create_lorafa_optimizer
from safetensors.torch import save_file
from transformers import BertForSequenceClassification
from transformers.modeling_outputs import SequenceClassifierOutput

COUNT, BOTTLENECK = 20, 16
LAYER = "bert.encoder.layer.{}."


def moved(parameters):
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(torch.randn_like(parameter) * 0.1)


def finish(folder, name, model, inputs, trained, extra=None):
    """`trained`: name → function from a tensor of PEFT's (values or gradients alike) to ours, and the parameter."""
    logits = logits_of(model, inputs)
    loss = model(**inputs).loss
    loss.backward()
    tensors = {"logits": logits, "loss": loss.reshape(1), **(extra or {})}
    for key, (parameter, layout) in trained.items():
        tensors[key] = layout(parameter.detach())
        tensors["grad." + key] = layout(parameter.grad)
    save_file({key: value.detach().float().contiguous().clone() for key, value in tensors.items()},
              folder / f"{name}.safetensors")


def same(tensor):
    return tensor


def turned(tensor):
    return tensor.T


def prompt(folder, base, inputs):
    model = get_peft_model(base, PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=COUNT)).eval()
    table = model.prompt_encoder["default"].embedding.weight
    moved([table])
    finish(folder, "prompt", model, inputs, {"prompt_embeddings": (table, same)})


def prefix(folder, base, inputs):
    model = get_peft_model(base, PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=COUNT)).eval()
    table = model.prompt_encoder["default"].embedding.weight  # [count, layers · 2 · width]
    width = base.config.hidden_size
    moved([table])
    model.forward = lambda labels=None, **given: with_prefix(model, base, labels=labels, **given)
    place = lambda index: (table, lambda tensor: tensor[:, index * width:(index + 1) * width])
    names = {f"{LAYER.format(layer)}attention.self.{part}.prefix": place(2 * layer + offset)
             for layer in range(base.config.num_hidden_layers) for offset, part in enumerate(("key", "value"))}
    finish(folder, "prefix", model, inputs, names)


def with_prefix(model, base, input_ids, attention_mask, labels=None):
    """What PEFT's wrapper of a classifier does; it looks for `past_key_values`, which transformers 5.24 calls `cache`."""
    seen = torch.cat([torch.ones(len(input_ids), COUNT, dtype=attention_mask.dtype), attention_mask], 1)
    states = base.bert(input_ids=input_ids, attention_mask=seen, cache=model.get_prompt(len(input_ids)))
    logits = base.classifier(states.pooler_output)
    loss = None if labels is None else torch.nn.functional.cross_entropy(logits, labels)
    return SequenceClassifierOutput(logits=logits, loss=loss)


def ia3(folder, base, inputs):
    targets = ["key", "value", r"layer.0.output.dense", r"layer.1.output.dense"]
    model = get_peft_model(base, IA3Config(task_type="SEQ_CLS", target_modules=targets,
                                           feedforward_modules=targets[2:])).eval()
    names = {name: parameter for name, parameter in model.named_parameters() if "ia3_l" in name}
    moved(names.values())
    own = lambda name: name.removeprefix("base_model.model.").removesuffix(".default")
    finish(folder, "ia3", model, inputs, {own(name): (p, lambda t: t.reshape(-1)) for name, p in names.items()})


def vera(folder, base, inputs):
    model = get_peft_model(base, VeraConfig(task_type="SEQ_CLS", r=256, target_modules=["query", "value"])).eval()
    names = {name: p for name, p in model.named_parameters() if "vera_lambda" in name}
    moved(names.values())
    own = lambda name: name.removeprefix("base_model.model.").removesuffix(".default")
    shared = {"vera_A": model.base_model.vera_A["default"].T, "vera_B": model.base_model.vera_B["default"].T}
    finish(folder, "vera-r256", model, inputs, {own(name): (p, same) for name, p in names.items()}, shared)


def lora_fa(folder, base, inputs):
    """The gradients are those that PEFT's optimiser makes of torch's, in float32: its own step would round them to bf16."""
    model = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16,
                                            target_modules=["query", "value"])).eval()
    create_lorafa_optimizer(model, r=8, lora_alpha=16, lr=1e-3)  # freezes A
    names = {name: p for name, p in model.named_parameters() if "lora_B" in name}
    assert all(not p.requires_grad for name, p in model.named_parameters() if "lora_A" in name)
    moved(names.values())
    parameters = dict(model.named_parameters())
    own = lambda name: name.removeprefix("base_model.model.").replace(".default", "")
    logits = logits_of(model, inputs)
    loss = model(**inputs).loss
    loss.backward()
    tensors = {"logits": logits, "loss": loss.reshape(1)}
    for name, b in names.items():
        a = parameters[name.replace("lora_B", "lora_A")]
        inverse = torch.linalg.pinv(a.double() @ a.double().T + 1e-8 * torch.eye(8).double())
        tensors[own(name).replace("lora_B", "lora_A")] = a.T
        tensors[own(name)] = b.T
        tensors["grad." + own(name)] = (b.grad.double() @ inverse / 2 ** 2).T
    save_file({key: value.detach().float().contiguous().clone() for key, value in tensors.items()},
              folder / "lora-fa-r8.safetensors")


def adapter_layers(folder, base, inputs, name, modules, activation):
    """x + up(activation(down(x))) behind each module, before the sum and the norm (Houlsby et al. 2019, figure 2)."""
    trained = {}
    for path in modules:
        width = base.config.hidden_size
        down, up = torch.nn.Linear(width, BOTTLENECK), torch.nn.Linear(BOTTLENECK, width)
        base.get_submodule(path).register_forward_hook(
            lambda _, __, output, down=down, up=up: output + up(activation(down(output))))
        for part, linear in (("down", down), ("up", up)):
            trained[f"{path}.adapter.{part}.weight"] = (linear.weight, turned)
            trained[f"{path}.adapter.{part}.bias"] = (linear.bias, same)
    finish(folder, name, base, inputs, trained)


def biases(folder, base, inputs):
    names = {name: parameter for name, parameter in base.named_parameters() if name.endswith(".bias")}
    moved(names.values())
    finish(folder, "bitfit", base, inputs, {name: (parameter, same) for name, parameter in names.items()})


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "fixtures/methods")
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    base = bert()
    inputs = batch(base)
    base.save_pretrained(folder / "base")
    save_file({key: value.int() for key, value in inputs.items()}, folder / "inputs.safetensors")
    again = lambda: BertForSequenceClassification.from_pretrained(folder / "base", attn_implementation="eager").eval()
    for make in (prompt, prefix, ia3, vera, lora_fa, biases):
        make(folder, again(), inputs)
    layers = range(base.config.num_hidden_layers)
    both = [LAYER.format(layer) + part for layer in layers for part in ("attention.output.dense", "output.dense")]
    adapter_layers(folder, again(), inputs, "adapter-houlsby", both, torch.nn.functional.gelu)
    adapter_layers(folder, again(), inputs, "adapter-pfeiffer", both[1::2], torch.relu)


main()
