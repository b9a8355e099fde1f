// Meta's torchtune: a pickle in its own names, beside which it writes PEFT's files, unless it was told not to.

import type { ForeignFormat } from "./foreign-format.ts";

export const torchtune: ForeignFormat = {
  name: "torchtune",
  advice:
    "Its recipes also write PEFT's adapter_config.json and adapter_model.safetensors, into the same folder or that of the epoch: " +
    "take those, or save again with a FullModelHFCheckpointer.",
  recognises: (clue) =>
    "file" in clue
      ? /^adapter_\d+\.(pt|safetensors)$/.test(clue.file)
      : "tensor" in clue &&
        /^(layers\.\d+\.(attn|mlp)\..*|output|tok_embeddings)\.lora_[ab]\.weight$/.test(clue.tensor),
};
