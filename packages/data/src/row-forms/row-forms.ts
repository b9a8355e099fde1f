// Every form of row that is recognized, the most specific first.

import type { TokensExample } from "../example.ts";
import { ignoredLabel } from "../tokenized-example.ts";
import { completionForm } from "./completion-form.ts";
import { audioForm, imageForm, speechForm } from "./media-forms.ts";
import { judgedForm, preferenceForm } from "./preference-form.ts";
import { choiceForm, endingsForm, questionForm, spanForm } from "./question-form.ts";
import { conversationsForm, messagesForm } from "./read-messages.ts";
import {
  type Fields,
  largestId,
  type RowForm,
  readIntegers,
  readLabel,
  readMasks,
  readTexts,
  refuse,
  rowForm,
} from "./row-form.ts";

/** "negative", "negative_1", … */
const negativeKey = /^negative(?:_(\d{1,3}))?$/;

function relatedForm(anchorKey: string): RowForm {
  return rowForm({
    name: `${anchorKey}/positive`,
    source: "sentence-transformers, MultipleNegativesRankingLoss and TripletLoss",
    keys: [anchorKey, "positive", "negative?"],
    read(fields) {
      const numbers = [...fields.keys()].flatMap((key) => {
        const found = negativeKey.exec(key);
        return found === null ? [] : [{ key, number: Number(found[1] ?? 0) }];
      });
      const negatives = numbers.sort((one, other) => one.number - other.number).map(({ key }) => key);
      return { kind: "comparison", texts: readTexts(fields, [anchorKey, "positive", ...negatives]) };
    },
  });
}

/** An anchor, a text related to it, and optionally unrelated texts. */
const anchorForm = relatedForm("anchor");
/** The same with a search query as the anchor. */
const queryForm = relatedForm("query");

/** Two texts and their similarity. */
const scoredPairForm = rowForm({
  name: "sentence1/sentence2/score",
  source: "sentence-transformers, CoSENTLoss and CosineSimilarityLoss (STS)",
  keys: ["sentence1", "sentence2", "score"],
  read(fields) {
    const texts = readTexts(fields, ["sentence1", "sentence2"]);
    const field = fields.get("score");
    // CSV knows only texts.
    const score = typeof field === "string" && field.trim() !== "" ? Number(field) : field;
    if (typeof score === "number" && Number.isFinite(score)) return { kind: "comparison", texts, score };
    return refuse('a number for "score"', field);
  },
});

/** Tokenized rows. Positions with label −100 are not trained. Without labels, every token that the mask does not hide is trained. */
const tokensForm = rowForm({
  name: "input_ids/labels",
  source: "transformers' model inputs",
  keys: ["input_ids", "label?", "labels?", "attention_mask?", "token_type_ids?"],
  read(fields) {
    const inputIds = readIntegers(fields, "input_ids", 0);
    const explicitLabels = readLabels(fields, inputIds.length);
    const masks = readMasks(fields, inputIds.length);
    const labels = explicitLabels ?? visibleIds(inputIds, masks.attentionMask);
    return { kind: "tokens", inputIds, labels, ...masks };
  },
});

/** The labels unchanged, including those of hidden positions, as in transformers' collators; undefined if the row has none. */
function readLabels(fields: Fields, length: number): TokensExample["labels"] | undefined {
  // transformers calls a row's class "labels" in model inputs and "label" in data sets.
  const label = fields.get("labels") ?? fields.get("label");
  if (typeof label === "number" && Number.isFinite(label) && Math.abs(label) <= largestId) return label;
  return label === undefined ? undefined : readIntegers(fields, "labels", -100, length);
}

/** The labels of a row without labels: every token except padding, as in transformers' language-modelling collator. */
function visibleIds(inputIds: readonly number[], mask: readonly number[] | undefined): readonly number[] {
  return mask === undefined ? inputIds : inputIds.map((id, index) => (mask[index] === 0 ? ignoredLabel : id));
}

function form(name: string, source: string, sentenceKey: string, pairKey?: string): RowForm {
  const textKeys = pairKey === undefined ? [sentenceKey] : [sentenceKey, pairKey];
  return rowForm({
    name,
    source,
    keys: [...textKeys, "label"],
    read(fields) {
      const [sentence = "", pair] = readTexts(fields, textKeys);
      const label = readLabel(fields.get("label"));
      return { kind: "sentence", sentence, label, ...(pair === undefined ? {} : { pair }) };
    },
  });
}

/** GLUE's pair tasks (MRPC, RTE, STS). */
const sentencePairForm = form("sentence1/sentence2/label", "GLUE (Wang et al. 2018)", "sentence1", "sentence2");

/** GLUE's single-sentence tasks (SST-2, CoLA). */
const sentenceForm = form("sentence/label", "GLUE (Wang et al. 2018)", "sentence");

/** The same under the name that other data sets use (IMDB, AG News). */
const labelledTextForm = form("text/label", "Hugging Face datasets, text classification", "text");

const textForm = rowForm({
  name: "text",
  source: "Hugging Face datasets' text builder, TRL's language-modelling format",
  keys: ["text"],
  read: (fields) => ({ kind: "text", text: readTexts(fields, ["text"])[0] }),
});

const instructionForm = rowForm({
  name: "instruction/input/output",
  source: "Stanford Alpaca (Taori et al. 2023), data format",
  keys: ["instruction", "output", "input?"],
  read(fields) {
    const hasInput = fields.get("input") !== undefined && fields.get("input") !== null;
    const [instruction, output] = readTexts(fields, ["instruction", "output"]);
    const [input = ""] = hasInput ? readTexts(fields, ["input"]) : [];
    return { kind: "instruction", instruction, input, output };
  },
});

/** The forms, in the order in which they are tried: a row has the first form of which it has all keys. */
export const rowForms: readonly RowForm[] = [
  spanForm,
  tokensForm,
  questionForm,
  messagesForm,
  conversationsForm,
  preferenceForm,
  instructionForm,
  judgedForm,
  completionForm,
  anchorForm,
  queryForm,
  scoredPairForm,
  sentencePairForm,
  sentenceForm,
  labelledTextForm,
  imageForm,
  speechForm,
  audioForm,
  textForm,
];

/** The forms of rows for prediction. */
export const predictionForms: readonly RowForm[] = [choiceForm, endingsForm, ...rowForms];

export const knownFields: ReadonlySet<string> = new Set(predictionForms.flatMap(({ fields }) => [...fields]));

/** Whether a name is one of the fields, or a numbered one: "negative_2", "ending2". */
export function isField(name: string, fields = knownFields): boolean {
  return fields.has(name) || fields.has(negativeKey.test(name) ? "negative" : name.replace(/^ending\d+$/, "ending0"));
}
