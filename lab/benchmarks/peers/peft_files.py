"""Reading an adapter's folder into a model, and writing it, with PEFT."""

import os
import tempfile

from serve import build_model, lora_config, serve, torch
from peft import PeftModel, get_peft_model

work = tempfile.TemporaryDirectory()
stored = os.path.join(work.name, "adapter")
model = build_model()
# Once more to be loaded into, with the same weights in memory.
with torch.device("meta"):
    base = build_model()
base.load_state_dict(model.state_dict(), assign=True)
adapted = get_peft_model(model, lora_config())
adapted.save_pretrained(stored, save_embedding_layers=False)


def load():
    loaded = PeftModel.from_pretrained(base, stored)
    return loaded.unload


def save():
    adapted.save_pretrained(os.path.join(work.name, "saved"), save_embedding_layers=False)


serve({"load": load, "save": save})
