// Every form of row that is recognised, the more telling first.

import { conversationsForm, messagesForm } from "./chat-form.ts";
import { anchorForm, queryForm, scoredPairForm } from "./comparison-forms.ts";
import { completionForm } from "./completion-form.ts";
import { instructionForm } from "./instruction-form.ts";
import { audioForm, imageForm, speechForm } from "./media-forms.ts";
import { judgedForm, preferenceForm } from "./preference-form.ts";
import { choiceForm, endingsForm, questionForm, spanForm } from "./question-form.ts";
import type { RowForm } from "./row-form.ts";
import { labelledTextForm, sentenceForm, sentencePairForm } from "./sentence-form.ts";
import { textForm } from "./text-form.ts";
import { tokensForm } from "./tokens-form.ts";

/**
 * The forms, in the order in which they are tried: the first whose keys a row has is the row's form.
 *
 * @example
 * ```ts
 * import { rowForms } from "@lowrank/data";
 *
 * const names = rowForms.map((form) => form.name);
 * if (!names.includes("prompt/completion")) throw new Error("a form is missing");
 * ```
 */
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

/** The same for rows that are asked, which may be of some more. */
export const askedForms: readonly RowForm[] = [choiceForm, endingsForm, ...rowForms];
