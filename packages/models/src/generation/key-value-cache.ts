// Keys and values of the tokens seen so far, so that each new token costs one position only. They depend on the
// adapters in use, so a cache remembers these and refuses others.

import type { AdapterSelection } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { CacheAdaptersError } from "../errors.ts";

/** Each [batch, keyHeads, time, headSize]. */
export interface KeysAndValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** The state of one generation; its owner disposes of it. */
export class KeyValueCache {
  readonly #madeWith: string;
  readonly #layers = new Map<number, KeysAndValues>();
  readonly #ofSource = new Map<number, KeysAndValues>();
  #source: tf.Tensor | undefined;
  #length = 0;

  constructor(adapters: AdapterSelection) {
    this.#madeWith = describeSelection(adapters);
  }

  /** Positions held. */
  get length(): number {
    return this.#length;
  }

  /** Throws CacheAdaptersError unless the selection is the one that the cache was made with. */
  check(adapters: AdapterSelection): void {
    const got = describeSelection(adapters);
    if (got !== this.#madeWith) throw new CacheAdaptersError(this.#madeWith, got);
  }

  /** Adds a layer's new keys and values and returns all of them; the cache keeps owning these. */
  extend(layer: number, fresh: KeysAndValues): KeysAndValues {
    const past = this.#layers.get(layer);
    const joined = {
      key: tf.keep(past === undefined ? tf.clone(fresh.key) : tf.concat([past.key, fresh.key], 2)),
      value: tf.keep(past === undefined ? tf.clone(fresh.value) : tf.concat([past.value, fresh.value], 2)),
    };
    if (past !== undefined) tf.dispose([past.key, past.value]);
    this.#layers.set(layer, joined);
    return joined;
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
    const known = this.#ofSource.get(layer);
    if (known !== undefined) return known;
    const { key, value } = make();
    const made = { key: tf.keep(tf.clone(key)), value: tf.keep(tf.clone(value)) };
    this.#ofSource.set(layer, made);
    return made;
  }

  /** Counts the positions that every layer has added. */
  advance(time: number): void {
    this.#length += time;
  }

  dispose(): void {
    for (const { key, value } of [...this.#layers.values(), ...this.#ofSource.values()]) tf.dispose([key, value]);
    this.#source?.dispose();
    this.#source = undefined;
    this.#ofSource.clear();
    this.#layers.clear();
    this.#length = 0;
  }
}

function describeSelection(adapters: AdapterSelection): string {
  if (adapters.kind === "none") return "no adapters";
  if (adapters.kind === "rows") return `one adapter a row: ${JSON.stringify(adapters.rows)}`;
  return `the adapters ${JSON.stringify(adapters.adapters.map(({ name, weight }) => [name, weight]))}`;
}
