"""Makes fixtures/family-features with PEFT: modules of single families that the public set in fixtures/peft does not adapt.

make_family_features.py [FOLDER [CASE…]]
"""

import json
from pathlib import Path
from types import SimpleNamespace

import peft
import torch
import transformers
from make_lora_features import llama, lora, main, one_adapter, started
from safetensors.torch import load_file, save_file
from transformers.models.gemma3n import modeling_gemma3n


def vit(image_size=12, patch_size=4):
    config = transformers.ViTConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=image_size,
        patch_size=patch_size, num_channels=2, num_labels=4, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager")
    return started(transformers.ViTForImageClassification(config))


def vit_relative(name, **settings):
    config = getattr(transformers, f"{name}Config")(**{
        **dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, image_size=12, patch_size=4, num_channels=2,
               num_labels=4, attn_implementation="eager"),
        **({} if "mlp_ratio" in settings else {"intermediate_size": 40}), **settings})
    return started(getattr(transformers, f"{name}ForImageClassification")(config))


def swin():
    config = transformers.SwinConfig(
        embed_dim=12, depths=[2, 2], num_heads=[3, 4], window_size=3, mlp_ratio=2.0, image_size=20, patch_size=2,
        num_channels=2, num_labels=4, drop_path_rate=0.0, attn_implementation="eager")
    return started(transformers.SwinForImageClassification(config))


def pair(name, head="Model"):
    sizes = dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3)
    texts = dict(sizes, vocab_size=40, max_position_embeddings=12, eos_token_id=2)
    images = dict(sizes, image_size=12, patch_size=4, num_channels=2)
    config = getattr(transformers, f"{name}Config")(
        text_config=texts, vision_config=images, num_labels=4, attn_implementation="eager",
        **({"projection_dim": 16} if name == "CLIP" else {}))
    cls = getattr(transformers, f"{name}{head}")
    return started((matching(cls) if head == "Model" else cls)(config))


def matching(cls):
    """The model with a loss, whatever the labels: each text belongs to the image of its number."""
    def forward(self, labels=None, **inputs):
        return cls.forward(self, **inputs, return_loss=True)

    return type(cls.__name__, (cls,), {"forward": forward})


