// A sentence and its class, under the names that GLUE and the common classification sets use.

import { describe, isTexts, type Refusal, type RowForm, readTexts } from "./row-form.ts";

function readLabel(value: unknown): number | string | Refusal {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  // CSV knows only texts; a text of digits is a class number there.
  if (typeof value === "string" && /^\d{1,9}$/.test(value)) return Number(value);
  if (typeof value === "string" && value.trim() !== "") return value;
  return { expected: `a class number from 0 or a class name for "label"`, found: describe(value) };
}

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
      if (typeof label === "object") return label;
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
