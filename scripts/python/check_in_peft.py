"""Loads in PEFT and transformers what lowrank wrote, and compares logits.

check_in_peft.py CASES.json

CASES.json is a list of {name, kind: "adapter" | "merged" | "tokenizer", base, folder, expected}: `folder` is an adapter
folder on top of `base` (with `vocabulary` tokens, where that is given, and together with the adapters in the folders
`beside` it, each in the rows that have its folder's name where `rows` is given), or a merged model folder; `expected` is
a safetensors file with the inputs and our `logits`. Of a tokenizer, `expected` is a JSON file with the tokens that we
added to that of `base`, and with our ids of some texts. One line a case; the last line is "N passed, N failed".
"""

import json
import os
import sys
import tempfile
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
warnings.filterwarnings("ignore")

import torch
import transformers
from fixture_nets import is_net, load_net
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
TOLERANCE = 1e-4


def load_model(folder, strict):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    kind = getattr(transformers, config["architectures"][0])
    model, report = kind.from_pretrained(
        folder, attn_implementation=attention(config), dtype=torch.float32, output_loading_info=True)
    if strict and (report["missing_keys"] or report["unexpected_keys"]):
        raise AssertionError(f"missing {sorted(report['missing_keys'])}, unexpected {sorted(report['unexpected_keys'])}")
    # With stacks of unequal depth transformers counts the encoder's layers where it caches the decoder's.
    model.config.use_cache = False
    return model.eval()


def attention(config):
    # With rising scores Falcon's "eager" attention adds the bias twice; "sdpa" is its usual one.
    return "sdpa" if config.get("alibi") and config["model_type"] == "falcon" else "eager"


def load_base(case):
    if is_net(case["base"]):
        return load_net(case["base"], case["base"])
    # A base without the classifier makes a new one here; the adapter's saved modules must then supply it.
    return load_model(case["base"], strict=False)


def load_merged(case):
    if is_net(case["base"]):
        return load_net(case["base"], case["folder"])
    return load_model(case["folder"], strict=True)


def load_adapted(case):
    base = load_base(case)
    resized = "vocabulary" in case
    if resized:
        # Values of new rows are drawn anew here, unlike in the base that the adapter was trained on.
        base.resize_token_embeddings(case["vocabulary"])
    model = PeftModel.from_pretrained(base, case["folder"]).eval()
    have = set(load_file(os.path.join(case["folder"], "adapter_model.safetensors")))
    # "auto" would look the size of the vocabulary up in the network.
    want = set(get_peft_model_state_dict(model, save_embedding_layers=True if resized else "auto"))
    # Of tables saved whole PEFT writes what they are called in memory, too, which nothing needs.
    want = {key for key in want if ".original_module." not in key and ".modules_to_save." not in key}
    if resized:
        # Beside an adapted table PEFT does not write the other one, and would lose its new rows.
        other = {f"{name}.{part}" for name in table_names(model) for part in ("weight", "bias")}
        want |= have & other
    if have != want:
        raise AssertionError(f"PEFT misses {sorted(want - have)} and does not know {sorted(have - want)}")
    for folder in case.get("beside", []):
        model.load_adapter(folder, os.path.basename(folder))
    if "beside" in case and "rows" not in case:
        model.base_model.set_adapter(list(model.peft_config))
    return model.eval()


def mixed(case):
    """What PEFT's batches that are mixed by row take besides: the first adapter is called "default"."""
    if "rows" not in case:
        return {}
    first = os.path.basename(case["folder"])
    return {"adapter_names": ["default" if name == first else name for name in case["rows"]]}


def table_names(model):
    tables = (model.get_input_embeddings(), model.get_output_embeddings())
    return {name for name, module in model.named_modules() if any(module is table for table in tables)}


def largest_difference(model, expected, **options):
    given = {key: as_input(value) for key, value in expected.items() if key != "logits"}
    if hasattr(getattr(model, "config", None), "scale_factor"):  # Idefics3's have an axis of rows; all images may be in the first
        given["pixel_values"] = given["pixel_values"][None]
    with torch.no_grad():
        logits = logits_of(model(**given, **options))
    if logits.shape != expected["logits"].shape:
        raise AssertionError(f"logits have shape {list(logits.shape)}, ours {list(expected['logits'].shape)}")
    difference = (logits - expected["logits"]).abs()
    # Logits at padding mean nothing. Those beside labels are a decoder's, whose positions are others than the mask's.
    if difference.dim() == 3 and "attention_mask" in expected and "labels" not in given:
        difference = difference[expected["attention_mask"].bool()]
    return float(difference.max())


def as_input(value):
    return value if value.is_floating_point() else value.long()


def logits_of(output):
    """A question's answer has two, for its start and its end: our last axis."""
    if "start_logits" in output:
        return torch.stack([output.start_logits, output.end_logits], -1)
    return output.logits


def check_tokenizer(case):
    """The tokenizer in the folder, and what transformers' own `add_tokens` makes of the base's."""
    with open(case["expected"], encoding="utf8") as file:
        expected = json.load(file)
    ours = transformers.AutoTokenizer.from_pretrained(case["folder"])
    theirs = transformers.AutoTokenizer.from_pretrained(case["base"])
    theirs.add_tokens(expected["tokens"], special_tokens=expected["special"])
    for text, ids in ((one["text"], one["ids"]) for one in expected["texts"]):
        for name, tokenizer in (("transformers with our files", ours), ("transformers by itself", theirs)):
            found = tokenizer(text)["input_ids"]
            if found != ids:
                raise AssertionError(f"{name} makes {found} of {text!r}, we made {ids}")
    with tempfile.TemporaryDirectory() as saved:
        theirs.save_pretrained(saved)
        if added_tokens(saved) != added_tokens(case["folder"]):
            raise AssertionError(f"added_tokens are {added_tokens(case['folder'])}, expected {added_tokens(saved)}")
    return len(expected["texts"])


def check_sentences(case):
    """Embeddings by sentence-transformers: of the merged folder, and of the base with the adapter loaded into it."""
    from sentence_transformers import SentenceTransformer

    with open(case["expected"], encoding="utf8") as file:
        expected = json.load(file)
    model = SentenceTransformer(case["folder"] if case["adapter"] is None else case["base"], device="cpu")
    if case["adapter"] is not None:
        model.load_adapter(case["adapter"])
    found = model.encode(expected["texts"], convert_to_tensor=True)
    difference = (found - torch.tensor(expected["embeddings"])).abs().max().item()
    if not difference <= TOLERANCE:
        raise AssertionError(f"largest difference of embeddings {difference:.2e}, allowed {TOLERANCE:.0e}")
    return difference


def added_tokens(folder):
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf8") as file:
        return json.load(file)["added_tokens"]


def main():
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    passed = failed = 0
    for case in cases:
        label = f"{case['name']} ({case['kind']})"
        try:
            if case["kind"] == "tokenizer":
                print(f"ok      {label}: the same ids of {check_tokenizer(case)} texts", flush=True)
                passed += 1
                continue
            if case["kind"] == "sentences":
                print(f"ok      {label}: largest difference of embeddings {check_sentences(case):.2e}", flush=True)
                passed += 1
                continue
            model = load_adapted(case) if case["kind"] == "adapter" else load_merged(case)
            difference = largest_difference(model, load_file(case["expected"]), **mixed(case))
            if not difference <= TOLERANCE:
                raise AssertionError(f"largest difference of logits {difference:.2e}, allowed {TOLERANCE:.0e}")
            passed += 1
            print(f"ok      {label}: largest difference of logits {difference:.2e}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED  {label}: {type(error).__name__}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
