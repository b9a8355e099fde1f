"""Greedy generation with transformers; the adapter is merged first."""

from serve import build_model, disturb, lora_config, serve, settings, shape, torch
from peft import get_peft_model

config, _, _ = shape()
model = get_peft_model(build_model(), lora_config())
disturb(model)
model = model.merge_and_unload().eval()
if settings.get("precision") == "bf16":
    model = model.to(torch.bfloat16)
ids = torch.randint(5, config["vocab_size"], (settings["batch"], settings["time"]))
tokens = 4 if settings["tiny"] else 64


def generate():
    with torch.no_grad():
        made = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=False,
            use_cache=True,
            pad_token_id=0,
        )
    assert made.shape[1] == ids.shape[1] + tokens


serve({"generate": generate})
