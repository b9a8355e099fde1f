// What a configuration alone tells of a variant of LoRA. How a variant computes is the other half, in @lowrank/inject.

import type { LoraConfig } from "../lora-config.ts";

/** What must hold of a configuration. */
export interface Rule {
  /** PEFT's key of the field that is wrong if it does not. */
  readonly key: string;
  readonly expected: string;
  holds(config: LoraConfig): boolean;
}

/** One variant. */
export interface VariantFacts {
  /** PEFT's key of the field that asks for it. */
  readonly key: string;
  /** The value that asks for it, or null if the configuration does not. */
  asked(config: LoraConfig): unknown;
  /** What it does, for the refusal by a program that does not have it. */
  readonly effect: string;
  /**
   * Whether PEFT has a layer of its own for it, of which a module can have but one: "own", and "alone" where PEFT refuses to
   * choose between two.
   */
  readonly layer?: "own" | "alone";
  /** True where it matters only while an adapter is trained, not when a trained one is used. */
  readonly onlyInTraining?: boolean;
  /** What must hold of its fields. */
  readonly rules?: readonly Rule[];
}

/** An object that is there, a list with something in it, a flag that is true; else null. */
export function given(value: unknown): unknown {
  return value === false || (Array.isArray(value) && value.length === 0) ? null : value;
}
