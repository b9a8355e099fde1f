// Names of options in transformers, TRL and PEFT, mapped to ours: a row for each of our options.

const otherNames = {
  data: "dataset train-file",
  "validation-share": "validation-split val-split",
  validation: "validation-file",
  model: "model-name-or-path",
  out: "output output-dir",
  rank: "r lora-r",
  alpha: "lora-alpha",
  dropout: "lora-dropout",
  "target-modules": "lora-target-modules",
  "learning-rate": "lr",
  schedule: "lr-scheduler-type",
  epochs: "num-epochs num-train-epochs",
  steps: "max-steps iters",
  "batch-size": "per-device-train-batch-size",
  "batch-tokens": "packing sample-packing tokens-per-step",
  accumulate: "gradient-accumulation-steps",
  "clip-norm": "max-grad-norm",
  "max-length": "max-seq-length",
  resume: "resume-from-checkpoint",
  "eval-every": "eval-steps",
  "tensor-board": "tensorboard",
  "save-every": "save-steps",
  "max-new-tokens": "max-tokens",
  engine: "device",
  adapter: "adapter-path adapter-file",
  "base-precision nf4": "load-in-4bit qlora",
  "base-precision int8": "load-in-8bit",
  loss: "preference-loss dpo-loss",
  "base-precision": "dtype torch-dtype",
  "base-precision bf16": "bf16",
  "lora-config with layers_to_transform": "num-layers layers-to-transform",
};

const ourNames = new Map(
  Object.entries(otherNames).flatMap(([ours, others]) => others.split(" ").map((name) => [name, `--${ours}`] as const)),
);

/** Our flag for another program's option, in any spelling; undefined for unknown names. */
export function ourName(name: string): string | undefined {
  return ourNames.get(name.replace(/^-+/, "").toLowerCase().replaceAll("_", "-"));
}
