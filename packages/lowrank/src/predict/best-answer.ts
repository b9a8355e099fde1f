// The likeliest answer spans from start and end logits: transformers' postprocess_qa_predictions for one window.

/** Logits of one row, and the position of the text in its tokens. */
export interface AnswerLogits {
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  /** Number of tokens without padding. */
  readonly length: number;
  readonly contextStart: number;
  readonly contextLength: number;
  /** Whether "no answer" is allowed, as in SQuAD 2.0: its score is that of the first token. */
  readonly mayBeNone: boolean;
}

const candidates = 20;
const longestAnswer = 30;

/** An answer span, with token indices from the text's start; no span for "no answer". */
export interface RankedAnswer {
  readonly position: readonly [first: number, last: number] | undefined;
  /** The sum of its two logits. */
  readonly score: number;
}

/** The likeliest answers in order: some hundreds at most. */
export function bestAnswers(logits: AnswerLogits): readonly RankedAnswer[] {
  const { starts, ends, length, contextStart, contextLength, mayBeNone } = logits;
  const isInText = (position: number) => position >= contextStart && position < contextStart + contextLength;
  const found: RankedAnswer[] = [];
  for (const first of highest(starts, length).filter(isInText)) {
    for (const last of highest(ends, length).filter(isInText)) {
      if (last < first || last - first + 1 > longestAnswer) continue;
      found.push({
        position: [first - contextStart, last - contextStart],
        score: (starts[first] ?? 0) + (ends[last] ?? 0),
      });
    }
  }
  if (mayBeNone) found.push({ position: undefined, score: (starts[0] ?? 0) + (ends[0] ?? 0) });
  return found.sort((one, other) => other.score - one.score);
}

/** First and last token of the answer, counted from the text's first; undefined for none. */
export function bestAnswer(logits: AnswerLogits): readonly [first: number, last: number] | undefined {
  return bestAnswers(logits)[0]?.position;
}

function highest(logits: ArrayLike<number>, length: number): readonly number[] {
  const positions = Array.from({ length }, (_, position) => position);
  return positions.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0)).slice(0, candidates);
}
