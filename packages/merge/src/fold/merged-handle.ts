// The handle of a merge, which can undo it. Merges are undone in reverse order, because another order would restore weights that
// never existed.

import type { AdaptableModel } from "@lowrank/contracts";
import type { Restore } from "@lowrank/contracts/internal";
import type { AdapterHandle } from "@lowrank/inject";
import { finalMergeError, laterMergeError } from "./errors.ts";
import type { WeightToMerge } from "./merged-weights.ts";

const stacks = new WeakMap<AdaptableModel, readonly MergedHandle[]>();
const none: readonly MergedHandle[] = [];

/** A merge of adapters into a model's weights, which can be undone. */
export class MergedHandle {
  /** The merged adapters. They are detached from the model, and their handles keep their variables. */
  readonly adapters: readonly AdapterHandle[];
  /** Paths of the parameters that the merge changed. */
  readonly changed: readonly string[];
  /** Paths that shared a weight with another module and now have their own. */
  readonly untied: readonly string[];
  readonly #model: AdaptableModel;
  /** Absent with `keepOriginals: false`. */
  readonly #restore: Restore | undefined;
  readonly #wereAttached: readonly AdapterHandle[];

  /** Detaches the adapters from their model. */
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

  /** Whether the merge is still active. */
  get isMerged(): boolean {
    return mergesOf(this.#model).includes(this);
  }

  /**
   * Restores every weight exactly and attaches the adapters again, except disposed ones. A second call does nothing.
   *
   * @throws FINAL_MERGE if the originals were not kept; LATER_MERGE if a later merge is active
   */
  undo(): void {
    if (!this.isMerged) return;
    if (this.#restore === undefined) throw finalMergeError(namesOf(this));
    const last = mergesOf(this.#model).at(-1)!;
    if (last !== this) throw laterMergeError(namesOf(this), namesOf(last));
    this.#restore();
    popMerge(this.#model, this);
    for (const adapter of this.#wereAttached) if (!adapter.isDisposed) adapter.attach();
  }
}

/** Active merges, the oldest first. The list is a new object after each merge and undo. */
export function mergesOf(model: AdaptableModel): readonly MergedHandle[] {
  return stacks.get(model) ?? none;
}

export function pushMerge(model: AdaptableModel, merged: MergedHandle): MergedHandle {
  stacks.set(model, [...mergesOf(model), merged]);
  return merged;
}

/** Whether an adapter is part of an active merge. */
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
