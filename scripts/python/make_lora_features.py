"""Makes fixtures/lora-features with PEFT: what the public set in fixtures/peft does not have, in the same layout.

make_lora_features.py [FOLDER [CASE…]]
"""

import contextlib
import copy
import hashlib
import json
import os
import shutil
import sys
import warnings
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
warnings.filterwarnings("ignore")

import torch
import transformers
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from peft.optimizers import create_riemannian_optimizer
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
TRAINING = {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "steps": 4, "schedule": "constant",
            "warmup": 0, "accumulate": 1, "clip": None}


def llama(layers=3, tied=False):
    config = transformers.LlamaConfig(
        vocab_size=48, hidden_size=24, intermediate_size=40, num_hidden_layers=layers, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=32, tie_word_embeddings=tied, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, attn_implementation="eager")
    return started(transformers.LlamaForCausalLM(config))


def bert():
    config = transformers.BertConfig(
        vocab_size=48, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=32, num_labels=3, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager")
    return started(transformers.BertForSequenceClassification(config))


def started(model, generator=None):
    """Larger numbers than a fresh model has, so that differences show. Models of the same shapes get the same numbers, so that
    cases share a base; bfloat16 holds them, which halves the file."""
    generator = generator or torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue  # sinusoids
            noise = torch.randn(parameter.shape, generator=generator) * (0.2 if parameter.ndim > 1 else 0.1)
            parameter.copy_((noise + (1.0 if parameter.ndim == 1 and name.endswith("weight") else 0.0)).bfloat16())
    model.tie_weights()
    return model.eval()


def batch(model, rows=3, time=7):
    vocabulary = model.get_input_embeddings().weight.shape[0]
    ids = torch.randint(3, vocabulary, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, time - 2:] = 0
    ids[mask == 0] = 0
    if hasattr(model, "classifier"):
        return {"input_ids": ids, "attention_mask": mask, "labels": torch.randint(0, 3, (rows,))}
    labels = ids.clone()
    labels[mask == 0] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def unlabelled(model):
    return {key: value for key, value in batch(model).items() if key != "labels"}


def logits_of(model, inputs):
    with torch.no_grad():
        output = model(**{key: value for key, value in inputs.items() if key != "labels"})
    output = output if isinstance(output, dict) else vars(output)  # of a net of our own
    if "start_logits" in output:
        return torch.stack([output.start_logits, output.end_logits], -1)
    kinds = ("logits_per_image", "logits", "last_hidden_state")
    return next(output[kind] for kind in kinds if kind in output)


def moved(model):
    """Everything trainable away from its start."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.1)


def trained_by_name(model):
    """Trainable tensors by their names in a file."""
    stored = get_peft_model_state_dict(model, save_embedding_layers=False)
    place = lambda tensor: (tensor.data_ptr(), tuple(tensor.shape))
    trainable = {place(parameter): parameter for parameter in model.parameters() if parameter.requires_grad}
    return {key: trainable[place(value)] for key, value in stored.items() if place(value) in trainable}


def train(model, names, batches, reg=None):
    parameters = list({id(parameter): parameter for parameter in names.values()}.values())
    adamw = {key: TRAINING[key] for key in ("lr", "betas", "eps", "weight_decay")}
    optimiser = (torch.optim.AdamW(parameters, **adamw) if reg is None else
                 create_riemannian_optimizer(model, torch.optim.AdamW, reg=reg, **adamw))
    losses = []
    for inputs in batches:
        optimiser.zero_grad()
        loss = model(**inputs).loss + model.base_model._get_kasa_loss()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def write(folder, expected, tensors):
    integers = {key: value.float() if value.is_floating_point() else value.int() for key, value in tensors.items()}
    save_file({key: value.detach().contiguous().clone() for key, value in integers.items()},
              folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps({"name": folder.name, **expected}) + "\n")


def one_gradient(names):
    """PEFT keeps a shared pair as two parameters over the same numbers; their gradient is the sum of both."""
    for half, twin in (("lora_embedding_B", "lora_A"), ("lora_embedding_A", "lora_B")):
        head = next(key for key in names if "lm_head" in key and key.endswith(f".{twin}.weight"))
        table = next(parameter for key, parameter in names.items() if key.endswith(half))
        table.grad = table.grad + names.pop(head).grad.T


@contextlib.contextmanager
def in_float64(exact):
    """Norms, softmaxes and recurrent memories of transformers compute in float32 whatever a model's type is; here they do not."""
    types = torch.float32, torch.Tensor.float
    if exact:
        torch.float32, torch.Tensor.float = torch.float64, torch.Tensor.double
    try:
        yield
    finally:
        torch.float32, torch.Tensor.float = types


def one_adapter(folder, base, config, prepare=None, merges=True, trains=True, shares=False, batch=batch, added=0,
                tables="auto", exact=False, reg=None):
    """An adapter on a base – with added tokens, if any –: logits, loss, gradients, merge and a few steps of training.
    `exact` computes what the float32 files say in float64."""
    base.save_pretrained(folder / "base")
    if exact:
        base.config._experts_implementation = "eager"  # others compute nothing in float64
    if prepare:
        prepare(base)
    if added:
        add_tokens(base, added)
    as_computed = lambda made: {key: value.double() if exact and value.is_floating_point() else value for key, value in made.items()}
    inputs = as_computed(batch(base))
    with in_float64(exact):
        tensors = {**inputs, "base.logits": logits_of(copy.deepcopy(base).double() if exact else base, inputs)}
    model = get_peft_model(base, LoraConfig(**config)).eval()
    if isinstance(config.get("init_lora_weights"), str) or "kasa_config" in config:
        with in_float64(exact):
            tensors["start.logits"] = logits_of(copy.deepcopy(model).double() if exact else model, inputs)
    moved(model)
    # "auto" would compare sizes with a base that is looked up in the network.
    model.save_pretrained(folder / "adapter", save_embedding_layers=True if added else tables)
    with in_float64(exact):
        if exact:
            model.double()
        names = trained_by_name(model)
        tensors["adapter.logits"] = logits_of(model, inputs)
        if not inputs.keys() & {"labels", "start_positions"}:
            return {}, {**tensors, "merged.logits": logits_of(copy.deepcopy(model).merge_and_unload(), inputs)}
        loss = model(**inputs).loss
        loss.backward()
        tensors["adapter.loss"] = loss.reshape(1)
        if shares:
            one_gradient(names)
        for key, parameter in names.items():
            tensors["grad." + key] = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
        model.zero_grad()
        if "kasa_config" in config:
            tensors.update(regularisers(model, names))
        if merges:
            tensors["merged.logits"] = logits_of(copy.deepcopy(model).merge_and_unload(), inputs)
        if not trains:
            return {}, tensors
        batches = [as_computed(batch(base)) for _ in range(TRAINING["steps"])]
        for key in batches[0]:
            tensors["train." + key] = torch.stack([one[key] for one in batches])
        model.train()
        losses = train(model, names, batches, reg)
        model.eval()
        tensors["train.losses"] = torch.tensor(losses)
        for key, parameter in names.items():
            tensors["final." + key] = parameter
        tensors["final.logits"] = logits_of(model, inputs)
        riemannian = {} if reg is None else {"riemannian_reg": reg}
        return {"train": {**TRAINING, **riemannian, "losses": losses}}, tensors


def regularisers(model, names):
    """What KaSA adds to the loss, and its gradients."""
    loss = model.base_model._get_kasa_loss()
    loss.backward()
    gradients = {"kasa.grad." + key: parameter.grad.clone() for key, parameter in names.items()
                 if parameter.grad is not None}
    model.zero_grad()
    return {"kasa.loss": loss.reshape(1), **gradients}


def add_tokens(model, added):
    """As transformers does it, without the billionth of chance around the mean."""
    model.resize_token_embeddings(model.config.vocab_size + added)
    with torch.no_grad():
        for table in filter(None, (model.get_input_embeddings(), model.get_output_embeddings())):
            table.weight[-added:] = table.weight[:-added].mean(0)


def several_adapters(folder, base, configs, batch=batch):
    """Each adapter alone, and a batch in which every row has another one."""
    base.save_pretrained(folder / "base")
    inputs = batch(base)
    tensors = {**inputs, "base.logits": logits_of(base, inputs)}
    model, losses = None, {}
    for name, config in configs.items():
        if model is None:
            model = get_peft_model(base, LoraConfig(**config), adapter_name=name)
        else:
            model.add_adapter(name, LoraConfig(**config))
        model.set_adapter(name)
        moved(model)
    model.eval()
    for name in configs:
        model.set_adapter(name)
        tensors[name + ".logits"] = logits_of(model, inputs)
        losses[name] = model(**inputs).loss.item()
        model.save_pretrained(folder / "adapters", selected_adapters=[name])
    names = [list(configs)[-1], "__base__", list(configs)[0]]
    ids = batch(base)["input_ids"]
    model.set_adapter(list(configs)[0])
    with torch.no_grad():
        tensors["mixed.logits"] = model(input_ids=ids, adapter_names=names).logits
    tensors["mixed.input_ids"] = ids
    return {"losses": losses, "mixed_adapter_names": names}, tensors


def without_accelerator(make):
    """PEFT rounds for LoftQ on "cuda" alone; bitsandbytes does the same on a CPU. The package must be installed."""
    from bitsandbytes.nn import Params4bit
    move, quantise = torch.Tensor.to, Params4bit.to
    here = lambda place: "cpu" if place == "cuda" else place
    torch.Tensor.to = lambda tensor, *places, **more: move(
        tensor, *map(here, places), **{key: here(value) for key, value in more.items()})
    Params4bit.to = lambda weight, place: weight._quantize(here(place))
    try:
        return make()
    finally:
        torch.Tensor.to, Params4bit.to = move, quantise


def lora(**fields):
    return {"r": 3, "lora_alpha": 6, "task_type": "CAUSAL_LM", **fields}


CASES = {
    "rows-saved-classifier": lambda folder: several_adapters(folder, bert(), {
        "a": lora(task_type="SEQ_CLS", target_modules=["query", "value"]),
        "b": lora(task_type="SEQ_CLS", target_modules=["query"], r=2)}),
    "rows-saved-embedding": lambda folder: several_adapters(folder, llama(), {
        "a": lora(target_modules=["q_proj"], modules_to_save=["embed_tokens"]),
        "b": lora(target_modules=["o_proj"], modules_to_save=["embed_tokens"])}),
    "rows-saved-head": lambda folder: several_adapters(folder, llama(), {
        "a": lora(target_modules=["q_proj"], modules_to_save=["lm_head"]),
        "b": lora(target_modules=["o_proj"], modules_to_save=["lm_head"])}),
    "layer-replication": lambda folder: one_adapter(
        folder, llama(), lora(target_modules=["q_proj", "down_proj"], layer_replication=[[0, 2], [1, 3]]), merges=False),
    "layer-replication-bert": lambda folder: one_adapter(
        folder, bert(), lora(task_type="SEQ_CLS", target_modules=["query", "dense"], use_dora=True,
                             layer_replication=[[1, 2], [0, 2], [0, 1]]), merges=False),
    "tied-saved": lambda folder: one_adapter(
        folder, llama(2, tied=True), lora(target_modules=["q_proj"], modules_to_save=["lm_head"],
                                          ensure_weight_tying=True)),
    "tied-targets": lambda folder: one_adapter(
        folder, llama(2, tied=True), lora(target_modules=["v_proj", "embed_tokens"], ensure_weight_tying=True),
        merges=False, trains=False, shares=True),
    "tied-targets-dora": lambda folder: one_adapter(
        folder, llama(2, tied=True), lora(target_modules=".*(v_proj|lm_head)", use_dora=True,
                                          ensure_weight_tying=True, use_rslora=True),
        merges=False, trains=False, shares=True),
    "pissa-dora": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "down_proj"], init_lora_weights="pissa", use_dora=True)),
    "olora-dora": lambda folder: one_adapter(
        folder, bert(), lora(task_type="SEQ_CLS", target_modules=["query", "dense"], init_lora_weights="olora",
                             use_dora=True, use_rslora=True)),
    "loftq": lambda folder: without_accelerator(lambda: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "down_proj"], init_lora_weights="loftq",
                               loftq_config={"loftq_bits": 4, "loftq_iter": 1}))),
    "loftq-iterations": lambda folder: without_accelerator(lambda: one_adapter(
        folder, bert(), lora(task_type="SEQ_CLS", target_modules=["query", "dense"], init_lora_weights="loftq",
                             lora_alpha=3, loftq_config={"loftq_bits": 4, "loftq_iter": 3}))),
    "loftq-int8-dora": lambda folder: without_accelerator(lambda: one_adapter(
        folder, llama(2), lora(target_modules=["o_proj"], init_lora_weights="loftq", use_dora=True,
                               loftq_config={"loftq_bits": 8, "loftq_iter": 2}))),
    "added-tokens": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj"], trainable_token_indices=[5, 48, 49, 50]), added=3),
    "added-tokens-tied": lambda folder: one_adapter(
        folder, llama(2, tied=True), lora(target_modules=["q_proj"], trainable_token_indices=[5, 48, 49]), added=2),
    "added-tokens-saved": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"]), added=3),
    "added-tokens-targets": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["v_proj", "embed_tokens", "lm_head"]), added=3),
    "added-tokens-frozen": lambda folder: one_adapter(
        folder, bert(), lora(task_type="SEQ_CLS", target_modules=["query", "value"]), added=4),
    "bd-lora": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"], r=4, use_bdlora={
            "target_modules_bd_a": ["o_proj", "down_proj"], "target_modules_bd_b": ["q_proj", "v_proj", "up_proj"],
            "nblocks": 2})),
    "bd-lora-mixed": lambda folder: one_adapter(
        folder, bert(), lora(task_type="SEQ_CLS", target_modules=["query", "dense"], r=8, rank_pattern={"layer.1.*": 4},
                             use_rslora=True, lora_bias=True, use_bdlora={
                                 "target_modules_bd_a": ["output.dense"], "nblocks": 4, "match_strict": False})),
    "kasa": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "v_proj", "down_proj"],
                               kasa_config={"beta": 0.01, "gamma": 0.02})),
    "kasa-mixed": lambda folder: one_adapter(
        folder, bert(), lora(task_type="SEQ_CLS", target_modules=["query", "dense"], use_rslora=True, lora_bias=True,
                             rank_pattern={"output.dense": 5}, kasa_config={})),
    "tied-head-and-rows": lambda folder: one_adapter(
        folder, llama(2, tied=True), lora(target_modules=["q_proj", "lm_head"], trainable_token_indices=[3, 5])),
    "velora": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "v_proj"], velora_config={"num_groups": 4}), batch=unlabelled),
    "monteclora": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "v_proj"], monteclora_config={"num_samples": 2}), batch=unlabelled),
    "riemannian": lambda folder: one_adapter(
        folder, llama(2), lora(target_modules=["q_proj", "down_proj", "embed_tokens"], use_dora=True), reg=1e-2),
}


