// mBART (Liu et al. 2020), as transformers' modeling_mbart.py names it: BART with norms in front of each part and behind
// each stack. Its targets end with the id of their language, with which a decoder's inputs begin.

import { bartClasses, likeBart, readerHeads } from "./bart.ts";

/** The tables of `mbart`. */
export const mbart = likeBart("mbart", {
  architectures: bartClasses("MBart"),
  heads: readerHeads,
  normsBefore: true,
  decoderInputs: { readsSource: true, beginWithLast: true },
  config: { tokenIds: { padding: 1 } },
});
