"""Writes fixtures/rewards: what TRL's GRPOTrainer, RLOOTrainer and RewardTrainer compute with a small adapter.

make_policy_references.py    (needs the environment of prepare.py, and requirements-trainers.txt: trl 1.16.0)

Completions and rewards are given. Everything else is TRL's own code: advantages, log-probabilities, losses, gradients.
"""

import json
import os
import pathlib
import shutil

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
import peft
import torch
import transformers
import trl
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer, RewardConfig, RewardTrainer, RLOOConfig, RLOOTrainer

ROOT = pathlib.Path(__file__).parents[2]
OUT = ROOT / "fixtures" / "rewards"
BASE = ROOT / "fixtures" / "bases" / "llama-70f4c4"
GROUP = 3
PROMPTS = [[5, 9, 17]] * GROUP + [[31, 4, 22, 8, 40]] * GROUP
COMPLETIONS = [[7, 12, 3], [19, 44, 2, 36, 25], [11], [6, 6, 28, 14], [33, 10], [45, 20, 38, 1, 16, 29]]
REWARDS = [1.0, 0.25, -0.5, 0.0, 2.0, 0.5]
SHARED = dict(output_dir="/tmp/policy", report_to=[], use_cpu=True, bf16=False, gradient_checkpointing=False, per_device_train_batch_size=len(REWARDS))
TARGETS = dict(r=2, lora_alpha=8, target_modules=["q_proj", "v_proj"], layers_to_transform=[1], lora_dropout=0.0)

tokenizer = AutoTokenizer.from_pretrained(ROOT / "packages" / "tiny-model" / "model")
tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
tensors: dict = {}


def draw(model, seed: int) -> None:
    """The same numbers in every copy: the policy that wrote the completions (seed 1), and the one that is trained (seed 2)."""
    first, second = torch.Generator().manual_seed(1), torch.Generator().manual_seed(seed)
    normal = lambda shape, generator: torch.randn(shape, generator=generator)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            parameter.data = 0.3 * normal(parameter.shape, first) + 0.15 * normal(parameter.shape, second)


def keep_gradients(name: str, model, loss) -> None:
    model.zero_grad()
    loss.backward()
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            key = key.replace(".default", "").replace("modules_to_save.", "")
            tensors[f"{name}/{key}"] = parameter.grad.clone().contiguous()


def save_adapter(model, folder: str) -> None:
    model.peft_config["default"].base_model_name_or_path = BASE.name
    model.save_pretrained(OUT / folder, save_embedding_layers=False)
    (OUT / folder / "README.md").unlink(missing_ok=True)


def integers(prompts: list, completions: list) -> dict:
    """A batch of rows, padded on the right; labels are -100 on prompts and padding."""
    rows = [prompt + completion for prompt, completion in zip(prompts, completions)]
    time = max(map(len, rows))
    padded = lambda values, filler: [value for row in values for value in row + [filler] * (time - len(row))]
    labels = [[-100] * len(prompt) + completion for prompt, completion in zip(prompts, completions)]
    mask = [[1] * len(row) for row in rows]
    return {"rows": len(rows), "time": time, "inputIds": padded(rows, 0), "attentionMask": padded(mask, 0), "labels": padded(labels, -100)}


