// Tokenizes a question about a text, and finds the tokens of its answer.

import type { QuestionExample } from "../example.ts";
import { type AnswerSpan, truncateMasks } from "../tokenized-example.ts";
import type { CharacterSpan } from "../tokenizer/encoded-text.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";

/** A tokenized question, with positions to map its tokens back to the text. */
export interface TokenizedQuestion {
  readonly tokens: AnswerSpan;
  /** The first token of the text. */
  readonly contextStart: number;
  /** The characters of each token of the text. */
  readonly spans: readonly CharacterSpan[];
  /** Whether cutting the text removed the answer or a part of it. */
  readonly isCut: boolean;
}

/**
 * Tokenizes a question and a text as one input, and finds the tokens of the first answer, like transformers' run_qa.py with one
 * window. If the input is too long, the text loses its end. The span is (0, 0) for a question without an answer, or with an
 * answer that was cut off.
 *
 * Throws ExampleError if the question leaves no room for the text, or if the tokenizer does not report its tokens' characters.
 */
export function tokenizeQuestion(
  { question, context, answers }: QuestionExample,
  tokenizer: TextTokenizer,
  { maxLength }: { readonly maxLength: number },
): TokenizedQuestion {
  // White space before a question only takes room. With byte-level tokenizers it is a token of its own.
  const encoded = tokenizer.encodeQuestion(question.trimStart(), context, { maxLength });
  const { inputIds, tokenTypeIds, contextStart, spans } = encoded;
  const [answer] = answers;
  const found = answer && tokensOf([answer.start, answer.start + answer.text.length], spans);
  const [start, end] = found === undefined ? [0, 0] : [contextStart + found[0], contextStart + found[1]];
  const tokens: AnswerSpan = { kind: "span", inputIds, tokenTypeIds, start, end };
  return { tokens, contextStart, spans, isCut: answer !== undefined && found === undefined };
}

/** A tokenized row of at most `maxLength` tokens; the span is (0, 0) if its answer was cut off. */
export function cutSpan(example: AnswerSpan, maxLength: number): AnswerSpan {
  const cut = (values: readonly number[]) => values.slice(0, maxLength);
  const { start, end } = example.end < maxLength ? example : { start: 0, end: 0 };
  return { kind: "span", inputIds: cut(example.inputIds), start, end, ...truncateMasks(example, cut) };
}

/** The last token that starts at or before the answer, and the first that ends at or after it; undefined if there is none. */
function tokensOf([from, to]: CharacterSpan, spans: readonly CharacterSpan[]): readonly [number, number] | undefined {
  const later = spans.findIndex(([start]) => start > from);
  const first = (later === -1 ? spans.length : later) - 1;
  const last = spans.findIndex(([, end]) => end >= to);
  return first === -1 || last === -1 ? undefined : [first, Math.max(first, last)];
}
