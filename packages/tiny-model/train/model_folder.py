"""What the model is, its tokenizer, and the Hugging Face folder that holds both."""

import json

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT, PAD = "<|endoftext|>", "<|pad|>"
END_OF_TEXT_ID, PAD_ID = 0, 1
CONTEXT = 512

# Written out in the older spelling (`rope_theta` and `torch_dtype` at the top level), which every
# version of transformers, and every other reader of such folders, understands. 4,000,000 parameters.
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 4096,
    "hidden_size": 256,
    "intermediate_size": 704,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "mlp_bias": False,
    "attention_dropout": 0.0,
    "initializer_range": 0.02,
    "use_cache": True,
    "bos_token_id": END_OF_TEXT_ID,
    "eos_token_id": END_OF_TEXT_ID,
    "pad_token_id": PAD_ID,
    "torch_dtype": "bfloat16",
}


def train_tokenizer(documents):
    """A byte-level BPE without a multi-digit token.

    The digits are cut from the text the merges are learnt from, so every digit stays a token of
    its own with the plain ByteLevel pre-tokenizer alone, which all implementations split alike.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=CONFIG["vocab_size"],
        special_tokens=[END_OF_TEXT, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    digits_removed = str.maketrans("", "", "0123456789")
    tokenizer.train_from_iterator((document["text"].translate(digits_removed) for document in documents), trainer)
    assert tokenizer.get_vocab_size() == CONFIG["vocab_size"]
    assert tokenizer.token_to_id(END_OF_TEXT) == END_OF_TEXT_ID and tokenizer.token_to_id(PAD) == PAD_ID
    return tokenizer


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_folder(folder, model, tokenizer):
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG)
    write_json(
        folder / "generation_config.json",
        {"bos_token_id": END_OF_TEXT_ID, "eos_token_id": END_OF_TEXT_ID, "pad_token_id": PAD_ID},
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    special_tokens = {"bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT, "pad_token": PAD}
    write_json(folder / "special_tokens_map.json", special_tokens)
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": CONTEXT,
            "clean_up_tokenization_spaces": False,
            **special_tokens,
        },
    )
    # The output matrix is the embedding (tied), so it is not stored twice.
    tensors = {
        name: tensor.detach().to(torch.bfloat16).contiguous().clone()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    weights = folder / "model.safetensors"
    save_file(tensors, str(weights), metadata={"format": "pt"})
    weights.chmod(0o644)  # it is written for the owner only