def share_base(folder, bases):
    """Moves the base of a case to `bases`, unless an equal one is there, and leaves a link. Tensors that bfloat16 holds become so."""
    path = folder / "model.safetensors"
    rounded = {key: (value, value.bfloat16()) for key, value in load_file(path).items()}
    save_file({key: half if torch.equal(half.to(value.dtype), value) else value for key, (value, half) in rounded.items()},
              path, {"format": "pt"})
    files = sorted((file.name, file.read_bytes()) for file in folder.iterdir() if file.name != "README.md")
    kind = json.loads(dict(files)["config.json"])["model_type"]
    shared = bases / f"{kind}-{hashlib.sha256(repr(files).encode()).hexdigest()[:6]}"
    shared.mkdir(parents=True, exist_ok=True)
    for name, data in files:
        (shared / name).write_bytes(data)
    shutil.rmtree(folder)
    folder.symlink_to(os.path.relpath(shared, folder.parent))


def main(cases=CASES, root=Path(__file__).parents[2] / "fixtures" / "lora-features"):
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else root
    for index, (name, make) in enumerate(cases.items()):
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        folder = root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        torch.manual_seed(1000 + index)
        write(folder, *make(folder))
        for readme in folder.rglob("README.md"):
            readme.unlink()
        for base in folder.glob("base*"):
            share_base(base, root.parent / "bases")
        print(name)


if __name__ == "__main__":
    main()
