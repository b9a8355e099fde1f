// Names of options in transformers, TRL and PEFT, by our names.

/** Names that mean the same: they are accepted as flags. */
export const aliases = {
  model: "model-name-or-path",
  out: "output-dir",
  rank: "lora-r",
  alpha: "lora-alpha",
  dropout: "lora-dropout",
  "target-modules": "lora-target-modules",
  "learning-rate": "lr",
  schedule: "lr-scheduler-type",
  epochs: "num-train-epochs",
  steps: "max-steps",
  "batch-size": "per-device-train-batch-size",
  "clip-norm": "max-grad-norm",
  "max-length": "max-seq-length",
  "eval-every": "eval-steps",
  "save-every": "save-steps",
  patience: "early-stopping-patience",
  "embedding-noise": "neftune-noise-alpha",
  "label-smoothing": "label-smoothing-factor",
  "lora-plus-ratio": "loraplus-lr-ratio",
  reward: "reward-funcs",
};

/** Names that mean nearly the same: they are refused, and the error names ours. */
const similarNames = {
  data: "dataset dataset-name train-file",
  "validation-share": "validation-split val-split",
  validation: "validation-file",
  out: "output",
  rank: "r",
  epochs: "num-epochs",
  steps: "iters",
  engine: "device",
  "batch-tokens": "packing sample-packing tokens-per-step",
  "gradient-accumulation-steps": "accumulate grad-accumulation-steps",
  resume: "resume-from-checkpoint",
  "tensor-board": "tensorboard",
  "max-new-tokens": "max-tokens",
  adapter: "adapter-path adapter-file",
  "base-precision nf4": "load-in-4bit qlora",
  "base-precision int8": "load-in-8bit",
  loss: "preference-loss dpo-loss",
  "num-generations": "group-size",
  reward: "reward-fn reward-function",
  "base-precision": "dtype torch-dtype",
  "base-precision bf16": "bf16",
  "lora-config with layers_to_transform": "num-layers layers-to-transform",
};

const [accepted, suggested] = [aliases, similarNames].map(
  (names) =>
    new Map(Object.entries(names).flatMap(([ours, others]) => others.split(" ").map((name) => [name, `--${ours}`]))),
);

/** Replaces an accepted alias by our flag, for dashes and underscores; any other flag only gets dashes. */
export function acceptedFlag(typed: string): string {
  const flag = typed.replaceAll("_", "-");
  return accepted?.get(flag.slice(2)) ?? flag;
}

/** Our flag for an option of another program, in any spelling; undefined for an unknown one. */
export function ourName(name: string): string | undefined {
  const typed = name.replace(/^-+/, "").toLowerCase().replaceAll("_", "-");
  return accepted?.get(typed) ?? suggested?.get(typed);
}
