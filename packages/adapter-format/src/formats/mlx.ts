// Apple's mlx_lm: A [inFeatures, rank] and B [rank, outFeatures], and a scale of its own.

import type { ForeignFormat } from "./foreign-format.ts";

export const mlx: ForeignFormat = {
  name: "MLX",
  advice:
    "Its factors lie the other way round and its scale is not α/r: make a whole model of it with mlx_lm.fuse and take that " +
    "as the base, or write the transposed factors under PEFT's names, with lora_alpha = scale · r.",
  recognises(clue) {
    if ("file" in clue) return /^adapters\.(safetensors|npz)$/.test(clue.file);
    if ("tensor" in clue) return /\.lora_[ab]$/.test(clue.tensor);
    return "configKey" in clue && (clue.configKey === "fine_tune_type" || clue.configKey === "lora_parameters");
  },
};
