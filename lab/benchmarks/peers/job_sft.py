"""A whole job with TRL's SFTTrainer: prompts and completions, the loss on completions."""

from job import arguments, load, lora_config, read_rows, say, settings, train, transformers
from datasets import Dataset, disable_progress_bars
from trl import SFTConfig, SFTTrainer

disable_progress_bars()
say("imported")


def rows(path):
    return Dataset.from_list([{"prompt": row["prompt"], "completion": row["completion"]} for row in read_rows(path)])


trainer = SFTTrainer(
    model=load(transformers.AutoModelForCausalLM),
    args=SFTConfig(**arguments(), max_length=settings["maxLength"], packing=False, completion_only_loss=True),
    train_dataset=rows(settings["train"]),
    eval_dataset=rows(settings["validation"]),
    processing_class=transformers.AutoTokenizer.from_pretrained(settings["model"]),
    peft_config=lora_config("CAUSAL_LM"),
)
train(trainer)
