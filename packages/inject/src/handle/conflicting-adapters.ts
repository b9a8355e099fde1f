// Finds adapters that cannot act together: they have different values for the same weight, which cannot be added. PEFT also
// refuses to activate two saved modules, or trained rows of one embedding, at a time.

import * as tf from "@tensorflow/tfjs-core";
import type { ReplacementValues } from "../adapted/adapter-part.ts";
import { haveSameFrozenValues, haveSameValues } from "../adapted/same-values.ts";
import { type AdapterConflict, conflictingAdaptersError } from "../errors/errors.ts";
import type { NamedAdapter } from "./adapter-names.ts";

interface Owner extends ReplacementValues {
  readonly adapterName: string;
}

/** Options of `checkTogether`. */
interface TogetherOptions {
  /** Whether they are trained: equal values then count as a conflict, because they would diverge. Default false. */
  readonly training?: boolean;
  /** Check only this weight; if it is in conflict, all are checked, so that the error lists every conflict. Default: all. */
  readonly path?: string;
}

/**
 * Throws unless the adapters can act together: in one call, or merged.
 *
 * @throws CONFLICTING_ADAPTERS with all such weights
 */
export function checkTogether(handles: readonly NamedAdapter[], options: TogetherOptions = {}): void {
  const { training = false, path: only } = options;
  const ownersOf = ownersByPath(handles);
  const conflictAt = (path: string): readonly AdapterConflict[] => {
    const owners = ownersOf.get(path) ?? [];
    const inConflict = owners.filter((one) => owners.some((other) => areInConflict(one, other, training)));
    return inConflict.length === 0 ? [] : [{ path, adapterNames: inConflict.map(({ adapterName }) => adapterName) }];
  };
  if (only !== undefined && conflictAt(only).length === 0) return;
  const conflicts = [...ownersOf.keys()].flatMap(conflictAt);
  if (conflicts.length > 0) throw conflictingAdaptersError(conflicts);
}

function ownersByPath(handles: readonly NamedAdapter[]): ReadonlyMap<string, readonly Owner[]> {
  const owners = new Map<string, Owner[]>();
  for (const { name: adapterName, changes } of handles)
    for (const { path, replacement } of changes)
      if (replacement !== undefined) owners.set(path, [...(owners.get(path) ?? []), { ...replacement, adapterName }]);
  return owners;
}

/** Trained rows override a replaced embedding, in any order. */
function areInConflict(one: Owner, other: Owner, training: boolean): boolean {
  if (one.adapterName === other.adapterName) return false;
  if (one.rows === "all" || other.rows === "all") {
    if (one.rows !== other.rows) return false;
    // null: WebGPU cannot compare now. Frozen values count as equal then (usually one embedding), trained ones as different.
    if (!one.isTrained && !other.isTrained) return haveSameFrozenValues(one.variable, other.variable) === false;
    return training || haveSameValues(one.variable, other.variable) !== true;
  }
  const common = commonRows(one.rows, other.rows);
  if (common.length === 0) return false;
  return training || tf.tidy(() => haveSameValues(...picked(one, other, common)) !== true);
}

type IndexPair = readonly [inOne: number, inOther: number];

/** The positions of common rows in both lists. */
function commonRows(rows: readonly number[], others: readonly number[]): readonly IndexPair[] {
  const indexOf = new Map(others.map((row, index) => [row, index]));
  return rows.flatMap((row, index): IndexPair[] => {
    const inOther = indexOf.get(row);
    return inOther === undefined ? [] : [[index, inOther]];
  });
}

function picked(one: Owner, other: Owner, pairs: readonly IndexPair[]): [tf.Tensor, tf.Tensor] {
  const pick = ({ variable }: Owner, side: 0 | 1) =>
    tf.gather(
      variable,
      tf.tensor1d(
        pairs.map((index) => index[side]),
        "int32",
      ),
    );
  return [pick(one, 0), pick(other, 1)];
}
