// From an example to what an encoder–decoder is trained on: prompt and answer are texts of their own.

import { TemplateError } from "../errors.ts";
import type { AudioExample, Example, SpeechExample, TokensExample } from "../example.ts";
import type { PromptTemplate, RenderedExample } from "../templates/prompt-template.ts";
import { promptOf } from "../templates/prompt-template.ts";
import { type SourceTarget, truncateMasks } from "../tokenized-example.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { cutBeforeEnd } from "./shorten-sequence.ts";

/** How long the two texts of an encoder–decoder may be. */
export interface SourceTargetLimits {
  /** Largest number of tokens of a source, marks included. */
  readonly maxLength: number;
  /** Largest number of tokens of a target, its end token included. */
  readonly maxTargetLength: number;
}

/**
 * The sources and targets of an example, one pair for each answer: every turn of the assistant has all that came before
 * it as its source. Both are tokenised with the tokenizer's own marks, and a target ends with the end-of-text token, as in
 * transformers' `tokenizer(source, text_target=target)`; what is too long loses its end before the closing mark. Of speech the
 * features are the source, and the target is the text without the start token that a decoder begins with anyway.
 *
 * Throws TemplateError for an example without an answer of its own (running text, a labelled sentence).
 *
 * @example
 * ```ts
 * import { promptTemplate, TextTokenizer, tokenizeSourceTargets } from "@lowrank/data";
 *
 * const tokenizer = TextTokenizer.fromJson({
 *   model: { type: "WordLevel", vocab: { "[UNK]": 0, one: 1, eins: 2, "</s>": 3 }, unk_token: "[UNK]" },
 *   added_tokens: [{ id: 3, content: "</s>", special: true }],
 *   normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null, decoder: null,
 * }, { eos_token: "</s>" });
 * const example = { kind: "completion", prompt: "one", completion: "eins" } as const;
 * const limits = { maxLength: 16, maxTargetLength: 16 };
 * const [pair] = tokenizeSourceTargets(example, tokenizer, promptTemplate("plain"), limits);
 * if (pair?.inputIds.join() !== "1" || pair.labels.join() !== "2,3") throw new Error("wrong ids");
 * ```
 */
export function tokenizeSourceTargets(
  example: Example,
  tokenizer: TextTokenizer,
  template: PromptTemplate,
  limits: SourceTargetLimits,
): readonly SourceTarget[] {
  if (example.kind === "tokens") return [cutSourceTarget(example, limits)];
  if (example.kind === "preference") return tokenizeSourceTargets(example.chosen, tokenizer, template, limits);
  if (example.kind === "judged") return tokenizeSourceTargets(example.answer, tokenizer, template, limits);
  if (example.kind === "speech" || example.kind === "audio") return [speechTarget(example, tokenizer, limits)];
  const rendered = renderSourceTarget(example, template);
  return answersOf(rendered).map(({ source, target }) => ({
    kind: "source-target",
    inputIds: encodeSource({ ...rendered, segments: [source] }, tokenizer, limits.maxLength),
    labels: encodeTarget(target, { tokenizer, hasMarks: rendered.hasSpecialTokens === true, limits }),
  }));
}

/** The example as text. Throws TemplateError where it has no source, and where the template refuses it. */
export function renderSourceTarget(example: Example, template: PromptTemplate): RenderedExample {
  if (!hasAnswer(example)) {
    throw new TemplateError(template.name, "an encoder–decoder needs rows with a prompt and an answer.");
  }
  return template.render(example);
}

function hasAnswer({ kind }: Example): boolean {
  return kind === "completion" || kind === "instruction" || kind === "chat";
}

/**
 * What the encoder reads of a rendered example: its prompt with the tokenizer's own marks, without its end where it is
 * too long. The same for training, evaluation and generation.
 */
export function encodeSource(
  rendered: RenderedExample,
  tokenizer: TextTokenizer,
  maxLength = Number.POSITIVE_INFINITY,
): readonly number[] {
  const hasMarks = rendered.hasSpecialTokens === true;
  const ids = tokenizer.encode(promptOf(rendered), { addSpecialTokens: !hasMarks });
  return cutBeforeEnd(ids, maxLength, hasMarks ? [] : tokenizer.suffixIds);
}

/** A ready-made row with what is too long cut off at its end. */
export function cutSourceTarget(
  example: TokensExample,
  { maxLength, maxTargetLength }: SourceTargetLimits,
): SourceTarget {
  const { inputIds, labels } = example;
  const cut = (values: readonly number[]) => values.slice(0, maxLength);
  return {
    kind: "source-target",
    inputIds: cut(inputIds),
    labels: typeof labels === "number" ? [] : labels.slice(0, maxTargetLength),
    ...truncateMasks(example, cut),
  };
}

/** Each trained stretch, and all text before it. */
function answersOf({ segments }: RenderedExample) {
  let before = "";
  return segments.flatMap(({ text, isTrained }) => {
    const source = { text: before, isTrained: false };
    before += text;
    return isTrained ? [{ source, target: text }] : [];
  });
}

/** A decoder's inputs begin with the start token anyway, which a target's own marks begin with, too. */
function speechTarget(
  example: SpeechExample | AudioExample,
  tokenizer: TextTokenizer,
  limits: SourceTargetLimits,
): SourceTarget {
  const { text, start } = example;
  const hasMarks = start !== undefined;
  const marks = hasMarks || tokenizer.prefixIds.length > 0 ? 1 : 0;
  const maxTargetLength = limits.maxTargetLength + marks;
  const ids = encodeTarget(hasMarks ? start + text : text, {
    tokenizer,
    hasMarks,
    limits: { ...limits, maxTargetLength },
  });
  return {
    kind: "source-target",
    inputIds: [],
    ...heardIn(example),
    labels: ids.slice(marks),
  };
}

function heardIn(example: SpeechExample | AudioExample): Pick<SourceTarget, "sounds" | "audio"> {
  if (example.kind === "audio") return { audio: example.audio };
  const { features, melBins, frames } = example;
  return { sounds: { features, melBins, ...(frames === undefined ? {} : { frames }) } };
}

interface TargetOptions {
  readonly tokenizer: TextTokenizer;
  readonly hasMarks: boolean;
  readonly limits: SourceTargetLimits;
}

function encodeTarget(target: string, { tokenizer, hasMarks, limits }: TargetOptions): readonly number[] {
  const { targetPrefixIds, targetSuffixIds: suffixIds, targetLanguageId, eosId } = tokenizer;
  const hasOwn = !hasMarks && targetLanguageId !== undefined;
  const text = tokenizer.encode(target, { addSpecialTokens: !hasMarks && !hasOwn, isTarget: true });
  const ids = hasOwn ? [...targetPrefixIds, ...text, ...suffixIds] : text;
  const end = eosId === undefined ? [] : [eosId];
  const closing = hasMarks || suffixIds.length === 0 ? end : suffixIds;
  const isEnded = closing.length > 0 && closing.every((id, index) => ids[ids.length - closing.length + index] === id);
  return cutBeforeEnd(isEnded ? ids : [...ids, ...closing], limits.maxTargetLength, closing);
}