def masked(cls, config, num_hidden_layers=2, **settings):
    return started(cls(config(
        vocab_size=80, hidden_size=24, num_hidden_layers=num_hidden_layers, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager", **settings)))


def bert(**settings):
    return masked(transformers.BertForMaskedLM, transformers.BertConfig, **settings)


def roberta(**settings):
    return masked(transformers.RobertaForMaskedLM, transformers.RobertaConfig, pad_token_id=1, **settings)


def like_llama(name, head="CausalLM", **settings):
    config = getattr(transformers, f"{name}Config")(**{
        **dict(vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=4, num_attention_heads=4,
               num_key_value_heads=2, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2,
               attn_implementation="eager"), **settings})
    return started(getattr(transformers, f"{name}For{head}")(config))


def relative_of_roberta(name, head, **settings):
    cls, config = getattr(transformers, f"{name}For{head}"), getattr(transformers, f"{name}Config")
    return masked(cls, config, pad_token_id=1, type_vocab_size=1, **settings)


def padded_by_ones(model, rows=3, time=7):
    """RoBERTa's padding, whose id its positions count from."""
    ids = torch.randint(3, model.config.vocab_size, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, time - 2:] = 0
    ids[mask == 0] = 1
    labels = torch.randint(0, 3, (rows,)) if hasattr(model, "classifier") else ids.masked_fill(mask == 0, -100)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def electra(**settings):
    return masked(transformers.ElectraForMaskedLM, transformers.ElectraConfig, embedding_size=16, **settings)


def modernbert(head, **settings):
    """Local views of two to each side; padded texts longer than that."""
    config = transformers.ModernBertConfig(
        vocab_size=60, hidden_size=24, intermediate_size=32, num_hidden_layers=4, num_attention_heads=3,
        max_position_embeddings=32, local_attention=4, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1,
        sep_token_id=2, attn_implementation="eager", **settings)
    return started(getattr(transformers, f"ModernBertFor{head}")(config))


def albert(head, **settings):
    """One layer, passed through three times."""
    cls, config = getattr(transformers, f"AlbertFor{head}"), transformers.AlbertConfig
    return masked(cls, config, embedding_size=16, num_hidden_layers=3, classifier_dropout_prob=0.0, bos_token_id=1,
                  eos_token_id=2, **settings)


def deberta(head, **settings):
    cls, config = getattr(transformers, f"DebertaV2For{head}"), transformers.DebertaV2Config
    return masked(cls, config, relative_attention=True, position_buckets=4, pos_att_type=["p2c", "c2p"],
                  share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False, bos_token_id=1,
                  eos_token_id=2, **settings)


def gemma3(**settings):
    config = transformers.Gemma3TextConfig(
        vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8, sliding_window=4,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], max_position_embeddings=32,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager", **settings)
    return started(transformers.Gemma3ForCausalLM(config))


def mistral():
    config = transformers.MistralConfig(
        vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=4, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        attn_implementation="eager")
    return started(transformers.MistralForCausalLM(config))


def gpt2(**settings):
    config = transformers.GPT2Config(
        vocab_size=48, n_embd=24, n_head=3, n_layer=2, n_positions=16, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager", **settings)
    return started(transformers.GPT2LMHeadModel(config))


def gpt_neo(cls=transformers.GPTNeoForCausalLM, **settings):
    config = transformers.GPTNeoConfig(
        vocab_size=48, hidden_size=24, num_layers=2, num_heads=3, intermediate_size=32, max_position_embeddings=16,
        attention_types=[[["local", "global"], 1]], window_size=3, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        attn_implementation="eager", **settings)
    return started(cls(config))


def gpt_neox(**settings):
    config = transformers.GPTNeoXConfig(
        vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=16, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager", **settings)
    return started(transformers.GPTNeoXForCausalLM(config))


def gpt_bigcode(**settings):
    config = transformers.GPTBigCodeConfig(
        vocab_size=48, n_embd=24, n_head=3, n_layer=2, n_positions=16, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager", **settings)
    return started(transformers.GPTBigCodeForCausalLM(config))


def xglm():
    config = transformers.XGLMConfig(
        vocab_size=48, d_model=24, ffn_dim=32, num_layers=2, attention_heads=3, max_position_embeddings=16, dropout=0.0,
        attention_dropout=0.0, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
    return started(transformers.XGLMForCausalLM(config))


def exaone():
    config = transformers.ExaoneConfig(
        vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        attn_implementation="eager")
    return started(transformers.LlamaForCausalLM(config))


def mixture(name, **settings):
    return like_llama(name, **dict(dict(num_hidden_layers=2, num_experts_per_tok=2, num_local_experts=4), **settings))


def bloom(**settings):
    config = transformers.BloomConfig(
        vocab_size=48, hidden_size=24, n_layer=2, n_head=3, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        attn_implementation="eager", **settings)
    return started(transformers.BloomForCausalLM(config))


def opt(**settings):
    config = transformers.OPTConfig(
        vocab_size=48, hidden_size=24, ffn_dim=32, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=16, dropout=0.0, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        attn_implementation="eager", **{"word_embed_proj_dim": 24, **settings})
    return started(transformers.OPTForCausalLM(config))


def t5(name="T5", **settings):
    config = getattr(transformers, f"{name}Config")(
        vocab_size=48, d_model=24, d_kv=8, d_ff=32, num_layers=2, num_heads=3, dropout_rate=0.0,
        relative_attention_num_buckets=6, relative_attention_max_distance=8, decoder_start_token_id=0, pad_token_id=0,
        attn_implementation="eager", **settings)
    return started(getattr(transformers, f"{name}ForConditionalGeneration")(config))


def like_bart(name, head="ForConditionalGeneration", **settings):
    config = getattr(transformers, f"{name}Config")(**{
        **dict(vocab_size=48, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3,
               decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=28, max_position_embeddings=16, dropout=0.0,
               attention_dropout=0.0, encoder_layerdrop=0.0, decoder_layerdrop=0.0, scale_embedding=True, pad_token_id=1,
               bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None,
               attn_implementation="eager"), **settings})
    return started(getattr(transformers, f"{name}{head}")(config))


def whisper():
    # transformers asks the convolutions for their strides, which PEFT's layers do not hand on.
    peft.tuners.lora.layer.Conv1d.stride = property(lambda layer: layer.base_layer.stride)
    config = transformers.WhisperConfig(
        vocab_size=48, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=2,
        encoder_ffn_dim=32, decoder_ffn_dim=28, max_source_positions=6, max_target_positions=16, num_mel_bins=4, pad_token_id=0,
        bos_token_id=1, eos_token_id=2, decoder_start_token_id=3, begin_suppress_tokens=[5], attn_implementation="eager")
    return started(transformers.WhisperForConditionalGeneration(config))


def sounds(model, rows=3, time=5):
    labels = torch.randint(3, model.config.vocab_size, (rows, time))
    labels[2, time - 2:] = -100
    return {"input_features": torch.randn(rows, 4, 12),
            "decoder_input_ids": shifted(model, labels), "labels": labels}


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


class ConvNet(torch.nn.Module):
    """The net of fixtures/peft/convnet with another second layer, which the description tells."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv3 = torch.nn.Conv2d(2, 8, 3, padding=1), torch.nn.Conv2d(12, 6, 1)
        self.conv2 = torch.nn.Conv2d(8, 12, (3, 5), stride=(2, 1), padding=(1, 2), groups=2)
        self.fc = torch.nn.Linear(6, 3)

    def forward(self, pixel_values, labels=None):
        hidden = pixel_values
        for layer in (self.conv1, self.conv2, self.conv3):
            hidden = torch.nn.functional.gelu(layer(hidden))
        logits = self.fc(hidden.mean((2, 3)))
        loss = None if labels is None else torch.nn.functional.cross_entropy(logits, labels)
        return SimpleNamespace(logits=logits, loss=loss)

    def save_pretrained(self, folder):
        folder.mkdir(parents=True)
        save_file({key: value.contiguous() for key, value in self.state_dict().items()}, folder / "model.safetensors")
        doc = "conv1 3x3 s1 p1 -> gelu -> conv2 3x5 s2x1 p1x2 g2 -> gelu -> conv3 1x1 -> gelu -> mean over HxW -> fc"
        (folder / "config.json").write_text(json.dumps({"model_type": "fixture_convnet", "doc": doc}) + "\n")


def small_images(model, rows=3):
    return {"pixel_values": torch.randn(rows, 2, 7, 9), "labels": torch.randint(0, 3, (rows,))}


def vectors(model, rows=3):
    return {"features": torch.randn(rows, model.lin.in_features), "labels": torch.randint(0, 4, (rows,))}


def padded_left(model, rows=3, time=7):
    """transformers predicts the first token from the padding before it, and counts that in the loss."""
    ids = torch.randint(3, model.config.vocab_size, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, :2] = mask[2, :4] = 0
    ids[mask == 0] = 0
    return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, -100)}


def padded_either_way(model, rows=3, time=9):
    """As above, but the padding on the left has labels, too: each of its positions predicts from what little it sees."""
    ids = torch.randint(3, model.config.vocab_size, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, :5] = mask[2, 5:] = 0
    ids[mask == 0] = 0
    labels = ids.clone()
    labels[2, 5:] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def answers(model, rows=3, time=11):
    """Spans in texts with padding on the right: a start or an end is looked for in the padding, too."""
    ids = torch.randint(3, model.config.vocab_size, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, 8:] = mask[2, 4:] = 0
    ids[mask == 0] = 0
    return {"input_ids": ids, "attention_mask": mask,
            "start_positions": torch.tensor([2, 3, 1]), "end_positions": torch.tensor([5, 6, 3])}


def shifted(model, labels):
    """What a decoder reads: M2M-100 has no method for it."""
    if hasattr(model, "prepare_decoder_input_ids_from_labels"):
        return model.prepare_decoder_input_ids_from_labels(labels)
    from transformers.models.m2m_100.modeling_m2m_100 import shift_tokens_right
    return shift_tokens_right(labels, model.config.pad_token_id, model.config.decoder_start_token_id)


def translations(model, rows=3, time=7):
    ids, labels = (torch.randint(3, model.config.vocab_size, (rows, length)) for length in (time, time - 2))
    return {"input_ids": ids, "decoder_input_ids": shifted(model, labels), "labels": labels}


def padded_translations(model, rows=3, time=7):
    """Of two lengths on both sides."""
    ids, labels = (torch.randint(3, model.config.vocab_size, (rows, length)) for length in (time, time - 2))
    mask = torch.ones_like(ids)
    mask[1, time - 3:] = 0
    ids[mask == 0] = model.config.pad_token_id
    labels[2, time - 4:] = -100
    return {"input_ids": ids, "attention_mask": mask,
            "decoder_input_ids": shifted(model, labels), "labels": labels}


def images(model, rows=3):
    config = model.config
    size = config.image_size
    pixels = torch.randn(rows, config.num_channels, *(size if isinstance(size, (list, tuple)) else (size, size)))
    return {"pixel_values": pixels, "labels": torch.randint(0, config.num_labels, (rows,))}


def images_at(size):
    """Of another size than the configured one."""
    return lambda model, rows=3: {
        "pixel_values": torch.randn(rows, model.config.num_channels, size, size),
        "labels": torch.randint(0, model.config.num_labels, (rows,))}


def captioned_images(model, rows=3):
    return images(SimpleNamespace(config=SimpleNamespace(num_labels=4, **{
        key: getattr(model.config.vision_config, key) for key in ("image_size", "num_channels")})), rows)


def captions(model, rows=3, time=7):
    ids = torch.randint(3, 40, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, time - 2:] = 0
    ids[mask == 0] = 1
    return {"input_ids": ids, "attention_mask": mask, "pixel_values": captioned_images(model, rows)["pixel_values"],
            "labels": torch.arange(rows)}


def as_merged(expected, tensors):
    """PEFT looks the pair of OPT's positions up by the attention mask, which is what the module is called with, so that only
    its merged model computes what the pair says."""
    kept = {key: tensors[key] for key in ("input_ids", "attention_mask", "base.logits", "merged.logits")}
    return expected, {**kept, "adapter.logits": tensors["merged.logits"].clone()}


def without_labels(model):
    return {key: value for key, value in padded_left(model).items() if key != "labels"}


def with_first_configuration(folder, expected, tensors):
    """config.json as on the Hub, where it is that of NomicBERT's first program; transformers writes the tensors so, too."""
    path = folder / "base" / "config.json"
    config = json.loads(path.read_text())
    config = {
        "model_type": "nomic_bert", "architectures": ["NomicBertModel"], "activation_function": "swiglu",
        "n_embd": config["hidden_size"], "n_inner": config["intermediate_size"], "n_layer": config["num_hidden_layers"],
        "n_head": config["num_attention_heads"], "n_positions": config["max_position_embeddings"],
        "vocab_size": config["vocab_size"], "type_vocab_size": config["type_vocab_size"], "rotary_emb_base": 1000,
        "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "layer_norm_epsilon": config["layer_norm_eps"],
        "prenorm": False, "causal": False, "qkv_proj_bias": False, "mlp_fc1_bias": False, "mlp_fc2_bias": False,
        "parallel_block": False, "use_rms_norm": False, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
    path.write_text(json.dumps(config, indent=2) + "\n")
    return expected, tensors


def with_old_rotation(folder, expected, tensors):
    """The rotation in config.json as transformers 4 wrote it."""
    path = folder / "base" / "config.json"
    config = json.loads(path.read_text())
    rotation = config.pop("rope_parameters")
    config.update(rope_theta=rotation.pop("rope_theta"), rope_scaling=rotation)
    path.write_text(json.dumps(config, indent=2) + "\n")
    return expected, tensors


def gemma3_with_images():
    texts = dict(vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4,
                 num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8, sliding_window=4,
                 layer_types=["sliding_attention", "full_attention", "sliding_attention"], max_position_embeddings=32)
    images = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)
    config = transformers.Gemma3Config(
        text_config=texts, vision_config=images, mm_tokens_per_image=4, image_token_index=47, boi_token_index=46,
        eoi_token_index=45, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
    return started(transformers.Gemma3ForConditionalGeneration(config))


TOWER = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=2)


def idefics3(name, **settings):
    """Four tokens for each image. All images of a batch may be in its first row: here they come without the axis of rows."""
    config = getattr(transformers, f"{name}Config")(
        text_config=llama(2).config.to_dict(), vision_config=TOWER, image_token_id=47, scale_factor=2,
        attn_implementation="eager", **settings)
    cls = getattr(transformers, f"{name}ForConditionalGeneration")

    def forward(self, pixel_values=None, **inputs):
        return cls.forward(self, pixel_values=pixel_values[None], **inputs)

    return started(type(cls.__name__, (cls,), {"forward": forward})(config))


def of_pictures(model, tokens=4):
    """A row with two images, a shorter one with one, and one of text alone."""
    ids = torch.randint(3, 44, (3, 13))
    for row, start in ((0, 1), (0, 6), (1, 2)):
        ids[row, start:start + tokens] = 47
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    ids[mask == 0] = 0
    labels = ids.masked_fill((mask == 0) | (ids == 47), -100)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "pixel_values": torch.randn(3, 3, 8, 8)}


def gemma3_with_tower():
    texts = gemma3_with_images().config.text_config.to_dict()
    config = transformers.Gemma3Config(
        text_config=texts, vision_config=dict(TOWER, vision_use_head=False, layer_norm_eps=1e-3), mm_tokens_per_image=4,
        image_token_index=47, boi_token_index=46, eoi_token_index=45, pad_token_id=0, attn_implementation="eager")
    return started(transformers.Gemma3ForConditionalGeneration(config))


def paligemma(name, **settings):
    texts = dict(model_type=name, vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
                 num_key_value_heads=1, head_dim=6, max_position_embeddings=32, **settings)
    images = dict(TOWER, model_type="siglip_vision_model", num_hidden_layers=1, patch_size=4, vision_use_head=False)
    config = transformers.PaliGemmaConfig(
        text_config=texts, vision_config=images, projection_dim=24, image_token_index=47, pad_token_id=0, attn_implementation="eager")
    return started(transformers.PaliGemmaForConditionalGeneration(config))


def of_answers(model, prompts=((11,), (7,), (5,))):
    """Prompts with images, of these lengths, and the rest of each row as its answer."""
    batch = of_pictures(model)
    types = (torch.arange(batch["input_ids"].shape[1]) >= torch.tensor(prompts)).long()
    return dict(batch, token_type_ids=types, labels=batch["labels"].masked_fill(types == 0, -100))


def with_types(batch):
    return dict(batch, token_type_ids=(batch["input_ids"] == 47).long())


GRIDS = torch.tensor([[2, 2], [1, 3], [3, 2]])  # of tokens, in two rows of a batch; the second image is wider, the third higher


def squares_as_patches(cls):
    """Squares of pixels, which are our input, as patches of two equal frames."""
    def forward(self, pixel_values=None, image_grids=None, **inputs):
        if pixel_values is not None:
            vision = self.config.vision_config
            side, patch = vision.spatial_merge_size, vision.patch_size
            cells = pixel_values.reshape(-1, 3, side, patch, side, patch).permute(0, 2, 4, 1, 3, 5)
            pixel_values = cells.unsqueeze(4).expand(-1, -1, -1, -1, 2, -1, -1).reshape(-1, 3 * 2 * patch ** 2)
            inputs.update(image_grid_thw=torch.tensor([[1, side * rows, side * columns] for rows, columns in image_grids.tolist()]),
                          mm_token_type_ids=(inputs["input_ids"] == self.config.image_token_id).int())
        return cls.forward(self, pixel_values=pixel_values, **inputs)

    return type(cls.__name__, (cls,), {"forward": forward})


def qwen3_vl(**settings):
    texts = dict(vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
                 head_dim=16, max_position_embeddings=64, pad_token_id=0,
                 rope_parameters=dict(rope_type="default", rope_theta=100.0, mrope_section=[4, 2, 2], mrope_interleaved=True))
    images = dict(hidden_size=16, intermediate_size=20, depth=4, num_heads=2, patch_size=2, out_hidden_size=24,
                  num_position_embeddings=25, deepstack_visual_indexes=[0, 2])
    config = transformers.Qwen3VLConfig(
        text_config=texts, vision_config=images, image_token_id=47, video_token_id=46, vision_start_token_id=45, vision_end_token_id=44,
        attn_implementation="eager", **settings)
    return started(squares_as_patches(transformers.Qwen3VLForConditionalGeneration)(config))


def of_grids(model):
    """A row with two images, a shorter one with one, and one of text alone."""
    ids = torch.randint(3, 44, (3, 13))
    for row, start, tokens in ((0, 1, 4), (0, 7, 3), (1, 2, 6)):
        ids[row, start:start + tokens] = 47
    mask = torch.ones_like(ids)
    mask[1, 11:] = 0
    ids[mask == 0] = 0
    labels = ids.masked_fill((mask == 0) | (ids == 47), -100)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "pixel_values": torch.randn(13, 3, 4, 4), "image_grids": GRIDS}


# What is read may be next to nothing, and its norm divides by that: an epsilon that is not makes rounding stay rounding.
MEMORIES = dict(head_dim=8, rms_norm_eps=0.1, linear_key_head_dim=6, linear_value_head_dim=5, linear_num_key_heads=2, linear_num_value_heads=4,
                rope_parameters=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.5, mrope_section=[1, 1, 0]))


def qwen3_5(head="ForCausalLM", name="Qwen3_5", config="Qwen3_5TextConfig", **settings):
    config = getattr(transformers, config)(**{
        **dict(vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
               max_position_embeddings=256, pad_token_id=0, bos_token_id=1, eos_token_id=2, full_attention_interval=2,
               attn_implementation="eager"), **MEMORIES, **settings})
    return started(getattr(transformers, f"{name}{head}")(config))


# A rotating part of each head, and narrow states.
LATENT = dict(q_lora_rank=10, kv_lora_rank=12, qk_rope_head_dim=6, qk_nope_head_dim=5, v_head_dim=7, num_key_value_heads=4,
              rope_parameters=dict(rope_type="yarn", rope_theta=100.0, factor=4.0, original_max_position_embeddings=16, beta_fast=4.0,
                                   beta_slow=0.5, mscale=1.0, mscale_all_dim=0.8))


def grouped_mixture(name, **settings):
    """Two of three groups of experts are chosen from, with a bias that transformers begins with 0."""
    model = like_llama(name, **{**dict(num_hidden_layers=3, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=20,
                                       n_shared_experts=2, first_k_dense_replace=1, n_group=3, topk_group=2, routed_scaling_factor=1.5),
                                **settings})
    for layer in model.model.layers[1:]:
        layer.mlp.gate.e_score_correction_bias.copy_(torch.linspace(-0.2, 0.2, 6))
    return model


# Queries grow from position 32 on, so these texts do not show it.
GROWING = dict(rope_type="yarn", rope_theta=100.0, factor=4.0, original_max_position_embeddings=32, max_position_embeddings=128,
               beta_fast=4.0, beta_slow=0.5, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.1)


def mistral3_with_images():
    texts = like_llama("Ministral3", head_dim=8, rope_parameters=GROWING).config.to_dict()
    images = dict(model_type="pixtral", hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, head_dim=8)
    config = transformers.Mistral3Config(text_config=texts, vision_config=images, image_token_index=47, pad_token_id=0,
                                         tie_word_embeddings=False, attn_implementation="eager")
    return started(transformers.Mistral3ForConditionalGeneration(config))


def gemma4(**settings):
    """Of five layers the last two use keys and values of others."""
    settings = {**dict(rms_norm_eps=0.1, global_head_dim=12, head_dim=8, hidden_size_per_layer_input=6, vocab_size_per_layer_input=48, num_kv_shared_layers=2,
                       num_hidden_layers=5, sliding_window=3, layer_types=["sliding_attention", "full_attention"] * 2 + ["full_attention"]),
                **settings}
    sizes = dict(vocab_size=48, hidden_size=24, intermediate_size=32, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32,
                 pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
    return scaled_layers(started(transformers.Gemma4ForCausalLM(transformers.Gemma4TextConfig(**sizes, **settings))))


def scaled_layers(model):
    """With a factor of its own for each layer, which transformers begins with 1."""
    for number, layer in enumerate(getattr(model.model, "language_model", model.model).layers):
        layer.layer_scalar.fill_(0.7 + 0.1 * number)
    return model


def gemma4_with_images():
    images = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8)
    config = transformers.Gemma4Config(text_config=gemma4().config.to_dict(), vision_config=images, image_token_id=47, video_token_id=46,
                                       audio_token_id=45, boi_token_id=44, eoi_token_id=44, attn_implementation="eager")
    return scaled_layers(started(transformers.Gemma4ForConditionalGeneration(config)))


def gemma3n(**settings):
    """As gemma4, with three streams and sparse gates in two layers; the last ids have no rows in the second table."""
    settings = {**dict(rms_norm_eps=0.1, head_dim=8, hidden_size_per_layer_input=6, vocab_size_per_layer_input=40, num_kv_shared_layers=2,
                       num_hidden_layers=5, sliding_window=3, layer_types=["sliding_attention", "full_attention"] * 2 + ["full_attention"],
                       altup_num_inputs=3, laurel_rank=5, activation_sparsity_pattern=[0.4, 0.0, 0.2, 0.0, 0.0], vocab_size=48, hidden_size=24,
                       intermediate_size=32, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32, pad_token_id=0,
                       bos_token_id=1, eos_token_id=2, attn_implementation="eager"), **settings}
    return started(transformers.Gemma3nForCausalLM(transformers.Gemma3nTextConfig(**settings)))


def gemma3n_with_images():
    """Without the encoder of images, which is in timm."""
    modeling_gemma3n.AutoModel = SimpleNamespace(
        from_config=lambda config: torch.nn.Identity() if config.model_type == "gemma3n_vision" else transformers.AutoModel.from_config(config))
    config = transformers.Gemma3nConfig(
        text_config=gemma3n().config.to_dict(), vision_config=dict(hidden_size=16, vocab_size=4, vocab_offset=48), attn_implementation="eager",
        audio_config=dict(hidden_size=16, conf_num_attention_heads=2, conf_num_hidden_layers=1, sscp_conv_channel_size=[4, 2], vocab_size=4,
                          vocab_offset=52))
    return started(transformers.Gemma3nForConditionalGeneration(config))


MIXTURE = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=20, shared_expert_intermediate_size=28)


def qwen3_next(**settings):
    return qwen3_5(name="Qwen3Next", config="Qwen3NextConfig", **MIXTURE, **settings)


def qwen3_5_moe(**settings):
    return qwen3_5(name="Qwen3_5Moe", config="Qwen3_5MoeTextConfig", intermediate_size=None, **MIXTURE, **settings)


# Twice the width, in six heads; two chunks of three tokens and more.
MAMBA = dict(rms_norm_eps=0.1, mamba_n_heads=6, mamba_d_head=8, mamba_n_groups=2, mamba_d_state=5, mamba_d_conv=3, mamba_chunk_size=3,
             max_position_embeddings=256, num_hidden_layers=3)


def granite_hybrid(**settings):
    return like_llama("GraniteMoeHybrid", **{
        **MAMBA, **dict(layer_types=["linear_attention", "full_attention", "linear_attention"], intermediate_size=20,
                        shared_intermediate_size=28, num_local_experts=4, embedding_multiplier=1.5, attention_multiplier=0.4,
                        residual_multiplier=0.6, logits_scaling=1.7), **settings})


def cohere2_moe(**settings):
    """In two of five layers a plain feed-forward."""
    return like_llama("Cohere2Moe", **{
        **dict(num_hidden_layers=5, head_dim=6, sliding_window=3, sliding_window_pattern=2, logit_scale=0.4, num_experts=4,
               num_experts_per_tok=2, num_shared_experts=2, first_k_dense_replace=2, prefix_dense_intermediate_size=20), **settings})


def falcon_h1(**settings):
    return like_llama("FalconH1", **{
        **MAMBA, **dict(embedding_multiplier=1.5, lm_head_multiplier=0.7, key_multiplier=0.8, attention_in_multiplier=1.2,
                        attention_out_multiplier=0.9, ssm_in_multiplier=1.3, ssm_out_multiplier=0.6, mlp_multipliers=[1.4, 0.7],
                        ssm_multipliers=[0.9, 1.1, 1.2, 0.8, 1.3], mamba_d_ssm=48), **settings})


def qwen3_5_with_images(name="Qwen3_5", texts=qwen3_5):
    texts = texts().config.to_dict()
    images = dict(hidden_size=16, intermediate_size=20, depth=1, num_heads=2, out_hidden_size=24, num_position_embeddings=16, patch_size=4)
    config = getattr(transformers, f"{name}Config")(text_config=texts, vision_config=images, image_token_id=47, video_token_id=46,
                                        vision_start_token_id=45, vision_end_token_id=44, pad_token_id=0, attn_implementation="eager")
    return started(getattr(transformers, f"{name}ForConditionalGeneration")(config))


def of_long_texts(model):
    """Longer than two of the chunks that a memory is computed by."""
    ids = torch.randint(3, model.config.vocab_size, (2, 140))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids.clone()}


def of_classes(model, rows=3, time=7):
    ids = torch.randint(3, model.config.vocab_size, (rows, time))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.randint(0, 3, (rows,))}


def of_texts(model, rows=3, time=9):
    """Training asks for types of tokens, to tell images by."""
    ids = torch.randint(3, 44, (rows, time))
    mask = torch.ones_like(ids)
    mask[1, time - 2:] = 0
    ids[mask == 0] = 0
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids),
            "labels": ids.masked_fill(mask == 0, -100)}


