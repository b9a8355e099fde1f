// A sentence and its label, under the names that GLUE and the common classification sets use.

import { isLabel, readLabel } from "./read-label.ts";
import { isTexts, type RowForm, readTexts } from "./row-form.ts";

function form(name: string, source: string, sentenceKey: string, pairKey?: string): RowForm {
  const textKeys = pairKey === undefined ? [sentenceKey] : [sentenceKey, pairKey];
  return {
    name,
    source,
    keys: [...textKeys, "label"],
    read(fields) {
      const texts = readTexts(fields, textKeys);
      if (!isTexts(texts)) return texts;
      const label = readLabel(fields.get("label"));
      if (!isLabel(label)) return label;
      const [sentence = "", pair] = texts;
      return { kind: "sentence", sentence, label, ...(pair === undefined ? {} : { pair }) };
    },
  };
}

/** GLUE's pair tasks (MRPC, RTE, STS). */
export const sentencePairForm = form("sentence1/sentence2/label", "GLUE (Wang et al. 2018)", "sentence1", "sentence2");

/** GLUE's single-sentence tasks (SST-2, CoLA). */
export const sentenceForm = form("sentence/label", "GLUE (Wang et al. 2018)", "sentence");

/** The common name of the same in other sets (IMDB, AG News). */
export const labelledTextForm = form("text/label", "Hugging Face datasets, text classification", "text");
