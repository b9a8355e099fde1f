"""Reading an adapter's folder into a model, and writing it, with PEFT."""

import os
import tempfile

from serve import build_model, lora_config, serve
from peft import PeftModel, get_peft_model

work = tempfile.TemporaryDirectory()
stored = os.path.join(work.name, "adapter")
adapted = get_peft_model(build_model(), lora_config())
adapted.save_pretrained(stored, save_embedding_layers=False)
base = build_model()


def load():
    loaded = PeftModel.from_pretrained(base, stored)
    return loaded.unload


def save():
    adapted.save_pretrained(os.path.join(work.name, "saved"), save_embedding_layers=False)


serve({"load": load, "save": save})
