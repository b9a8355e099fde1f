// Kohya's sd-scripts: paths with underscores, and pairs called up and down.

import { type ForeignFormat, imagesOnly } from "./foreign-format.ts";

export const kohya: ForeignFormat = {
  name: "Kohya",
  advice: imagesOnly,
  recognises: (clue) => "tensor" in clue && /^lora_(unet|te\d?|transformer)_/.test(clue.tensor),
};
