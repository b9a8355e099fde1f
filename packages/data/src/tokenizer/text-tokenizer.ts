// A Hugging Face tokenizer as fine-tuning needs it: ids in, ids out, with the gaps of the JavaScript library closed.

import type { Tokenizer } from "@huggingface/tokenizers";
import { isObject, LowrankError, refuseUnknownOptions } from "@lowrank/contracts";
import { ownAddedTokens } from "../added-tokens/own-added-tokens.ts";
import { boundedTokenizer } from "../bounds/bounded-tokenizer.ts";
import { ExampleError, TokenizerError } from "../errors.ts";
import { tokenText } from "../text-files.ts";
import { checkTokenizerJson, limitNames, type TokenizerLimits } from "../tokenizer-json/check-tokenizer-json.ts";
import { fallBackToBytes, writeBytesQuickly } from "./byte-characters.ts";
import type { CharacterSpan, EncodedText } from "./encoded-text.ts";
import { withLanguages } from "./language-marks.ts";
import { type PlacedToken, placeTokens } from "./place-tokens.ts";
import { cutByOwnModel, pairLengths, targetJson } from "./segmentation.ts";
import { marksAround } from "./special-tokens.ts";

/** What `encode` can be told. */
export interface EncodeOptions {
  /** Whether the tokenizer's own marks ([CLS], <s> …) are added; default true, as in transformers. */
  readonly addSpecialTokens?: boolean;
  /** Whether a decoder is to write the text: some tokenizers (Marian's) cut such texts otherwise. Default false. */
  readonly isTarget?: boolean;
}

/** What `decode` can be told. */
export interface DecodeOptions {
  /** Whether marks such as </s> are left out; default true. */
  readonly skipSpecialTokens?: boolean;
}

/** What `encodePair` can be told. */
export interface PairOptions {
  /** Largest number of tokens, marks included; default: any. */
  readonly maxLength?: number;
}

/** A pair of texts as ids, with the segment of each token. */
export interface EncodedPair {
  readonly inputIds: readonly number[];
  readonly tokenTypeIds: readonly number[];
}

/** A question and the text that holds its answer as ids, and where in the text the tokens are from. */
export interface EncodedQuestion extends EncodedPair {
  /** The first token of the text. */
  readonly contextStart: number;
  /** For each token of the text that is there, its characters: UTF-16 units from the first to behind the last. */
  readonly spans: readonly CharacterSpan[];
}