def policy_case(name: str, trainer_class, config, is_moved: bool) -> dict:
    data = Dataset.from_list([{"prompt": "a"}, {"prompt": "b"}] * 3)
    lora = LoraConfig(**TARGETS, task_type="CAUSAL_LM")
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    trainer = trainer_class(model=model, reward_funcs=lambda completions, **_: REWARDS, args=config, train_dataset=data, processing_class=tokenizer, peft_config=lora)
    texts = ["" for _ in REWARDS]
    written = (PROMPTS, COMPLETIONS, None, texts, None, {}, None, []) if trainer_class is GRPOTrainer else (PROMPTS, COMPLETIONS, texts)
    trainer._generate = lambda _: written
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    draw(trainer.model, 1 if is_moved else 2)
    inputs = trainer._generate_and_score_completions([{"prompt": "a"}] * len(REWARDS))
    mask = inputs["completion_mask"].bool()
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    attention = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
    log_probs = lambda: trainer._get_per_token_logps_and_entropies(trainer.model, ids, attention, mask.shape[1])[0][mask].tolist()
    with torch.no_grad():
        old = log_probs()
        with trainer.model.disable_adapter():
            reference = log_probs()
    draw(trainer.model, 2)
    loss = trainer._compute_loss(trainer.model, inputs)
    clipped = trainer._metrics["train"]["clip_ratio/low_mean"] + trainer._metrics["train"]["clip_ratio/high_mean"]
    assert not is_moved or max(clipped) > 0, f"{name}: {clipped} are clipped, which tests nothing"
    keep_gradients(name, trainer.model, loss)
    if not (OUT / "adapter").exists():
        save_adapter(trainer.model, "adapter")
    own = {"epsilon": config.epsilon, "epsilonHigh": config.epsilon_high, "beta": config.beta, "temperature": config.temperature}
    values = {"advantages": inputs["advantages"].tolist(), "old": old if is_moved else None, "reference": reference}
    kind = {"lossType": config.loss_type, "scaleRewards": config.scale_rewards} if trainer_class is GRPOTrainer else {"lossType": "rloo", "scaleRewards": "none"}
    return {**kind, **own, "maxCompletionLength": config.max_completion_length, **values, "loss": loss.item()}


def policy_cases() -> dict:
    cases = {}
    for loss_type in ["grpo", "dr_grpo", "dapo", "bnpo"]:
        for beta in [0.0, 0.04]:
            for is_moved in [False, True]:
                name = f"{loss_type}, beta {beta}, {'a moved policy' if is_moved else 'its own completions'}"
                scale = {"grpo": "group", "dr_grpo": "none", "dapo": "batch", "bnpo": "group"}[loss_type]
                temperature = 0.7 if loss_type == "bnpo" else 1.0
                args = GRPOConfig(loss_type=loss_type, beta=beta, scale_rewards=scale, epsilon=0.2, epsilon_high=0.28, num_iterations=2 if is_moved else 1, num_generations=GROUP, max_completion_length=8, temperature=temperature, **SHARED)
                cases[name] = policy_case(name, GRPOTrainer, args, is_moved)
    for beta in [0.0, 0.05]:
        args = RLOOConfig(beta=beta, epsilon=0.2, epsilon_high=0.28, num_generations=GROUP, max_completion_length=8, **SHARED)
        cases[f"rloo, beta {beta}"] = policy_case(f"rloo, beta {beta}", RLOOTrainer, args, True)
    return cases


def reward_model() -> dict:
    """Pairs of sequences: all chosen ones, then all rejected ones."""
    sequences = [prompt + completion for prompt, completion in zip(PROMPTS, COMPLETIONS)]
    data = Dataset.from_list([{"chosen_ids": sequences[pair], "rejected_ids": sequences[pair + 3]} for pair in range(3)])
    model = AutoModelForSequenceClassification.from_pretrained(BASE, num_labels=1, dtype=torch.float32, pad_token_id=0)
    lora = LoraConfig(**TARGETS, task_type="SEQ_CLS", modules_to_save=["score"])
    trainer = RewardTrainer(model=model, args=RewardConfig(**SHARED), train_dataset=data, processing_class=tokenizer, peft_config=lora)
    trainer.model.train()
    draw(trainer.model, 2)
    loss, outputs = trainer.compute_loss(trainer.model, trainer.data_collator(list(data)), return_outputs=True)
    keep_gradients("reward", trainer.model, loss)
    save_adapter(trainer.model, "reward-model")
    metrics = {name: trainer._metrics["train"][name][0] for name in ["accuracy", "margin"]}
    return {"loss": loss.item(), "rewards": outputs.logits.flatten().tolist(), **metrics}


if OUT.exists():
    shutil.rmtree(OUT)
OUT.mkdir()
versions = {"trl": trl.__version__, "peft": peft.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
facts = {"versions": versions, "groupSize": GROUP, "batch": integers(PROMPTS, COMPLETIONS), "rewards": REWARDS, "cases": policy_cases(), "rewardModel": reward_model()}
(OUT / "expected.json").write_text(json.dumps(facts) + "\n")
save_file(tensors, OUT / "gradients.safetensors")
print({name: case["loss"] for name, case in facts["cases"].items()}, facts["rewardModel"])
