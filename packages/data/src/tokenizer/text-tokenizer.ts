// A Hugging Face tokenizer for fine-tuning: text to ids and back. It fixes the differences between the JavaScript library and
// Rust's tokenizers.

import type { Tokenizer } from "@huggingface/tokenizers";
import { LowrankError } from "@lowrank/contracts";
import { isObject, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { alignAddedTokens } from "../added-tokens/align-added-tokens.ts";
import { boundedTokenizer } from "../bounds/bounded-tokenizer.ts";
import { ExampleError, tokenizerError } from "../errors.ts";
import { processorTemplates } from "../templates/processor-templates.ts";
import { tokenText } from "../text-files.ts";
import { checkTokenizerJson, limitNames, type TokenizerLimits } from "../tokenizer-json/check-tokenizer-json.ts";
import { fallBackToBytes, writeBytesQuickly } from "./byte-characters.ts";
import type { CharacterSpan, EncodedText } from "./encoded-text.ts";
import { withLanguages } from "./language-tokens.ts";
import { pairLengths, segmentByOwnModel, targetJson } from "./segmentation.ts";
import { specialTokensAround } from "./special-tokens.ts";
import { tokenBytes } from "./token-bytes.ts";
import { type TokenSpan, tokenSpans } from "./token-spans.ts";

/** Options of `encode`. */
export interface EncodeOptions {
  /** Whether special tokens ([CLS], <s> …) are added; default true, as in transformers. */
  readonly addSpecialTokens?: boolean;
  /** Whether the text is a target of an encoder–decoder: some tokenizers (Marian's) split targets differently. Default false. */
  readonly isTarget?: boolean;
}

/** Options of `decode`. */
export interface DecodeOptions {
  /** Whether special tokens such as </s> are left out; default true. */
  readonly skipSpecialTokens?: boolean;
}

/** Options of `encodePair`, `encodeQuestion` and `encodeWithSpans`. */
export interface PairOptions {
  /** Maximum number of tokens, special tokens included; default: no limit. */
  readonly maxLength?: number;
}

/** A pair of texts as ids, with the segment of each token. */
export interface EncodedPair {
  readonly inputIds: readonly number[];
  readonly tokenTypeIds: readonly number[];
}

/** A question and the text with its answer as ids, with the characters of each token of the text. */
export interface EncodedQuestion extends EncodedPair {
  /** Index of the first token of the text. */
  readonly contextStart: number;
  /** The span of each token of the text that was kept. */
  readonly spans: readonly CharacterSpan[];
}

/**
 * Converts texts to token ids and back, by the contents of tokenizer.json and tokenizer_config.json. Throws TokenizationError
 * if a text takes too much work, grows too much, or has no piece in the vocabulary.
 *
 * @example
 * ```ts
 * import { TextTokenizer } from "@lowrank/data";
 *
 * const tokenizer = TextTokenizer.fromJson({
 *   model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1, world: 2 }, unk_token: "[UNK]" },
 *   added_tokens: [], normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null, decoder: null,
 * });
 * if (tokenizer.encode("hello world").join() !== "1,2") throw new Error("wrong ids");
 * ```
 */
export class TextTokenizer {
  /** Id of the beginning-of-text token; undefined if the tokenizer has none. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** Id for padding: the padding token, else the end-of-text token, else 0. */
  readonly padId: number;
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  /** The largest id plus one. */
  readonly vocabSize: number;
  /** Length of the longest token of the vocabulary, in characters. */
  readonly longestToken: number;
  /** The Jinja text of the model's chat template, or of its processor's prompt, if it has one. */
  readonly chatTemplate: string | undefined;
  /** Special tokens before a text. */
  readonly prefixIds: readonly number[];
  /** Special tokens after a text. */
  readonly suffixIds: readonly number[];
  /** Special tokens before a target. They differ from `prefixIds` only if tokenizer_config.json has `tgt_lang`. */
  readonly targetPrefixIds: readonly number[];
  readonly targetSuffixIds: readonly number[];
  /** The language token of `tgt_lang`. */
  readonly targetLanguageId: number | undefined;

  /** The last result: data sets of questions repeat one text in consecutive rows. */
  #lastSpans: { readonly text: string; readonly tokens: readonly TokenSpan[] } | undefined;
  readonly #tokenizer: Tokenizer;
  readonly #addedIds: ReadonlyMap<string, number>;
  readonly #cleansSpaces: boolean;
  /** The tokenizer of targets, if it is a different one. */
  readonly #forTargets: TextTokenizer | undefined;

  private constructor(tokenizerJson: Readonly<Record<string, unknown>>, config: Readonly<Record<string, unknown>>) {
    const { json, target } = withLanguages(tokenizerJson, config);
    const tokenizer = boundedTokenizer(json, { ...unknownToken(json), ...config });
    this.#tokenizer = tokenizer;
    segmentByOwnModel(tokenizer, json);
    this.#addedIds = alignAddedTokens(tokenizer, json);
    fallBackToBytes(tokenizer, json.model);
    writeBytesQuickly(tokenizer);
    this.bosToken = tokenText(config.bos_token);
    this.eosToken = tokenText(config.eos_token);
    this.bosId = this.#idOf(this.bosToken);
    this.eosId = this.#idOf(this.eosToken);
    this.padId = this.#idOf(tokenText(config.pad_token)) ?? this.eosId ?? 0;
    const vocabulary = [...tokenizer.get_vocab(true)];
    this.vocabSize = vocabulary.reduce((max, [, id]) => Math.max(max, id + 1), 0);
    this.longestToken = vocabulary.reduce((max, [token = ""]) => Math.max(max, token.length), 0);
    this.chatTemplate = templateText(config.chat_template) ?? processorTemplates.get(config.processor_class);
    // Only WordPiece decodes to text with extra spaces, and only its configurations request their removal.
    this.#cleansSpaces = config.clean_up_tokenization_spaces === true;
    const special = specialTokensAround(tokenizer);
    this.prefixIds = special.before.flatMap((token) => this.tokenId(token) ?? []);
    this.suffixIds = special.after.flatMap((token) => this.tokenId(token) ?? []);
    const [source, language] = [this.#idOf(target?.source), this.#idOf(target?.token)];
    const translated = (ids: readonly number[]) =>
      ids.map((id) => (id === source && language !== undefined ? language : id));
    this.targetLanguageId = language;
    this.targetPrefixIds = translated(this.prefixIds);
    this.targetSuffixIds = translated(this.suffixIds);
    const forTargets = targetJson(json);
    this.#forTargets = forTargets === undefined ? undefined : new TextTokenizer(forTargets, config);
  }

  /**
   * Builds a tokenizer from parsed JSON; throws TOKENIZER_INVALID naming everything that is wrong.
   * The configuration names the special tokens and the chat template; it may be absent.
   */
  static fromJson(tokenizerJson: unknown, tokenizerConfig: unknown = {}, limits: TokenizerLimits = {}): TextTokenizer {
    refuseUnknownOptions("TextTokenizer.fromJson", limits, limitNames);
    const json = checkTokenizerJson(tokenizerJson, limits);
    if (!isObject(tokenizerConfig)) throw tokenizerError(["tokenizer_config.json: expected an object"]);
    const further = tokenizerConfig.additional_special_tokens;
    // The library searches the whole list for each token.
    if (Array.isArray(further) && further.length > maxSpecialTokens) {
      const expected = `at most ${maxSpecialTokens} tokens, got ${further.length}`;
      throw tokenizerError([`tokenizer_config.json: additional_special_tokens: expected ${expected}`]);
    }
    try {
      return new TextTokenizer(json, tokenizerConfig);
    } catch (cause) {
      if (cause instanceof LowrankError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw tokenizerError([`tokenizer.json: ${reason.slice(0, 200)}`], { cause });
    }
  }

  /** The ids of a text. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    if (options.isTarget === true && this.#forTargets !== undefined)
      return this.#forTargets.encode(text, { ...options, isTarget: false });
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: options.addSpecialTokens ?? true });
    // BPE without an unknown token has no id for some characters; Rust's tokenizers leave them out.
    return ids.filter((id) => id !== undefined);
  }

  /**
   * The ids of two texts as one input ([CLS] a [SEP] b [SEP]), with segment 0 or 1 for each token. Truncation takes tokens
   * from the end of the longer text first, as transformers' `truncation=True` does.
   */
  encodePair(first: string, second: string, { maxLength = Number.POSITIVE_INFINITY }: PairOptions = {}): EncodedPair {
    const [a, b] = [this.#tokens(first), this.#tokens(second)];
    const whole = this.#joinPair(a, b);
    if (whole.inputIds.length <= maxLength) return whole;
    const count = whole.inputIds.length - a.length - b.length;
    const [lengthOfA, lengthOfB] = pairLengths(a.length, b.length, Math.max(0, maxLength - count));
    return this.#joinPair(a.slice(0, lengthOfA), b.slice(0, lengthOfB));
  }

  /**
   * The ids of a question and a text as one input. Only the text is truncated, as transformers' `truncation="only_second"` does.
   * Throws ExampleError if the question leaves no room, or if the spans of the tokens cannot be computed.
   */
  encodeQuestion(
    question: string,
    context: string,
    { maxLength = Number.POSITIVE_INFINITY }: PairOptions = {},
  ): EncodedQuestion {
    const questionTokens = this.#tokens(question).filter((token) => this.#knows(token));
    const spansOf = this.#spansOf(context);
    const special = this.#pairSpecialTokens();
    const room = maxLength - special.count - questionTokens.length;
    if (room < 1)
      throw new ExampleError(`The question has ${questionTokens.length} tokens and leaves no room for the text.`);
    const used = spansOf.slice(0, room);
    const pair = this.#joinPair(
      questionTokens,
      used.map(({ token }) => token),
    );
    return { ...pair, contextStart: special.beforeSecond + questionTokens.length, spans: used.map(({ span }) => span) };
  }

  /**
   * The ids of a text with special tokens, and the span of each other token. A text that is too long loses its end. Throws
   * ExampleError if the spans of the tokens cannot be computed.
   */
  encodeWithSpans(text: string, { maxLength = Number.POSITIVE_INFINITY }: PairOptions = {}): EncodedText {
    const spansOf = this.#spansOf(text);
    const room = Math.max(0, maxLength - this.prefixIds.length - this.suffixIds.length);
    const used = spansOf.slice(0, room);
    const ids = used.map(({ token }) => this.tokenId(token) ?? this.#tokenizer.model?.unk_token_id ?? 0);
    return {
      inputIds: [...this.prefixIds, ...ids, ...this.suffixIds],
      textStart: this.prefixIds.length,
      spans: used.map(({ span }) => span),
    };
  }

  #spansOf(text: string): readonly TokenSpan[] {
    if (this.#lastSpans?.text === text) return this.#lastSpans.tokens;
    const tokens = tokenSpans(text, this.#tokenizer)?.filter(({ token }) => this.#knows(token));
    if (tokens === undefined)
      throw new ExampleError("This tokenizer has no character offsets, which question answering needs.");
    this.#lastSpans = { text, tokens };
    return tokens;
  }

  /** The text of ids; ids outside the vocabulary are left out. */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const inVocabulary = ids.filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    if (inVocabulary.length === 0) return "";
    return this.#tokenizer.decode([...inVocabulary], {
      skip_special_tokens: options.skipSpecialTokens ?? true,
      clean_up_tokenization_spaces: this.#cleansSpaces,
    });
  }

  /** The id of one token, or undefined. */
  tokenId(token: string): number | undefined {
    return this.#addedIds.get(token) ?? this.#tokenizer.token_to_id(token);
  }

  /**
   * The UTF-8 bytes of each token as characters U+0000 to U+00FF, by id, without added tokens. Undefined if a token's bytes
   * depend on the tokens next to it, as in WordPiece.
   */
  tokenBytes(): ReadonlyMap<number, string> | undefined {
    return tokenBytes(this.#tokenizer, new Set(this.#addedIds.values()));
  }

  /** A text's tokens without special tokens. */
  #tokens(text: string): string[] {
    return this.#tokenizer.tokenize(text, { add_special_tokens: false });
  }

  /** Calls the post-processor, because the library treats an empty second text as absent and leaves out its special tokens. */
  #joinPair(first: string[], second: string[]): EncodedPair {
    const { post_processor, model } = this.#tokenizer;
    const joined = post_processor?.post_process(first, second, true);
    // Without a template the library drops the second text; Rust's tokenizers concatenate both.
    const { tokens, token_type_ids: types } =
      joined?.token_type_ids === undefined
        ? { tokens: [...first, ...second], token_type_ids: [...first.map(() => 0), ...second.map(() => 1)] }
        : joined;
    const encoded = tokens.flatMap((token, index) => {
      const id = this.tokenId(token) ?? model?.unk_token_id;
      return id === undefined ? [] : [{ id, type: types?.[index] ?? 0 }];
    });
    return { inputIds: encoded.map(({ id }) => id), tokenTypeIds: encoded.map(({ type }) => type) };
  }

  #knows(token: string): boolean {
    return (this.tokenId(token) ?? this.#tokenizer.model?.unk_token_id) !== undefined;
  }

  /** How many special tokens a pair has, and how many of them are before its second text. */
  #pairSpecialTokens(): { readonly count: number; readonly beforeSecond: number } {
    const [first, second] = ["\0first", "\0second"];
    const joined = this.#tokenizer.post_processor?.post_process([first], [second], true);
    const tokens = joined?.token_type_ids === undefined ? [first, second] : joined.tokens;
    return { count: tokens.length - 2, beforeSecond: tokens.indexOf(second) - 1 };
  }

  #idOf(token: string | undefined): number | undefined {
    return token === undefined ? undefined : this.tokenId(token);
  }
}

const maxSpecialTokens = 2 ** 14;

/** The unknown token of WordLevel: the library reads it from the configuration, Rust from the model. */
function unknownToken({ model }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isObject(model) && typeof model.unk_token === "string" ? { unk_token: model.unk_token } : {};
}

/** A chat template is a text, or a list of named texts, where "default" is for plain conversations. */
function templateText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const entry = value.find((candidate) => isObject(candidate) && candidate.name === "default");
  return isObject(entry) && typeof entry.template === "string" ? entry.template : undefined;
}
