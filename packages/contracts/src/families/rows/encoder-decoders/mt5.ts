// mT5 (Xue et al. 2021), as transformers' modeling_mt5.py names it: T5 1.1 with a hundred languages. Its logits are never
// scaled, whether the file calls its head tied or not.

import { gatedUnlessSaid, likeT5, t5Harmless } from "./t5.ts";

/** The tables of `mt5`. */
export const mt5 = likeT5("mt5", {
  name: "MT5",
  config: { activation: gatedUnlessSaid, switches: {}, harmless: [...t5Harmless, "tie_word_embeddings"] },
});
