// From an example to tokens with labels: only the answer is trained.

import { ExampleError } from "../errors.ts";
import type {
  ComparisonExample,
  Example,
  ImageExample,
  PreferenceExample,
  PromptExample,
  SentenceExample,
  TokensExample,
} from "../example.ts";
import { imageParts, renderWithImages } from "../templates/image-parts.ts";
import { type PromptTemplate, promptOf, type RenderedExample, type Segment } from "../templates/prompt-template.ts";
import {
  type ClassifiedSequence,
  type ComparedTexts,
  ignoredLabel,
  isUndecoded,
  type ScoredSequence,
  type TokenizedExample,
  type TokenSequence,
  truncateMasks,
} from "../tokenized-example.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { type LabelMeaning, labelRow } from "./label-row.ts";
import { cutBeforeEnd, shortenSequence } from "./shorten-sequence.ts";
import { cutSpan, tokenizeQuestion } from "./tokenize-question.ts";

/** The maximum length of sequences, and the meaning of labels. */
export interface TokenizeOptions extends LabelMeaning {
  /** Maximum number of tokens, special tokens included. */
  readonly maxLength: number;
  /** Texts before the texts of a comparison. */
  readonly prompts?: ComparisonPrompts | undefined;
}

/**
 * The tokens of an example. All labels but those of the answers are −100.
 *
 * The whole text is tokenized at once if the prompt's ids are a prefix of the result. Otherwise the pieces are tokenized
 * separately. Therefore the prompt has the same tokens in training as in generation. An end-of-text token follows the answer.
 * A preference has both of its answers. Sentence rows need no template and have a class instead of labels; questions have
 * the positions of their answer.
 *
 * Throws ExampleError for a class name without a number, and as `tokenizeQuestion`; templates throw TemplateError.
 *
 * @example
 * ```ts
 * import { promptTemplate, TextTokenizer, tokenizeExample } from "@lowrank/data";
 *
 * const tokenizer = TextTokenizer.fromJson({
 *   model: { type: "WordLevel", vocab: { "[UNK]": 0, two: 1, and: 2, four: 3, "</s>": 4 }, unk_token: "[UNK]" },
 *   added_tokens: [{ id: 4, content: "</s>", special: true }],
 *   normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null, decoder: null,
 * }, { eos_token: "</s>" });
 * const example = { kind: "completion", prompt: "two and two", completion: " four" } as const;
 * const tokens = tokenizeExample(example, tokenizer, promptTemplate("plain"), { maxLength: 16 });
 * if (tokens.kind !== "sequence" || tokens.labels.join() !== "-100,-100,-100,3,4") throw new Error("wrong mask");
 * ```
 */
export function tokenizeExample(
  example: Example,
  tokenizer: TextTokenizer,
  template: PromptTemplate,
  options: TokenizeOptions,
): TokenizedExample {
  return tokenizeRow(example, { tokenizer, template, idsOfPrefix: plainIds(tokenizer) }, options);
}

/** Tokenizer and template for many rows. */
export interface RowTokenizer {
  readonly tokenizer: TextTokenizer;
  readonly template: PromptTemplate;
  /** The ids of the beginning of a text. */
  readonly idsOfPrefix: (text: string) => readonly number[];
}

/** Like `tokenizeExample`, for one of many rows that share their tokenizer and template. */
export function tokenizeRow(example: Example, row: RowTokenizer, options: TokenizeOptions): TokenizedExample {
  const { tokenizer, template } = row;
  if (example.kind === "tokens") return shortenTokens(example, options.maxLength, options);
  if (example.kind === "span") return cutSpan(example, options.maxLength);
  if (example.kind === "preference") return tokenizePair(example, row, options);
  if (example.kind === "judged") {
    const tokens = tokenizeRow(example.answer, row, options);
    refuseImages([tokens]);
    return tokens.kind === "sequence" ? { ...tokens, kind: "judged", isGood: example.isGood } : tokens;
  }
  if (example.kind === "prompt") return tokenizePrompt(example, row, options);
  if (example.kind === "question") return tokenizeQuestion(example, tokenizer, options).tokens;
  if (example.kind === "comparison") return tokenizeComparison(example, tokenizer, options);
  if (example.kind === "image") return labelImage(example, options);
  if (example.kind === "sentence") return classifySentence(example, tokenizer, options);
  const sequence = labelSegments(renderWithImages(template, example), row);
  const images = example.kind === "chat" ? imageParts(example.messages).map(({ image }) => image) : [];
  if (images.length > 0) return unlessTooLong({ ...sequence, images }, options.maxLength);
  return shortenSequence(sequence, options.maxLength, leadingSpecialTokens(sequence.inputIds, tokenizer));
}

