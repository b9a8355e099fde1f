// Reads the fields of a request. All problems are collected and reported in one error.

import { describeValue } from "@lowrank/contracts/internal";
import { InvalidRequestError } from "../errors.ts";
import type { ServedDefaults } from "../served-model.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

export class Fields {
  readonly #faults: { readonly param: string; readonly fault: string }[] = [];

  constructor(private readonly body: Readonly<Record<string, unknown>>) {}

  /** The raw field; undefined for null too, which clients send for absent fields. */
  raw(name: string): unknown {
    return this.body[name] ?? undefined;
  }

  fault(param: string, fault: string): undefined {
    this.#faults.push({ param, fault });
    return undefined;
  }

  /** Throws InvalidRequestError if there were problems. */
  end(): void {
    if (this.#faults.length > 0) throw new InvalidRequestError(this.#faults);
  }

  number(name: string, { min, max }: Range): number | undefined {
    const value = this.raw(name);
    if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return value;
    return this.fault(name, `${describeValue(value)}; expected a number from ${min} to ${max}`);
  }

  integer(name: string, range: Range): number | undefined {
    const value = this.number(name, range);
    if (value === undefined || Number.isInteger(value)) return value;
    return this.fault(name, `${value}; expected a whole number`);
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (value === undefined || typeof value === "boolean") return value === true;
    this.fault(name, `${describeValue(value)}; expected true or false`);
    return false;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "string") return value;
    return this.fault(name, `${describeValue(value)}; expected a text`);
  }

  /** A text that must be there. */
  required(name: string): string {
    return this.text(name) ?? this.fault(name, "it is missing") ?? "";
  }

  texts(name: string, max: number): readonly string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (all.length > max) return this.fault(name, `${all.length} texts; expected at most ${max}`);
    if (all.every((text) => typeof text === "string")) return all;
    return this.fault(name, "something other than a text; expected a text or a list of texts");
  }

  /** Refuses an unsupported field, unless its value turns the feature off. */
  refuseUnsupported(name: string, unwanted: readonly unknown[], advice = "it is not supported"): void {
    const value = this.raw(name);
    const isEmpty = Array.isArray(value) && value.length === 0;
    if (value === undefined || isEmpty || unwanted.includes(value)) return;
    this.fault(name, `${describeValue(value)}; ${advice}`);
  }
}

export interface RequestLimits {
  /** Maximum number of texts in one request: prompts times `n`. */
  readonly maxChoices: number;
  /** Maximum new tokens of one text. */
  readonly maxNewTokens: number;
  readonly maxStops: number;
  readonly maxMessages: number;
  /** Maximum number of texts in one embedding request. */
  readonly maxInputs: number;
  /** Defaults from the model's files. */
  readonly defaults: ServedDefaults;
}

export const requestLimits: RequestLimits = {
  maxChoices: 16,
  maxNewTokens: 4096,
  maxStops: 4,
  maxMessages: 1000,
  maxInputs: 2048,
  defaults: { doSample: false },
};
