"""Makes fixtures/vision-language with transformers: a SmolVLM and a PaliGemma 2 with random weights and a token for each character,
rows of messages with images, and for each row the loss on its answer and a greedy answer of its own.

make_vision_language.py

The template is SmolVLM's. Its images of 16 pixels a side become 2 x 2 tiles of 8 pixels and the whole as one more, four tokens each.
PaliGemma's have 8 pixels a side and 16 tokens, twice its window, and its processor reads no row without an image.
"""

import json
import os
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")

import torch
import transformers
from make_lora_features import started
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

FOLDER = Path(__file__).parents[2] / "fixtures" / "vision-language"
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
    "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}")
SPECIAL = ["<|im_start|>", "<end_of_utterance>", "<image>", "<fake_token_around_image>", "<global-img>",
           *[f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)]]
ROWS = [
    ("Which colour?", ["warm.png"], "red"),
    ("Which two?", ["cold.png", "warm.png"], "blue, red"),
    ("No image?", [], "none"),
]


def tokenizer(special=SPECIAL, **settings):
    characters = ["[PAD]", "\n", *map(chr, range(32, 127))]
    made = Tokenizer(models.WordLevel({character: index for index, character in enumerate(characters)}, "[PAD]"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    made.add_special_tokens(special)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", **settings)


def smolvlm(words):
    text = transformers.LlamaConfig(
        vocab_size=len(words), hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, pad_token_id=0, bos_token_id=words.convert_tokens_to_ids("<|im_start|>"),
        eos_token_id=words.eos_token_id)
    config = transformers.SmolVLMConfig(
        text_config=text.to_dict(), image_token_id=words.convert_tokens_to_ids("<image>"), scale_factor=2,
        vision_config=dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=2),
        attn_implementation="eager")
    return started(transformers.SmolVLMForConditionalGeneration(config))


def paligemma(words):
    text = dict(
        model_type="gemma2", vocab_size=len(words), hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=6, query_pre_attn_scalar=6, sliding_window=8, max_position_embeddings=256)
    vision = dict(
        model_type="siglip_vision_model", hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=8,
        patch_size=2, vision_use_head=False)
    config = transformers.PaliGemmaConfig(
        text_config=text, vision_config=vision, projection_dim=24, image_token_index=words.convert_tokens_to_ids("<image>"),
        pad_token_id=0, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, attn_implementation="eager")
    return started(transformers.PaliGemmaForConditionalGeneration(config))


def drawn(name, colour):
    """One colour that grows lighter to the right, with a darker square."""
    image = Image.new("RGB", (20, 12))
    for x in range(20):
        for y in range(12):
            share = (0.5 if 4 < x < 9 and 3 < y < 8 else 1.0) * (0.6 + 0.02 * x)
            image.putpixel((x, y), tuple(int(share * part) for part in colour))
    image.save(FOLDER / name)
    return image


def smolvlm_inputs(processor):
    def inputs(question, images, answer):
        asked = [{"role": "user", "content": [*[{"type": "image"} for _ in images], {"type": "text", "text": question}]}]
        turns = [*asked, {"role": "assistant", "content": [{"type": "text", "text": answer}]}]
        given = dict(images=images) if images else {}
        whole, prompt = [
            processor(text=processor.apply_chat_template(part, add_generation_prompt=due), return_tensors="pt", **given)
            for part, due in ((turns, False), (asked, True))]
        labels = whole["input_ids"].clone()
        labels[:, :prompt["input_ids"].shape[1]] = -100
        labels[:, -1] = -100  # the line break after the turn
        return dict(whole, labels=labels), prompt

    return inputs


def paligemma_inputs(processor):
    def inputs(question, images, answer):
        given = dict(text="<image>" * len(images) + question, images=images, return_tensors="pt")
        prompt = processor(**given)
        prompt.pop("labels")
        return processor(**given, suffix=answer), prompt

    return inputs


def measured(model, inputs, rows, pictures):
    expected = []
    for question, shown, answer in rows:
        whole, prompt = inputs(question, [pictures[name] for name in shown], answer)
        with torch.no_grad():
            loss = model(**whole).loss.item()
            text = model.generate(**prompt, max_new_tokens=12, do_sample=False)[0, prompt["input_ids"].shape[1]:]
        expected.append({"loss": loss, "trained": int((whole["labels"] != -100).sum()), "generated": text.tolist()})
    return json.dumps(expected, indent=1) + "\n"


def save(base, model, words, images):
    model.save_pretrained(base)
    weights = base / "model.safetensors"
    save_file({key: value.bfloat16() for key, value in load_file(weights).items()}, weights, {"format": "pt"})  # no number changes
    words.save_pretrained(base)
    (base / "chat_template.jinja").unlink(missing_ok=True)
    config = json.loads((base / "tokenizer_config.json").read_text())
    template = {} if words.chat_template is None else {"chat_template": words.chat_template}
    (base / "tokenizer_config.json").write_text(json.dumps({**config, **template}, indent=1) + "\n")
    images.save_pretrained(base)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures = {"warm.png": drawn("warm.png", (250, 60, 30)), "cold.png": drawn("cold.png", (20, 80, 240))}
    (FOLDER / "rows.jsonl").write_text("".join(json.dumps({"messages": [
        {"role": "user", "content": [*[{"type": "image", "image": name} for name in shown], {"type": "text", "text": question}]},
        {"role": "assistant", "content": answer}]}) + "\n" for question, shown, answer in ROWS))

    words = tokenizer(chat_template=TEMPLATE, eos_token="<end_of_utterance>")
    model = smolvlm(words)
    images = Idefics3ImageProcessorPil(size={"longest_edge": 16}, max_image_size={"longest_edge": 8})
    processor = transformers.Idefics3Processor(images, words, image_seq_len=4, chat_template=TEMPLATE)
    (FOLDER / "expected.json").write_text(measured(model, smolvlm_inputs(processor), ROWS, pictures))
    save(FOLDER / "base", model, words, images)

    special = dict(special=["<bos>", "<eos>", "<image>"], bos_token="<bos>", eos_token="<eos>")
    words = tokenizer(**special)
    words._set_processor_class("PaliGemmaProcessor")
    model = paligemma(words)
    images = SiglipImageProcessorPil(size={"height": 8, "width": 8})
    images.image_seq_length = 16
    processor = transformers.PaliGemmaProcessor(images, tokenizer(**special))  # adds 1 152 tokens for positions to its tokenizer
    (FOLDER / "expected-paligemma.json").write_text(measured(model, paligemma_inputs(processor), ROWS[:2], pictures))
    save(FOLDER / "paligemma", model, words, images)


if __name__ == "__main__":
    main()
