// Texts to be compared, under the names that sentence-transformers' data sets use: which belong together, or how alike two are.

import type { ComparisonExample } from "../example.ts";
import { describe, isTexts, type Refusal, type RowForm, readTexts } from "./row-form.ts";

/** "negative", "negative_1", … */
const negativeKey = /^negative(?:_(\d{1,3}))?$/;

function relatedForm(anchorKey: string): RowForm {
  return {
    name: `${anchorKey}/positive`,
    source: "sentence-transformers, MultipleNegativesRankingLoss and TripletLoss",
    keys: [anchorKey, "positive"],
    read(fields) {
      const numbers = [...fields.keys()].flatMap((key) => {
        const found = negativeKey.exec(key);
        return found === null ? [] : [{ key, number: Number(found[1] ?? 0) }];
      });
      const negatives = numbers.sort((one, other) => one.number - other.number).map(({ key }) => key);
      const texts = readTexts(fields, [anchorKey, "positive", ...negatives]);
      return isTexts(texts) ? { kind: "comparison", texts } : texts;
    },
  };
}

/** A text and one that belongs to it, perhaps with others that do not. */
export const anchorForm = relatedForm("anchor");
/** The same of a search. */
export const queryForm = relatedForm("query");

/** Two texts and how alike they are. */
export const scoredPairForm: RowForm = {
  name: "sentence1/sentence2/score",
  source: "sentence-transformers, CoSENTLoss and CosineSimilarityLoss (STS)",
  keys: ["sentence1", "sentence2", "score"],
  read(fields): ComparisonExample | Refusal {
    const texts = readTexts(fields, ["sentence1", "sentence2"]);
    if (!isTexts(texts)) return texts;
    const given = fields.get("score");
    // CSV knows only texts.
    const score = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
    if (typeof score === "number" && Number.isFinite(score)) return { kind: "comparison", texts, score };
    return { expected: 'a number for "score"', found: describe(given) };
  },
};
