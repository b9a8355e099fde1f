"""Makes fixtures/vision-language with transformers: a SmolVLM, a PaliGemma 2 and a Qwen3-VL with random weights and a token for each character,
rows of messages with images, and for each row the loss on its answer and a greedy answer of its own.

make_vision_language.py

The template is SmolVLM's. Its images of 16 pixels a side become 2 x 2 tiles of 8 pixels and the whole as one more, four tokens each.
PaliGemma's have 8 pixels a side and 16 tokens, twice its window, and its processor reads no row without an image. Qwen3-VL's have any
size and a token for each 4 x 4 pixels; its settings of images are in one file, as transformers 5 saves a processor.
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
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
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
QWEN_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for content in message.content %}{% if content.type == 'image' or 'image' in content or 'image_url' in content %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in content %}{{ content.text }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
QWEN_SPECIAL = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
ROWS = [
    ("Which colour?", ["warm.png"], "red"),
    ("Which two?", ["cold.png", "warm.png"], "blue, red"),
    ("No image?", [], "none"),
]
ROW_OF_SIZES = ("Which is tall?", ["tall.png", "warm.png"], "green")


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


def qwen3_vl(words):
    ids = dict(zip(("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"), words.convert_tokens_to_ids(
        ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"])))
    text = dict(
        vocab_size=len(words), hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=16, max_position_embeddings=256, pad_token_id=0, eos_token_id=words.eos_token_id,
        rope_parameters=dict(rope_type="default", rope_theta=100.0, mrope_section=[4, 2, 2], mrope_interleaved=True))
    vision = dict(
        hidden_size=32, intermediate_size=48, depth=3, num_heads=2, patch_size=2, out_hidden_size=48, num_position_embeddings=16,
        deepstack_visual_indexes=[0])
    return started(transformers.Qwen3VLForConditionalGeneration(
        transformers.Qwen3VLConfig(text_config=text, vision_config=vision, attn_implementation="eager", **ids)))


def drawn(name, colour, size=(20, 12)):
    """One colour that grows lighter to the right, with a darker square."""
    image = Image.new("RGB", size)
    for x in range(size[0]):
        for y in range(size[1]):
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


def qwen3_vl_inputs(words, processor):
    """As Qwen3VLProcessor, which also needs a processor of videos."""
    image = words.convert_tokens_to_ids("<|image_pad|>")

    def encoded(turns, due, images):
        first, *others = words.apply_chat_template(turns, add_generation_prompt=due, tokenize=False).split("<|image_pad|>")
        given = processor(images, return_tensors="pt") if images else {}
        counts = [int(grid.prod()) // processor.merge_size ** 2 for grid in given.get("image_grid_thw", [])]
        text = first + "".join("<|image_pad|>" * count + piece for count, piece in zip(counts, others, strict=True))
        encoded = dict(words(text, return_tensors="pt", return_token_type_ids=False), **given)
        return dict(encoded, mm_token_type_ids=(encoded["input_ids"] == image).int())

    def inputs(question, images, answer):
        asked = [{"role": "user", "content": [*[{"type": "image"} for _ in images], {"type": "text", "text": question}]}]
        whole, prompt = encoded([*asked, {"role": "assistant", "content": answer}], False, images), encoded(asked, True, images)
        labels = whole["input_ids"].clone()
        labels[:, :prompt["input_ids"].shape[1]] = -100
        labels[:, -1] = -100  # the line break after the turn
        return dict(whole, labels=labels), prompt

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
    pictures = {"warm.png": drawn("warm.png", (250, 60, 30)), "cold.png": drawn("cold.png", (20, 80, 240)),
                "tall.png": drawn("tall.png", (40, 200, 90), (8, 22))}
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

    words = tokenizer(QWEN_SPECIAL, chat_template=QWEN_TEMPLATE, eos_token="<|im_end|>")
    model = qwen3_vl(words)
    images = Qwen2VLImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 400}, patch_size=2)
    expected = measured(model, qwen3_vl_inputs(words, images), [*ROWS, ROW_OF_SIZES], pictures)
    (FOLDER / "expected-qwen3-vl.json").write_text(expected)
    save(FOLDER / "qwen3-vl", model, words, images)
    settings = FOLDER / "qwen3-vl" / "preprocessor_config.json"
    settings.with_name("processor_config.json").write_text(
        json.dumps({"image_processor": json.loads(settings.read_text()), "processor_class": "Qwen3VLProcessor"}, indent=1) + "\n")
    settings.unlink()


if __name__ == "__main__":
    main()
