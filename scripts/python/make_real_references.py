"""Writes fixtures/real/*.safetensors: what transformers computes with real weights, for our forward passes to equal.

make_real_references.py CACHE_FOLDER    (needs the environment of prepare.py and, here only, `pip install gguf==0.19.0`)

MiniLM: last hidden state of two sentences, whole. SmolLM2 (Q4_1 GGUF, dequantised): logits of one prompt at 512 spread
vocabulary entries, with the log-sum-exp and the argmax of each whole row, so that the file stays small.
"""

import pathlib
import sys

import numpy
import torch
import transformers
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file

CACHE = pathlib.Path(sys.argv[1])
OUT = pathlib.Path(__file__).parents[2] / "fixtures" / "real"
METADATA = {"format": "pt", "transformers": transformers.__version__, "torch": torch.__version__}


def minilm() -> None:
    folder = CACHE / "minilm"
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(["The cat sat on the mat.", "Low-rank adapters leave the base model frozen."], padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    tensors = {name: batch[name].to(torch.int32) for name in ("input_ids", "attention_mask", "token_type_ids")}
    save_file({**tensors, "last_hidden_state": hidden.contiguous()}, OUT / "minilm.safetensors", METADATA)


def unpermute(weight: numpy.ndarray, heads: int) -> numpy.ndarray:
    """GGUF stores q and k rows for rotary over adjacent pairs; transformers rotates halves."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def smollm2() -> None:
    reader = GGUFReader(CACHE / "smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf")
    field = lambda name: reader.fields[f"llama.{name}"].contents()
    heads, groups = field("attention.head_count"), field("attention.head_count_kv")
    config = transformers.LlamaConfig(
        vocab_size=49152, hidden_size=field("embedding_length"), num_hidden_layers=field("block_count"),
        num_attention_heads=heads, num_key_value_heads=groups, intermediate_size=field("feed_forward_length"),
        max_position_embeddings=field("context_length"), rms_norm_eps=float(field("attention.layer_norm_rms_epsilon")),
        rope_parameters={"rope_type": "default", "rope_theta": float(field("rope.freq_base"))}, tie_word_embeddings=True,
    )
    names = {
        "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
        "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    }
    state = {}
    for tensor in reader.tensors:
        weight = numpy.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=numpy.float32)
        parts = tensor.name.split(".")
        if tensor.name == "token_embd.weight":
            state["model.embed_tokens.weight"] = weight
        elif tensor.name == "output_norm.weight":
            state["model.norm.weight"] = weight
        else:
            if parts[2] == "attn_q":
                weight = unpermute(weight, heads)
            if parts[2] == "attn_k":
                weight = unpermute(weight, groups)
            state[f"model.layers.{parts[1]}.{names[parts[2]]}.weight"] = weight
    model = transformers.LlamaForCausalLM._from_config(config, attn_implementation="eager")
    result = model.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in state.items()}, strict=False)
    assert set(result.missing_keys) <= {"lm_head.weight"} and not result.unexpected_keys, result
    model.tie_weights()
    ids = torch.tensor([[504, 3575, 282, 4649, 314, 260, 2240, 30, 1116, 314]])
    with torch.no_grad():
        logits = model.eval()(input_ids=ids).logits[0]
    entries = torch.arange(0, 49152, 96)
    save_file(
        {
            "input_ids": ids.to(torch.int32), "entries": entries.to(torch.int32), "logits": logits[:, entries].contiguous(),
            "log_sum_exp": torch.logsumexp(logits, -1), "argmax": logits.argmax(-1).to(torch.int32),
        },
        OUT / "smollm2.safetensors", METADATA,
    )


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    minilm()
    smollm2()
