"""Training steps with PEFT: forward, loss, backward, AdamW over what trains."""

import os
import shutil

from serve import build_model, decline, lora_config, serve, settings, shape, torch
from peft import get_peft_model

compiler = os.environ.get("CXX", "g++")
if settings.get("compiled") and shutil.which(compiler) is None:
    decline(f"torch.compile needs a C++ compiler, and {compiler} is not installed")
config, _, task = shape()
if settings.get("precision") == "nf4":
    from nf4_model import build_nf4_model

    model = build_nf4_model()
else:
    model = build_model()
if settings.get("halfBase"):
    model = model.to(torch.bfloat16)
model = get_peft_model(model, lora_config())
model.train()
if settings.get("checkpointing"):
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})

batch, time = settings["batch"], settings["time"]
ids = torch.randint(5, config.get("image_token_id", config["vocab_size"]), (batch, time))
if task == "SEQ_CLS":
    inputs = {"input_ids": ids, "labels": torch.arange(batch) % 2}
else:
    labels = ids.clone()
    labels[:, : time - round(settings.get("supervised", 1) * time)] = -100
    inputs = {"input_ids": ids, "labels": labels, "use_cache": False}
if "vision_config" in config:  # each row begins with an image
    side = config["vision_config"]["image_size"]
    ids[:, : (side // config["vision_config"]["patch_size"] // config["scale_factor"]) ** 2] = config["image_token_id"]
    inputs["pixel_values"] = torch.rand(batch, 1, 3, side, side) * 2 - 1
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4)
if settings.get("compiled"):
    model.compile()
half = settings.get("precision") in ("bf16", "nf4")


def step():
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        loss = model(**inputs).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    loss.item()


serve({"step": step}, lambda: {"trainedParameters": sum(parameter.numel() for parameter in trained)})
