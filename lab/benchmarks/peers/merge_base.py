"""Makes the base and the adapter of merge-1gb, with random weights.

merge_base.py BASE_FOLDER ADAPTER_FOLDER
"""

import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

base, adapter = sys.argv[1:]
torch.manual_seed(0)
torch.set_default_dtype(torch.bfloat16)
sizes = {"hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 8, "num_attention_heads": 16}
model = LlamaForCausalLM(LlamaConfig(**sizes, vocab_size=32000, tie_word_embeddings=False))
model.save_pretrained(base)
config = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
get_peft_model(model, config).save_pretrained(adapter)
