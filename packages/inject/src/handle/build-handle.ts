// Builds an attached adapter from a plan: makes all variables, then attaches to all hook points. Completely, or not at all.

import type { AdaptableModel } from "@lowrank/contracts";
import { HookPoints } from "../hosts/hook-points.ts";
import { hookPointsFor, makePart } from "../parts/part-kinds.ts";
import { PartMaker } from "../parts/part-maker.ts";
import type { ValueSource } from "../parts/value-source.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { type AdapterContents, disposeContents } from "./adapter-contents.ts";
import { AdapterHandle } from "./adapter-handle.ts";

export interface BuildOptions {
  readonly name: string;
  readonly plan: InjectionPlan;
  readonly values: ValueSource;
  readonly trainable: boolean;
  readonly baseFingerprint?: string;
  /** Whether the adapter is new, and not from a file. */
  readonly isNew?: boolean;
}

/**
 * Makes the variables and attaches them. If anything fails, all variables are freed and the model is unchanged.
 *
 * @throws STALE_PLAN, and the errors of attaching
 */
export function buildHandle(model: AdaptableModel, options: BuildOptions): AdapterHandle {
  const contents = buildContents(model, options);
  try {
    const handle = new AdapterHandle(model, options.name, contents);
    handle.attach();
    return handle;
  } catch (error) {
    disposeContents(contents);
    throw error;
  }
}

/**
 * Makes only the variables. If anything fails, all of them are freed.
 *
 * @throws STALE_PLAN
 */
export function buildContents(model: AdaptableModel, options: BuildOptions): AdapterContents {
  const { name: adapterName, plan, values, trainable, baseFingerprint, isNew = false } = options;
  const hookPoints = new HookPoints(model, hookPointsFor(plan.parts));
  const maker = new PartMaker({ adapterName, config: plan.config, hookPoints, values, trainable });
  const base = baseFingerprint === undefined ? {} : { baseFingerprint };
  const contents: AdapterContents = { plan, parts: maker.builtParts, ...base, isNew };
  try {
    for (const planned of plan.parts) makePart(planned, maker);
    return contents;
  } catch (error) {
    disposeContents(contents);
    throw error;
  }
}