/** The sequence, or nothing if it is too long: an image needs all of its tokens. */
function unlessTooLong(sequence: TokenSequence, maxLength: number): TokenSequence {
  return sequence.inputIds.length <= maxLength ? sequence : { kind: "sequence", inputIds: [], labels: [] };
}

/** Both answers, each tokenized like a row of its own. */
function tokenizePair(
  { chosen, rejected }: PreferenceExample,
  row: RowTokenizer,
  options: TokenizeOptions,
): TokenizedExample {
  const [better, worse] = [tokenizeRow(chosen, row, options), tokenizeRow(rejected, row, options)];
  if (better.kind !== "sequence" || worse.kind !== "sequence") return better;
  refuseImages([better, worse]);
  return { ...better, kind: "preference", rejected: worse };
}

const noImages =
  "Images are read in rows of messages with an answer, not in judged answers and prompts. Remove the images.";

function refuseImages(rows: readonly TokenizedExample[]): void {
  if (rows.some(isUndecoded)) throw new ExampleError(noImages);
}

/** The ids before the answer. A prompt that is too long has no tokens, because a part of it would be another question. */
function tokenizePrompt(
  { asked, row: fields }: PromptExample,
  { tokenizer, template }: RowTokenizer,
  { maxLength }: TokenizeOptions,
): TokenizedExample {
  if (asked.kind === "chat" && imageParts(asked.messages).length > 0) throw new ExampleError(noImages);
  const inputIds = encodePrompt(template.render(asked), tokenizer);
  return { kind: "prompt", inputIds: inputIds.length > maxLength ? [] : inputIds, asked, row: fields };
}

/** The ids of a rendered prompt, from which generation starts. */
export function encodePrompt(rendered: RenderedExample, tokenizer: TextTokenizer): readonly number[] {
  const ids = tokenizer.encode(promptOf(rendered), { addSpecialTokens: false });
  return rendered.hasSpecialTokens === true ? ids : [...tokenizer.prefixIds, ...ids];
}

/** A picture with its label; needs no tokenizer. */
export function labelImage({ image, label }: ImageExample, meaning: LabelMeaning): TokenizedExample {
  const isPrepared = typeof image === "object" && "factor" in image;
  return labelRow({ inputIds: [], ...(isPrepared ? { pixels: image } : { image }) }, label, meaning);
}

/** A ready-made row as a sequence; needs no tokenizer. */
export function shortenTokens(example: TokensExample, maxLength: number, meaning: LabelMeaning = {}): TokenizedExample {
  const { inputIds, labels } = example;
  const masks = truncateMasks(example, (values) => values);
  if (typeof labels !== "number") return shortenSequence({ kind: "sequence", inputIds, labels, ...masks }, maxLength);
  const cut = shortenSequence({ kind: "sequence", inputIds, labels: inputIds, ...masks }, maxLength);
  const { labels: _, kind: __, ...rest } = cut;
  return labelRow(rest, labels, meaning);
}

/** Number of special tokens at the beginning, written by the tokenizer or a chat template, that stay when the text is cut. */
function leadingSpecialTokens(ids: readonly number[], { prefixIds, bosId }: TextTokenizer): number {
  if (prefixIds.length > 0 && prefixIds.every((id, index) => ids[index] === id)) return prefixIds.length;
  return bosId !== undefined && ids[0] === bosId ? 1 : 0;
}

function plainIds(tokenizer: TextTokenizer): (text: string) => number[] {
  return (text) => tokenizer.encode(text, { addSpecialTokens: false });
}

/** A cache of ids, for rows with equal beginnings, such as one prompt with many answers. */
export function cachedPrefixes(tokenizer: TextTokenizer): RowTokenizer["idsOfPrefix"] {
  const encode = plainIds(tokenizer);
  const cache = new Map<string, readonly number[]>();
  let size = 0;
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const ids = encode(text);
    if (size > maxCachedCharacters) {
      cache.clear();
      size = 0;
    }
    size += text.length;
    cache.set(text, ids);
    return ids;
  };
}