def under_own_names(folder, expected, tensors):
    """The base's file with the modules' names, not those of transformers 4, which transformers 5 goes on writing."""
    path = folder / "base" / "model.safetensors"
    rename = lambda key: "model." + key.replace("language_model.model.", "language_model.")
    save_file({rename(key): value for key, value in load_file(path).items()}, path, {"format": "pt"})
    return expected, tensors


def before_moving(folder, expected, tensors):
    """The adapter's tensors under the names of before transformers 4.52."""
    path = folder / "adapter" / "adapter_model.safetensors"
    rename = lambda key: key.replace("base_model.model.model.language_model.", "base_model.model.language_model.model.")
    save_file({rename(key): value for key, value in load_file(path).items()}, path, {"format": "pt"})
    return expected, tensors


CASES = {
    "vit-patches": lambda folder: one_adapter(
        folder, vit(), lora(task_type=None, target_modules=["projection", "q_proj"], modules_to_save=["classifier"]),
        batch=images),
    "vit-patches-dora": lambda folder: one_adapter(
        folder, vit(), lora(task_type=None, target_modules=["projection", "fc1"], use_dora=True), batch=images),
    "deit": lambda folder: one_adapter(
        folder, vit_relative("DeiT"), lora(task_type=None, target_modules=["q_proj", "v_proj"], modules_to_save=["classifier"]),
        batch=images),
    "dinov2": lambda folder: one_adapter(
        folder, vit_relative("Dinov2", mlp_ratio=2, image_size=12),
        lora(task_type=None, target_modules=["q_proj", "v_proj", "fc1"], modules_to_save=["classifier"]), batch=images_at(20)),
    "dinov2-registers": lambda folder: one_adapter(
        folder, vit_relative("Dinov2WithRegisters", mlp_ratio=2, image_size=20),
        lora(task_type=None, target_modules=["projection", "fc2", "o_proj"], modules_to_save=["classifier"]),
        batch=images_at(12)),
    "swin": lambda folder: one_adapter(
        folder, swin(), lora(task_type=None, target_modules=["q_proj", "v_proj", "reduction", "projection"],
                             modules_to_save=["classifier"]), batch=images),
    "swin-biases": lambda folder: one_adapter(
        folder, swin(), lora(task_type=None, target_modules=["fc1"], modules_to_save=["relative_position_bias"]),
        batch=images),
    "clip": lambda folder: one_adapter(
        folder, pair("CLIP"), lora(task_type=None, target_modules=["q_proj", "v_proj"]), batch=captions),
    "clip-projections": lambda folder: one_adapter(
        folder, pair("CLIP"),
        lora(task_type=None, target_modules=["visual_projection", "text_projection", "position_embedding", "patch_embedding"]),
        batch=captions),
    "clip-classifier": lambda folder: one_adapter(
        folder, pair("CLIP", "ForImageClassification"),
        lora(task_type=None, target_modules=["q_proj", "v_proj"], modules_to_save=["classifier"]), batch=captioned_images),
    "siglip": lambda folder: one_adapter(
        folder, pair("Siglip"), lora(task_type=None, target_modules=["q_proj", "v_proj", "fc1"]), batch=captions),
    "siglip-classifier": lambda folder: one_adapter(
        folder, pair("Siglip", "ForImageClassification"),
        lora(task_type=None, target_modules=["q_proj", "v_proj"], modules_to_save=["classifier"]), batch=captioned_images),
    "bert-decoder-saved": lambda folder: one_adapter(folder, bert(), lora(task_type=None, modules_to_save=["decoder"])),
    "bert-untied-biases": lambda folder: one_adapter(
        folder, bert(tie_word_embeddings=False), lora(task_type=None, target_modules=["query", "decoder"], bias="all")),
    "roberta-head-saved": lambda folder: one_adapter(
        folder, roberta(tie_word_embeddings=False), lora(task_type=None, modules_to_save=["lm_head"])),
    "experts-transposed": lambda folder: one_adapter(
        folder, ExpertNet(), lora(task_type=None, target_modules=["lin"], target_parameters=["mlp.experts"]),
        batch=vectors),
    "conv-groups": lambda folder: one_adapter(
        folder, ConvNet(), lora(task_type=None, r=4, target_modules=["conv1", "conv2", "conv3"], modules_to_save=["fc"]),
        merges=False, batch=small_images),
    "left-padding": lambda folder: one_adapter(
        folder, mistral(), lora(target_modules=["q_proj", "v_proj"]), batch=padded_left),
    "t5-biases": lambda folder: one_adapter(
        folder, t5(), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q", "wo"], bias="all"), batch=translations),
    "mt5": lambda folder: one_adapter(
        folder, t5("MT5"), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q", "v", "wi_0"]), batch=padded_translations),
    "umt5": lambda folder: one_adapter(
        folder, t5("UMT5"), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q", "v", "relative_attention_bias"]),
        batch=padded_translations),
    "mbart": lambda folder: one_adapter(
        folder, like_bart("MBart"), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q_proj", "v_proj", "fc1"]),
        batch=padded_translations),
    "mbart-tables": lambda folder: one_adapter(
        folder, like_bart("MBart", tie_word_embeddings=False),
        lora(task_type="SEQ_2_SEQ_LM", target_modules=["k_proj", "embed_tokens", "lm_head"]), batch=padded_translations,
        trains=False),
    "marian": lambda folder: one_adapter(
        folder, like_bart("Marian", "MTModel", pad_token_id=47, decoder_start_token_id=47, activation_function="swish"),
        lora(task_type="SEQ_2_SEQ_LM", target_modules=["q_proj", "v_proj", "out_proj"]), batch=padded_translations),
    "pegasus": lambda folder: one_adapter(
        folder, like_bart("Pegasus", pad_token_id=0, decoder_start_token_id=0, activation_function="relu"),
        lora(task_type="SEQ_2_SEQ_LM", target_modules=["q_proj", "v_proj", "fc2"], use_dora=True),
        batch=padded_translations),
    "m2m-100": lambda folder: one_adapter(
        folder, like_bart("M2M100"), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q_proj", "v_proj", "fc1"]),
        batch=padded_translations),
    "whisper": lambda folder: one_adapter(
        folder, whisper(), lora(task_type=None, target_modules=["q_proj", "v_proj"]), batch=sounds),
    "whisper-convolutions": lambda folder: one_adapter(
        folder, whisper(), lora(task_type=None, target_modules=["conv1", "conv2", "fc1", "k_proj"]), batch=sounds),
    "gpt2-scores": lambda folder: one_adapter(
        folder, gpt2(scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False, activation_function="quick_gelu"),
        lora(target_modules=["c_attn", "c_fc"]), trains=False),
    "bloom-after-norm": lambda folder: one_adapter(
        folder, bloom(apply_residual_connection_post_layernorm=True), lora(target_modules=["query_key_value", "dense"]),
        trains=False),
    "opt-no-last-norm": lambda folder: one_adapter(
        folder, opt(_remove_final_layer_norm=True, activation_function="relu2"),
        lora(target_modules=["v_proj", "fc1"]), trains=False),
    "bert-tied-biases": lambda folder: one_adapter(
        folder, bert(), lora(task_type=None, target_modules=["query"], bias="all"), trains=False),
    "bert-tied-lora-bias": lambda folder: one_adapter(
        folder, bert(), lora(task_type=None, target_modules=["decoder", "dense"], lora_bias=True), trains=False),
    "gpt-neo-padding": lambda folder: one_adapter(
        folder, gpt_neo(), lora(target_modules=["q_proj", "v_proj"]), batch=padded_either_way),
    "gpt-neo-answers": lambda folder: one_adapter(
        folder, gpt_neo(transformers.GPTNeoForQuestionAnswering),
        lora(task_type="QUESTION_ANS", target_modules=["q_proj", "k_proj"]), batch=answers),
    "gpt-neox-odd-rotation": lambda folder: one_adapter(
        folder, gpt_neox(rotary_pct=0.64), lora(target_modules=["query_key_value"])),
    "opt-plain-norms": lambda folder: one_adapter(
        folder, opt(layer_norm_elementwise_affine=False, activation_function="mish"),
        lora(target_modules=["v_proj", "fc1"]), trains=False),
    "vit-rectangles": lambda folder: one_adapter(
        folder, vit(image_size=[12, 20], patch_size=[4, 5]),
        lora(task_type=None, target_modules=["projection", "q_proj"]), batch=images, trains=False),
    "gemma3-both-ways": lambda folder: one_adapter(
        folder, gemma3(use_bidirectional_attention=True), lora(target_modules=["q_proj", "down_proj"]), trains=False),
    "gemma3-padded-both-ways": lambda folder: one_adapter(
        folder, gemma3(use_bidirectional_attention=True), lora(target_modules=["k_proj"]), batch=padded_either_way,
        trains=False),
    "bert-decoder": lambda folder: one_adapter(
        folder, bert(is_decoder=True), lora(task_type=None, target_modules=["query", "dense"]), trains=False),
    "roberta-decoder": lambda folder: one_adapter(
        folder, roberta(is_decoder=True), lora(task_type=None, target_modules=["value"]), trains=False),
    "electra-decoder": lambda folder: one_adapter(
        folder, electra(is_decoder=True), lora(task_type=None, target_modules=["value"]), trains=False),
    "gemma3-replicated": lambda folder: one_adapter(
        folder, gemma3(), lora(target_modules=["q_proj", "down_proj"], layer_replication=[[1, 3], [0, 1]]),
        merges=False, trains=False),
    "mistral-replicated": lambda folder: one_adapter(
        folder, mistral(), lora(target_modules=["q_proj", "down_proj"], layer_replication=[[0, 2], [1, 2]]),
        merges=False, trains=False),
    "opt-positions": lambda folder: as_merged(*one_adapter(
        folder, opt(), lora(target_modules=["q_proj", "embed_positions"]), trains=False)),
    "xlm-roberta-mlm": lambda folder: one_adapter(
        folder, relative_of_roberta("XLMRoberta", "MaskedLM"), lora(task_type=None), batch=padded_by_ones),
    "xlm-roberta-classifier": lambda folder: one_adapter(
        folder, relative_of_roberta("XLMRoberta", "SequenceClassification", num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["query", "value", "dense"]), batch=padded_by_ones),
    "camembert-mlm": lambda folder: one_adapter(
        folder, relative_of_roberta("Camembert", "MaskedLM"), lora(task_type=None, target_modules=["query", "value"]),
        batch=padded_by_ones, trains=False),
    "camembert-classifier": lambda folder: one_adapter(
        folder, relative_of_roberta("Camembert", "SequenceClassification", num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["query", "value"]), batch=padded_by_ones),
    "granite": lambda folder: one_adapter(
        folder, like_llama("Granite", embedding_multiplier=3.0, attention_multiplier=0.4, residual_multiplier=0.6,
                           logits_scaling=1.7, tie_word_embeddings=True),
        lora(target_modules=["q_proj", "v_proj", "down_proj", "embed_tokens"])),
    "granite-head": lambda folder: one_adapter(
        folder, like_llama("Granite", embedding_multiplier=3.0, residual_multiplier=0.6, logits_scaling=1.7),
        lora(target_modules=["o_proj", "lm_head"], use_dora=True), batch=padded_left),
    "ministral": lambda folder: one_adapter(
        folder, like_llama("Ministral", head_dim=8, sliding_window=3, layer_types=["full_attention", "sliding_attention"] * 2),
        lora(target_modules=["q_proj", "v_proj"])),
    "smollm3": lambda folder: one_adapter(
        folder, like_llama("SmolLM3"), lora(target_modules=["q_proj", "k_proj", "up_proj"]), batch=padded_left),
    "smollm3-replicated": lambda folder: one_adapter(
        folder, like_llama("SmolLM3"), lora(target_modules=["q_proj"], layer_replication=[[1, 4], [0, 1]]),
        merges=False, trains=False),
    "cohere2-replicated": lambda folder: one_adapter(
        folder, like_llama("Cohere2", sliding_window=3, logit_scale=0.4),
        lora(target_modules=["q_proj"], layer_replication=[[1, 4], [0, 1]]), merges=False, trains=False),
    "olmo": lambda folder: one_adapter(
        folder, like_llama("Olmo"), lora(target_modules=["q_proj", "v_proj", "gate_proj"])),
    "cohere2": lambda folder: one_adapter(
        folder, like_llama("Cohere2", sliding_window=3, logit_scale=0.4),
        lora(target_modules=["q_proj", "v_proj"], modules_to_save=["norm"]), batch=padded_left),
    "glm4": lambda folder: one_adapter(
        folder, like_llama("Glm4", head_dim=8), lora(target_modules=["q_proj", "v_proj", "gate_up_proj"])),
    "exaone4": lambda folder: one_adapter(
        folder, like_llama("Exaone4", sliding_window=3), lora(target_modules=["q_proj", "v_proj"]), batch=padded_left),
    "olmo3": lambda folder: one_adapter(
        folder, like_llama("Olmo3", sliding_window=3), lora(target_modules=["q_proj", "v_proj", "up_proj"])),
    "hyperclovax": lambda folder: one_adapter(
        folder, like_llama("HyperCLOVAX", embedding_multiplier=3.0, attention_multiplier=0.4, residual_multiplier=0.6,
                           logits_scaling=0.7),
        lora(target_modules=["q_proj", "v_proj", "down_proj"]), batch=padded_left),
    "exaone": lambda folder: one_adapter(
        folder, exaone(), lora(target_modules=["q_proj", "v_proj", "gate_proj"])),
    "gpt-bigcode": lambda folder: one_adapter(
        folder, gpt_bigcode(), lora(target_modules=["c_attn", "c_proj"])),
    "gpt-bigcode-by-head": lambda folder: one_adapter(
        folder, gpt_bigcode(multi_query=False), lora(target_modules=["c_attn", "c_fc"]), batch=padded_left),
    "xglm": lambda folder: one_adapter(
        folder, xglm(), lora(target_modules=["q_proj", "fc1", "embed_tokens"])),
    "mixtral": lambda folder: one_adapter(
        folder, mixture("Mixtral", sliding_window=3), lora(target_modules=["q_proj", "v_proj"]), batch=padded_left),
    "mixtral-experts": lambda folder: one_adapter(
        folder, mixture("Mixtral"), lora(target_modules=["q_proj"], target_parameters=["mlp.experts.gate_up_proj",
                                                                               "mlp.experts.down_proj"])),
    "mixtral-router": lambda folder: one_adapter(
        folder, mixture("Mixtral"), lora(target_modules=[], target_parameters=["mlp.gate.weight", "experts.down_proj"])),
    "qwen2-moe": lambda folder: one_adapter(
        folder, mixture("Qwen2Moe", num_experts=4, moe_intermediate_size=20, shared_expert_intermediate_size=28),
        lora(target_modules=["q_proj", "up_proj", "shared_expert_gate"], target_parameters=["experts.gate_up_proj"])),
    "qwen3-moe": lambda folder: one_adapter(
        folder, mixture("Qwen3Moe", num_experts=4, moe_intermediate_size=20, head_dim=8, norm_topk_prob=True),
        lora(target_modules=["k_proj"], target_parameters=["experts.down_proj"])),
    "gpt-oss": lambda folder: one_adapter(
        folder, mixture("GptOss", head_dim=8, sliding_window=3), lora(target_modules=["q_proj", "o_proj"]), batch=padded_left),
    "gpt-oss-experts": lambda folder: one_adapter(
        folder, mixture("GptOss", head_dim=8, sliding_window=3),
        lora(target_modules=["q_proj"], target_parameters=["experts.gate_up_proj", "experts.down_proj"])),
    "exaone4-answers": lambda folder: one_adapter(
        folder, like_llama("Exaone4", "QuestionAnswering", sliding_window=None, layer_types=["full_attention"] * 4),
        lora(task_type="QUESTION_ANS", target_modules=["q_proj", "k_proj"]), batch=answers),
    "modernbert-mlm": lambda folder: one_adapter(
        folder, modernbert("MaskedLM"), lora(task_type=None, target_modules=["Wqkv", "Wi", "tok_embeddings"])),
    "modernbert-classifier": lambda folder: one_adapter(
        folder, modernbert("SequenceClassification", classifier_pooling="mean", num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["Wqkv", "Wo"], use_dora=True)),
    "modernbert-answers": lambda folder: one_adapter(
        folder, modernbert("QuestionAnswering"), lora(task_type="QUESTION_ANS", target_modules=["attn.Wo", "dense"]),
        batch=answers),
    "mpnet-mlm": lambda folder: one_adapter(
        folder, masked(transformers.MPNetForMaskedLM, transformers.MPNetConfig),
        lora(task_type=None, target_modules=["q", "v", "relative_attention_bias"]), batch=padded_by_ones),
    "mpnet-classifier": lambda folder: one_adapter(
        folder, masked(transformers.MPNetForSequenceClassification, transformers.MPNetConfig, num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["q", "o", "intermediate.dense"]), batch=padded_by_ones),
    "albert-mlm": lambda folder: one_adapter(
        folder, albert("MaskedLM"), lora(task_type=None, target_modules=["query", "value", "ffn"])),
    "albert-classifier": lambda folder: one_adapter(
        folder, albert("SequenceClassification", num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["query", "value"], use_dora=True, bias="lora_only")),
    "deberta-v2-mlm": lambda folder: one_adapter(
        folder, deberta("MaskedLM"), lora(task_type=None, target_modules=["query_proj", "key_proj", "word_embeddings"])),
    "deberta-v2-classifier": lambda folder: one_adapter(
        folder, deberta("SequenceClassification", num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["query_proj", "value_proj"], use_dora=True, bias="all")),
    "deberta-v2-answers": lambda folder: one_adapter(
        folder, deberta("QuestionAnswering"), lora(task_type="QUESTION_ANS", target_modules=["query_proj", "value_proj"]),
        batch=answers),
    "mpnet-head-and-rows": lambda folder: one_adapter(
        folder, masked(transformers.MPNetForMaskedLM, transformers.MPNetConfig),
        lora(task_type=None, target_modules=["q", "decoder"], trainable_token_indices=[3, 5], bias="all"),
        batch=padded_by_ones, tables=True, merges=False, trains=False),
    "mixtral-balanced": lambda folder: one_adapter(
        folder, mixture("Mixtral", output_router_logits=True, router_aux_loss_coef=0.5),
        lora(target_modules=["q_proj", "o_proj"], target_parameters=["mlp.gate.weight"])),
    "gpt-oss-balanced": lambda folder: one_adapter(
        folder, mixture("GptOss", head_dim=8, sliding_window=3, output_router_logits=True),
        lora(target_modules=["q_proj"]), batch=padded_left),
    "qwen2-moe-mixed": lambda folder: one_adapter(
        folder, mixture("Qwen2Moe", num_experts=4, moe_intermediate_size=20, shared_expert_intermediate_size=28,
                        num_hidden_layers=3, mlp_only_layers=[0], output_router_logits=True),
        lora(target_modules=["q_proj", "up_proj"], target_parameters=["experts.down_proj"])),
    "qwen3-moe-mixed": lambda folder: one_adapter(
        folder, mixture("Qwen3Moe", num_experts=4, moe_intermediate_size=20, head_dim=8, num_hidden_layers=3,
                        decoder_sparse_step=2),
        lora(target_modules=["k_proj", "down_proj"])),
    "nomic-bert-mlm": lambda folder: one_adapter(
        folder, masked(transformers.NomicBertForMaskedLM, transformers.NomicBertConfig),
        lora(task_type=None, target_modules=["q_proj", "gate_proj", "decoder"])),
    "nomic-bert-classifier": lambda folder: one_adapter(
        folder, masked(transformers.NomicBertForSequenceClassification, transformers.NomicBertConfig, num_labels=3),
        lora(task_type="SEQ_CLS", target_modules=["v_proj", "down_proj"], use_dora=True)),
    "nomic-bert-first-configuration": lambda folder: with_first_configuration(folder, *one_adapter(
        folder, masked(transformers.NomicBertModel, transformers.NomicBertConfig, num_hidden_layers=2),
        lora(task_type="FEATURE_EXTRACTION", target_modules=["q_proj", "up_proj"]), batch=without_labels)),
    "dinov2-gated": lambda folder: one_adapter(
        folder, vit_relative("Dinov2", mlp_ratio=2, use_swiglu_ffn=True),
        lora(task_type=None, target_modules=["q_proj", "gate_proj", "down_proj"]), batch=images),
    "gemma3-with-images": lambda folder: one_adapter(
        folder, gemma3_with_images(), lora(target_modules=r".*language_model.*\.(q_proj|down_proj)"), batch=of_texts),
    "gemma3-own-names": lambda folder: under_own_names(folder, *one_adapter(
        folder, gemma3_with_images(), lora(target_modules=r".*language_model.*\.v_proj"), batch=of_texts, trains=False)),
    "gemma3-old-adapter": lambda folder: before_moving(folder, *one_adapter(
        folder, gemma3_with_images(), lora(target_modules=r".*language_model.*\.(v_proj|up_proj)"), batch=of_texts, trains=False)),
    "lfm2": lambda folder: one_adapter(
        folder, like_llama("Lfm2", layer_types=["conv", "conv", "full_attention", "conv"], block_multiple_of=8),
        lora(target_modules=["in_proj", "q_proj", "w1", "out_proj"])),
    "lfm2-padded-left": lambda folder: one_adapter(
        folder, like_llama("Lfm2", full_attn_idxs=[1], conv_L_cache=4, block_auto_adjust_ff_dim=False),
        lora(target_modules=["in_proj", "w2"]), batch=padded_left),
    "qwen3-5": lambda folder: one_adapter(
        folder, qwen3_5(), lora(target_modules=["in_proj_qkv", "in_proj_z", "in_proj_a", "in_proj_b", "out_proj", "q_proj", "o_proj"])),
    "qwen3-5-padded-left": lambda folder: one_adapter(
        folder, qwen3_5(layer_types=["linear_attention", "linear_attention", "full_attention"]),
        lora(target_modules="all-linear", use_dora=True), batch=padded_left),
    "qwen3-5-long": lambda folder: one_adapter(
        folder, qwen3_5(attention_bias=True), lora(target_modules=["in_proj_qkv", "v_proj"], bias="all"), batch=of_long_texts, trains=False),
    "qwen3-5-saved": lambda folder: one_adapter(
        folder, qwen3_5("TextForSequenceClassification", num_labels=3, hidden_act="gelu"),  # the memories' too
        lora(task_type="SEQ_CLS", target_modules=["in_proj_qkv", "q_proj"], modules_to_save=["conv1d", "norm"]), batch=of_classes),
    "qwen3-5-with-images": lambda folder: one_adapter(
        folder, qwen3_5_with_images(), lora(target_modules=r".*language_model.*\.(in_proj_qkv|down_proj)"), batch=of_texts),
    "nomic-bert-rope-theta": lambda folder: with_old_rotation(folder, *one_adapter(
        folder, masked(transformers.NomicBertForMaskedLM, transformers.NomicBertConfig,
                       rope_parameters=dict(rope_type="linear", factor=3.0, rope_theta=50.0)),
        lora(task_type=None, target_modules=["q_proj"]), trains=False)),
    "gemma3-yarn-truncate": lambda folder: one_adapter(
        folder, gemma3(rope_parameters={kind: dict(rope_type="yarn", factor=3.0, original_max_position_embeddings=64,
                                                   rope_theta=theta, truncate=False)
                                        for kind, theta in (("full_attention", 1e6), ("sliding_attention", 50.0))}),
        lora(target_modules=["q_proj"]), trains=False),
    "bert-tied-biases-decoder-saved": lambda folder: one_adapter(
        folder, bert(), lora(task_type=None, target_modules=["query"], bias="all", modules_to_save=["decoder"])),
    "bert-head-and-tables-saved": lambda folder: one_adapter(
        folder, bert(), lora(task_type=None, target_modules=["query"], modules_to_save=["cls"]), tables=True, trains=False),
    "modernbert-tables-saved": lambda folder: one_adapter(
        folder, modernbert("MaskedLM"), lora(task_type=None, target_modules=["Wo"]), tables=True, trains=False),
    "marian-tables-saved": lambda folder: one_adapter(
        folder, like_bart("Marian", "MTModel", pad_token_id=47, decoder_start_token_id=47, activation_function="swish"),
        lora(task_type="SEQ_2_SEQ_LM", target_modules=["q_proj"]), batch=padded_translations, tables=True, trains=False),
    "whisper-tables-saved": lambda folder: one_adapter(
        folder, whisper(), lora(task_type=None, target_modules=["q_proj"]), batch=sounds, tables=True, trains=False),
    "conv-groups-dora": lambda folder: one_adapter(
        folder, ConvNet(), lora(task_type=None, r=4, target_modules=["conv1", "conv2", "conv3"], use_dora=True), merges=False,
        batch=small_images),
    "idefics3": lambda folder: one_adapter(folder, idefics3("Idefics3"), lora(target_modules="all-linear"), batch=of_pictures),
    "gemma3-pictures": lambda folder: one_adapter(
        folder, gemma3_with_tower(), lora(target_modules="all-linear"), batch=lambda model: with_types(of_pictures(model))),
    "paligemma": lambda folder: one_adapter(
        folder, paligemma("gemma"), lora(target_modules="all-linear"), batch=of_answers),
    "paligemma2": lambda folder: one_adapter(
        folder, paligemma("gemma2", sliding_window=4, query_pre_attn_scalar=9, final_logit_softcapping=3.0),
        lora(target_modules=r".*language_model.*\.(q_proj|v_proj|down_proj)", use_dora=True), batch=of_answers),
    "smolvlm": lambda folder: one_adapter(
        folder, idefics3("SmolVLM", tie_word_embeddings=True),
        lora(target_modules=r".*text_model.*\.(q_proj|v_proj|down_proj)", use_dora=True), batch=of_pictures),
    "qwen3-vl-text": lambda folder: one_adapter(
        folder, qwen3_vl(tie_word_embeddings=True), lora(target_modules=r".*language_model.*\.(q_proj|v_proj|down_proj)", use_dora=True),
        batch=of_grids),
    "qwen3-vl": lambda folder: one_adapter(folder, qwen3_vl(), lora(target_modules="all-linear"), batch=of_grids, exact=True),
    # A norm follows the memories' sums, which may cancel: transformers' own float32 differs by 1e-5 and more from its float64.
    "qwen3-next": lambda folder: one_adapter(
        folder, qwen3_next(), lora(target_modules=["in_proj_qkvz", "in_proj_ba", "out_proj", "q_proj", "shared_expert_gate"],
                                   target_parameters=["experts.gate_up_proj"]), exact=True),
    "qwen3-next-padded-left": lambda folder: one_adapter(
        folder, qwen3_next(norm_topk_prob=False, output_router_logits=True), lora(target_modules="all-linear"), batch=padded_left, exact=True),
    "qwen3-5-moe": lambda folder: one_adapter(
        folder, qwen3_5_moe(), lora(target_modules=["in_proj_qkv", "in_proj_a", "k_proj"], target_parameters=["experts.down_proj"])),
    "qwen3-5-moe-with-images": lambda folder: one_adapter(
        folder, qwen3_5_with_images("Qwen3_5Moe", qwen3_5_moe), lora(target_modules=r".*language_model.*\.(in_proj_z|down_proj)"),
        batch=of_texts, trains=False),
    "granitemoehybrid": lambda folder: one_adapter(
        folder, granite_hybrid(), lora(target_modules=["in_proj", "out_proj", "q_proj", "input_linear"],
                                       target_parameters=["experts.gate_up_proj"])),
    "granitemoehybrid-padded-left": lambda folder: one_adapter(
        folder, granite_hybrid(num_local_experts=0, position_embedding_type="rope", mamba_n_groups=1),
        lora(target_modules="all-linear", use_dora=True), batch=padded_left),
    "granitemoehybrid-long": lambda folder: one_adapter(
        folder, granite_hybrid(attention_bias=True, output_router_logits=True), lora(target_modules=["in_proj", "v_proj"], bias="all"),
        batch=of_long_texts, trains=False),
    "granitemoehybrid-saved": lambda folder: one_adapter(
        folder, granite_hybrid(hidden_act="gelu", mamba_conv_bias=False),
        lora(target_modules=["in_proj", "output_linear"], modules_to_save=["conv1d", "mamba.norm"])),
    "falcon-h1": lambda folder: one_adapter(
        folder, falcon_h1(), lora(target_modules=["in_proj", "q_proj", "k_proj", "o_proj", "gate_proj"])),
    "falcon-h1-padded-left": lambda folder: one_adapter(
        folder, falcon_h1(mamba_rms_norm=True, mamba_norm_before_gate=False, attention_bias=True, mlp_bias=True),
        lora(target_modules=["in_proj", "v_proj", "down_proj"], use_dora=True), batch=padded_left),
    "falcon-h1-long": lambda folder: one_adapter(
        folder, falcon_h1(mamba_rms_norm=True, mamba_d_ssm=36, mamba_d_head=6), lora(target_modules=["in_proj", "up_proj"], bias="all"),
        batch=of_long_texts, trains=False),
    "gemma4": lambda folder: one_adapter(
        folder, gemma4(), lora(target_modules=["q_proj", "k_proj", "v_proj", "down_proj", "per_layer_input_gate"])),
    "gemma4-inputs": lambda folder: one_adapter(
        folder, gemma4(use_double_wide_mlp=True, final_logit_softcapping=3.0),
        lora(target_modules=["per_layer_model_projection", "embed_tokens_per_layer", "per_layer_projection", "gate_proj"]), batch=padded_left),
    "gemma4-experts": lambda folder: one_adapter(
        folder, gemma4(hidden_size_per_layer_input=0, num_kv_shared_layers=0, attention_k_eq_v=True, num_global_key_value_heads=1,
                       enable_moe_block=True, num_experts=4, top_k_experts=2, moe_intermediate_size=20),
        lora(target_modules=["k_proj", "router.proj"], target_parameters=["experts.gate_up_proj"])),
    "gemma4-both-ways": lambda folder: one_adapter(
        folder, gemma4(use_bidirectional_attention="all"), lora(target_modules="all-linear", use_dora=True), trains=False),
    "gemma4-with-images": lambda folder: one_adapter(
        folder, gemma4_with_images(), lora(target_modules=r".*language_model.*\.(v_proj|down_proj)"), batch=of_texts, trains=False),
    "gemma3n": lambda folder: one_adapter(
        folder, gemma3n(), lora(target_modules=["q_proj", "k_proj", "v_proj", "down_proj", "linear_left", "prediction_coefs"])),
    "gemma3n-inputs": lambda folder: one_adapter(
        folder, gemma3n(attention_bias=True, final_logit_softcapping=3.0, num_kv_shared_layers=0),
        lora(target_modules=["altup_projections.1", "modality_router", "embed_tokens_per_layer", "gate_proj", "per_layer_projection"],
             modules_to_save=["router_norm"]), batch=padded_left),
    # In training transformers leaves the adapter of these coefficients out.
    "gemma3n-all": lambda folder: one_adapter(
        folder, gemma3n(altup_num_inputs=4),
        lora(target_modules="all-linear", exclude_modules=["correction_coefs"], use_dora=True)),
    "gemma3n-with-images": lambda folder: one_adapter(
        folder, gemma3n_with_images(), lora(target_modules=r".*language_model.*\.(v_proj|down_proj|correction_coefs)"), batch=of_texts,
        trains=False),
    "ministral3": lambda folder: one_adapter(
        folder, like_llama("Ministral3", head_dim=8, rope_parameters=GROWING), lora(target_modules=["q_proj", "v_proj"]), batch=padded_left),
    "mistral3-with-images": lambda folder: one_adapter(
        folder, mistral3_with_images(), lora(target_modules=r".*language_model.*\.(v_proj|down_proj)"), batch=of_texts, trains=False),
    "cohere2-moe": lambda folder: one_adapter(
        folder, cohere2_moe(), lora(target_modules=["q_proj", "v_proj"], target_parameters=["experts.gate_up_proj"]), batch=padded_left),
    "cohere2-moe-sums": lambda folder: one_adapter(
        folder, cohere2_moe(expert_selection_fn="sigmoid", shared_expert_combination_strategy="sum", rms_norm_eps=0.1, attention_bias=True,
                            prefix_dense_sliding_window_pattern=2, num_shared_experts=1, prefix_dense_intermediate_size=None),
        lora(target_modules=["k_proj", "o_proj"], target_parameters=["experts.down_proj"], modules_to_save=["norm"])),
    "cohere2-moe-shares": lambda folder: one_adapter(
        folder, cohere2_moe(expert_selection_fn="sigmoid", norm_topk_prob=False, num_shared_experts=0),
        lora(target_modules=["q_proj", "k_proj", "v_proj", "o_proj"], use_dora=True)),
    "glm4-moe": lambda folder: one_adapter(
        folder, grouped_mixture("Glm4Moe", head_dim=8, use_qk_norm=True),
        lora(target_modules=["q_proj", "v_proj"], target_parameters=["experts.gate_up_proj"]), batch=padded_left),
    "deepseek-v3": lambda folder: one_adapter(
        folder, grouped_mixture("DeepseekV3", **LATENT),
        lora(target_modules=["q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"], target_parameters=["experts.down_proj"])),
    "deepseek-v3-wide-values": lambda folder: one_adapter(
        folder, grouped_mixture("DeepseekV3", **dict(LATENT, q_lora_rank=None, v_head_dim=14, rope_interleave=False, norm_topk_prob=False)),
        lora(target_modules=["q_proj", "kv_b_proj", "o_proj"], use_dora=True), batch=padded_left, trains=False),
}

if __name__ == "__main__":
    main(CASES, Path(__file__).parents[2] / "fixtures" / "family-features")
