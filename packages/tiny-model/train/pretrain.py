"""Train the tokenizer and the model on the corpus of prepare_corpus.py; write the Hugging Face folder.

    python pretrain.py --minutes 40         # how the published weights were made
    python pretrain.py --steps 7000         # about as long a run, and one that can be repeated

Needs torch, transformers, tokenizers and safetensors, and a C++ compiler for
torch.compile (or --no-compile, about a quarter slower). With --minutes the
learning rate follows the clock, so that a run ends on time on any machine;
with --steps it follows the step, so that the same machine makes the same
weights again.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from measure import SAMPLING, encode_stream, evaluate, sample, token_loss, total_loss
from model_folder import CONFIG, CONTEXT, train_tokenizer, write_folder, write_json
from prepare_corpus import DEFAULT_CACHE

PACKAGE = Path(__file__).resolve().parent.parent

PEAK_LEARNING_RATE = 2e-3
FINAL_LEARNING_RATE = 1e-4
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.1


def read_documents(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


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
