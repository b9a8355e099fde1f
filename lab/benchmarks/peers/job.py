"""What the programs of whole jobs share: settings, what they say while they work, and the recipe as transformers calls it.

Lines on descriptor 3 have the form of `lowrank train --json`, so that one clock reads both.
"""

import json
import os
import sys
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
warnings.filterwarnings("ignore")

settings = json.loads(sys.argv[1])
lines = os.fdopen(3, "w")


def say(kind, **facts):
    lines.write(json.dumps({"type": kind, **facts}) + "\n")
    lines.flush()


import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

torch.set_num_threads(settings["threads"])
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
transformers.set_seed(settings["seed"])


def read_rows(path):
    with open(path, encoding="utf8") as file:
        return [json.loads(line) for line in file]


def load(auto, **options):
    """The model in float32, as autocast wants it; attention is torch's fused one."""
    return auto.from_pretrained(settings["model"], attn_implementation="sdpa", dtype=torch.float32, **options)


def lora_config(task):
    return peft.LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=settings["targets"],
        task_type=task,
    )


def arguments():
    """The same recipe as ours; everything that only costs time is off."""
    return {
        "output_dir": settings["out"],
        "max_steps": settings["steps"],
        "per_device_train_batch_size": settings["batch"],
        "per_device_eval_batch_size": settings["batch"],
        "learning_rate": settings["learningRate"],
        "warmup_steps": settings["warmupSteps"],
        "lr_scheduler_type": "linear",
        "train_sampling_strategy": "group_by_length",  # both train and measure faster
        "weight_decay": 0.01,
        "max_grad_norm": 1.0,
        "seed": settings["seed"],
        "bf16": settings["precision"] == "bf16",
        "use_cpu": True,
        "eval_strategy": "no",
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
        "gradient_checkpointing": False,
    }


class Clock(transformers.TrainerCallback):
    """Says when a step is over."""

    def on_step_end(self, args, state, control, **_):
        say("step", step=state.global_step)


def measure(trainer, step):
    """The validation rows' loss, and what the trainer counts besides."""
    found = trainer.evaluate()
    metrics = {name.removeprefix("eval_"): value for name, value in found.items() if isinstance(value, float)}
    say("evaluation", step=step, metrics={name: metrics[name] for name in ("loss", "accuracy") if name in metrics})


def train(trainer):
    """Validates, trains, validates, and saves the adapter."""
    say("start")
    trainer.add_callback(Clock())
    measure(trainer, 0)
    trainer.train()
    measure(trainer, settings["steps"])
    trainer.model.save_pretrained(os.path.join(settings["out"], "adapter"))
    trained = sum(parameter.numel() for parameter in trainer.model.parameters() if parameter.requires_grad)
    say("result", trainedParameters=trained, versions=versions())


def versions():
    found = {"python": sys.version.split()[0], "torch": torch.__version__}
    for module in (transformers, peft, sys.modules.get("trl")):
        if module is not None:
            found[module.__name__] = module.__version__
    return found
