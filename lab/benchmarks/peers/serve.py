"""The child's side of a benchmark, as src/harness/serve.ts: one step when the parent says so, answers on descriptor 3."""

import json
import os
import sys
import time
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
warnings.filterwarnings("ignore")

settings = json.loads(sys.argv[1])
os.environ.setdefault("OMP_NUM_THREADS", str(settings["threads"]))

import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

torch.set_num_threads(settings["threads"])
torch.manual_seed(0)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

versions = {
    "python": sys.version.split()[0],
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "peft": peft.__version__,
}

SHAPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "shapes.json")


def shape():
    """config.json's content, in the size that was asked for, and what LoRA is put on."""
    with open(SHAPES) as file:
        found = json.load(file)[settings["shape"]]
    config = {**found["config"], **(found["tiny"] if settings["tiny"] else {})}
    return config, found["targets"], found["task"]


def build_model():
    """Random weights; attention is torch's fused one."""
    config, _, task = shape()
    values = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    made = transformers.AutoConfig.for_model(config["model_type"], **values)
    if "vision_config" in config:
        return transformers.AutoModelForImageTextToText.from_config(made, attn_implementation="sdpa")
    auto = transformers.AutoModelForSequenceClassification if task == "SEQ_CLS" else transformers.AutoModelForCausalLM
    return auto.from_config(made, attn_implementation="sdpa")


def lora_config():
    _, targets, task = shape()
    return peft.LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=targets, task_type=task)


def disturb(model):
    """Gives every B values, so that merging changes the weights."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.fill_(0.01)


def profile(step, count):
    """The mean of some steps: every operation's own time, without what it calls."""
    kinds = [torch.profiler.ProfilerActivity.CPU]
    start = time.perf_counter()
    with torch.profiler.profile(activities=kinds, record_shapes=True) as profiler:
        for _ in range(count):
            step()
        milliseconds = (time.perf_counter() - start) * 1e3 / count
    operations = [
        {
            "operation": event.key,
            "shapes": [shape for shape in event.input_shapes if isinstance(shape, list) and shape],
            "milliseconds": event.self_cpu_time_total / 1e3 / count,
            "calls": event.count / count,
        }
        for event in profiler.key_averages(group_by_input_shape=True)
    ]
    return {"milliseconds": milliseconds, "operations": operations}


answers = os.fdopen(3, "w")


def answer(value):
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def decline(reason):
    """Ends a process that cannot work on this machine."""
    answer({"unavailable": reason})
    sys.exit(0)


def serve(steps, facts=None):
    """Answers the parent until it says "end". A step may return what is to be done after the clock has stopped."""
    answer({"ready": versions})
    for line in sys.stdin:
        order, name, count = (line.split() + ["", "1"])[:3]
        if order == "end":
            break
        if order == "facts":
            answer({"facts": facts() if facts else {}})
        if order == "profile":
            answer({"profile": profile(steps[name], int(count))})
        if order == "run":
            start = time.perf_counter()
            after = steps[name]()
            milliseconds = (time.perf_counter() - start) * 1e3
            if after:
                after()
            answer({"milliseconds": milliseconds})
