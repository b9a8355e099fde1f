// Apple's mlx_lm: A [inFeatures, rank] and B [rank, outFeatures], and a scale of its own.

import type { ForeignFormat } from "../foreign-format.ts";

export const mlx: ForeignFormat = {
  name: "MLX",
  advice:
    "It is read from a folder with its adapters.safetensors and its adapter_config.json. Else make a whole model of it with " +
    "mlx_lm.fuse, and take that as the base.",
  recognises(clue) {
    if ("file" in clue) return /^adapters\.(safetensors|npz)$/.test(clue.file);
    if ("tensor" in clue) return /\.lora_[ab]$/.test(clue.tensor);
    return "configKey" in clue && (clue.configKey === "fine_tune_type" || clue.configKey === "lora_parameters");
  },
};
