// What a caller holds after a merge: the way back. It leads through the merges that came later, the last one first: undoing
// out of order would bring back weights that never were.

import type { AdaptableModel, Restore } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import { FinalMergeError, LaterMergeError } from "./errors.ts";
import type { WeightToMerge } from "./merged-weights.ts";

const stacks = new WeakMap<AdaptableModel, readonly MergedHandle[]>();
const none: readonly MergedHandle[] = [];

/** Adapters folded into a model's weights, until undone. */
export class MergedHandle {
  /** The merged adapters, which were taken off the model; their handles keep their variables. */
  readonly adapters: readonly AdapterHandle[];
  /** Parameter paths of the weights that the merge changed. */
  readonly changed: readonly string[];
  /** Those of them that shared a weight with another module and have their own now. */
  readonly untied: readonly string[];
  readonly #model: AdaptableModel;
  /** Absent where the originals were given up. */
  readonly #restore: Restore | undefined;
  readonly #wereAttached: readonly AdapterHandle[];

  /** Takes the adapters off their model. */
  constructor(
    model: AdaptableModel,
    adapters: readonly AdapterHandle[],
    weights: readonly Pick<WeightToMerge, "path" | "tiedWith">[],
    restore?: Restore,
  ) {
    this.#model = model;
    this.adapters = adapters;
    this.changed = weights.map(({ path }) => path);
    this.untied = weights.filter(({ tiedWith }) => tiedWith !== undefined).map(({ path }) => path);
    this.#restore = restore;
    this.#wereAttached = adapters.filter((adapter) => adapter.isAttached);
    for (const adapter of this.#wereAttached) adapter.detach();
  }

  /** Whether the merge is still in effect. */
  get isMerged(): boolean {
    return mergesOf(this.#model).includes(this);
  }

  /**
   * Puts every weight back bit for bit and attaches the adapters again, unless they were disposed of meanwhile.
   * Calling it twice does nothing more.
   *
   * @throws FinalMergeError if the originals were not kept; LaterMergeError if another merge lies on top
   */
  undo(): void {
    if (!this.isMerged) return;
    if (this.#restore === undefined) throw new FinalMergeError(namesOf(this));
    const last = mergesOf(this.#model).at(-1)!;
    if (last !== this) throw new LaterMergeError(namesOf(this), namesOf(last));
    this.#restore();
    popMerge(this.#model, this);
    for (const adapter of this.#wereAttached) if (!adapter.isDisposed) adapter.attach();
  }
}

/** Merges that are in effect, the oldest first. It is another list after each merge and each undoing, and else the same. */
export function mergesOf(model: AdaptableModel): readonly MergedHandle[] {
  return stacks.get(model) ?? none;
}

export function pushMerge(model: AdaptableModel, merged: MergedHandle): MergedHandle {
  stacks.set(model, [...mergesOf(model), merged]);
  return merged;
}

/** Whether an adapter is part of a merge that is in effect. */
export function isMerged(model: AdaptableModel, handle: AdapterHandle): boolean {
  return mergesOf(model).some((merged) => merged.adapters.includes(handle));
}

function popMerge(model: AdaptableModel, merged: MergedHandle): void {
  stacks.set(
    model,
    mergesOf(model).filter((other) => other !== merged),
  );
}

function namesOf(merged: MergedHandle): readonly string[] {
  return merged.adapters.map(({ name }) => name);
}
