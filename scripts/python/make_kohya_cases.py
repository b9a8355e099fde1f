"""Files as Kohya's sd-scripts, LyCORIS and diffusers write them, for a tiny CLIP text encoder, and its states with W + scale·ΔW.

make_kohya_cases.py FOLDER

The names and the products are those of sd-scripts networks/lora.py, LyCORIS functional/loha.py and functional/lokr.py, and
diffusers loaders/lora_conversion_utils.py; transformers computes with the changed weights.
"""

import copy
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

RANK = 3


def modules(model):
    return [(path, module) for path, module in model.named_modules() if path.endswith(("q_proj", "fc1", "fc2"))]


def full(path):
    """As sd-scripts sees it: below text_model, where newer versions of transformers have none."""
    return path if path.startswith("text_model.") else f"text_model.{path}"


def draw(*shape):
    return torch.randn(*shape) * 0.3


def write(folder, name, model, ids, make, metadata=None):
    """Writes NAME.safetensors, and gives the states of the model with every module's change in it."""
    changed = copy.deepcopy(model)
    tensors = {}
    for path, module in modules(changed):
        parts, change = make(full(path), module.weight.data)
        tensors.update(parts)
        module.weight.data = change
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / f"{name}.safetensors", metadata)
    with torch.no_grad():
        return changed(ids).last_hidden_state


def kohya(path, weight):
    prefix = "lora_te_" + path.replace(".", "_")
    rank = 2 if path.endswith("fc2") else RANK
    down, up = draw(rank, weight.shape[1]).half(), draw(weight.shape[0], rank).half()
    alpha = 1.5 if path.endswith("fc1") else 2.0
    parts = {
        f"{prefix}.lora_down.weight": down,
        f"{prefix}.lora_up.weight": up,
        f"{prefix}.alpha": torch.tensor(alpha).half(),
    }
    return parts, weight + alpha / rank * up.float() @ down.float()


def unet():
    """Parts that are for another model."""
    prefix = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    conv = "lora_unet_down_blocks_0_resnets_0_conv1"
    return {
        f"{prefix}.lora_down.weight": draw(RANK, 5).half(),
        f"{prefix}.lora_up.weight": draw(5, RANK).half(),
        f"{prefix}.alpha": torch.tensor(1.0).half(),
        f"{conv}.lora_down.weight": draw(2, 4, 3, 3).half(),
        f"{conv}.lora_up.weight": draw(6, 2, 1, 1).half(),
        f"{conv}.alpha": torch.tensor(1.0).half(),
    }


def diffusers_old(path, weight):
    down, up = draw(RANK, weight.shape[1]), draw(weight.shape[0], RANK)
    prefix = f"text_encoder.{path}.lora_linear_layer"
    return {f"{prefix}.down.weight": down, f"{prefix}.up.weight": up}, weight + up @ down


def diffusers(path, weight):
    a, b = draw(RANK, weight.shape[1]), draw(weight.shape[0], RANK)
    prefix = f"text_encoder.{path}"
    parts = {f"{prefix}.lora_A.weight": a, f"{prefix}.lora_B.weight": b, f"{prefix}.alpha": torch.tensor(1.5)}
    return parts, weight + 1.5 / RANK * b @ a


def dora(path, weight):
    prefix = "lora_te_" + path.replace(".", "_")
    down, up = draw(RANK, weight.shape[1]), draw(weight.shape[0], RANK)
    magnitude = weight.norm(dim=1, keepdim=True) * (1 + 0.2 * torch.rand(weight.shape[0], 1))
    changed = weight + 2.0 / RANK * up @ down
    parts = {
        f"{prefix}.lora_down.weight": down,
        f"{prefix}.lora_up.weight": up,
        f"{prefix}.alpha": torch.tensor(2.0),
        f"{prefix}.dora_scale": magnitude,
    }
    return parts, magnitude * changed / changed.norm(dim=1, keepdim=True)


def loha(path, weight):
    prefix = "lora_te_" + path.replace(".", "_")
    out, into = weight.shape
    w1a, w1b, w2a, w2b = draw(out, 2), draw(2, into), draw(out, 2), draw(2, into)
    parts = {"hada_w1_a": w1a, "hada_w1_b": w1b, "hada_w2_a": w2a, "hada_w2_b": w2b, "alpha": torch.tensor(3.0)}
    named = {f"{prefix}.{name}": value for name, value in parts.items()}
    return named, weight + 3.0 / 2 * (w1a @ w1b) * (w2a @ w2b)


def lokr(path, weight):
    prefix = "lora_te_" + path.replace(".", "_")
    out, into = weight.shape
    w1 = draw(4, 2)
    if path.endswith("q_proj"):
        w2 = draw(out // 4, into // 2)
        parts, change = {"lokr_w1": w1, "lokr_w2": w2, "alpha": torch.tensor(5.0)}, torch.kron(w1, w2)
    else:
        w2a, w2b = draw(out // 4, 2), draw(2, into // 2)
        parts = {"lokr_w1": w1, "lokr_w2_a": w2a, "lokr_w2_b": w2b, "alpha": torch.tensor(1.0)}
        change = 1.0 / 2 * torch.kron(w1, w2a @ w2b)
    return {f"{prefix}.{name}": value for name, value in parts.items()}, weight + change


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    config = CLIPTextConfig(
        vocab_size=40, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=10, projection_dim=8, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    model = CLIPTextModel(config).eval()
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    model.save_pretrained(folder / "base")
    ids = torch.tensor([[1, 7, 11, 30, 2], [1, 4, 4, 19, 2]])
    states = {"input_ids": ids.int(), "base": model(ids).last_hidden_state.detach()}
    metadata = {"ss_network_module": "networks.lora", "ss_network_dim": "3", "ss_tag_frequency": '{"a": {"b": 1}}'}
    extra = unet()

    def with_unet(path, weight):
        parts, changed = kohya(path, weight)
        return {**parts, **extra}, changed

    states["kohya"] = write(folder, "kohya", model, ids, with_unet, metadata)
    for make in (diffusers_old, diffusers, dora, loha, lokr):
        states[make.__name__] = write(folder, make.__name__, model, ids, make, {"format": "pt"})
    save_file({key: value.contiguous() for key, value in states.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
