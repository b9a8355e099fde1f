"""Makes fixtures/family-features with PEFT: modules of single families that the public set in fixtures/peft does not adapt.

make_family_features.py [FOLDER [CASE…]]
"""

from pathlib import Path

import torch
import transformers
from make_lora_features import lora, main, one_adapter, started


def vit():
    config = transformers.ViTConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=12, patch_size=4,
        num_channels=2, num_labels=4, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager")
    return started(transformers.ViTForImageClassification(config))


def masked(cls, config, **settings):
    return started(cls(config(
        vocab_size=80, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager", **settings)))


def bert(**settings):
    return masked(transformers.BertForMaskedLM, transformers.BertConfig, **settings)


def roberta(**settings):
    return masked(transformers.RobertaForMaskedLM, transformers.RobertaConfig, pad_token_id=1, **settings)


def images(model, rows=3):
    config = model.config
    pixels = torch.randn(rows, config.num_channels, config.image_size, config.image_size)
    return {"pixel_values": pixels, "labels": torch.randint(0, config.num_labels, (rows,))}


CASES = {
    "vit-patches": lambda folder: one_adapter(
        folder, vit(), lora(task_type=None, target_modules=["projection", "q_proj"], modules_to_save=["classifier"]),
        batch=images),
    "vit-patches-dora": lambda folder: one_adapter(
        folder, vit(), lora(task_type=None, target_modules=["projection", "fc1"], use_dora=True), batch=images),
    "bert-decoder-saved": lambda folder: one_adapter(folder, bert(), lora(task_type=None, modules_to_save=["decoder"])),
    "bert-untied-biases": lambda folder: one_adapter(
        folder, bert(tie_word_embeddings=False), lora(task_type=None, target_modules=["query", "decoder"], bias="all")),
    "roberta-head-saved": lambda folder: one_adapter(
        folder, roberta(tie_word_embeddings=False), lora(task_type=None, modules_to_save=["lm_head"])),
}

if __name__ == "__main__":
    main(CASES, Path(__file__).parents[2] / "fixtures" / "family-features")
