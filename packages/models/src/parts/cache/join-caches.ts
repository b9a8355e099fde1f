// One cache of several: rows leave a batch and others join it, each row's positions at the right end, as padding on the left
// has them.

import type { AdapterSelection } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { joinSegments, type KeysAndValues, KeyValueCache, type Memory } from "./key-value-cache.ts";

export interface CachePart {
  readonly cache: KeyValueCache;
  /** Indices of the rows that are kept, in order; at least one. */
  readonly rows: readonly number[];
}

export interface JoinOptions {
  /** Positions of the cache that is made: of each part the last ones, or padding in front of them. */
  readonly length: number;
  /** The adapters of the joined rows. */
  readonly adapters: AdapterSelection;
  readonly segmentLength?: number;
}

/** A cache with the rows of all parts, one part after the other; the parts' own caches stay as they are. */
export function joinCaches(parts: readonly CachePart[], { length, ...options }: JoinOptions): KeyValueCache {
  const { adapters, ...rest } = options;
  const first = parts[0]?.cache;
  const layers = new Map([...(first?.layers().keys() ?? [])].map((layer) => [layer, joinLayer(parts, layer, length)]));
  const memories = new Map([...(first?.memories().keys() ?? [])].map((layer) => [layer, joinMemories(parts, layer)]));
  return new KeyValueCache(adapters, { ...rest, begun: { length, layers, memories } });
}

/** The first positions of a cache; undefined if a layer has a memory of all positions together. */
export function firstOfCache(
  cache: KeyValueCache,
  length: number,
  adapters: AdapterSelection,
): KeyValueCache | undefined {
  if (cache.memories().size > 0) return undefined;
  const layers = new Map<number, KeysAndValues>();
  for (const [layer, segments] of cache.layers()) {
    const cut = (name: keyof KeysAndValues) =>
      kept(() => tf.slice(joinSegments(segments)[name], [0, 0, 0, 0], [-1, -1, length, -1]));
    layers.set(layer, { key: cut("key"), value: cut("value") });
  }
  return new KeyValueCache(adapters, { begun: { length, layers, memories: new Map() } });
}

function joinLayer(parts: readonly CachePart[], layer: number, length: number): KeysAndValues {
  const join = (name: keyof KeysAndValues) =>
    kept(() => {
      const pieces = parts.map(({ cache, rows }) => {
        const layerStates = joinSegments(cache.layers().get(layer) ?? [])[name];
        return lastPositions(rowsOf(layerStates, rows), length);
      });
      return tf.concat(pieces, 0);
    });
  return { key: join("key"), value: join("value") };
}

/** Recurrent memories contain nothing of the padding in front of a text, so they are joined unchanged. */
function joinMemories(parts: readonly CachePart[], layer: number): Memory {
  const memories = parts.map(({ cache, rows }) => ({ memory: cache.memoryOf(layer) ?? [], rows }));
  return (memories[0]?.memory ?? []).map((_, position) =>
    kept(() =>
      tf.concat(
        memories.map(({ memory, rows }) => rowsOf(memory[position] as tf.Tensor, rows)), // equal in all layers of a model
        0,
      ),
    ),
  );
}

/** x [batch, …] */
function rowsOf(x: tf.Tensor, rows: readonly number[]): tf.Tensor {
  const areAll = rows.length === x.shape[0] && rows.every((row, index) => row === index);
  return areAll ? x : tf.gather(x, tf.tensor1d([...rows], "int32"));
}

/** The last `length` positions of x, or all of them after zeros, which no query sees. */
function lastPositions(x: tf.Tensor, length: number): tf.Tensor {
  const [batch = 0, heads = 0, time = 0, size = 0] = x.shape;
  if (time === length) return x;
  if (time > length) return tf.slice(x, [0, 0, time - length, 0], [batch, heads, length, size]);
  return tf.concat([tf.zeros([batch, heads, length - time, size]), x], 2);
}

/** A tensor of its own that outlives every tidy. */
function kept(make: () => tf.Tensor): tf.Tensor {
  return tf.keep(tf.tidy(() => tf.clone(make())));
}
