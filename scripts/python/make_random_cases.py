"""Draws cases over every family and most of LoraConfig, computes them with transformers and PEFT in float64, and writes them in
the layout of fixtures/peft, for `npm run parity -- FOLDER`.

make_random_cases.py FOLDER [COUNT [SEED [FIRST [FAMILY…]]]]

A case depends on the seed and its number alone, so a set can be made in pieces, and one case again: FIRST is the number of the first.
FAMILYs are the values of model_type to draw from, all by default.
Models are those of packages/contracts/fixtures/parameters.json.gz with other depths, vocabularies, activations and numbers; a draw
that transformers or PEFT refuses is drawn anew, and the reasons are counted at the end.
"""

import collections
import gzip
import json
import random
import shutil
import sys
from pathlib import Path

import torch
import transformers
from make_lora_features import lora, one_adapter, started, write

ROOT = Path(__file__).parents[2]
MODELS = json.loads(gzip.decompress((ROOT / "packages/contracts/fixtures/parameters.json.gz").read_bytes()))["models"]
# What `npm run parity` can compare: classes whose inputs and labels the layout knows.
HEADS = {"CausalLM": "CAUSAL_LM", "LMHeadModel": "CAUSAL_LM", "MaskedLM": None, "SequenceClassification": "SEQ_CLS",
         "TokenClassification": "TOKEN_CLS", "QuestionAnswering": "QUESTION_ANS", "ConditionalGeneration": "SEQ_2_SEQ_LM",
         "ImageClassification": None, "Model": "FEATURE_EXTRACTION"}
DEPTHS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers", "num_decoder_layers")
ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function", "activation")


def head_of(architecture):
    known = [head for head in HEADS if architecture.endswith(head)]
    return max(known, key=len) if known else None


def drawn_model(draw, families):
    """A class of transformers with some of its numbers drawn."""
    family = draw.choice(families or sorted({entry["config"]["model_type"] for entry in MODELS}))
    entries = [entry for entry in MODELS if entry["config"]["model_type"] == family and head_of(entry["architecture"])]
    entry = draw.choice(entries)
    config = dict(entry["config"])
    if "layer_types" not in config and "attention_types" not in config:
        config.update({key: draw.randint(1, 3) for key in DEPTHS if isinstance(config.get(key), int)})
    if "vocab_size" in config:
        config["vocab_size"] = draw.randint(60, 120)
    config.update({key: draw.choice(["gelu", "gelu_new", "relu", "silu", "gelu_pytorch_tanh"]) for key in ACTIVATIONS
                   if isinstance(config.get(key), str) and draw.random() < 0.3})
    for key, value in config.items():
        if "drop" in key and isinstance(value, float):
            config[key] = 0.0
    is_like_roberta = family in ("roberta", "xlm-roberta", "camembert", "mpnet")
    config.update(pad_token_id=1 if is_like_roberta else 0, bos_token_id=0 if is_like_roberta else 1, eos_token_id=2,
                  classifier_dropout=0.0,  # where it is absent, some heads take a tenth
                  num_labels=draw.randint(2, 4) if "QuestionAnswering" not in entry["architecture"] else 2)
    config.pop("architectures", None)
    config.pop("time_step_limit", None)  # infinite, which a file says in a way of its own
    made = transformers.AutoConfig.for_model(**config)
    made._attn_implementation = "eager"  # others compute nothing in float64
    return started(getattr(transformers, entry["architecture"])(made), torch.default_generator)


def inputs_for(draw, side):
    """How a batch of a model is made: rows and lengths are drawn once a case."""
    rows, time = draw.randint(1, 4), draw.randint(3, 11)

    def batch(model, rows=rows, time=time):
        config, head = model.config, head_of(type(model).__name__)
        if config.model_type == "whisper":
            labels = torch.randint(3, config.vocab_size, (rows, max(2, time - 2)))
            return {"input_features": torch.randn(rows, config.num_mel_bins, 2 * config.max_source_positions),
                    "decoder_input_ids": moved_right(labels, config), "labels": labels}
        if hasattr(config, "patch_size"):
            return {"pixel_values": torch.randn(rows, config.num_channels, config.image_size, config.image_size),
                    "labels": torch.randint(0, config.num_labels, (rows,))}
        vocabulary = model.get_input_embeddings().weight.shape[0]
        ids, mask = torch.randint(3, vocabulary, (rows, time)), torch.ones(rows, time, dtype=torch.int64)
        for row in range(1, rows):
            padding = int(torch.randint(0, max(1, time - 2), ()))
            if side != "none" and padding > 0:
                mask[row, slice(0, padding) if side == "left" else slice(time - padding, time)] = 0
        ids[mask == 0] = config.pad_token_id or 0
        made = {"input_ids": ids, "attention_mask": mask}
        if config.model_type in ("gemma3", "paligemma"):
            made["token_type_ids"] = torch.zeros_like(ids)  # training asks which tokens stand for images, or belong to prompts
        if head == "SequenceClassification":
            if config.is_encoder_decoder:
                ids[torch.arange(rows), mask.cumsum(1).argmax(1)] = config.eos_token_id
            return {**made, "labels": torch.randint(0, config.num_labels, (rows,))}
        if head == "TokenClassification":
            return {**made, "labels": torch.randint(0, config.num_labels, (rows, time)).masked_fill(mask == 0, -100)}
        if head == "QuestionAnswering":
            return {**made, **{f"{end}_positions": torch.randint(0, time, (rows,)) for end in ("start", "end")}}
        if head == "ConditionalGeneration" and config.is_encoder_decoder:
            labels = torch.randint(3, vocabulary, (rows, max(2, time - 2)))
            return {**made, "decoder_input_ids": moved_right(labels, config), "labels": labels}
        if head == "Model":
            return made
        return {**made, "labels": ids.masked_fill(mask == 0, -100)}

    return batch


