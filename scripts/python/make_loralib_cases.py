"""A file of loralib's (microsoft/LoRA) and what its layers add to their weights, by loralib itself.

make_loralib_cases.py FOLDER        (needs loralib 0.1.2 beside torch and safetensors)
"""

import pathlib
import sys

import loralib
import torch
from safetensors.torch import save_file

ALPHA = 3


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = loralib.Embedding(11, 6, r=2, lora_alpha=ALPHA)
        self.c_attn = loralib.MergedLinear(6, 12, r=2, lora_alpha=ALPHA, enable_lora=[True, False, True])
        self.turned = loralib.MergedLinear(6, 8, r=1, lora_alpha=ALPHA, enable_lora=[False, True], fan_in_fan_out=True)
        self.out = loralib.Linear(6, 5, r=2, lora_alpha=ALPHA)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    net = Net().train()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if "lora_" in name or name == "out.bias":
                parameter.copy_(torch.randn_like(parameter))
    before = {name: net.get_submodule(name).weight.detach().clone() for name in ("wte", "c_attn", "turned", "out")}
    save_file(loralib.lora_state_dict(net, bias="lora_only"), folder / "lora.safetensors")
    net.eval()  # merges
    deltas = {}
    for name, weight in before.items():
        delta = net.get_submodule(name).weight.detach() - weight
        deltas[name] = (delta.T if name == "turned" else delta).contiguous()
    save_file(deltas, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
