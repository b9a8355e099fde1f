// Keeps keys and values between two generations, because the next turn of a conversation begins with the earlier ones.

import type { AdapterSelection } from "@lowrank/contracts";
import { firstOfCache } from "../parts/cache/join-caches.ts";
import type { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

/** The cached part of a text, removed from the cache in order to continue it. */
export interface TakenPrefix {
  readonly cache: KeyValueCache;
  /** How many of the new text's first tokens it holds; the last is never among them. */
  readonly length: number;
}

/**
 * Keeps the keys and values of one text for the next text with the same beginning and the same adapters. If an adapter was trained
 * in between, call `forget`. It does not help adapters with an invocation text. Its owner disposes of it.
 */
export class PrefixCache {
  #cache: KeyValueCache | undefined;
  #ids: readonly number[] = [];
  #model: PretrainedModel | undefined;

  /** Number of cached tokens. */
  get length(): number {
    return this.#ids.length;
  }

  /** Returns the cached beginning of a text and drops the rest; undefined if nothing fits. */
  take(model: PretrainedModel, promptIds: readonly number[], adapters: AdapterSelection): TakenPrefix | undefined {
    const [cache, ids] = [this.#cache, this.#ids];
    const length = Math.min(commonLength(ids, promptIds), promptIds.length - 1);
    if (cache === undefined || this.#model !== model || !cache.isFor(adapters) || length === 0) {
      this.forget();
      return undefined;
    }
    this.#cache = undefined;
    this.#ids = [];
    if (length === ids.length) return { cache, length };
    const cut = firstOfCache(cache, length, adapters);
    cache.dispose();
    return cut && { cache: cut, length };
  }

  /** Takes a cache over that holds these tokens. */
  keep(model: PretrainedModel, cache: KeyValueCache, ids: readonly number[]): void {
    this.forget();
    this.#model = model;
    this.#cache = cache;
    this.#ids = ids;
  }

  /** Disposes of the cached tensors. */
  forget(): void {
    this.#cache?.dispose();
    this.#cache = undefined;
    this.#ids = [];
  }

  dispose(): void {
    this.forget();
  }
}

function commonLength(one: readonly number[], other: readonly number[]): number {
  const differs = one.findIndex((id, index) => id !== other[index]);
  return differs < 0 ? one.length : differs;
}
