"""Writes fixtures/training/references.json: what other libraries compute in a training step.

make_training_references.py    (needs the environment of prepare.py and, here only, `pip install lion-pytorch==0.2.5`)

Optimisers after a few steps with given gradients, learning rates by schedule, and cross-entropy with label smoothing and its
gradient.
"""

import json
import pathlib

import torch
import transformers
from lion_pytorch import Lion
from transformers.trainer_pt_utils import LabelSmoother

OUT = pathlib.Path(__file__).parents[2] / "fixtures" / "training" / "references.json"
SHAPES = {"matrix": (3, 4), "vector": (5,), "stack": (2, 3, 2)}
STEPS = 4

OPTIMIZERS = {
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1),
    "sgd with momentum": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1, momentum=0.9),
    "lion": lambda p: Lion(p, lr=0.05, weight_decay=0.1, betas=(0.9, 0.99)),
    "adafactor": lambda p: transformers.optimization.Adafactor(
        p, lr=0.05, weight_decay=0.1, scale_parameter=False, relative_step=False
    ),
}


def optimizers() -> dict:
    generator = torch.Generator().manual_seed(6)
    draw = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float32)
    start = {name: draw(shape) for name, shape in SHAPES.items()}
    gradients = [{name: draw(shape) for name, shape in SHAPES.items()} for _ in range(STEPS)]
    ends = {}
    for name, make in OPTIMIZERS.items():
        variables = {key: torch.nn.Parameter(value.clone()) for key, value in start.items()}
        optimizer = make(list(variables.values()))
        for slopes in gradients:
            for key, variable in variables.items():
                variable.grad = slopes[key].clone()
            optimizer.step()
        ends[name] = {key: variable.detach().flatten().tolist() for key, variable in variables.items()}
    flat = lambda tensors: {key: tensor.flatten().tolist() for key, tensor in tensors.items()}
    return {"shapes": SHAPES, "start": flat(start), "gradients": [flat(each) for each in gradients], "ends": ends}


def schedules() -> list:
    steps, warmup, rate = 20, 3, 0.01
    of = transformers.optimization
    make = {
        "constant": (of.get_constant_schedule_with_warmup, {}, {}),
        "linear": (of.get_linear_schedule_with_warmup, {"num_training_steps": steps}, {}),
        "cosine": (of.get_cosine_schedule_with_warmup, {"num_training_steps": steps}, {}),
        "cosine-with-restarts": (
            of.get_cosine_with_hard_restarts_schedule_with_warmup,
            {"num_training_steps": steps, "num_cycles": 3},
            {"cycles": 3},
        ),
        "polynomial": (
            of.get_polynomial_decay_schedule_with_warmup,
            {"num_training_steps": steps, "lr_end": 0.1 * rate, "power": 2.0},
            {"power": 2, "endShare": 0.1},
        ),
        "wsd": (
            of.get_wsd_schedule,
            {"num_training_steps": steps, "num_decay_steps": 5, "min_lr_ratio": 0.0},
            {"decayShare": 0.25},
        ),
    }
    rows = []
    for name, (function, options, shape) in make.items():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
        schedule = function(optimizer, num_warmup_steps=warmup, **options)
        rates = []
        for _ in range(steps):
            rates.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        rows.append({"name": name, "shape": shape, "steps": steps, "warmup": warmup, "rate": rate, "rates": rates})
    return rows


def smoothing() -> dict:
    generator = torch.Generator().manual_seed(7)
    logits = torch.randn((4, 6), generator=generator, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([2, -100, 0, 5])
    loss = LabelSmoother(epsilon=0.1)({"logits": logits}, labels)
    loss.backward()
    return {
        "epsilon": 0.1,
        "logits": logits.detach().tolist(),
        "labels": labels.tolist(),
        "loss": loss.item(),
        "gradient": logits.grad.tolist(),
    }


versions = {"torch": torch.__version__, "transformers": transformers.__version__}
facts = {"versions": versions, "optimizers": optimizers(), "schedules": schedules(), "smoothing": smoothing()}
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps(facts) + "\n")
