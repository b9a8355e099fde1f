// From an example to the two texts of an encoder–decoder: the prompt is the source, the answer the target.

import { TemplateError } from "../errors.ts";
import type { AudioExample, Example, SpeechExample, TokensExample } from "../example.ts";
import type { PromptTemplate, RenderedExample } from "../templates/prompt-template.ts";
import { promptOf } from "../templates/prompt-template.ts";
import { type SourceTarget, truncateMasks } from "../tokenized-example.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { cutBeforeEnd } from "./shorten-sequence.ts";

/** How long the two texts of an encoder–decoder may be. */
export interface SourceTargetLimits {
  /** Maximum number of tokens of a source, including special tokens. */
  readonly maxLength: number;
  /** Maximum number of tokens of a target, including its end token. */
  readonly maxTargetLength: number;
}

/**
 * The sources and targets of an example, one pair for each answer. The source of an assistant's turn is everything before it.
 * Both are tokenized with the tokenizer's special tokens, and a target ends with the end-of-text token, as in transformers'
 * `tokenizer(source, text_target=target)`. A text that is too long loses its end before the closing special token. For speech, the
 * features are the source. The target then lacks the start token, because a decoder's input begins with it anyway.
 *
 * Throws TemplateError for an example without an answer (running text, a labelled sentence).
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
    labels: encodeTarget(target, { tokenizer, hasSpecialTokens: rendered.hasSpecialTokens === true, limits }),
  }));
}

/** The example as text. Throws TemplateError if it has no answer, or if the template refuses it. */
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
 * The encoder's input for a rendered example: its prompt with special tokens. A prompt that is too long loses its end. It is the
 * same for training, evaluation and generation.
 */
export function encodeSource(
  rendered: RenderedExample,
  tokenizer: TextTokenizer,
  maxLength = Number.POSITIVE_INFINITY,
): readonly number[] {
  const hasSpecialTokens = rendered.hasSpecialTokens === true;
  const ids = tokenizer.encode(promptOf(rendered), { addSpecialTokens: !hasSpecialTokens });
  return cutBeforeEnd(ids, maxLength, hasSpecialTokens ? [] : tokenizer.suffixIds);
}

/** A tokenized row, cut at its end if it is too long. */
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

/** Each trained segment, with all text before it. */
function answersOf({ segments }: RenderedExample) {
  let before = "";
  return segments.flatMap(({ text, isTrained }) => {
    const source = { text: before, isTrained: false };
    before += text;
    return isTrained ? [{ source, target: text }] : [];
  });
}

/** The target of speech: without the start token, because a decoder's input begins with it anyway. */
function speechTarget(
  example: SpeechExample | AudioExample,
  tokenizer: TextTokenizer,
  limits: SourceTargetLimits,
): SourceTarget {
  const { text, start } = example;
  const hasSpecialTokens = start !== undefined;
  const prefixLength = hasSpecialTokens || tokenizer.prefixIds.length > 0 ? 1 : 0;
  const maxTargetLength = limits.maxTargetLength + prefixLength;
  const ids = encodeTarget(hasSpecialTokens ? start + text : text, {
    tokenizer,
    hasSpecialTokens,
    limits: { ...limits, maxTargetLength },
  });
  return {
    kind: "source-target",
    inputIds: [],
    ...audioOf(example),
    labels: ids.slice(prefixLength),
  };
}

function audioOf(example: SpeechExample | AudioExample): Pick<SourceTarget, "audioFeatures" | "audio"> {
  if (example.kind === "audio") return { audio: example.audio };
  const { features, melBins, frames } = example;
  return { audioFeatures: { features, melBins, ...(frames === undefined ? {} : { frames }) } };
}

interface TargetOptions {
  readonly tokenizer: TextTokenizer;
  readonly hasSpecialTokens: boolean;
  readonly limits: SourceTargetLimits;
}

function encodeTarget(target: string, { tokenizer, hasSpecialTokens, limits }: TargetOptions): readonly number[] {
  const { targetPrefixIds, targetSuffixIds: suffixIds, targetLanguageId, eosId } = tokenizer;
  const hasTargetLanguage = !hasSpecialTokens && targetLanguageId !== undefined;
  const text = tokenizer.encode(target, { addSpecialTokens: !hasSpecialTokens && !hasTargetLanguage, isTarget: true });
  const ids = hasTargetLanguage ? [...targetPrefixIds, ...text, ...suffixIds] : text;
  const end = eosId === undefined ? [] : [eosId];
  const closing = hasSpecialTokens || suffixIds.length === 0 ? end : suffixIds;
  const isEnded = closing.length > 0 && closing.every((id, index) => ids[ids.length - closing.length + index] === id);
  return cutBeforeEnd(isEnded ? ids : [...ids, ...closing], limits.maxTargetLength, closing);
}
