// Keys and values of the tokens seen so far, so that each new token costs one position only. They depend on the
// adapters in use, so a cache remembers these and refuses others.

import type { AdapterSelection } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type StepPlan, TokenSteps } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { cacheAdaptersError } from "../../errors.ts";
import { remembered } from "../remembered.ts";
import { type FirstTokens, Texts } from "../text-positions.ts";

/** Each [batch, keyHeads, time, headSize]. */
export interface KeysAndValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/**
 * Positions that are joined token by token. Older ones are in a segment of their own, so that a token copies at most this
 * many positions, however long the text is.
 */
const defaultSegmentLength = 256;

export interface CacheOptions {
  readonly segmentLength?: number;
  /** For each row, the number of the first call's last tokens that were generated. They are not part of the prompt. */
  readonly generated?: readonly number[];
  /** The initial contents. The cache becomes the owner of the tensors. */
  readonly begun?: BegunCache;
}

/** The contents of another cache. */
interface BegunCache {
  /** Positions held. */
  readonly length: number;
  /** For every layer with attention, the same number of positions. */
  readonly layers: ReadonlyMap<number, KeysAndValues>;
  /** The memory of each recurrent layer. */
  readonly memories: ReadonlyMap<number, Memory>;
}

/** A layer's state after all positions so far; its size does not depend on their number. Axis 0 of each tensor is the batch. */
export type Memory = readonly tf.Tensor[];

const optionNames: OptionNames<CacheOptions> = { segmentLength: true, generated: true, begun: true };

/** The state of one generation; its owner disposes of it. */
export class KeyValueCache {
  readonly #madeWith: string;
  readonly #segmentLength: number;
  /** One or two segments for each layer, oldest first. */
  readonly #layers = new Map<number, readonly KeysAndValues[]>();
  readonly #memories = new Map<number, Memory>();
  readonly #ofSource = new Map<number, KeysAndValues>();
  readonly #generated: readonly number[] | undefined;
  #source: tf.Tensor | undefined;
  #texts: Texts | undefined;
  /** If it exists, it has all keys and values. */
  #steps: TokenSteps | undefined;
  /** Whether the engine has refused to compute plans of these texts, as it would again. */
  #isRefused = false;
  #length = 0;

