"""Folders with quantized linear layers, as their own libraries write them, of one tiny LLaMA with random weights.

make_quantized_cases.py FOLDER

Each case is a folder with config.json, model.safetensors and expected.json: the SHA-256 of the float32 bytes of each weight after
the library's own dequantization (with 0 for -0), and the logits that transformers computes with these weights in float32.
bitsandbytes and compressed-tensors run here and write their own tensors. GPTQ's and AWQ's need a GPU or a compiler: their tensors are
packed here by their published layouts (gptqmodel 7.7.0 `convert_gptq_v1_to_v2_format_module` and `dequantize_weight`, autoawq 0.2.9
`WQLinear_GEMM.from_linear` and `dequantize_gemm`), with zero points and scales of rounding to the nearest.
Needs bitsandbytes 0.50.2, compressed-tensors 0.20.1 and accelerate 1.15.0 in addition to requirements.txt.
"""

import hashlib
import json
import pathlib
import sys

import bitsandbytes
import torch
from compressed_tensors.compressors.naive_quantized.base import NaiveQuantizationCompressor
from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import save_file
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
    plain.load_state_dict(model.state_dict(), strict=False)
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


def grouped(weight, group_size, symmetric):
    """Codes [out, in], and scales and zero points [out, groups], of rounding to the nearest in 4 bits."""
    groups = weight.float().unflatten(1, (-1, group_size))
    low, high = groups.amin(2).clamp(max=0), groups.amax(2).clamp(min=0)
    if symmetric:
        high = torch.maximum(-low, high)
        low = -high
    scales = ((high - low) / 15).half()
    zeros = torch.full_like(scales, 8).int() if symmetric else (-low / scales.float()).round().clamp(0, 15).int()
    codes = (groups / scales.float().unsqueeze(2) + zeros.unsqueeze(2)).round().clamp(0, 15).int()
    return codes.flatten(1), scales, zeros


def words(codes, order=range(8)):
    """Eight codes along the last axis in a word; `order`: which output each nibble holds."""
    eights = codes.long().unflatten(-1, (-1, 8))
    packed = sum(eights[..., output] << (4 * nibble) for nibble, output in enumerate(order))
    return torch.where(packed >= 2**31, packed - 2**32, packed).int()


def gptq_tensors(weight, group_size, symmetric, act_order, version):
    inputs = weight.shape[1]
    # Act-order: groups in the order in which GPTQ visits the inputs, which is that of their activations.
    order = torch.randperm(inputs) if act_order else torch.arange(inputs)
    codes, scales, zeros = grouped(weight[:, order], group_size, symmetric)
    place = torch.argsort(order)
    g_idx = (place // group_size).int()
    codes = codes[:, place]
    dequantized = scales[:, g_idx] * (codes - zeros[:, g_idx]).half()
    stored = words(zeros.T)
    if version == "gptq":
        stored = (stored.long() - 0x11111111).to(torch.int32)
    return {"qweight": words(codes).T, "qzeros": stored, "scales": scales.T, "g_idx": g_idx}, dequantized


def awq_tensors(weight, group_size):
    codes, scales, zeros = grouped(weight, group_size, symmetric=False)
    dequantized = (codes - zeros.repeat_interleave(group_size, 1)) * scales.repeat_interleave(group_size, 1)
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    return {"qweight": words(codes.T, order), "qzeros": words(zeros.T, order), "scales": scales.T}, dequantized


def compressed_tensors(weight, compressor, **settings):
    arguments = QuantizationArgs(type="int", **settings)
    groups = weight.unflatten(1, (-1, arguments.group_size or weight.shape[1]))
    scale, zero = calculate_qparams(groups.amin(2), groups.amax(2), arguments)
    scheme = QuantizationScheme(targets=["Linear"], weights=arguments)
    state = compressor.compress({"weight": weight, "weight_scale": scale, "weight_zero_point": zero}, scheme)
    return state, compressor.decompress(state, scheme)["weight"]


def packed_case(folder, dtype, quantization, tensors_of):
    """`tensors_of(weight)`: what replaces a linear layer's weight, and what the library dequantizes it to."""
    model = model_of(128).to(dtype)
    tensors, weights = model.state_dict(), {}
    torch.manual_seed(1)
    for path, module in linears(model):
        own, weights[path] = tensors_of(tensors.pop(f"{path}.weight"))
        tensors.update({f"{path}.{name}": value.contiguous() for name, value in own.items()})
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = {**model.config.to_dict(), "architectures": ["LlamaForCausalLM"], "quantization_config": quantization}
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    expect(folder, model, weights)


def compressed_case(folder, dtype, format, compressor, **settings):
    group = {"targets": ["Linear"], "weights": {"type": "int", **settings}}
    quantization = {"quant_method": "compressed-tensors", "format": format, "config_groups": {"group_0": group}, "ignore": ["lm_head"]}
    packed_case(folder, dtype, quantization, lambda weight: compressed_tensors(weight, compressor, **settings))


def gptq_case(folder, version, **settings):
    quantization = {"quant_method": "gptq", "bits": 4, "group_size": settings["group_size"], "desc_act": settings["act_order"]}
    quantization = {**quantization, "sym": settings["symmetric"], "checkpoint_format": version}
    packed_case(folder, torch.float16, quantization, lambda weight: gptq_tensors(weight, version=version, **settings))


def main(root):
    four_bits = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
    cases = {
        "nf4-double": lambda folder: bitsandbytes_case(folder, 320, torch.bfloat16, **four_bits, bnb_4bit_use_double_quant=True),
        "nf4-float32": lambda folder: bitsandbytes_case(folder, 128, torch.float32, **four_bits, bnb_4bit_quant_storage=torch.bfloat16),
        # Blocks that continue from row to row: rows of down_proj have 96 numbers.
        "fp4": lambda folder: bitsandbytes_case(folder, 96, torch.float16, load_in_4bit=True, bnb_4bit_quant_type="fp4"),
        "llm-int8": lambda folder: bitsandbytes_case(folder, 128, torch.float16, load_in_8bit=True),
        "gptq": lambda folder: gptq_case(folder, "gptq", group_size=32, symmetric=True, act_order=False),
        "gptq-v2": lambda folder: gptq_case(folder, "gptq_v2", group_size=64, symmetric=False, act_order=False),
        "gptq-act-order": lambda folder: gptq_case(folder, "gptq", group_size=32, symmetric=False, act_order=True),
        "awq": lambda folder: packed_case(
            folder,
            torch.float16,
            {"quant_method": "awq", "bits": 4, "group_size": 64, "version": "gemm", "zero_point": True},
            lambda weight: awq_tensors(weight, 64),
        ),
        "packed-int4": lambda folder: compressed_case(
            folder, torch.bfloat16, "pack-quantized", PackedQuantizationCompressor,
            num_bits=4, strategy="group", group_size=64, symmetric=True,
        ),
        "packed-int4-zeros": lambda folder: compressed_case(
            folder, torch.float16, "pack-quantized", PackedQuantizationCompressor,
            num_bits=4, strategy="channel", symmetric=False,
        ),
        "int8-channel": lambda folder: compressed_case(
            folder, torch.bfloat16, "int-quantized", NaiveQuantizationCompressor,
            num_bits=8, strategy="channel", symmetric=True,
        ),
    }
    for name, make in cases.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        print(name)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
