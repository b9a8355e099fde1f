"""Makes fixtures/family-features with PEFT: modules of single families that the public set in fixtures/peft does not adapt.

make_family_features.py [FOLDER [CASE…]]
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
from make_lora_features import lora, main, one_adapter, started
from safetensors.torch import save_file


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


class Experts(torch.nn.Module):
    is_transposed = True  # as transformers marks stacks stored (experts, in, out)

    def __init__(self, width, experts, hidden):
        super().__init__()
        self.experts = torch.nn.Parameter(torch.randn(experts, width, hidden) * 0.3)

    def forward(self, inputs, shares):
        return torch.einsum("be,beo->bo", shares, torch.einsum("bi,eio->beo", inputs, self.experts))


class ExpertNet(torch.nn.Module):
    """lin -> tanh -> experts, mixed by a soft gate -> tanh -> head."""

    def __init__(self, width=9, experts=3, hidden=7, classes=4):
        super().__init__()
        self.lin, self.gate = torch.nn.Linear(width, width), torch.nn.Linear(width, experts)
        self.mlp, self.head = Experts(width, experts, hidden), torch.nn.Linear(hidden, classes)

    def forward(self, features, labels=None):
        inputs = torch.tanh(self.lin(features))
        logits = self.head(torch.tanh(self.mlp(inputs, torch.softmax(self.gate(inputs), -1))))
        loss = None if labels is None else torch.nn.functional.cross_entropy(logits, labels)
        return SimpleNamespace(logits=logits, loss=loss)

    def save_pretrained(self, folder):
        folder.mkdir(parents=True)
        save_file({key: value.contiguous() for key, value in self.state_dict().items()}, folder / "model.safetensors")
        config = {"model_type": "fixture_expertnet", "is_transposed": True}
        (folder / "config.json").write_text(json.dumps(config) + "\n")


def vectors(model, rows=3):
    return {"features": torch.randn(rows, model.lin.in_features), "labels": torch.randint(0, 4, (rows,))}


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
    "experts-transposed": lambda folder: one_adapter(
        folder, ExpertNet(), lora(task_type=None, target_modules=["lin"], target_parameters=["mlp.experts"]),
        batch=vectors),
}

if __name__ == "__main__":
    main(CASES, Path(__file__).parents[2] / "fixtures" / "family-features")
