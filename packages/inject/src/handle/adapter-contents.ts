// The contents of an adapter in a handle.

import type * as tf from "@tensorflow/tfjs-core";
import type { AdaptedPart } from "../adapted/adapted-part.ts";
import type { AdapterVariable } from "../adapted/adapter-part.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";

/** The contents of a handle; a hot swap replaces all of it. */
export interface AdapterContents {
  readonly plan: InjectionPlan;
  /** In the order of the plan, which is file order. */
  readonly parts: readonly AdaptedPart[];
  /** Fingerprint of the base model, written into files. */
  readonly baseFingerprint?: string;
  /** False, or absent, for an adapter from a file. The file decides which base weights it contains. */
  readonly isNew?: boolean;
}

export function disposeContents(contents: AdapterContents): void {
  for (const part of contents.parts) part.dispose();
}

/** Replacements come before updates. */
export function inOrderOfEffect({ parts }: AdapterContents): readonly AdaptedPart[] {
  return [...parts.filter(({ actsFirst }) => actsFirst), ...parts.filter(({ actsFirst }) => !actsFirst)];
}

/** All tensors, in file order. */
export function tensorsOf({ parts }: AdapterContents): readonly AdapterVariable[] {
  return parts.flatMap(({ tensors }) => tensors);
}

/** Trained variables by name in a file. */
export function trainedVariables(contents: AdapterContents): ReadonlyMap<string, tf.Variable> {
  return new Map(
    tensorsOf(contents)
      .filter(({ isTrained }) => isTrained)
      .map(({ key, variable }) => [key, variable]),
  );
}
