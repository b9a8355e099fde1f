"""A whole job with transformers' Trainer: sentences with a class, questions about a text, prompts and completions."""

from job import arguments, load, lora_config, peft, read_rows, say, settings, train, transformers

say("imported")

tokenizer = transformers.AutoTokenizer.from_pretrained(settings["model"])
length = settings["maxLength"]


def classify(row):
    made = tokenizer(row["sentence"], truncation=True, max_length=length)
    return {**made, "labels": row["label"]}


def find_answer(row):
    """As run_qa.py does with one window: where the answer starts and ends, or the first token if it was cut off."""
    made = tokenizer(
        row["question"], row["context"], truncation="only_second", max_length=length, return_offsets_mapping=True
    )
    offsets = made.pop("offset_mapping")
    first = row["answers"]["answer_start"][0]
    last = first + len(row["answers"]["text"][0]) - 1
    places = [place for place, part in enumerate(made.sequence_ids()) if part == 1]
    start = [place for place in places if offsets[place][0] <= first < offsets[place][1]]
    end = [place for place in places if offsets[place][0] <= last < offsets[place][1]]
    found = (start[0], end[0]) if start and end else (0, 0)
    return {**made, "start_positions": found[0], "end_positions": found[1]}


def complete(row):
    """The loss on the completion and the end of the text."""
    prompt = tokenizer(row["prompt"])["input_ids"]
    completion = tokenizer(row["completion"])["input_ids"] + [tokenizer.eos_token_id]
    labels = [-100] * len(prompt) + completion
    return {"input_ids": (prompt + completion)[:length], "labels": labels[:length]}


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


collate = transformers.DataCollatorWithPadding(tokenizer)
extra = {}
if settings["task"] == "SEQ_CLS":
    model, make = load(transformers.AutoModelForSequenceClassification, num_labels=2), classify
    extra = {"compute_metrics": accuracy}
elif settings["task"] == "QUESTION_ANS":
    model, make = load(transformers.AutoModelForQuestionAnswering), find_answer
else:
    model, make = load(transformers.AutoModelForCausalLM), complete
    collate = transformers.DataCollatorForSeq2Seq(tokenizer)  # pads labels as well

trainer = transformers.Trainer(
    model=peft.get_peft_model(model, lora_config(settings["task"])),
    args=transformers.TrainingArguments(**arguments()),
    train_dataset=[make(row) for row in read_rows(settings["train"])],
    eval_dataset=[make(row) for row in read_rows(settings["validation"])],
    data_collator=collate,
    **extra,
)
train(trainer)
