// Facts about a variant of LoRA that follow from the configuration alone. @lowrank/inject has the code that computes it.

import type { Adapter, LoraConfig } from "../lora-config.ts";
import type { TensorKey } from "../tensor-keys.ts";

/** A rule that a configuration must satisfy. */
export interface Rule {
  /** PEFT's key of the field that breaks the rule. */
  readonly key: string;
  readonly expected: string;
  holds(config: LoraConfig): boolean;
}

/** A variant of LoRA: how PEFT's configuration turns it on, and what files must hold. */
export interface VariantFacts {
  /** PEFT's key of the field that turns it on. */
  readonly key: string;
  /** The field's value, or null if the configuration does not use the variant. */
  setting(config: LoraConfig): unknown;
  /** Its effect, for the error of programs without it. */
  readonly effect: string;
  /** "separate": PEFT has a layer class for it, and a module can have only one such class. "exclusive": PEFT refuses it together with any of them. */
  readonly layer?: "separate" | "exclusive";
  /** True if it matters only in training, not for using a trained adapter. */
  readonly onlyInTraining?: boolean;
  /** Rules for its fields. */
  readonly rules?: readonly Rule[];
  /** Its option on the command line, if it has one. */
  readonly option?: VariantOption;
  /** A line about the variant for people: a title and a text. */
  describe?(config: LoraConfig): readonly [word: string, text: string] | null;
  /** The number of the matrix's columns for each stored column, if more than 1. */
  columnsPerStored?(config: LoraConfig, key: TensorKey): number;
  /** Whether a stored tensor is skipped: it repeats another one, or only training needs it. */
  isLeftOut?(key: string, keys: Pick<ReadonlySet<string>, "has">): boolean;
  /** The same adapter as plain LoRA, if it can be written without loss. */
  toPlain?(adapter: Adapter): Adapter;
  /** Its metadata in llama.cpp's files, if they support it: a key and a list of numbers, and the way back. */
  readonly gguf?: {
    readonly key: string;
    write(config: LoraConfig): readonly number[];
    read(numbers: readonly number[]): Partial<LoraConfig>;
  };
  /** True if adapters with the same setting can be combined to one with that setting. */
  readonly isCombinable?: boolean;
}

/** An option of a command line that sets a variant's field. */
export interface VariantOption {
  /** The flag: "--use-it", followed by a value's name if it takes one. */
  readonly flag: string;
  /** Its name in a program. */
  readonly name: string;
  readonly field: keyof LoraConfig;
  /** "flag": the field is true; "tokens": a text, which is stored as its tokens. */
  readonly kind: "flag" | "tokens";
  readonly help: string;
}

/** Returns the value if it is set: an object, a non-empty list, or true; else null. */
export function settingOrNull(value: unknown): unknown {
  return value === false || (Array.isArray(value) && value.length === 0) ? null : value;
}
