"""A model that torch and PEFT train by the recipe of lab/experiments/src/training/run-method.ts.

in_peft.py MODEL KIND METHOD SEED RATE STEPS     KIND is classes or texts; METHOD lora-r8-qv, lora-r8-all, head or full

It reads lines of JSON and answers each by one: {"learn": BATCH}, {"answer": BATCH}, {"write": [PROMPTS, MOST]}. Batches are @lowrank/data's,
so that both sides see the same ids in the same order; the first line that it writes says what trains.
"""

import json
import os
import sys
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", TQDM_DISABLE="1")
warnings.filterwarnings("ignore")

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model

IGNORED = -100
TARGETS = {
    "classes": {"lora-r8-qv": ["query", "value"],
                "lora-r8-all": ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]},
    "texts": {"lora-r8-qv": ["q_proj", "v_proj"],
              "lora-r8-all": ["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj"]},
}


def load(path, kind, method):
    if kind == "classes":
        model = transformers.BertForSequenceClassification.from_pretrained(
            path, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, dtype=torch.float32)
        torch.nn.init.normal_(model.classifier.weight, 0, 0.02)
        torch.nn.init.zeros_(model.classifier.bias)
    else:
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    if method in TARGETS[kind]:
        task = {"classes": "SEQ_CLS", "texts": "CAUSAL_LM"}[kind]
        return get_peft_model(model, LoraConfig(task_type=task, r=8, lora_alpha=16, target_modules=TARGETS[kind][method]))
    if method not in ("full", "head"):
        sys.exit(f"{method} is not known here.")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(method == "full" or name.startswith("classifier"))
    return model


def inputs_of(batch):
    shape = (batch["rows"], batch["time"])
    return {
        "input_ids": torch.tensor(batch["inputIds"]).reshape(shape),
        "attention_mask": torch.tensor(batch["attentionMask"]).reshape(shape),
        "labels": torch.tensor(batch["labels"]).reshape(batch["labelShape"]),
    }


def answer(model, batch):
    inputs = inputs_of(batch)
    with torch.no_grad():
        output = model(**inputs)
    if inputs["labels"].dim() == 1:
        right = int((output.logits.argmax(-1) == inputs["labels"]).sum())
        return {"sum": float(output.loss) * batch["rows"], "count": batch["rows"], "right": right}
    count = int((inputs["labels"][:, 1:] != IGNORED).sum())
    return {"sum": float(output.loss) * count, "count": count, "right": 0}


def write(model, prompt, most):
    ids = torch.tensor([prompt])
    ends = model.config.eos_token_id
    with torch.no_grad():
        found = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=most, do_sample=False,
                               eos_token_id=ends, pad_token_id=ends)
    return [token for token in found[0, len(prompt):].tolist() if token != ends]


def main():
    path, kind, method, seed, rate, steps = sys.argv[1:]
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(int(seed))
    model = load(path, kind, method)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=float(rate), weight_decay=0.01)
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, int(steps) // 10, int(steps))

    def learn(batch):
        model.train()
        loss = model(**inputs_of(batch)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        model.eval()
        return loss.item()

    say = lambda value: print(json.dumps(value), flush=True)
    say({"trainable": sum(parameter.numel() for parameter in trained),
         "engine": f"torch {torch.__version__}, peft {peft.__version__}"})
    for line in sys.stdin:
        [(what, given)] = json.loads(line).items()
        if what == "learn":
            say(learn(given))
        elif what == "answer":
            say(answer(model, given))
        else:
            say([write(model, prompt, given[1]) for prompt in given[0]])


main()
