"""Makes fixtures/onnx: bases of fixtures/peft as ONNX models, as both of torch's exporters write them (optimum uses the older),
as ONNX Runtime quantises them, with the weights in a file beside, and as ONNX Runtime's GenAI builder writes them. What an adapter
makes of them, the fixtures of PEFT say.

make_onnx_cases.py [FOLDER], with onnx, onnx-ir, onnxscript, onnxruntime and onnxruntime-genai from PyPI.
"""

import runpy
import shutil
import sys
import tempfile
import types
from pathlib import Path

import onnx
import tokenizers
import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

ROOT = Path(__file__).parents[2]
CASES = ["bert-seqcls", "all-linear-llama", "all-linear-gpt2"]


def load(case):
    folder = ROOT / "fixtures/peft" / case / "base"
    config = transformers.AutoConfig.from_pretrained(folder)
    model = getattr(transformers, config.architectures[0]).from_pretrained(folder, attn_implementation="eager").eval()
    model.config.use_cache = False
    return model


def export(model, path, newer):
    forward = model.forward

    def of_tensors(self, input_ids, attention_mask):
        return forward(input_ids=input_ids, attention_mask=attention_mask).logits

    model.forward = types.MethodType(of_tensors, model)
    names = {"input_names": ["input_ids", "attention_mask"], "output_names": ["logits"]}
    # Two tensors: the newer exporter takes one for both.
    examples = (torch.zeros(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.long))
    if newer:
        dynamic = {0: torch.export.Dim("batch"), 1: torch.export.Dim("time")}
        shapes = {"input_ids": dynamic, "attention_mask": dynamic}
        torch.onnx.export(model, examples, path, dynamo=True, dynamic_shapes=shapes, external_data=False, **names)
    else:
        sizes = {0: "batch", 1: "time"}
        axes = {"input_ids": sizes, "attention_mask": sizes}
        torch.onnx.export(model, examples, path, dynamo=False, dynamic_axes=axes, **names)
    model.forward = forward


def export_with_cache(model, path):
    """As optimum writes a decoder for generation: keys and values of earlier tokens go in, those of all come out."""
    config, forward = model.config, model.forward
    layers, heads = config.num_hidden_layers, getattr(config, "num_key_value_heads", config.num_attention_heads)

    def cached(self, input_ids, attention_mask, position_ids, *past):
        cache = transformers.DynamicCache()
        for layer in range(layers):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        given = {"input_ids": input_ids, "attention_mask": attention_mask, "position_ids": position_ids}
        out = forward(**given, past_key_values=cache, use_cache=True)
        return (out.logits, *(half for layer in out.past_key_values.layers for half in (layer.keys, layer.values)))

    model.forward = types.MethodType(cached, model)
    width = config.hidden_size // config.num_attention_heads
    past = [torch.randn(2, heads, 3, width) for _ in range(2 * layers)]
    examples = (torch.zeros(2, 4, dtype=torch.long), torch.ones(2, 7, dtype=torch.long), torch.arange(3, 7).repeat(2, 1))
    halves = [f"{layer}.{half}" for layer in range(layers) for half in ("key", "value")]
    inputs = ["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{half}" for half in halves)]
    outputs = ["logits", *(f"present.{half}" for half in halves)]
    axes = {name: {0: "batch", 1: "time"} for name in ("input_ids", "position_ids", "logits")}
    axes |= {"attention_mask": {0: "batch", 1: "all"}}
    axes |= {f"past_key_values.{half}": {0: "batch", 2: "past"} for half in halves}
    axes |= {f"present.{half}": {0: "batch", 2: "all"} for half in halves}
    names = {"input_names": inputs, "output_names": outputs}
    torch.onnx.export(model, (*examples, *past), path, dynamo=False, dynamic_axes=axes, **names)
    model.forward = forward


def build_for_genai(case, precision, folder):
    """The builder wants a tokenizer: any will do, and none is kept."""
    base = ROOT / "fixtures/peft" / case / "base"
    with tempfile.TemporaryDirectory() as work:
        given, made = Path(work) / "given", Path(work) / "made"
        shutil.copytree(base, given)
        words = tokenizers.Tokenizer(tokenizers.models.WordLevel({f"w{index}": index for index in range(100)}, unk_token="w0"))
        special = {"unk_token": "w0", "bos_token": "w1", "eos_token": "w2", "pad_token": "w0"}
        transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(given)
        sys.argv = ["builder", "-m", str(given), "-o", str(made), "-p", precision, "-e", "cpu", "-c", str(Path(work) / "cache")]
        sys.argv += ["--extra_options", "int4_block_size=16"] if precision == "int4" else []
        runpy.run_module("onnxruntime_genai.models.builder", run_name="__main__")
        folder.mkdir(parents=True, exist_ok=True)
        for name in ["model.onnx", "model.onnx.data", "genai_config.json"]:
            shutil.copy(made / name, folder / name)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        export(load(case), folder / f"{case}.onnx", newer=False)
    for case in ["bert-seqcls", "all-linear-llama"]:
        export(load(case), folder / f"{case}.newer.onnx", newer=True)
    for case in ["all-linear-llama", "all-linear-gpt2"]:
        export_with_cache(load(case), folder / f"{case}.cached.onnx")
    llama = folder / "all-linear-llama.onnx"
    quantize_dynamic(llama, folder / "all-linear-llama.int8.onnx", weight_type=QuantType.QInt8)
    quantizer = MatMulNBitsQuantizer(onnx.load(llama), bits=4, block_size=16, is_symmetric=True)
    quantizer.process()
    onnx.save(quantizer.model.model, folder / "all-linear-llama.int4.onnx")
    beside = folder / "beside"
    beside.mkdir(exist_ok=True)
    # Heads of a multiple of 16, as its attention wants.
    for case, precision in [("gemma", "fp32"), ("gemma", "int4"), ("qwen3", "fp32")]:
        build_for_genai(case, precision, folder / "genai" / f"{case}-{precision}")
    onnx.save(onnx.load(llama), beside / "model.onnx", save_as_external_data=True, location="model.onnx_data", size_threshold=0)


main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "fixtures/onnx"))
