"""How well a model predicts the held-out text, and what it writes by itself."""

import math

import torch

from model_folder import CONTEXT, END_OF_TEXT, END_OF_TEXT_ID

SAMPLING = {"do_sample": True, "temperature": 0.8, "top_k": 50, "top_p": 0.95, "max_new_tokens": 80}
PROMPTS = [
    "The people of this country",
    "And the LORD said unto",
    '"Captain," said the old sailor,',
    "coffee shop:",
    "to cook, prepare:",
    "It was a dark night, and",
    "The price of bread is",
]


def encode_stream(tokenizer, documents):
    """All documents as one row of tokens, an end-of-text before each and at the end."""
    ids = [END_OF_TEXT_ID]
    for encoding in tokenizer.encode_batch([document["text"] for document in documents]):
        ids.extend(encoding.ids)
        ids.append(END_OF_TEXT_ID)
    return torch.tensor(ids, dtype=torch.long)


def token_loss(model, ids):
    logits = model(input_ids=ids[:, :-1]).logits.float()
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


@torch.no_grad()
def total_loss(model, stream):
    """Sum of -log p (nats) over every token but the first, in windows of CONTEXT tokens."""
    total = 0.0
    for start in range(0, len(stream) - 1, CONTEXT):
        window = stream[start : start + CONTEXT + 1].unsqueeze(0)
        total += token_loss(model, window).item() * (window.shape[1] - 1)
    return total


def evaluate(model, tokenizer, documents):
    results = {}
    total = {"nats": 0.0, "tokens": 0, "bytes": 0}
    for source in dict.fromkeys(document["source"] for document in documents):
        chosen = [document for document in documents if document["source"] == source]
        stream = encode_stream(tokenizer, chosen)
        part = {
            "nats": total_loss(model, stream),
            "tokens": len(stream) - 1,
            "bytes": sum(len(document["text"].encode("utf-8")) for document in chosen),
        }
        results[source] = part
        for key in total:
            total[key] += part[key]
    results["all"] = total
    return {
        source: {
            "tokens": part["tokens"],
            "bytes": part["bytes"],
            "loss": round(part["nats"] / part["tokens"], 4),
            "perplexity": round(math.exp(part["nats"] / part["tokens"]), 2),
            # The end-of-text tokens cost bits too, but stand for no byte: slightly pessimistic.
            "bits_per_byte": round(part["nats"] / math.log(2) / part["bytes"], 4),
        }
        for source, part in results.items()
    }


def sample(model, tokenizer, seed):
    samples = []
    for index, prompt in enumerate(PROMPTS):
        torch.manual_seed(seed + index)
        inputs = tokenizer(END_OF_TEXT + prompt, return_tensors="pt")
        output = model.generate(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], **SAMPLING)
        samples.append({"prompt": prompt, "text": tokenizer.decode(output[0], skip_special_tokens=True)})
    return samples
