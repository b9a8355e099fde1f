"""Train the tokenizer and the model on the corpus of prepare_corpus.py; write the Hugging Face folder.

    python pretrain.py --minutes 40         # what the published weights came from
    python pretrain.py --steps 9000         # a fixed number of steps: the same run again

Needs torch, transformers, tokenizers and safetensors, and a C++ compiler for
torch.compile (or --no-compile, about a quarter slower). With --minutes the
learning rate follows the clock, so that a run ends on time on any machine;
with --steps it follows the step, and a run can be repeated exactly.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from prepare_corpus import DEFAULT_CACHE

PACKAGE = Path(__file__).resolve().parent.parent

END_OF_TEXT, PAD = "<|endoftext|>", "<|pad|>"
END_OF_TEXT_ID, PAD_ID = 0, 1
CONTEXT = 512

# Written out in the older spelling (`rope_theta` and `torch_dtype` at the top level), which every
# version of transformers, and every other reader of such folders, understands. 4,000,000 parameters.
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 4096,
    "hidden_size": 256,
    "intermediate_size": 704,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "mlp_bias": False,
    "attention_dropout": 0.0,
    "initializer_range": 0.02,
    "use_cache": True,
    "bos_token_id": END_OF_TEXT_ID,
    "eos_token_id": END_OF_TEXT_ID,
    "pad_token_id": PAD_ID,
    "torch_dtype": "bfloat16",
}

PEAK_LEARNING_RATE = 2e-3
FINAL_LEARNING_RATE = 1e-4
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.1

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


def read_documents(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def train_tokenizer(documents):
    """A byte-level BPE without a multi-digit token.

    The digits are cut from the text the merges are learnt from, so every digit stays a token of
    its own with the plain ByteLevel pre-tokenizer alone, which all implementations split alike.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=CONFIG["vocab_size"],
        special_tokens=[END_OF_TEXT, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    digits_removed = str.maketrans("", "", "0123456789")
    tokenizer.train_from_iterator((document["text"].translate(digits_removed) for document in documents), trainer)
    assert tokenizer.get_vocab_size() == CONFIG["vocab_size"]
    assert tokenizer.token_to_id(END_OF_TEXT) == END_OF_TEXT_ID and tokenizer.token_to_id(PAD) == PAD_ID
    return tokenizer


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_folder(folder, model, tokenizer):
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG)
    write_json(
        folder / "generation_config.json",
        {"bos_token_id": END_OF_TEXT_ID, "eos_token_id": END_OF_TEXT_ID, "pad_token_id": PAD_ID},
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    special_tokens = {"bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT, "pad_token": PAD}
    write_json(folder / "special_tokens_map.json", special_tokens)
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": CONTEXT,
            "clean_up_tokenization_spaces": False,
            **special_tokens,
        },
    )
    # The output matrix is the embedding (tied), so it is not stored twice.
    tensors = {
        name: tensor.detach().to(torch.bfloat16).contiguous().clone()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    weights = folder / "model.safetensors"
    save_file(tensors, str(weights), metadata={"format": "pt"})
    weights.chmod(0o644)  # it is written for the owner only


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


def batches(stream, batch_size, generator):
    """Endless shuffled windows; every epoch cuts the stream at another offset."""
    while True:
        offset = int(torch.randint(CONTEXT, (1,), generator=generator))
        count = (len(stream) - 1 - offset) // CONTEXT
        order = torch.randperm(count, generator=generator)
        for start in range(0, count - batch_size + 1, batch_size):
            starts = offset + order[start : start + batch_size] * CONTEXT
            yield torch.stack([stream[begin : begin + CONTEXT + 1] for begin in starts.tolist()])


def learning_rate(step, progress):
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return warm_up * (FINAL_LEARNING_RATE + (PEAK_LEARNING_RATE - FINAL_LEARNING_RATE) * cosine)


def sample(model, tokenizer, seed):
    samples = []
    for index, prompt in enumerate(PROMPTS):
        torch.manual_seed(seed + index)
        inputs = tokenizer(END_OF_TEXT + prompt, return_tensors="pt")
        output = model.generate(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], **SAMPLING)
        samples.append({"prompt": prompt, "text": tokenizer.decode(output[0], skip_special_tokens=True)})
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where prepare_corpus.py left the corpus")
    parser.add_argument("--output", type=Path, default=PACKAGE / "model")
    parser.add_argument("--metrics", type=Path, default=PACKAGE / "train" / "metrics.json")
    parser.add_argument("--minutes", type=float, default=40.0, help="training time, if --steps is not given")
    parser.add_argument("--steps", type=int, default=None)
    parser.add_argument("--batch", type=int, default=8, help=f"windows of {CONTEXT} tokens in a step")
    parser.add_argument("--early-minutes", type=float, default=5.0, help="write a first folder after this time")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    corpus = arguments.cache / "corpus"
    train_documents, held_out_documents = (read_documents(corpus / f"{n}.jsonl") for n in ("train", "held_out"))
    tokenizer = train_tokenizer(train_documents)
    train_stream = encode_stream(tokenizer, train_documents)
    held_out_stream = encode_stream(tokenizer, held_out_documents)
    print(f"training tokens {len(train_stream)}, held-out tokens {len(held_out_stream)}", flush=True)

    model = LlamaForCausalLM(LlamaConfig(**{**CONFIG, "torch_dtype": "float32", "use_cache": False}))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"parameters {parameters}", flush=True)
    # Norm gains are vectors: no weight decay for them.
    matrices = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}],
        lr=PEAK_LEARNING_RATE,
        betas=(0.9, 0.98),
        fused=True,
    )

    def autocast():
        # The float32 weights stay the masters; only the arithmetic of a step is in bfloat16.
        return torch.autocast("cpu", torch.bfloat16)

    step_loss = token_loss if arguments.no_compile else torch.compile(token_loss)
    generator = torch.Generator().manual_seed(arguments.seed)
    source = batches(train_stream, arguments.batch, generator)
    start = time.time()
    early_written = False
    step, running = 0, None
    while True:
        elapsed = time.time() - start
        progress = step / arguments.steps if arguments.steps else elapsed / (60 * arguments.minutes)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, progress)
        with autocast():
            loss = step_loss(model, next(source))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        step += 1
        if step % 100 == 0:
            print(f"step {step} seconds {elapsed:.0f} progress {progress:.3f} loss {running:.4f}", flush=True)
        if step % 1000 == 0:
            with autocast():
                held_out_loss = total_loss(model, held_out_stream) / (len(held_out_stream) - 1)
            print(f"step {step} held-out loss {held_out_loss:.4f}", flush=True)
        if not early_written and elapsed > 60 * arguments.early_minutes:
            write_folder(arguments.output, model, tokenizer)
            early_written = True
            print(f"step {step}: first folder written to {arguments.output}", flush=True)
    seconds = time.time() - start
    write_folder(arguments.output, model, tokenizer)

    # Measure what a user gets: the folder read back, with the weights as they were rounded.
    written_tokenizer = AutoTokenizer.from_pretrained(arguments.output)
    written_model = AutoModelForCausalLM.from_pretrained(arguments.output, dtype=torch.float32).eval()
    metrics = {
        "parameters": parameters,
        "seed": arguments.seed,
        "training": {
            "steps": step,
            "tokens_per_step": arguments.batch * CONTEXT,
            "tokens_seen": step * arguments.batch * CONTEXT,
            "corpus_tokens": len(train_stream),
            "minutes": round(seconds / 60, 1),
            "threads": arguments.threads,
            "smoothed_final_loss": round(running, 4),
        },
        "corpus": json.loads((corpus / "stats.json").read_text()),
        "file_bytes": {path.name: path.stat().st_size for path in sorted(arguments.output.iterdir())},
        "held_out": evaluate(written_model, tokenizer, held_out_documents),
        "sampling": SAMPLING,
        "samples": sample(written_model, written_tokenizer, arguments.seed),
    }
    write_json(arguments.metrics, metrics)
    print(json.dumps(metrics, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
