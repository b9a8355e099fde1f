// Rows that need no tokenizer: {"input_ids": […], "labels": […]}.

import type { TokensExample } from "../example.ts";
import { ignoredLabel } from "../tokenized-example.ts";
import { largestId, readIntegers, readMasks } from "./read-integers.ts";
import type { Fields, Refusal, RowForm } from "./row-form.ts";

/** Already tokenised rows; labels −100 are not trained. Without labels, every token that the mask does not hide is. */
export const tokensForm: RowForm = {
  name: "input_ids/labels",
  source: "transformers' model inputs",
  keys: ["input_ids"],
  read(fields) {
    const inputIds = readIntegers(fields, "input_ids", 0);
    if ("found" in inputIds) return inputIds;
    const given = readLabels(fields, inputIds.length);
    if (typeof given === "object" && "found" in given) return given;
    const masks = readMasks(fields, inputIds.length);
    if ("found" in masks) return masks;
    const labels = given ?? visibleIds(inputIds, masks.attentionMask);
    return { kind: "tokens", inputIds, labels, ...masks };
  },
};

/** The labels as they are given, hidden positions too: transformers' collators keep them. Undefined for none. */
function readLabels(fields: Fields, length: number): TokensExample["labels"] | Refusal | undefined {
  // transformers calls a row's class "labels" in model inputs and "label" in data sets.
  const label = fields.get("labels") ?? fields.get("label");
  if (typeof label === "number" && Number.isFinite(label) && Math.abs(label) <= largestId) return label;
  return label === undefined ? undefined : readIntegers(fields, "labels", -100, length);
}

/** What a row without labels trains: every token, as a language-modelling collator does, and no padding. */
function visibleIds(inputIds: readonly number[], mask: readonly number[] | undefined): readonly number[] {
  return mask === undefined ? inputIds : inputIds.map((id, index) => (mask[index] === 0 ? ignoredLabel : id));
}
