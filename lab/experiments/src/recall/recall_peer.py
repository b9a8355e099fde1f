"""sentence-transformers' side of recall.ts: CachedMultipleNegativesRankingLoss on a LoRA of PEFT, in a plain loop.

Needs sentence-transformers 6.2.0:  python recall_peer.py search.json SEED
"""

import json
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

task = json.load(open(sys.argv[1]))
seed, recipe, train, test = int(sys.argv[2]), task["recipe"], task["train"], task["test"]
torch.manual_seed(seed)
transformer = Transformer(task["model"], max_seq_length=recipe["maxLength"])
model = SentenceTransformer(modules=[transformer, Pooling(384, "mean"), Normalize()], device="cpu")


def measure():
    queries, texts = (model.encode(texts, convert_to_tensor=True, batch_size=32)
                      for texts in ([row["anchor"] for row in test], task["corpus"]))
    scores = queries @ texts.T
    own = torch.tensor([task["corpus"].index(row["positive"]) for row in test])
    ranks = 1 + (scores > scores.gather(1, own[:, None])).sum(1)
    return {**{f"recallAt{k}": (ranks <= k).float().mean().item() for k in (1, 5, 10)},
            "mrrAt10": torch.where(ranks <= 10, 1 / ranks, 0).mean().item()}


before = measure()
# add_adapter of transformers 5.24 needs a later PEFT than 0.21.
transformer.model = get_peft_model(transformer.model, LoraConfig(
    r=recipe["rank"], lora_alpha=recipe["alpha"], target_modules=["query", "key", "value", "dense"]))
loss = losses.CachedMultipleNegativesRankingLoss(model, mini_batch_size=recipe["miniBatchSize"])
weights = [weight for weight in model.parameters() if weight.requires_grad]
size = recipe["batchSize"]
steps = recipe["epochs"] * (len(train) // size)
optimizer = torch.optim.AdamW(weights, lr=recipe["learningRate"], weight_decay=0)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
start = time.time()
model.train()
for epoch in range(recipe["epochs"]):
    order = torch.randperm(len(train)).tolist()
    for first in range(0, len(train) - size + 1, size):
        rows = [train[index] for index in order[first:first + size]]
        columns = [model.preprocess([row[name] for row in rows]) for name in ("anchor", "positive", "negative")]
        loss(columns, None).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
seconds = time.time() - start
model.eval()
print(json.dumps({"before": before, "after": measure(), "seconds": seconds}))
