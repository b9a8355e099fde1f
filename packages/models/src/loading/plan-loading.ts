// Decides from headers alone which tensor fills which slot, and refuses files that do not fit, with all that is wrong.

import { matchCheckpoint, parametersOf } from "@lowrank/contracts/families/checkpoint";
import type { WeightSlot } from "@lowrank/engine/hook-points";
import { HeadMissingError, type MisshapenTensor, weightMismatchError } from "../errors.ts";
import type { ModelPlan } from "../parts/part-list.ts";
import type { WeightSource } from "./weight-source.ts";

export interface SlotFilling {
  readonly slot: WeightSlot;
  /** The file's tensor. */
  readonly key: string;
}

export interface LoadingPlan {
  /** In the order of the tensors in the files. */
  readonly fillings: readonly SlotFilling[];
  /** Slots whose parameters are made new. */
  readonly toMakeNew: readonly WeightSlot[];
}

export interface LoadingOptions {
  /** Whether a head that the files lack, or hold for another number of classes, may be made new. */
  readonly mayMakeHeadNew: boolean;
}

/** Throws WEIGHT_MISMATCH or HeadMissingError. */
export function planLoading(
  plan: ModelPlan,
  slots: readonly WeightSlot[],
  { source, choices }: { readonly source: WeightSource; readonly choices: LoadingOptions },
): LoadingPlan {
  const match = matchCheckpoint(plan.config, plan.task, source.tensors.keys());
  const replaceable = new Set(replaceableHead(plan, choices));
  const fillings = slots.flatMap((slot) => {
    const key = match.fileKeys.get(slot.path);
    return key === undefined ? [] : [{ slot, key }];
  });
  const isMisshapen = ({ slot, key }: SlotFilling) => !sameShape(source.tensors.get(key)?.shape, slot.shape);
  const misfits = fillings.filter((filling) => isMisshapen(filling) && !replaceable.has(filling.slot.path));
  const unreadable = fillings.filter(({ key }) => source.tensors.get(key)?.isReadable !== true);
  const missing = match.missing.map(({ path }) => path);
  if (misfits.length + unreadable.length + missing.length + match.unexpected.length > 0) {
    const problems = {
      missing,
      unexpected: match.unexpected,
      misshapen: misfits.map(({ slot, key }): MisshapenTensor => {
        return { tensor: key, got: source.tensors.get(key)?.shape ?? [], expected: slot.shape };
      }),
      unreadable: unreadable.map(({ key }) => ({ tensor: key, dtype: source.tensors.get(key)?.dtype ?? "unknown" })),
    };
    throw weightMismatchError(source.name, problems, source.advice);
  }
  const fits = fillings.filter((filling) => !isMisshapen(filling));
  const filled = new Set(fits.map(({ slot }) => slot));
  const toMakeNew = slots.filter((slot) => !filled.has(slot));
  const isHeadMissing = toMakeNew.some(({ isOptional }) => isOptional !== true);
  if (isHeadMissing && !choices.mayMakeHeadNew && plan.task !== "feature-extraction") {
    throw new HeadMissingError(
      source.name,
      toMakeNew.flatMap(({ path, isOptional }) => (isOptional === true ? [] : [path])),
    );
  }
  const order = new Map([...source.tensors.keys()].map((key, index) => [key, index]));
  const orderOf = ({ key }: SlotFilling) => order.get(key) ?? 0;
  return { fillings: fits.sort((first, second) => orderOf(first) - orderOf(second)), toMakeNew };
}

/** Replaces a classifier by a new one if another number of classes is requested. */
function replaceableHead({ config, task }: ModelPlan, { mayMakeHeadNew }: LoadingOptions): readonly string[] {
  if (!mayMakeHeadNew) return [];
  return parametersOf(config, task).flatMap(({ path, newIfMissing }) => (newIfMissing ? [path] : []));
}

function sameShape(got: readonly number[] | undefined, expected: readonly number[]): boolean {
  return got?.length === expected.length && got.every((size, axis) => size === expected[axis]);
}
