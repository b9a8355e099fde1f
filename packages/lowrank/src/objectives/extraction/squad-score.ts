// Exact match and F1 of an answer, as the script of SQuAD 2.0 counts them (evaluate-v2.0.py, Rajpurkar et al. 2018). Those of
// 1.1 are the same where no right answer is made of articles and punctuation alone.

/** How well an answer agrees with the best of the right ones: each from 0 to 1. */
export interface AnswerScore {
  readonly exact: number;
  readonly f1: number;
}

/** Scores an answer; "" says that the text has none, and is right where there are no right answers. */
export function squadScore(given: string, right: readonly string[]): AnswerScore {
  const known = right.filter((answer) => normalizeAnswer(answer) !== "");
  const answers = known.length === 0 ? [""] : known;
  return {
    exact: Math.max(...answers.map((answer) => Number(normalizeAnswer(answer) === normalizeAnswer(given)))),
    f1: Math.max(...answers.map((answer) => f1Of(wordsOf(given), wordsOf(answer)))),
  };
}

/** In lower case, without punctuation (Python's `string.punctuation`) and English articles, words parted by one space. */
export function normalizeAnswer(text: string): string {
  const bare = text.toLowerCase().replace(/[!-/:-@[-`{-~]/g, "");
  // Python's \b knows letters of every language.
  const withoutArticles = bare.replace(/(?<![\p{L}\p{N}\p{M}_])(?:a|an|the)(?![\p{L}\p{N}\p{M}_])/gu, " ");
  return withoutArticles.trim().split(/\s+/).join(" ");
}

function wordsOf(text: string): readonly string[] {
  const normalized = normalizeAnswer(text);
  return normalized === "" ? [] : normalized.split(" ");
}

function f1Of(given: readonly string[], right: readonly string[]): number {
  if (given.length === 0 || right.length === 0) return Number(given.length === right.length);
  const left = new Map<string, number>();
  for (const word of right) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common += 1;
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / given.length, common / right.length];
  return (2 * precision * recall) / (precision + recall);
}
