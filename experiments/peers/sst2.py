"""SST-2 on MiniLM with PEFT and torch: the recipe of experiments/src/tasks/sst2.ts, word for word.

sst2.py MODEL DATA METHOD SEED [ROWS]     prints one line of JSON

METHOD is lora-r8-qv, head or full. Rows come in the order that both sides draw from the seed.
"""

import json
import os
import sys
import time
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
warnings.filterwarnings("ignore")

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer

RATES = {"lora-r8-qv": 2e-3, "head": 5e-3, "full": 5e-5}
BATCH, LONGEST = 16, 64


def mulberry32(seed):
    """`mulberry32` of @lowrank/data."""
    state = seed & 0xFFFFFFFF
    product = lambda a, b: (a * b) & 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = product(state ^ (state >> 15), state | 1)
        mixed ^= (mixed + product(mixed ^ (mixed >> 7), mixed | 61)) & 0xFFFFFFFF
        yield (mixed ^ (mixed >> 14)) / 4294967296


def shuffled(count, seed):
    """`shuffled` of @lowrank/data."""
    numbers, order = mulberry32(seed), list(range(count))
    for place in range(count - 1, 0, -1):
        other = int(next(numbers) * (place + 1))
        order[place], order[other] = order[other], order[place]
    return order


def read(path, tokenizer, rows=None):
    with open(path, encoding="utf8") as lines:
        pairs = [line.rstrip("\n").rsplit("\t", 1) for line in lines][:rows]
    return [(tokenizer.encode(text).ids, int(label)) for text, label in pairs]


def batch(rows):
    time_ = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), time_, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, (own, _) in enumerate(rows):
        ids[row, :len(own)] = torch.tensor(own)
        mask[row, :len(own)] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([label for _, label in rows])}


def load(path, method, seed):
    torch.manual_seed(seed)
    model = transformers.BertForSequenceClassification.from_pretrained(
        path, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, dtype=torch.float32)
    torch.nn.init.normal_(model.classifier.weight, 0, 0.02)
    torch.nn.init.zeros_(model.classifier.bias)
    if method == "lora-r8-qv":
        return get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=["query", "value"]))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(method == "full" or name.startswith("classifier"))
    return model


def measure(model, rows):
    model.eval()
    loss, right = 0.0, 0
    rows = sorted(rows, key=lambda row: len(row[0]))
    with torch.no_grad():
        for first in range(0, len(rows), 64):
            inputs = batch(rows[first:first + 64])
            output = model(**inputs)
            loss += float(output.loss) * len(inputs["labels"])
            right += int((output.logits.argmax(-1) == inputs["labels"]).sum())
    return {"loss": loss / len(rows), "accuracy": right / len(rows)}


def main():
    path, data, method, seed, *rows = sys.argv[1:]
    seed = int(seed)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = Tokenizer.from_file(f"{path}/tokenizer.json")
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    train = read(f"{data}/sst2-train.tsv", tokenizer, *map(int, rows))
    dev = read(f"{data}/sst2-dev.tsv", tokenizer)
    model = load(path, method, seed)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    steps = -(-len(train) // BATCH)
    optimiser = torch.optim.AdamW(trained, lr=RATES[method], weight_decay=0.01)
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, steps // 10, steps)
    order, losses, began = shuffled(len(train), seed), [], time.time()
    model.train()
    for first in range(0, len(train), BATCH):
        loss = model(**batch([train[row] for row in order[first:first + BATCH]])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    seconds = time.time() - began
    last = losses[-20:]
    print(json.dumps({"trainable": sum(parameter.numel() for parameter in trained), "after": measure(model, dev),
                      "trainLoss": sum(last) / len(last), "steps": steps, "seconds": seconds, "learningRate": RATES[method],
                      "engine": f"torch {torch.__version__}, peft {peft.__version__}"}))


main()