  constructor(adapters: AdapterSelection, options: CacheOptions = {}) {
    refuseUnknownOptions("KeyValueCache", options, optionNames);
    this.#madeWith = describeSelection(adapters);
    this.#segmentLength = options.segmentLength ?? defaultSegmentLength;
    this.#generated = options.generated;
    const { begun } = options;
    if (begun === undefined) return;
    for (const [layer, { key, value }] of begun.layers) {
      this.#layers.set(layer, [{ key: tf.keep(key), value: tf.keep(value) }]);
    }
    for (const [layer, memory] of begun.memories) {
      this.#memories.set(
        layer,
        memory.map((tensor) => tf.keep(tensor)),
      );
    }
    this.#length = begun.length;
    // A joined or cut cache does not know its texts, which an adapter that acts only after certain tokens needs.
    this.#texts = Texts.unknown;
  }

  /** Positions held. */
  get length(): number {
    return this.#length;
  }

  /** Rows of the batch that filled it; undefined while it is empty. */
  get rows(): number | undefined {
    if (this.#steps !== undefined && this.#steps.length > 0) return this.#steps.padding.length;
    const [first] = this.#layers.values();
    const [memory] = this.#memories.values();
    return first?.[0]?.key.shape[0] ?? memory?.[0]?.shape[0] ?? this.#source?.shape[0];
  }

  /** Throws CACHE_ADAPTERS if the adapter selection is not the one that the cache was made with. */
  check(adapters: AdapterSelection): void {
    if (!this.isFor(adapters)) throw cacheAdaptersError(this.#madeWith, describeSelection(adapters));
  }

  /** Whether the cache was made with this adapter selection. */
  isFor(adapters: AdapterSelection): boolean {
    return describeSelection(adapters) === this.#madeWith;
  }

  /** The texts that the first call began. */
  textsOf(first: FirstTokens): Texts {
    if (this.#texts === undefined) {
      this.#texts = new Texts({ ...first, generated: this.#generated });
      this.#texts.read();
    }
    return this.#texts;
  }

  /**
   * Computes the next tokens of these texts by `plans`, with the contents of this cache, until something else needs them. Undefined
   * if the engine supports no such plans. `padding`: for each row, the columns before its text.
   */
  stepsFor(plans: readonly StepPlan[], width: number, padding: readonly number[]): TokenSteps | undefined {
    if (this.#steps?.isOf(plans, padding)) return this.#steps;
    if (this.#isRefused) return undefined;
    this.#settle();
    this.#steps = TokenSteps.of(plans, width, padding);
    this.#isRefused = this.#steps === undefined;
    if (this.#steps === undefined) return undefined;
    for (const [layer, segments] of this.#layers) {
      const joined = joinSegments(segments);
      this.#steps.fill(layer, joined);
      tf.dispose([joined.key, joined.value, ...segments.flatMap(({ key, value }) => [key, value])]);
    }
    this.#layers.clear();
    return this.#steps;
  }

  /** Computes these texts part by part from now on. */
  refuseSteps(): void {
    this.#settle();
    this.#isRefused = true;
  }

  /** Takes keys and values back from whatever computed with them. */
  #settle(): void {
    const steps = this.#steps;
    if (steps === undefined) return;
    this.#steps = undefined;
    for (const layer of steps.length === 0 ? [] : steps.layers) {
      const { key, value } = steps.read(layer);
      this.#layers.set(layer, [{ key: tf.keep(key), value: tf.keep(value) }]);
    }
    steps.dispose();
  }

  /** Each layer's keys and values, oldest first; they stay the cache's. */
  layers(): ReadonlyMap<number, readonly KeysAndValues[]> {
    this.#settle();
    return this.#layers;
  }

  /** Adds a layer's new keys and values and returns all of them, oldest first; the cache keeps owning these. */
  extend(layer: number, fresh: KeysAndValues): readonly KeysAndValues[] {
    this.#settle();
    const segments = this.#extended(this.#layers.get(layer) ?? [], fresh);
    this.#layers.set(layer, segments);
    return segments;
  }

  /** The memory of each layer. The cache owns the tensors. */
  memories(): ReadonlyMap<number, Memory> {
    return this.#memories;
  }

  /** A layer's memory of all positions so far; undefined before the first. The cache owns it. */
  memoryOf(layer: number): Memory | undefined {
    return this.#memories.get(layer);
  }

  /** Replaces a layer's memory by a copy of this one. */
  remember(layer: number, memory: Memory): void {
    const copies = memory.map((tensor) => tf.keep(tf.clone(tensor)));
    tf.dispose([...(this.#memories.get(layer) ?? [])]);
    this.#memories.set(layer, copies);
  }

  /** A layer's segments if the last takes one position more. */
  withRoom(layer: number): readonly KeysAndValues[] | undefined {
    this.#settle();
    const segments = this.#layers.get(layer) ?? [];
    const last = segments.at(-1);
    return last !== undefined && timeOf(last) < this.#segmentLength ? segments : undefined;
  }

  /** Replaces a layer's last segment, and disposes of it. */
  replaceLast(layer: number, { key, value }: KeysAndValues): void {
    const segments = this.#layers.get(layer) ?? [];
    const last = segments.at(-1);
    if (last !== undefined) tf.dispose([last.key, last.value]);
    this.#layers.set(layer, [...segments.slice(0, -1), { key: tf.keep(key), value: tf.keep(value) }]);
  }

  /** The encoder's last states [batch, sourceTime, width], once it has run. */
  get source(): tf.Tensor | undefined {
    return this.#source;
  }

  /** Keeps a copy of the encoder's last states, so that it runs once only. */
  keepSource(source: tf.Tensor): void {
    if (this.#source === undefined) this.#source = tf.keep(tf.clone(source));
  }

  /** A layer's keys and values of the source, made once. */
  ofSource(layer: number, make: () => KeysAndValues): KeysAndValues {
    return remembered(this.#ofSource, layer, () => keptClone(make()));
  }

  /** Counts the positions that every layer has added. */
  advance(time: number): void {
    this.#length += time;
  }

  #extended([settled, recent]: readonly KeysAndValues[], fresh: KeysAndValues): readonly KeysAndValues[] {
    if (settled === undefined) return [keptClone(fresh)];
    const last = recent ?? settled;
    const before = recent === undefined ? [] : [settled];
    if (timeOf(last) + timeOf(fresh) <= this.#segmentLength) return [...before, merged(last, fresh)];
    if (recent === undefined) return [settled, keptClone(fresh)];
    const joined = merged(settled, recent);
    tf.dispose([recent.key, recent.value]);
    return [joined, keptClone(fresh)];
  }

  dispose(): void {
    for (const { key, value } of [...[...this.#layers.values()].flat(), ...this.#ofSource.values()]) {
      tf.dispose([key, value]);
    }
    tf.dispose([...this.#memories.values()].flat());
    this.#memories.clear();
    this.#steps?.dispose();
    this.#steps = undefined;
    this.#source?.dispose();
    this.#source = undefined;
    this.#texts = undefined;
    this.#ofSource.clear();
    this.#layers.clear();
    this.#length = 0;
  }
}

/** All keys and values in one tensor each; call it inside a tidy. */
export function joinSegments(segments: readonly KeysAndValues[]): KeysAndValues {
  const [only] = segments;
  if (only !== undefined && segments.length === 1) return only;
  return {
    key: tf.concat(
      segments.map(({ key }) => key),
      2,
    ),
    value: tf.concat(
      segments.map(({ value }) => value),
      2,
    ),
  };
}

function timeOf({ key }: KeysAndValues): number {
  return key.shape[2] ?? 0;
}

function keptClone({ key, value }: KeysAndValues): KeysAndValues {
  return { key: tf.keep(tf.clone(key)), value: tf.keep(tf.clone(value)) };
}

/** Frees `first`. */
function merged(first: KeysAndValues, second: KeysAndValues): KeysAndValues {
  const { key, value } = joinSegments([first, second]);
  tf.dispose([first.key, first.value]);
  return { key: tf.keep(key), value: tf.keep(value) };
}

function describeSelection(adapters: AdapterSelection): string {
  if (adapters.kind === "none") return "no adapters";
  if (adapters.kind === "rows") return `one adapter a row: ${JSON.stringify(adapters.rows)}`;
  return `the adapters ${JSON.stringify(adapters.adapters.map(({ name, weight }) => [name, weight]))}`;
}
