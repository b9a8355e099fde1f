"""Makes tiny models whose config.json leaves everything to transformers' defaults, with the logits and greedy texts that transformers computes.

make_silent_configs.py OUT [TYPE…]

Starts from the repository's own small bases, a few for each model type. In "<name>-absent" every key is removed without which the
model stays small and runs; in "<name>-null" every field that transformers accepts as null is null. Each folder has config.json, random weights
and reference.json; those that are there stay. `node --conditions=lowrank-source --import tsx integration/src/silent-configs/main.ts OUT` compares them with lowrank.
"""

import copy
import json
import shutil
import sys
import warnings
from pathlib import Path

import torch
import transformers

ROOT = Path(__file__).parents[2]
SOURCES = ["packages/models/fixtures/*", "fixtures/bases/*", "fixtures/vision-language/*/model", "fixtures/vision-language/*"]
NOT_MEASURED = ("MultipleChoice", "NextSentence", "T5ForSequence", "BartForSequence")
PREFERRED = ("CausalLM", "LMHead", "MaskedLM", "ConditionalGeneration", "PreTraining", "ForImageClassification", "Projection")
# transformers refuses the lists of `time_step_limit` that its own older versions wrote.
IGNORED = ("time_step_limit", "transformers_version", "dtype", "torch_dtype", "_name_or_path", "attn_implementation")
POSITIONS = ("max_position_embeddings", "n_positions", "n_ctx", "max_target_positions")
# lowrank asks for these by name where they are absent.
REQUIRED = {"num_hidden_layers", "num_attention_heads", "num_layers", "num_heads", "n_layer", "n_head", "encoder_layers", "decoder_layers",
            "encoder_attention_heads", "decoder_attention_heads", "attention_heads", "n_layers", "n_positions", "hidden_size", "n_embd", "intermediate_size", "vocab_size"}
STEPS = 40


def sources():
    """Up to two classes of each model type: {name: parsed config.json}."""
    found = {}
    for pattern in SOURCES:
        for file in sorted(ROOT.glob(f"{pattern}/config.json")):
            raw = json.loads(file.read_text())
            architecture = (raw.get("architectures") or [""])[0]
            if hasattr(transformers, architecture) and not any(part in architecture for part in NOT_MEASURED):
                found.setdefault(raw["model_type"], {}).setdefault(architecture, raw)
    for kind, classes in found.items():
        chosen = sorted(classes, key=lambda name: not any(part in name for part in PREFERRED))[:2]
        for index, architecture in enumerate(chosen):
            yield f"{kind}-{index}", classes[architecture]


def cleaned(raw):
    """Without keys that never matter, and with room for the generated texts."""
    result = {}
    for key, value in raw.items():
        if isinstance(value, dict) and key.endswith("_config"):
            value = cleaned(value)
        if key in POSITIONS and isinstance(value, int):
            value = max(value, 64)
        if key not in IGNORED:
            result[key] = value
    return result


def inputs_of(model):
    config = model.config
    text = config.get_text_config()
    vision = getattr(config, "vision_config", config)
    result = {}
    has_pairs = isinstance(getattr(model, "logit_scale", None), torch.nn.Parameter)
    torch.manual_seed(5)
    if model.main_input_name == "pixel_values" or has_pairs:
        size = vision.image_size
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        result["pixel_values"] = torch.randn(2, getattr(vision, "num_channels", 3), height, width)
        if not has_pairs:
            return result
    if model.main_input_name == "input_features":
        result["input_features"] = torch.randn(1, config.num_mel_bins, 2 * config.max_source_positions)
        result["decoder_input_ids"] = torch.tensor([[3, 14, 15, 9]])
        return result
    rows = torch.tensor([[3, 14, 15, 9, 26, 5, 7, 30], [9, 4, 21, 17, 8, 0, 0, 0]])
    mask = torch.ones_like(rows)
    mask[1, 5:] = 0
    padding = getattr(text, "pad_token_id", None)
    rows[mask == 0] = 0 if padding is None else padding
    result |= {"input_ids": rows, "attention_mask": mask}
    if config.is_encoder_decoder:
        result["decoder_input_ids"] = torch.tensor([[3, 14, 15, 9], [8, 4, 21, 17]])
    return result


def number_of(outputs):
    names = ("logits_per_image", "logits", "start_logits", "text_embeds", "image_embeds", "last_hidden_state")
    name = next(name for name in names if outputs.get(name) is not None)
    return torch.stack([outputs.start_logits, outputs.end_logits], -1) if name == "start_logits" else outputs[name]


def randomize(model):
    torch.manual_seed(6)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                parameter.normal_(0, 0.25)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.1)


