// Meta's torchtune: a pickle in its own names, beside which it writes PEFT's files, unless it was told not to.

import type { ForeignFormat } from "./foreign-format.ts";

export const torchtune: ForeignFormat = {
  name: "torchtune",
  advice:
    "With its FullModelHFCheckpointer it also writes PEFT's adapter_config.json and adapter_model.safetensors into the epoch's folder: " +
    "take that folder. Of Phi 3 and of models with images it writes none: take the merged model as the base.",
  recognises: (clue) =>
    "file" in clue
      ? /^adapter_(\d+\.(pt|safetensors)|model\.pt)$/.test(clue.file)
      : "tensor" in clue &&
        /^(layers\.\d+\.(attn|mlp)\..*|output|tok_embeddings)\.lora_[ab]\.weight$/.test(clue.tensor),
};
