// Kohya's sd-scripts: paths with underscores, and pairs called up and down.

import { type ForeignFormat, oneFile } from "../foreign-format.ts";

export const kohya: ForeignFormat = {
  name: "Kohya",
  advice: oneFile,
  recognises: (clue) => "tensor" in clue && /^lora_(unet|te\d?|transformer)_/.test(clue.tensor),
};