def moved_right(labels, config):
    """What a decoder reads: mBART's begins with the last token, its language."""
    start = labels[:, -1:] if config.model_type == "mbart" else torch.full_like(labels[:, :1], config.decoder_start_token_id)
    return torch.cat([start, labels[:, :-1]], 1)


def drawn_config(draw, model):
    """Most of what LoraConfig has, in combinations that PEFT may refuse."""
    head = head_of(type(model).__name__)
    task = HEADS[head] if head != "ConditionalGeneration" or model.config.is_encoder_decoder else "CAUSAL_LM"
    linears = {name.rsplit(".", 1)[-1] for name, module in model.named_modules()
               if type(module).__name__ in ("Linear", "Conv1D") and "." in name}
    chosen = sorted(draw.sample(sorted(linears), draw.randint(1, len(linears))))
    maybe = lambda chance, key, value: {key: value} if draw.random() < chance else {}
    start = draw.choice([True, True, True, False, "gaussian", "olora", "pissa", "orthogonal"])
    # A start that decomposes the weight cannot have more than its smaller side, which PEFT finds out without saying so.
    rank, of_chosen = draw.choice([2, 3] if isinstance(start, str) else [1, 2, 3, 4, 5]), lambda: draw.choice(chosen)
    targets = draw.choice([chosen, chosen, chosen, "all-linear", rf".*\.({'|'.join(chosen)})"])
    config = lora(**{
        **dict(r=rank, lora_alpha=draw.choice([1, 4, 8, 16]), task_type=task,
               target_modules=targets, bias=draw.choice(["none", "none", "none", "all", "lora_only"])),
        **maybe(0.25, "use_rslora", True), **maybe(0.2, "use_dora", True), **maybe(0.1, "lora_bias", True),
        **maybe(0 if isinstance(start, str) else 0.2, "rank_pattern", {of_chosen(): draw.randint(1, 6)}),
        **maybe(0.2, "alpha_pattern", {of_chosen(): draw.choice([2, 32])}),
        **maybe(0.15, "layers_to_transform", [0]), **maybe(0.1, "exclude_modules", [of_chosen()]),
        **({} if start is True else {"init_lora_weights": start}),
        **maybe(0.1, "trainable_token_indices", [3, 5, 8]),
    })
    # Of models with images the text's part is computed here.
    tower = next((tower for tower in ("visual", "vision_tower") if hasattr(getattr(model, "model", None), tower)), None)
    return config if tower is None else {**config, "bias": "none", "exclude_modules": rf".*\.({tower}|multi_modal_projector)\..*"}


def main(folder, count=800, seed=0, first=0, *families):
    root, refused = Path(folder), collections.Counter()
    for number in range(int(first), int(first) + int(count)):
        for attempt in range(100):
            draw = random.Random(f"{seed} {number} {attempt}")
            torch.manual_seed(draw.randrange(2**31))
            case = root / f"random-{seed}-{number:04}"
            shutil.rmtree(case, ignore_errors=True)
            case.mkdir(parents=True)
            try:
                model = drawn_model(draw, families)
                side = draw.choice(["none", "left", "right"])
                batch, config = inputs_for(draw, side), drawn_config(draw, model)
                # The bias of a head of answers moves by rounding alone, which is not settled where a start changed the base.
                is_settled = config["task_type"] != "QUESTION_ANS" or not isinstance(config.get("init_lora_weights"), str)
                made = one_adapter(case, model, config, batch=batch, exact=True, trains=is_settled and draw.random() < 0.5)
            except Exception as error:
                refused[f"{type(error).__name__}: {str(error)[:90]}"] += 1
                continue
            write(case, *made)
            print(case.name, type(model).__name__, json.dumps({k: v for k, v in config.items() if v}, default=str), flush=True)
            break
    for reason, times in refused.most_common():
        print(f"drawn anew {times} times: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
