"""Trains a small tokenizer of each kind that lowrank writes as GGUF, and tokenizes texts with transformers.

make_gguf_tokenizers.py OUT < {"corpus": [file, ...], "texts": [text, ...]}

OUT gets a folder for each tokenizer, with tokenizer.json and tokenizer_config.json. stdout has one JSON object: the ids of each
text without special tokens around it, by the folder's name. In a text, {bos} stands for the tokenizer's bos token.
"""

import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SIZE = 3000
SPECIAL = ["<unk>", "<s>", "</s>"]
CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" \
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
MISTRAL = "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }}[/INST]" \
    "{% elif m.role == 'assistant' %} {{ m.content }}{{ eos_token }}{% else %}{{ raise_exception('no system') }}{% endif %}{% endfor %}"
PHI = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}" \
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
PHI_TOKENS = ["<|endoftext|>", *(AddedToken(f"<|{name}|>", rstrip=True, normalized=False, special=True)
                                 for name in ("system", "user", "assistant", "end"))]

# The patterns are those of the models' own tokenizer.json.
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|" \
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" \
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False)
BYTE_LEVEL = {
    "gpt-2": (gpt2, {}),
    "smollm": (pre_tokenizers.Sequence([pre_tokenizers.Digits(True), gpt2]), {"chat": CHATML}),
    "llama-bpe": (split(LLAMA3), {"whole": True, "chat": CHATML, "bos": True}),
    "dbrx": (split(LLAMA3), {}),
    "falcon": (pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), gpt2, pre_tokenizers.Digits(False),
        pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")]), {}),
    "bloom": (split(BLOOM), {}),
    "qwen2": (split(QWEN2), {"normalizer": normalizers.NFC(), "chat": CHATML}),
    "tekken": (split(TEKKEN), {"whole": True, "bos": True}),
    "gpt-2-flagged": (gpt2, {"added": [
        AddedToken("<mask>", lstrip=True, special=True), AddedToken("<after>", rstrip=True, special=True),
        AddedToken("New York", single_word=True, special=False)]}),
}

spaces = normalizers.Replace(" ", "▁")
legacy = normalizers.Sequence([normalizers.Prepend("▁"), spaces])
metaspace = lambda scheme: pre_tokenizers.Metaspace("▁", scheme, split=False)
INST = ["[INST]", "[/INST]"]
SENTENCE_PIECE = {
    "legacy": (legacy, None, {}),
    "legacy-chat": (legacy, None, {"chat": MISTRAL}),
    "always": (None, metaspace("always"), {"added": INST}),
    "always-chat": (None, metaspace("always"), {"added": INST, "chat": MISTRAL}),
    "always-refused": (None, metaspace("always"), {"added": INST, "chat": MISTRAL.replace("[INST] ", "[INST]")}),
    "first": (None, metaspace("first"), {"added": INST}),
    "first-chat": (None, metaspace("first"), {"added": INST, "chat": MISTRAL}),
    "never": (None, metaspace("never"), {"added": INST, "chat": MISTRAL}),
    "gemma": (spaces, pre_tokenizers.Split(" ", "merged_with_previous"), {"chat": CHATML, "added": ["<|im_start|>", "<|im_end|>"]}),
    "Phi-3.5-mini": (legacy, None, {"added": PHI_TOKENS, "chat": PHI}),
    "phi-renamed": (legacy, None, {"added": PHI_TOKENS, "chat": PHI}),
    # </s> is missing, so that llama.cpp loads it under no name with "phi-3".
    "phi-refused": (legacy, None, {"added": PHI_TOKENS, "chat": PHI, "eos": "<end>"}),
}


def save(name, tokenizer, chat=None, bos="<s>", eos="</s>", unk="<unk>", **others):
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder)
    path = os.path.join(folder, "tokenizer.json")
    tokenizer.save(path)
    config = {"bos_token": bos, "eos_token": eos, "unk_token": unk, **others}
    if chat is not None:
        config["chat_template"] = chat
    with open(os.path.join(folder, "tokenizer_config.json"), "w") as file:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **config}, file)
    fast = PreTrainedTokenizerFast.from_pretrained(folder)
    return [fast.encode(text.replace("{bos}", bos or ""), add_special_tokens=False) for text in texts]


def with_bos(tokenizer, bos="<s>"):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.token_to_id(bos))])


def byte_level(pre_tokenizer, whole=False, normalizer=None, chat=None, bos=False, added=()):
    tokenizer = Tokenizer(models.BPE(ignore_merges=whole))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train(corpus, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=[*SPECIAL, "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.add_tokens(list(added))
    if bos:
        with_bos(tokenizer)
    return tokenizer, "{{ bos_token }}" + chat if bos and chat else chat


def sentence_piece(normalizer, pre_tokenizer, chat=None, added=(), eos="</s>"):
    trained = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    trained.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always", split=True)
    control = ["<unk>", "<s>", eos]
    trained.train(corpus, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=[*control, *(f"<0x{byte:02X}>" for byte in range(256))], limit_alphabet=600,
        show_progress=False))
    # Bytes are pieces, no added tokens.
    content = json.loads(trained.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] in control]
    # Runs of spaces, as Gemma and LLaMA have them.
    content["model"]["vocab"]["▁▁"] = len(content["model"]["vocab"])
    content["model"]["merges"].append(["▁", "▁"])
    tokenizer = Tokenizer.from_str(json.dumps(content))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    else:
        tokenizer = without_pre_tokenizer(tokenizer)
    tokenizer.add_special_tokens([token if isinstance(token, AddedToken) else AddedToken(token, normalized=False) for token in added])
    with_bos(tokenizer)
    return tokenizer


def without_pre_tokenizer(tokenizer):
    return Tokenizer.from_str(json.dumps({**json.loads(tokenizer.to_str()), "pre_tokenizer": None}))


def word_piece(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train(corpus, trainers.WordPieceTrainer(vocab_size=SIZE, special_tokens=names, show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


request = json.load(sys.stdin)
corpus, texts = request["corpus"], request["texts"]
found = {}
for name, (pre_tokenizer, options) in BYTE_LEVEL.items():
    tokenizer, chat = byte_level(pre_tokenizer, **options)
    found[name] = save(name, tokenizer, chat)
for name, (normalizer, pre_tokenizer, options) in SENTENCE_PIECE.items():
    tokenizer = sentence_piece(normalizer, pre_tokenizer, **options)
    found[name] = save(name, tokenizer, options.get("chat"), eos=options.get("eos", "</s>"))
for name, lowercase in (("bert-cased", False), ("bert-uncased", True)):
    special = {"unk": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
    found[name] = save(name, word_piece(lowercase), bos=None, eos=None, **special)
unigram = Tokenizer(models.Unigram())
unigram.pre_tokenizer = pre_tokenizers.Metaspace()
unigram.train(corpus, trainers.UnigramTrainer(vocab_size=SIZE, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False))
found["unigram"] = save("unigram", unigram)
print(json.dumps(found))
