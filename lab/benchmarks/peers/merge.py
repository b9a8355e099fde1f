"""PEFT's side of merge-1gb: a line once all is imported, and one at the end.

merge.py BASE_FOLDER ADAPTER_FOLDER OUTPUT_FOLDER
"""

import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

base, adapter, out = sys.argv[1:]
print('{"type":"imported"}', flush=True)
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(out)
print('{"type":"done"}', flush=True)