/** Bounds the cache if all rows begin differently: texts and their ids take some megabytes. Equal beginnings are usually neighbours. */
const maxCachedCharacters = 1_000_000;

function labelSegments(rendered: RenderedExample, { tokenizer, idsOfPrefix }: RowTokenizer): TokenSequence {
  const encode = plainIds(tokenizer);
  const parts =
    wholeParts(rendered.segments, encode, idsOfPrefix) ?? rendered.segments.map((segment) => encode(segment.text));
  const { eosId } = tokenizer;
  const [prefix, suffix] = rendered.hasSpecialTokens === true ? [[], []] : [tokenizer.prefixIds, tokenizer.suffixIds];
  // An encoder's tokenizer may have no end-of-text token. Then the answer ends with the token that ends every text, such as [SEP].
  const closing = eosId === undefined ? suffix : [eosId];
  const inputIds = [...prefix];
  const labels = prefix.map(() => ignoredLabel);
  for (const [index, segment] of rendered.segments.entries()) {
    for (const id of [...(parts[index] ?? []), ...(segment.endsText === true ? closing : [])]) {
      inputIds.push(id);
      labels.push(segment.isTrained ? id : ignoredLabel);
    }
  }
  return { kind: "sequence", inputIds, labels };
}

/** The ids of the whole text, split at the segments' borders; undefined if a token crosses a border. */
function wholeParts(
  segments: readonly Segment[],
  encode: (text: string) => number[],
  idsOfPrefix: RowTokenizer["idsOfPrefix"],
): number[][] | undefined {
  // An end-of-text token within the text separates it into texts of their own.
  const innerEnds = segments.slice(0, -1).some((segment) => segment.endsText === true);
  if (innerEnds) return undefined;
  const whole = encode(segments.map((segment) => segment.text).join(""));
  const borders = [0];
  let text = "";
  for (const segment of segments.slice(0, -1)) {
    text += segment.text;
    const ids = idsOfPrefix(text);
    if (ids.some((id, index) => whole[index] !== id)) return undefined;
    borders.push(ids.length);
  }
  borders.push(whole.length);
  return segments.map((_, index) => whole.slice(borders[index], borders[index + 1]));
}

function classifySentence(
  example: SentenceExample,
  tokenizer: TextTokenizer,
  options: TokenizeOptions,
): ClassifiedSequence | ScoredSequence {
  const { maxLength } = options;
  if (example.pair === undefined) {
    const inputIds = cutBeforeEnd(tokenizer.encode(example.sentence), maxLength, tokenizer.suffixIds);
    return labelRow({ inputIds }, example.label, options);
  }
  const { inputIds, tokenTypeIds } = tokenizer.encodePair(example.sentence, example.pair, { maxLength });
  const cut = (values: readonly number[]) => values.slice(0, maxLength);
  const search = example.search === undefined ? {} : { search: example.search };
  return labelRow({ inputIds: cut(inputIds), tokenTypeIds: cut(tokenTypeIds), ...search }, example.label, options);
}

/** Texts before each text of a comparison, for models like E5: "query: ", "passage: ". */
export interface ComparisonPrompts {
  /** Before the first of a row's texts. */
  readonly first?: string | undefined;
  /** Before the others. */
  readonly others?: string | undefined;
}

/** Each text with special tokens. A text that is too long loses its end before the closing special token. */
function tokenizeComparison(
  { texts, score }: ComparisonExample,
  tokenizer: TextTokenizer,
  { maxLength, prompts = {} }: { readonly maxLength: number; readonly prompts?: ComparisonPrompts | undefined },
): ComparedTexts {
  const encode = (text: string, prompt = "") =>
    cutBeforeEnd(tokenizer.encode(prompt + text), maxLength, tokenizer.suffixIds);
  const [first = "", ...others] = texts;
  return {
    kind: "comparison",
    inputIds: encode(first, prompts.first),
    others: others.map((text) => encode(text, prompts.others)),
    ...(score === undefined ? {} : { score }),
  };
}
