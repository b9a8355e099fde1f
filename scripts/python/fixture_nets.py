"""In torch, the nets of the fixtures that are no models of transformers, by the `model_type` in config.json."""

import json
import os
import re

import torch
from safetensors.torch import load_file
from torch.nn import Conv1d, Conv2d, Embedding, Linear, Module, Parameter
from torch.nn.functional import gelu
from transformers.modeling_outputs import SequenceClassifierOutput


def is_net(folder):
    return config_of(folder)["model_type"] in NETS


def load_net(base, folder):
    """The net that `base` describes, with the weights in `folder`."""
    weights = load_file(os.path.join(folder, "model.safetensors"))
    config = config_of(base)
    net = NETS[config["model_type"]](weights, config)
    net.load_state_dict(weights)
    return net.eval()


def config_of(folder):
    with open(os.path.join(folder, "config.json")) as file:
        return json.load(file)


def linear(weights, name):
    outputs, inputs = weights[f"{name}.weight"].shape
    return Linear(inputs, outputs)


class ConvNet(Module):
    """Convolutions, a gelu after each -> mean -> fc. Steps and padding are told by `doc`: "conv2 3x5 s2x1 p1x2"."""

    def __init__(self, weights, config):
        super().__init__()
        self.names = sorted({name.split(".")[0] for name in weights if name.startswith("conv")})
        inputs = weights["conv1.weight"].shape[1]
        for name in self.names:
            outputs, in_group, *kernel = weights[f"{name}.weight"].shape
            stride, padding = (setting(config["doc"], name, letter) for letter in "sp")
            kinds = {"groups": inputs // in_group, "bias": f"{name}.bias" in weights}
            setattr(self, name, Conv2d(inputs, outputs, kernel, stride or (1, 1), padding or (0, 0), **kinds))
            inputs = outputs
        self.fc = linear(weights, "fc")

    def forward(self, pixel_values):
        hidden = pixel_values
        for name in self.names:
            hidden = gelu(getattr(self, name)(hidden))
        return SequenceClassifierOutput(logits=self.fc(hidden.mean((2, 3))))


def setting(doc, name, letter):
    words = re.search(rf"\b{name}\b([^>]*)", doc)[1]
    found = re.search(rf"\b{letter}(\d+)(?:x(\d+))?", words)
    return found and (int(found[1]), int(found[2] or found[1]))


class LineNet(Module):
    """Signals (batch, channels, 1, time): two convolutions along time, a gelu after each -> mean -> fc."""

    def __init__(self, weights, config):
        super().__init__()
        self.conv1, self.conv2 = Conv1d(2, 6, 3, padding=1), Conv1d(6, 8, 3, stride=2, padding=1)
        self.fc = linear(weights, "fc")

    def forward(self, pixel_values):
        hidden = gelu(self.conv2(gelu(self.conv1(pixel_values.squeeze(2)))))
        return SequenceClassifierOutput(logits=self.fc(hidden.mean(2)))


class EmbNet(Module):
    """emb -> lin1 -> gelu -> mean over tokens -> lin2."""

    def __init__(self, weights, config):
        super().__init__()
        self.emb = Embedding(*weights["emb.weight"].shape)
        self.lin1, self.lin2 = linear(weights, "lin1"), linear(weights, "lin2")

    def forward(self, input_ids):
        return SequenceClassifierOutput(logits=self.lin2(gelu(self.lin1(self.emb(input_ids))).mean(1)))


class Experts(Module):
    def __init__(self, shape, is_transposed):
        super().__init__()
        self.experts = Parameter(torch.empty(shape))
        if is_transposed:
            self.is_transposed = True  # as transformers marks stacks stored (experts, in, out)

    def forward(self, inputs, shares):
        return torch.einsum("be,beo->bo", shares, torch.einsum("bi,eio->beo", inputs, self.experts))


class ExpertNet(Module):
    """lin -> tanh -> w2, where there is one -> experts, mixed by a soft gate -> tanh -> head."""

    def __init__(self, weights, config):
        super().__init__()
        self.lin, self.gate, self.head = (linear(weights, name) for name in ("lin", "gate", "head"))
        if "w2" in weights:
            self.w2 = Parameter(torch.empty(weights["w2"].shape))
        self.mlp = Experts(weights["mlp.experts"].shape, config.get("is_transposed", False))

    def forward(self, features):
        inputs = torch.tanh(self.lin(features))
        if hasattr(self, "w2"):
            inputs = inputs @ self.w2.T
        logits = self.head(torch.tanh(self.mlp(inputs, torch.softmax(self.gate(inputs), -1))))
        return SequenceClassifierOutput(logits=logits)


NETS = {
    "fixture_convnet": ConvNet,
    "fixture_linenet": LineNet,
    "fixture_embnet": EmbNet,
    "fixture_expertnet": ExpertNet,
}
