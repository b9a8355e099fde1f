// From a question about a text to tokens, and which of them the answer is.

import type { QuestionExample } from "../example.ts";
import { type AnswerSpan, truncateMasks } from "../tokenized-example.ts";
import type { CharacterSpan } from "../tokenizer/encoded-text.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";

/** A question as tokens, and what leads from tokens back to the text. */
export interface TokenizedQuestion {
  readonly tokens: AnswerSpan;
  /** The first token of the text. */
  readonly contextStart: number;
  /** For each token of the text that is there, its characters. */
  readonly spans: readonly CharacterSpan[];
  /** Whether the answer is not, or not whole, in what is left of the text. */
  readonly isCut: boolean;
}

/**
 * Question and text as one input, the text cut at its end where both are too long, and the tokens that hold the first answer:
 * as transformers' run_qa.py, in one window. A question without an answer, or whose answer was cut off, has (0, 0).
 *
 * Throws ExampleError for a question that leaves no room, and where the tokenizer does not say what its tokens are made of.
 *
 * @example
 * ```ts
 * import { TextTokenizer, tokenizeQuestion } from "@lowrank/data";
 *
 * const vocab = { "[UNK]": 0, who: 1, sleeps: 2, the: 3, dog: 4 };
 * const tokenizer = TextTokenizer.fromJson({
 *   model: { type: "WordLevel", vocab, unk_token: "[UNK]" }, pre_tokenizer: { type: "Whitespace" },
 * });
 * const context = "the dog sleeps";
 * const example = { kind: "question", question: "who sleeps", context, answers: [{ text: "dog", start: 4 }] } as const;
 * const { tokens } = tokenizeQuestion(example, tokenizer, { maxLength: 16 });
 * if (tokens.inputIds.join() !== "1,2,3,4,2" || tokens.start !== 3 || tokens.end !== 3) throw new Error("wrong tokens");
 * ```
 */
export function tokenizeQuestion(
  { question, context, answers }: QuestionExample,
  tokenizer: TextTokenizer,
  { maxLength }: { readonly maxLength: number },
): TokenizedQuestion {
  // White space before a question only takes room, and is a token of its own with byte-level tokenizers.
  const encoded = tokenizer.encodeQuestion(question.trimStart(), context, { maxLength });
  const { inputIds, tokenTypeIds, contextStart, spans } = encoded;
  const [answer] = answers;
  const found = answer && placeOf([answer.start, answer.start + answer.text.length], spans);
  const [start, end] = found === undefined ? [0, 0] : [contextStart + found[0], contextStart + found[1]];
  const tokens: AnswerSpan = { kind: "span", inputIds, tokenTypeIds, start, end };
  return { tokens, contextStart, spans, isCut: answer !== undefined && found === undefined };
}

/** A ready-made row of at most so many tokens; (0, 0) where they do not hold the answer. */
export function cutSpan(example: AnswerSpan, maxLength: number): AnswerSpan {
  const cut = (values: readonly number[]) => values.slice(0, maxLength);
  const { start, end } = example.end < maxLength ? example : { start: 0, end: 0 };
  return { kind: "span", inputIds: cut(example.inputIds), start, end, ...truncateMasks(example, cut) };
}

/** The last token that starts no later than the answer, and the first that ends no earlier; undefined if none does. */
function placeOf([from, to]: CharacterSpan, spans: readonly CharacterSpan[]): readonly [number, number] | undefined {
  const later = spans.findIndex(([start]) => start > from);
  const first = (later === -1 ? spans.length : later) - 1;
  const last = spans.findIndex(([, end]) => end >= to);
  return first === -1 || last === -1 ? undefined : [first, Math.max(first, last)];
}
