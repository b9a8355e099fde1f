"""One GRPO step with TRL: completions, rewards, loss, backward, AdamW. "rollout" is its first part, up to the advantages."""

import os
import tempfile

os.environ.update(HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRL_EXPERIMENTAL_SILENCE="1")

from serve import lora_config, serve, settings, torch, transformers, versions
import trl
from datasets import Dataset, disable_progress_bars

disable_progress_bars()
versions["trl"] = trl.__version__
folder = os.environ["LOWRANK_MODEL"]
half = settings.get("precision") == "bf16"
generations = settings["generations"]
tokens = 4 if settings["tiny"] else settings["newTokens"]
prompts = [{"prompt": text} for text in settings["prompts"][: settings["batch"]]]
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
if tokenizer.pad_token is None:
    tokenizer.pad_token = tokenizer.eos_token
model = transformers.AutoModelForCausalLM.from_pretrained(
    folder, attn_implementation="sdpa", dtype=torch.bfloat16 if settings.get("halfBase") else torch.float32
)


def reward(completions, **_):
    """The share of a letter, which every group has differently."""
    return [text.count("e") / (len(text) + 1) for text in completions]


trainer = trl.GRPOTrainer(
    model=model,
    reward_funcs=reward,
    args=trl.GRPOConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=len(prompts) * generations,
        num_generations=generations,
        max_completion_length=tokens,
        generation_kwargs={"min_new_tokens": tokens},
        beta=0.0,
        learning_rate=1e-5,
        bf16=half,
        use_cpu=True,
        gradient_checkpointing=False,  # the default of TRL, which costs a third more time
        report_to="none",
        logging_strategy="no",
        disable_tqdm=True,
    ),
    train_dataset=Dataset.from_list(prompts),
    processing_class=tokenizer,
    peft_config=lora_config(),
)
trainer.create_optimizer()
trainer.model, trainer.optimizer = trainer.accelerator.prepare(trainer.model, trainer.optimizer)
trainer.model_wrapped = trainer.model
trainer.model.train()
trainer.current_gradient_accumulation_steps = 1
rows = [row for row in prompts for _ in range(generations)]


def step():
    trainer.training_step(trainer.model, rows, None)
    trainer.accelerator.clip_grad_norm_(trainer.model.parameters(), trainer.args.max_grad_norm)
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()


def rollout():
    trainer._generate_and_score_completions(rows)


trained = sum(parameter.numel() for parameter in trainer.model.parameters() if parameter.requires_grad)
serve({"step": step, "rollout": rollout}, lambda: {"trainedParameters": trained})
