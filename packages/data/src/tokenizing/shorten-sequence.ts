// Shortens a sequence that is too long.

import {
  type CountedLabels,
  ignoredLabel,
  isUndecoded,
  supervisedTokens,
  type TokenizedExample,
  type TokenSequence,
  truncateMasks,
} from "../tokenized-example.ts";

/**
 * Shortens a sequence to `maxLength` tokens. It removes the beginning of the prompt first, but keeps the prompt's `keep` leading
 * tokens, such as <s>. If the answer alone is too long, prompt and answer get half of the length each, and the answer loses its
 * end. A sequence without a prompt loses its end.
 */
export function shortenSequence(sequence: TokenSequence, maxLength: number, keep = 0): TokenSequence {
  const length = sequence.inputIds.length;
  if (length <= maxLength) return sequence;
  const firstTrained = sequence.labels.findIndex((label, t) => t >= keep && label !== ignoredLabel);
  const promptLength = firstTrained === -1 ? 0 : firstTrained - keep;
  const answerLength = length - keep - promptLength;
  const room = Math.max(0, maxLength - keep);
  const roomForPrompt = answerLength <= room ? room - answerLength : Math.floor(room / 2);
  const dropped = Math.max(0, promptLength - roomForPrompt);
  const cut = (values: readonly number[]) =>
    [...values.slice(0, keep), ...values.slice(keep + dropped)].slice(0, maxLength);
  return {
    ...sequence,
    inputIds: cut(sequence.inputIds),
    labels: cut(sequence.labels),
    ...truncateMasks(sequence, cut),
  };
}

/**
 * Whether a loss counts any token of the example. A causal model's loss does not count the first token, other losses do
 * (`firstCounts`), and a classifier's loss needs any token. `tokenizeExamples`, whose rows are for causal models, leaves out
 * examples that are not trainable.
 */
export function isTrainable(example: TokenizedExample, counted: CountedLabels = {}): boolean {
  const { kind, inputIds } = example;
  if (kind === "span" || kind === "prompt") return inputIds.length > 0;
  if (kind === "classified" || kind === "scored")
    return inputIds.length > 0 || example.pixels !== undefined || isUndecoded(example);
  if (kind === "comparison") return [inputIds, ...example.others].every(({ length }) => length > 0);
  if (kind === "source-target")
    return (
      (inputIds.length > 0 || example.audioFeatures !== undefined || isUndecoded(example)) &&
      supervisedTokens(example.labels, { firstCounts: true }) > 0
    );
  if (kind === "preference" && supervisedTokens(example.rejected.labels, counted) === 0) return false;
  return supervisedTokens(example.labels, counted) > 0;
}

/** The first ids up to `maxLength`, with the closing special tokens ([SEP], </s>). */
export function cutBeforeEnd(ids: readonly number[], maxLength: number, suffix: readonly number[]): readonly number[] {
  if (ids.length <= maxLength) return ids;
  return [...ids.slice(0, Math.max(0, maxLength - suffix.length)), ...suffix].slice(0, maxLength);
}
