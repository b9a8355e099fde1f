// Corpus BLEU with several references (Papineni et al. 2002), with sacrebleu's defaults, so that numbers can be
// compared: BLEU-4, 13a tokenization, case kept, closest reference length, exponential smoothing of empty orders.

import { ExampleError } from "../errors.ts";

/** A BLEU score and its parts. */
export interface BleuScore {
  /** 0 to 100. */
  readonly score: number;
  /** Share of n-grams found in a reference, for n = 1 … 4, 0 to 100, after smoothing. */
  readonly precisions: readonly number[];
  /** 1 if the candidates are as long as the closest references, less if they are shorter. */
  readonly brevityPenalty: number;
  readonly candidateLength: number;
  readonly referenceLength: number;
}

const orders = 4;

/** Splits a text as mteval-v13a does (sacrebleu's tokenization "13a"). */
export function tokenize13a(text: string): readonly string[] {
  const plain = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  const unescaped = plain
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  const parted = ` ${unescaped} `
    .replaceAll(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replaceAll(/([^0-9])([.,])/g, "$1 $2 ")
    .replaceAll(/([.,])([^0-9])/g, " $1 $2")
    .replaceAll(/([0-9])(-)/g, "$1 $2 ");
  return parted.split(/\s+/).filter((word) => word !== "");
}

/**
 * BLEU of candidate texts, each compared with one or more references. Throws ExampleError if the counts differ, or if a candidate has
 * no reference.
 *
 * @example
 * ```ts
 * import { bleu } from "@lowrank/data";
 *
 * const { score } = bleu(["The cat is on the mat."], [["The cat is on the mat.", "A cat sits on the mat."]]);
 * if (Math.abs(score - 100) > 1e-9) throw new Error("identical texts score 100");
 * ```
 */
export function bleu(candidates: readonly string[], references: readonly (readonly string[])[]): BleuScore {
  check(candidates, references);
  const matches = new Array<number>(orders).fill(0);
  const totals = new Array<number>(orders).fill(0);
  let candidateLength = 0;
  let referenceLength = 0;
  for (const [index, candidate] of candidates.entries()) {
    const words = tokenize13a(candidate);
    const targets = (references[index] ?? []).map(tokenize13a);
    candidateLength += words.length;
    referenceLength += closestLength(words.length, targets);
    for (let n = 1; n <= orders; n += 1) {
      totals[n - 1] = (totals[n - 1] ?? 0) + Math.max(0, words.length - n + 1);
      matches[n - 1] = (matches[n - 1] ?? 0) + countMatches(words, targets, n);
    }
  }
  const precisions = smoothedPrecisions(matches, totals);
  const isShort = candidateLength < referenceLength;
  const brevityPenalty = !isShort ? 1 : candidateLength === 0 ? 0 : Math.exp(1 - referenceLength / candidateLength);
  const hasEmpty = precisions.some((precision) => precision === 0);
  const meanLog = precisions.reduce((sum, precision) => sum + Math.log(precision), 0) / orders;
  const score = hasEmpty ? 0 : brevityPenalty * Math.exp(meanLog);
  return { score, precisions, brevityPenalty, candidateLength, referenceLength };
}

function check(candidates: readonly string[], references: readonly (readonly string[])[]): void {
  if (candidates.length !== references.length) {
    throw new ExampleError(
      `Candidates: ${candidates.length}, references: ${references.length}; expected equal numbers.`,
    );
  }
  const without = references.findIndex((list) => list.length === 0);
  if (without !== -1) throw new ExampleError(`BLEU: candidate ${without + 1} has no reference; expected at least one.`);
}

function closestLength(length: number, targets: readonly (readonly string[])[]): number {
  const lengths = targets.map((target) => target.length);
  const farther = (a: number, b: number) => Math.abs(a - length) - Math.abs(b - length) || a - b;
  return lengths.sort(farther)[0] ?? 0;
}

function countMatches(words: readonly string[], targets: readonly (readonly string[])[], n: number): number {
  const allowed = new Map<string, number>();
  for (const target of targets) {
    for (const [gram, count] of countGrams(target, n)) allowed.set(gram, Math.max(count, allowed.get(gram) ?? 0));
  }
  let found = 0;
  for (const [gram, count] of countGrams(words, n)) found += Math.min(count, allowed.get(gram) ?? 0);
  return found;
}

function countGrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start += 1) {
    const gram = words.slice(start, start + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Each order without a match counts as half the one before (Chen & Cherry 2014, method 3; NIST's mteval). */
function smoothedPrecisions(matches: readonly number[], totals: readonly number[]): readonly number[] {
  let smoothing = 1;
  return matches.map((count, index) => {
    const total = totals[index] ?? 0;
    if (total === 0) return 0;
    if (count > 0) return (100 * count) / total;
    smoothing *= 2;
    return 100 / (smoothing * total);
  });
}
