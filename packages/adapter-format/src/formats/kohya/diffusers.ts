// Hugging Face's diffusers: PEFT's names behind the name of a pipeline's part.

import { type ForeignFormat, oneFile } from "../foreign-format.ts";

export const diffusers: ForeignFormat = {
  name: "diffusers",
  advice: oneFile,
  recognises(clue) {
    if ("file" in clue) return /^pytorch_lora_weights\.(safetensors|bin)$/.test(clue.file);
    if (!("tensor" in clue)) return false;
    return /^(unet|transformer|text_encoder(_\d)?)\..*\.(lora[._]|processor\.)|\.processor\.\w+_lora\./.test(
      clue.tensor,
    );
  },
};
