// Hugging Face's diffusers: PEFT's names behind the name of a pipeline's part.

import { type ForeignFormat, imagesOnly } from "./foreign-format.ts";

export const diffusers: ForeignFormat = {
  name: "diffusers",
  advice: imagesOnly,
  recognises(clue) {
    if ("file" in clue) return /^pytorch_lora_weights\.(safetensors|bin)$/.test(clue.file);
    return "tensor" in clue && /^(unet|transformer|text_encoder(_\d)?)\..*\.(lora[._]|processor\.)/.test(clue.tensor);
  },
};
