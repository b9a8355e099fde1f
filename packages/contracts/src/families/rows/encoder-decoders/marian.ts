// Marian's translators (Junczys-Dowmunt et al. 2018; OPUS-MT), as transformers' modeling_marian.py names them: BART with
// sinusoids as positions and no norm behind the embeddings.

import { bartConfig, likeBart, writerClasses } from "./bart.ts";

/** The tables of `marian`. */
export const marian = likeBart("marian", {
  architectures: writerClasses("Marian", "MarianMTModel"),
  positions: "stored sinusoids",
  embeddingNorm: false,
  config: {
    tokenIds: { padding: 58100, decoderStart: 58100 },
    harmless: [...bartConfig.harmless, "decoder_vocab_size"],
  },
  fixed: [
    {
      key: "share_encoder_decoder_embeddings",
      values: [true],
      effect: "false gives the decoder a vocabulary and a table of its own",
    },
  ],
});
