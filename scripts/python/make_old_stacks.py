"""Makes fixtures/old-peft/mixtral-stacks: an adapter on stacks of experts that PEFT 0.18 wrote, with the logits that it computed.
PEFT 0.19 exchanged A's and B's sides for such stacks, and reads its predecessor's files without a word.

pip install --no-deps --target FOLDER peft==0.18.1; PYTHONPATH=FOLDER make_old_stacks.py [FIXTURES]
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers
from safetensors.torch import save_file

VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}


def logits_of(model, inputs):
    with torch.no_grad():
        return model(**inputs).logits


if __name__ == "__main__":
    assert peft.__version__ == "0.18.1"
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "fixtures/old-peft")
    torch.manual_seed(16)
    # gate_up_proj is [4, 48, 24] and shows by its shape which side is A's; down_proj is [4, 24, 24] and does not.
    model = transformers.MixtralForCausalLM(transformers.MixtralConfig(
        vocab_size=48, hidden_size=24, intermediate_size=24, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=32, num_local_experts=4, num_experts_per_tok=2, initializer_range=0.3, pad_token_id=0,
        attn_implementation="eager")).eval()
    folder = root / "mixtral-stacks"
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder / "base")
    ids = torch.randint(3, 48, (3, 7))
    mask = torch.ones_like(ids)
    mask[1, 5:] = ids[1, 5:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask}
    logits = {"base": logits_of(model, inputs)}
    for name, parameters in (("both", ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]), ("square", ["mlp.experts.down_proj"])):
        again = type(model).from_pretrained(folder / "base", attn_implementation="eager")
        config = peft.LoraConfig(r=3, lora_alpha=6, target_modules=["q_proj"], target_parameters=parameters, task_type="CAUSAL_LM")
        adapted = peft.get_peft_model(again, config).eval()
        with torch.no_grad():
            for path, parameter in adapted.named_parameters():
                if ".lora_" in path:
                    parameter.normal_(0, 0.3)
        place = folder / "adapters" / f"{name}-0_18_1"
        adapted.save_pretrained(place)
        (place / "README.md").unlink(missing_ok=True)
        written = json.loads((place / "adapter_config.json").read_text())
        (place / "adapter_config.json").write_text(json.dumps({**written, "base_model_name_or_path": None}, indent=2) + "\n")
        logits[place.name] = logits_of(adapted, inputs)
        print(name, (logits[place.name] - logits["base"]).abs().max().item())
    tensors = {**{key: value.int() for key, value in inputs.items()}, **{f"{key}.logits": value for key, value in logits.items()}}
    save_file(tensors, folder / "expected.safetensors")
    description = "adapters on stacks of experts, written and computed by PEFT 0.18.1"
    (folder / "expected.json").write_text(
        json.dumps({"name": folder.name, "family": "mixtral", "versions": VERSIONS, "description": description}) + "\n")
