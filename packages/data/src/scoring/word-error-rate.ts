// Word error rate of transcripts, as in jiwer: words are separated by white space, and case and punctuation count.

import { ExampleError } from "../errors.ts";

/**
 * The number of insertions, deletions and replacements of words between transcripts and references, divided by the number of words in
 * the references. 0 is perfect; the value can exceed 1.
 *
 * @throws ExampleError for lists of different lengths, and if the references have no words.
 */
export function wordErrorRate(transcripts: readonly string[], references: readonly string[]): number {
  if (transcripts.length !== references.length) {
    throw new ExampleError(
      `Transcripts: ${transcripts.length}, reference texts: ${references.length}; expected the same number of both.`,
    );
  }
  let [errors, words] = [0, 0];
  for (const [row, transcript] of transcripts.entries()) {
    const reference = wordsOf(references[row] ?? "");
    errors += distance(wordsOf(transcript), reference);
    words += reference.length;
  }
  if (words === 0) throw new ExampleError("The reference texts have no words; expected at least one.");
  return errors / words;
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Levenshtein distance of words, with one row of the table at a time. */
function distance(hypothesis: readonly string[], reference: readonly string[]): number {
  let previous = Array.from({ length: reference.length + 1 }, (_, index) => index);
  for (const [row, word] of hypothesis.entries()) {
    const current = [row + 1];
    for (const [column, expected] of reference.entries()) {
      const replaced = (previous[column] ?? 0) + (word === expected ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[reference.length] ?? 0;
}