/**
 * Turns texts into token ids and back, from the contents of tokenizer.json and tokenizer_config.json. A tokenizer that takes
 * too much work or makes too much text of a text, or has no piece for it, gets a TokenizationError.
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
  /** Marks that start a text; undefined where the tokenizer has none. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** What batches are padded with: the padding token, else the end-of-text token, else 0. */
  readonly padId: number;
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  /** The largest id plus one. */
  readonly vocabSize: number;
  /** Characters of the longest token, as the vocabulary writes it. */
  readonly longestToken: number;
  /** The Jinja text of the model's chat template, if it has one. */
  readonly chatTemplate: string | undefined;
  /** The ids that the tokenizer puts before a text. */
  readonly prefixIds: readonly number[];
  /** The ids that it puts after a text. */
  readonly suffixIds: readonly number[];
  /** The same around what a decoder is to write: the others unless tokenizer_config.json names its language (`tgt_lang`). */
  readonly targetPrefixIds: readonly number[];
  readonly targetSuffixIds: readonly number[];
  /** The mark of that language. */
  readonly targetLanguageId: number | undefined;

  /** Rows of questions have one text several times in turn. */
  #lastPlaced: { readonly text: string; readonly tokens: readonly PlacedToken[] } | undefined;
  readonly #tokenizer: Tokenizer;
  readonly #addedIds: ReadonlyMap<string, number>;
  readonly #cleansSpaces: boolean;
  /** What cuts texts that a decoder is to write, where that is another one. */
  readonly #forTargets: TextTokenizer | undefined;

  private constructor(given: Readonly<Record<string, unknown>>, config: Readonly<Record<string, unknown>>) {
    const { json, target } = withLanguages(given, config);
    const tokenizer = boundedTokenizer(json, { ...unknownToken(json), ...config });
    this.#tokenizer = tokenizer;
    cutByOwnModel(tokenizer, json);
    this.#addedIds = ownAddedTokens(tokenizer, json);
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
    this.chatTemplate = templateText(config.chat_template);
    // Only WordPiece writes spaces that a reader would not, and only its configs ask to have them removed.
    this.#cleansSpaces = config.clean_up_tokenization_spaces === true;
    const marks = marksAround(tokenizer);
    this.prefixIds = marks.before.flatMap((token) => this.tokenId(token) ?? []);
    this.suffixIds = marks.after.flatMap((token) => this.tokenId(token) ?? []);
    const [source, language] = [this.#idOf(target?.source), this.#idOf(target?.mark)];
    const translated = (ids: readonly number[]) =>
      ids.map((id) => (id === source && language !== undefined ? language : id));
    this.targetLanguageId = language;
    this.targetPrefixIds = translated(this.prefixIds);
    this.targetSuffixIds = translated(this.suffixIds);
    const forTargets = targetJson(json);
    this.#forTargets = forTargets === undefined ? undefined : new TextTokenizer(forTargets, config);
  }

  /**
   * Builds a tokenizer from parsed JSON; throws TokenizerError naming everything that is wrong.
   * The configuration names the special tokens and the chat template; it may be absent.
   */
  static fromJson(tokenizerJson: unknown, tokenizerConfig: unknown = {}, limits: TokenizerLimits = {}): TextTokenizer {
    refuseUnknownOptions("TextTokenizer.fromJson", limits, limitNames);
    const json = checkTokenizerJson(tokenizerJson, limits);
    if (!isObject(tokenizerConfig)) throw new TokenizerError(["tokenizer_config.json: expected an object"]);
    const further = tokenizerConfig.additional_special_tokens;
    // The library looks through all of them for each.
    if (Array.isArray(further) && further.length > maxSpecialTokens) {
      const expected = `at most ${maxSpecialTokens} tokens, got ${further.length}`;
      throw new TokenizerError([`tokenizer_config.json: additional_special_tokens: expected ${expected}`]);
    }
    try {
      return new TextTokenizer(json, tokenizerConfig);
    } catch (cause) {
      if (cause instanceof LowrankError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TokenizerError([`tokenizer.json: ${reason.slice(0, 200)}`], { cause });
    }
  }

  /** The ids of a text. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    if (options.isTarget === true && this.#forTargets !== undefined)
      return this.#forTargets.encode(text, { ...options, isTarget: false });
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: options.addSpecialTokens ?? true });
    // A BPE without an unknown token has no id for some texts; Rust's tokenizers leave them out.
    return ids.filter((id) => id !== undefined);
  }

  /**
   * The ids of two texts as one input ([CLS] a [SEP] b [SEP]), with 0 and 1 for the tokens of each. What is too long loses
   * the end of its longer text first, as with transformers' `truncation=True`.
   */
  encodePair(first: string, second: string, { maxLength = Number.POSITIVE_INFINITY }: PairOptions = {}): EncodedPair {
    const [a, b] = [this.#tokens(first), this.#tokens(second)];
    const whole = this.#joinPair(a, b);
    if (whole.inputIds.length <= maxLength) return whole;
    const marks = whole.inputIds.length - a.length - b.length;
    const [keptOfA, keptOfB] = pairLengths(a.length, b.length, Math.max(0, maxLength - marks));
    return this.#joinPair(a.slice(0, keptOfA), b.slice(0, keptOfB));
  }

  /**
   * The ids of a question and a text as one input, as transformers' `truncation="only_second"` makes them: the text loses its
   * end where both are too long. Throws ExampleError where the question leaves no room, and where the tokenizer does not say
   * which characters a token is made of.
   */
  encodeQuestion(
    question: string,
    context: string,
    { maxLength = Number.POSITIVE_INFINITY }: PairOptions = {},
  ): EncodedQuestion {
    const asked = this.#tokens(question).filter((token) => this.#knows(token));
    const placed = this.#placed(context);
    const places = this.#placesInPair();
    const room = maxLength - places.marks - asked.length;
    if (room < 1) throw new ExampleError(`The question has ${asked.length} tokens and leaves no room for the text.`);
    const kept = placed.slice(0, room);
    const pair = this.#joinPair(
      asked,
      kept.map(({ token }) => token),
    );
    return { ...pair, contextStart: places.before + asked.length, spans: kept.map(({ span }) => span) };
  }

  /**
   * The ids of a text with the tokenizer's marks, and where in the text each token between the marks is from; a text that is too
   * long loses its end. Throws ExampleError where the tokenizer does not say which characters a token is made of.
   */
  encodePlaced(text: string, { maxLength = Number.POSITIVE_INFINITY }: PairOptions = {}): EncodedText {
    const placed = this.#placed(text);
    const room = Math.max(0, maxLength - this.prefixIds.length - this.suffixIds.length);
    const kept = placed.slice(0, room);
    const ids = kept.map(({ token }) => this.tokenId(token) ?? this.#tokenizer.model?.unk_token_id ?? 0);
    return {
      inputIds: [...this.prefixIds, ...ids, ...this.suffixIds],
      textStart: this.prefixIds.length,
      spans: kept.map(({ span }) => span),
    };
  }

  #placed(text: string): readonly PlacedToken[] {
    if (this.#lastPlaced?.text === text) return this.#lastPlaced.tokens;
    const tokens = placeTokens(text, this.#tokenizer)?.filter(({ token }) => this.#knows(token));
    if (tokens === undefined)
      throw new ExampleError("This tokenizer has no character offsets, which question answering needs.");
    this.#lastPlaced = { text, tokens };
    return tokens;
  }

  /** The text of ids; ids outside the vocabulary are left out. */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const known = ids.filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    if (known.length === 0) return "";
    return this.#tokenizer.decode([...known], {
      skip_special_tokens: options.skipSpecialTokens ?? true,
      clean_up_tokenization_spaces: this.#cleansSpaces,
    });
  }

  /** The id of one token, or undefined. */
  tokenId(token: string): number | undefined {
    return this.#addedIds.get(token) ?? this.#tokenizer.token_to_id(token);
  }

  /** A text's tokens without marks. */
  #tokens(text: string): string[] {
    return this.#tokenizer.tokenize(text, { add_special_tokens: false });
  }

  /** The library takes an empty second text for none, so that its marks would be missing. */
  #joinPair(first: string[], second: string[]): EncodedPair {
    const { post_processor, model } = this.#tokenizer;
    const joined = post_processor?.post_process(first, second, true);
    // Without a template of its own the library drops the second text; Rust's tokenizers put one after the other.
    const { tokens, token_type_ids: types } =
      joined?.token_type_ids === undefined
        ? { tokens: [...first, ...second], token_type_ids: [...first.map(() => 0), ...second.map(() => 1)] }
        : joined;
    const known = tokens.flatMap((token, index) => {
      const id = this.tokenId(token) ?? model?.unk_token_id;
      return id === undefined ? [] : [{ id, type: types?.[index] ?? 0 }];
    });
    return { inputIds: known.map(({ id }) => id), tokenTypeIds: known.map(({ type }) => type) };
  }

  #knows(token: string): boolean {
    return (this.tokenId(token) ?? this.#tokenizer.model?.unk_token_id) !== undefined;
  }

  /** How many marks a pair has, and how many of them are before its second text. */
  #placesInPair(): { readonly marks: number; readonly before: number } {
    const [first, second] = ["\0first", "\0second"];
    const joined = this.#tokenizer.post_processor?.post_process([first], [second], true);
    const tokens = joined?.token_type_ids === undefined ? [first, second] : joined.tokens;
    return { marks: tokens.length - 2, before: tokens.indexOf(second) - 1 };
  }

  #idOf(token: string | undefined): number | undefined {
    return token === undefined ? undefined : this.tokenId(token);
  }
}

const maxSpecialTokens = 2 ** 14;

/** Of a model of whole words the library takes it from the configuration, Rust from the model. */
function unknownToken({ model }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isObject(model) && typeof model.unk_token === "string" ? { unk_token: model.unk_token } : {};
}

/** A chat template is a text or a list of named ones, of which "default" is the one for plain conversations. */
function templateText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const entry = value.find((candidate) => isObject(candidate) && candidate.name === "default");
  return isObject(entry) && typeof entry.template === "string" ? entry.template : undefined;
}
