// Rows that need no tokenizer: {"input_ids": […], "labels": […]}.

import type { TokensExample } from "../example.ts";
import { ignoredLabel } from "../tokenized-example.ts";
import { describe, type Fields, type Refusal, type RowForm } from "./row-form.ts";

/** Above this no vocabulary reaches, and an Int32Array would wrap. */
const largestId = 2 ** 31 - 1;

function readIntegers(fields: Fields, name: string, lowest: number, length?: number): readonly number[] | Refusal {
  const value = fields.get(name);
  const many = length === undefined ? "at least one integer" : `${length} integers, one for each token,`;
  if (!Array.isArray(value) || value.length === 0 || (length !== undefined && value.length !== length)) {
    const found = Array.isArray(value) ? `${value.length}` : describe(value);
    return { expected: `${many} for "${name}"`, found };
  }
  const at = value.findIndex((entry) => !Number.isInteger(entry) || entry < lowest || entry > largestId);
  if (at !== -1) return { expected: `an integer from ${lowest} at "${name}"[${at}]`, found: describe(value[at]) };
  return value as readonly number[];
}

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
    const optional: { attentionMask?: readonly number[]; tokenTypeIds?: readonly number[] } = {};
    for (const [key, name] of [
      ["attentionMask", "attention_mask"],
      ["tokenTypeIds", "token_type_ids"],
    ] as const) {
      if (fields.get(name) === undefined) continue;
      const values = readIntegers(fields, name, 0, inputIds.length);
      if ("found" in values) return values;
      optional[key] = values;
    }
    const labels = given ?? visibleIds(inputIds, optional.attentionMask);
    return { kind: "tokens", inputIds, labels, ...optional };
  },
};

/** The labels as they are given, hidden positions too: transformers' collators keep them. Undefined for none. */
function readLabels(fields: Fields, length: number): TokensExample["labels"] | Refusal | undefined {
  // transformers calls a row's class "labels" in model inputs and "label" in data sets.
  const label = fields.get("labels") ?? fields.get("label");
  if (typeof label === "number" && Number.isInteger(label) && label >= 0 && label <= largestId) return label;
  return label === undefined ? undefined : readIntegers(fields, "labels", -100, length);
}

/** What a row without labels trains: every token, as a language-modelling collator does, and no padding. */
function visibleIds(inputIds: readonly number[], mask: readonly number[] | undefined): readonly number[] {
  return mask === undefined ? inputIds : inputIds.map((id, index) => (mask[index] === 0 ? ignoredLabel : id));
}