def numel(cls, raw):
    """The size of the model, None if transformers refuses the configuration."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in cls(cls.config_class(**copy.deepcopy(raw))).parameters())


def runs(cls, raw, limit):
    try:
        if numel(cls, raw) > limit:
            return False
        config = cls.config_class(**copy.deepcopy(raw))
        config._attn_implementation = "eager"
        model = cls(config).eval()
        with torch.no_grad():
            return bool(number_of(model(**inputs_of(model))).isfinite().all())
    except Exception:
        return False


def places(raw, config):
    """Paths of keys, those inside of sub-configurations after these themselves."""
    fields = list(raw) + [name for name in getattr(type(config), "__dataclass_fields__", {}) if name not in raw]
    for key in fields:
        inner = getattr(config, key, None) if key.endswith("_config") else None
        if key in ("model_type", "architectures", *IGNORED) or key.startswith(("_", "base_", "extra_", "sub_configs")):
            continue
        yield (key,)
        if isinstance(inner, transformers.PreTrainedConfig):
            for path in places(raw.get(key) or {}, inner):
                yield (key, *path)


def changed(raw, path, remove):
    result = copy.deepcopy(raw)
    inner = result
    for key in path[:-1]:
        inner = inner.get(key)
        if not isinstance(inner, dict):
            return None
    if remove:
        if path[-1] not in inner:
            return None
        del inner[path[-1]]
    else:
        inner[path[-1]] = None
    return result


def silent(cls, raw, remove):
    limit = 2 * numel(cls, raw) + 20_000
    for path in list(places(raw, cls.config_class(**copy.deepcopy(raw)))):
        if remove and path[-1] in REQUIRED:
            continue
        other = changed(raw, path, remove)
        if other is not None and runs(cls, other, limit):
            raw = other
    return raw


def texts(model):
    """Greedy texts of two prompts together, padded on the left, and alone."""
    text = model.config.get_text_config()
    prompts = [[3, 14, 15, 9, 26, 5, 7, 30], [9, 4, 21, 17, 8]]
    padding = text.pad_token_id if getattr(text, "pad_token_id", None) is not None else 0
    if model.config.is_encoder_decoder:
        rows = [prompts[0], prompts[1] + [padding] * 3]
        mask = [[1] * 8, [1] * 5 + [0] * 3]
    else:
        rows = [prompts[0], [padding] * 3 + prompts[1]]
        mask = [[1] * 8, [0] * 3 + [1] * 5]
    settings = dict(max_new_tokens=STEPS, do_sample=False, output_scores=True, return_dict_in_generate=True)

    def answers(ids, mask):
        output = model.generate(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), **settings)
        top = torch.stack(output.scores).topk(2, -1).values
        start = 1 if model.config.is_encoder_decoder else len(ids[0])
        return output.sequences[:, start:].tolist(), (top[..., 0] - top[..., 1]).T.tolist()

    together, gaps = answers(rows, mask)
    alone = [answers([prompt], [[1] * len(prompt)])[0][0] for prompt in prompts]
    if not model.config.is_encoder_decoder:
        with torch.no_grad():
            first = model(input_ids=torch.tensor(prompts[:1])).logits[0, -1].argmax().item()
        if first != alone[0][0]:
            # RoBERTa: generate counts positions from 0, and a forward pass from the padding's id.
            raise ValueError("generate contradicts the forward pass")
    ends = model.generation_config.eos_token_id
    return {"prompts": prompts, "together": together, "alone": alone, "gaps": gaps,
            "ends": ends if isinstance(ends, list) else [] if ends is None else [ends]}


def write(folder, cls, raw):
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(3)
    config = cls.config_class(**copy.deepcopy(raw))
    model = cls(config)
    randomize(model)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "config.json").write_text(json.dumps(raw, indent=1))
    model, info = cls.from_pretrained(folder, attn_implementation="eager", output_loading_info=True)
    missing = [*info["missing_keys"], *info["mismatched_keys"]]
    if missing:
        raise ValueError(f"not in the file: {missing}")
    inputs = inputs_of(model)
    with torch.no_grad():
        logits = number_of(model(**inputs))
    listed = {key: {"shape": list(value.shape), "values": value.flatten().tolist()} for key, value in inputs.items()}
    reference = {"inputs": listed, "logits": {"shape": list(logits.shape), "values": logits.flatten().tolist()}}
    if model.can_generate() and "input_ids" in inputs:
        try:
            reference["generated"] = texts(model)
        except Exception as error:
            reference["notGenerated"] = f"{type(error).__name__}: {error}"[:200]
    (folder / "reference.json").write_text(json.dumps(reference))


def main(out, types):
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    for name, raw in sources():
        if types and name.rpartition("-")[0] not in types:
            continue
        raw = cleaned(raw)
        cls = getattr(transformers, raw["architectures"][0])
        # EXAONE's class is LLaMA's.
        cls.config_class = transformers.CONFIG_MAPPING[raw["model_type"]]
        for kind in ("absent", "null"):
            folder = out / f"{name}-{kind}"
            if (folder / "reference.json").exists():
                continue
            try:
                write(folder, cls, silent(cls, raw, kind == "absent"))
                print("made", folder.name, cls.__name__, flush=True)
            except Exception as error:
                shutil.rmtree(folder, ignore_errors=True)
                print("NOT", folder.name, cls.__name__, type(error).__name__, str(error)[:200], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
