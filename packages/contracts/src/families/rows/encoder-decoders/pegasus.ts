// PEGASUS (Zhang et al. 2020), as transformers' modeling_pegasus.py names it: mBART with sinusoids as positions and no norm
// behind the embeddings.

import { likeBart, writerClasses } from "./bart.ts";

/** The tables of `pegasus`. */
export const pegasus = likeBart("pegasus", {
  architectures: writerClasses("Pegasus"),
  positions: "stored sinusoids",
  normsBefore: true,
  embeddingNorm: false,
  config: { tokenIds: { padding: 0, decoderStart: 0 } },
});
