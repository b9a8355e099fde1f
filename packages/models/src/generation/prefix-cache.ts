// Keys and values of a text between two generations: a conversation's next turn begins with all that was said before.

import type { AdapterSelection } from "@lowrank/contracts";
import { firstOfCache } from "../parts/cache/join-caches.ts";
import type { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

/** What was kept, taken out to go on with. */
export interface TakenPrefix {
  readonly cache: KeyValueCache;
  /** How many of the new text's first tokens it holds; the last is never among them. */
  readonly length: number;
}

/**
 * What `generateTokens` has read and written of one text, kept for the next that begins alike, with the same adapters. It
 * cannot know that an adapter was trained meanwhile: then `forget`. It is of no use to adapters that wait for tokens. Its
 * owner disposes of it.
 *
 * @example
 * ```ts
 * import { generate, PrefixCache, type PretrainedModel } from "@lowrank/models";
 *
 * export async function twoTurns(model: PretrainedModel, turns: readonly (readonly number[])[]): Promise<number[]> {
 *   const prefix = new PrefixCache();
 *   let text: number[] = [];
 *   for (const turn of turns) {
 *     text = [...text, ...turn];
 *     const [answer = []] = await generate(model, { promptIds: [text], maxNewTokens: 20, prefix });
 *     text.push(...answer);
 *   }
 *   prefix.dispose();
 *   return text;
 * }
 * ```
 */
export class PrefixCache {
  #cache: KeyValueCache | undefined;
  #ids: readonly number[] = [];
  #model: PretrainedModel | undefined;

  /** Tokens whose keys and values are held. */
  get length(): number {
    return this.#ids.length;
  }

  /** Gives out what it holds of a text's beginning, and forgets the rest; undefined if that is nothing. */
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

  /** Frees what it holds. */
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
  const differs = one.findIndex((id, place) => id !== other[place]);
  return differs < 0 ? one.length : differs;
}
