"""Folders with quantized linear layers, as their own libraries write them, of one tiny LLaMA with random weights.

make_quantized_cases.py FOLDER

Each case is a folder with config.json, model.safetensors and expected.json: the SHA-256 of the float32 bytes of each weight after
the library's own dequantization (with 0 for -0), and the logits that transformers computes with these weights in float32.
Needs bitsandbytes 0.50.2, compressed-tensors 0.20.1 and accelerate 1.15.0 in addition to requirements.txt.
"""

import hashlib
import json
import pathlib
import sys

import bitsandbytes
import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM

IDS = torch.tensor([[3, 14, 15, 9, 26, 5]])


def model_of(intermediate_size):
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=32,
        hidden_size=64,
        intermediate_size=intermediate_size,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32,
        initializer_range=0.3,
    )
    return LlamaForCausalLM(config)


def linears(model):
    return [(path, module) for path, module in model.named_modules() if path.endswith("_proj")]


def sha256_of(weight):
    return hashlib.sha256(weight.contiguous().numpy().tobytes()).hexdigest()


def expect(folder, model, weights):
    """`weights`: what the library dequantizes each linear layer to, in its own type."""
    # Not model.float(): rotary frequencies that were rounded with the weights stay rounded.
    plain = LlamaForCausalLM(model.config)
    plain.load_state_dict(model.state_dict())
    plain = plain.float()
    for path, module in linears(plain):
        module.weight.data = weights[path].float().contiguous()
    with torch.no_grad():
        logits = plain(IDS).logits[0]
    hashes = {f"{path}.weight": sha256_of(weight.float() + 0.0) for path, weight in weights.items()}
    expected = {"inputIds": IDS.tolist(), "logits": logits.flatten().tolist(), "sha256": hashes}
    (folder / "expected.json").write_text(json.dumps(expected))
    for other in folder.glob("generation_config.json"):
        other.unlink()


def bitsandbytes_case(folder, intermediate_size, dtype, **settings):
    model = model_of(intermediate_size).to(dtype)
    model.save_pretrained(folder / "plain")
    quantized = AutoModelForCausalLM.from_pretrained(
        folder / "plain", quantization_config=BitsAndBytesConfig(**settings), dtype=dtype, device_map="cpu"
    )
    quantized.save_pretrained(folder)
    for file in (folder / "plain").iterdir():
        file.unlink()
    (folder / "plain").rmdir()
    weights = {}
    for path, module in linears(quantized):
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            weights[path] = bitsandbytes.functional.dequantize_4bit(module.weight.data, module.weight.quant_state)
        else:
            scales = module.weight.SCB if module.weight.SCB is not None else module.state.SCB
            weights[path] = bitsandbytes.functional.int8_vectorwise_dequant(module.weight.data, scales)
    expect(folder, model, weights)


def main(root):
    four_bits = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
    cases = {
        "nf4-double": lambda folder: bitsandbytes_case(folder, 320, torch.bfloat16, **four_bits, bnb_4bit_use_double_quant=True),
        "nf4-float32": lambda folder: bitsandbytes_case(folder, 128, torch.float32, **four_bits, bnb_4bit_quant_storage=torch.bfloat16),
        # Blocks that continue from row to row: rows of down_proj have 96 numbers.
        "fp4": lambda folder: bitsandbytes_case(folder, 96, torch.float16, load_in_4bit=True, bnb_4bit_quant_type="fp4"),
        "llm-int8": lambda folder: bitsandbytes_case(folder, 128, torch.float16, load_in_8bit=True),
    }
    for name, make in cases.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        print(name)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
