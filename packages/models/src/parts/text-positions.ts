// The positions of a call's states in their texts, for adapters that act only after certain tokens. A text is a row of the first
// call; with a cache, later calls continue it.

import type { TokenPositions } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { remembered } from "./remembered.ts";

/** The first tokens of a batch of texts. The caller owns all tensors. */
export interface FirstTokens {
  /** int32 [batch, time] */
  readonly inputIds: tf.Tensor2D;
  /** [batch, time]; hidden tokens are not part of a text. */
  readonly attentionMask?: tf.Tensor2D | undefined;
  /** For each row, the number of its last tokens that were generated and are not part of its prompt. */
  readonly generated?: readonly number[] | undefined;
}

/** The beginnings of a batch of texts. */
export class Texts {
  /** The texts of a cache that was joined from others or cut. */
  static readonly unknown = new Texts();
  readonly #first: FirstTokens | undefined;
  #ids: readonly (readonly number[])[] | undefined;
  readonly #starts = new Map<readonly number[], readonly number[]>();

  constructor(first?: FirstTokens) {
    this.#first = first;
  }

  /** Reads the tensors, which may be disposed of afterwards. Throws MODEL_INPUT if the texts are unknown. */
  read(): readonly (readonly number[])[] {
    if (this.#first === undefined) {
      const message = "its texts were joined or cut, so an adapter with an invocation cannot find it";
      throw modelInputError("cache", `${message}. For such an adapter, use a new cache for each text.`);
    }
    this.#ids ??= readIds(this.#first);
    return this.#ids;
  }

  /** The column where the last occurrence of `tokens` begins in each row; Infinity if there is none. */
  startsOf(tokens: readonly number[]): readonly number[] {
    return remembered(this.#starts, tokens, () => this.read().map((row) => lastStart(row, tokens)));
  }
}

interface TokenPosition {
  readonly row: number;
  readonly column: number;
}

export class TextPositions implements TokenPositions {
  readonly #texts: Texts;
  readonly #positions: readonly TokenPosition[];
  readonly #since = new Map<readonly number[], Float32Array>();

  private constructor(texts: Texts, positions: readonly TokenPosition[]) {
    this.#texts = texts;
    this.#positions = positions;
  }

  /** The states [batch, time] after `past` columns. */
  static behind(past: number, [batch, time]: readonly [number, number], texts: Texts): TextPositions {
    const positions = Array.from({ length: batch * time }, (_, state) => ({
      row: Math.floor(state / time),
      column: past + (state % time),
    }));
    return new TextPositions(texts, positions);
  }

  get count(): number {
    return this.#positions.length;
  }

  since(tokens: readonly number[]): Float32Array {
    return remembered(this.#since, tokens, () => {
      const starts = this.#texts.startsOf(tokens);
      return Float32Array.from(this.#positions, ({ row, column }) => Number(column >= (starts[row] as number)));
    });
  }

  pick(states: readonly number[]): TextPositions {
    return new TextPositions(
      this.#texts,
      states.map((state) => this.#positions[state] as TokenPosition),
    );
  }
}

/** Ids outside a text are −1, which is not a token. */
function readIds({ inputIds, attentionMask, generated }: FirstTokens): readonly (readonly number[])[] {
  const shown = attentionMask?.arraySync();
  return inputIds.arraySync().map((row, index) => {
    const end = row.length - (generated?.[index] ?? 0);
    return row.map((id, column) => (column < end && shown?.[index]?.[column] !== 0 ? id : -1));
  });
}

function lastStart(row: readonly number[], tokens: readonly number[]): number {
  for (let start = row.length - tokens.length; start >= 0; start--)
    if (tokens.every((token, index) => row[start + index] === token)) return start;
  return Number.POSITIVE_INFINITY;
}
