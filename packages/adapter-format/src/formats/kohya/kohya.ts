// Kohya's sd-scripts: paths with underscores, and pairs called up and down.

import { type ForeignFormat, oneFile } from "../foreign-format.ts";

export const kohya: ForeignFormat = {
  name: "Kohya",
  advice: oneFile,
  recognises: (clue) => "tensor" in clue && /^lora_(unet|te\d?|transformer)_/.test(clue.tensor),
};

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
