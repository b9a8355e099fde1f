// What an adapter is made of while a handle holds it.

import type * as tf from "@tensorflow/tfjs-core";
import type { AdaptedPart } from "../adapted/adapted-part.ts";
import type { AdapterVariable } from "../adapted/adapter-part.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";

/** What a handle holds; a hot swap exchanges all of it. */
export interface AdapterContents {
  readonly plan: InjectionPlan;
  /** In the order of the plan, which is that of files. */
  readonly parts: readonly AdaptedPart[];
  /** Fingerprint of the base model, written into files. */
  readonly baseFingerprint?: string;
  /** False, or absent, for what was read from a file, which says by itself what it carries. */
  readonly isNew?: boolean;
}

export function disposeContents(contents: AdapterContents): void {
  for (const part of contents.parts) part.dispose();
}

/** Values that replace come before those that are added to them. */
export function inOrderOfActing({ parts }: AdapterContents): readonly AdaptedPart[] {
  return [...parts.filter(({ actsFirst }) => actsFirst), ...parts.filter(({ actsFirst }) => !actsFirst)];
}

/** Every tensor of a file, in its order. */
export function tensorsOf({ parts }: AdapterContents): readonly AdapterVariable[] {
  return parts.flatMap(({ tensors }) => tensors);
}

/** What is trained, by its name in a file. */
export function trainedVariables(contents: AdapterContents): ReadonlyMap<string, tf.Variable> {
  return new Map(
    tensorsOf(contents)
      .filter(({ isTrained }) => isTrained)
      .map(({ key, variable }) => [key, variable]),
  );
}
