"""A whole job with transformers' Trainer: sentences with a class, or questions about a text."""

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


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


if settings["task"] == "SEQ_CLS":
    model = load(transformers.AutoModelForSequenceClassification, num_labels=2)
    make, extra = classify, {"compute_metrics": accuracy}
else:
    model = load(transformers.AutoModelForQuestionAnswering)
    make, extra = find_answer, {}

trainer = transformers.Trainer(
    model=peft.get_peft_model(model, lora_config(settings["task"])),
    args=transformers.TrainingArguments(**arguments()),
    train_dataset=[make(row) for row in read_rows(settings["train"])],
    eval_dataset=[make(row) for row in read_rows(settings["validation"])],
    data_collator=transformers.DataCollatorWithPadding(tokenizer),
    **extra,
)
train(trainer)
