// The fields of a request, read one by one; whatever is wrong is collected and told at once.

import { describeValue } from "@lowrank/contracts";
import { InvalidRequestError } from "../errors.ts";
import type { ServedDefaults } from "../served-model.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

export class Fields {
  readonly #faults: { readonly param: string; readonly fault: string }[] = [];

  constructor(private readonly body: Readonly<Record<string, unknown>>) {}

  /** The field as it came; undefined for null as well, which clients write for what they leave out. */
  raw(name: string): unknown {
    return this.body[name] ?? undefined;
  }

  fault(param: string, fault: string): undefined {
    this.#faults.push({ param, fault });
    return undefined;
  }

  /** Throws InvalidRequestError if anything was wrong. */
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

  texts(name: string, max: number): readonly string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (all.length > max) return this.fault(name, `${all.length} texts; expected at most ${max}`);
    if (all.every((text) => typeof text === "string")) return all;
    return this.fault(name, "something other than a text; expected a text or a list of texts");
  }

  /** Refuses what is not served, unless it is said not to be wanted. */
  unserved(name: string, unwanted: readonly unknown[], advice = "it is not supported"): void {
    const value = this.raw(name);
    const isEmpty = Array.isArray(value) && value.length === 0;
    if (value === undefined || isEmpty || unwanted.includes(value)) return;
    this.fault(name, `${describeValue(value)}; ${advice}`);
  }
}

export interface RequestLimits {
  /** Texts that one request may have written: its prompts times `n`. */
  readonly maxChoices: number;
  /** New tokens of one text. */
  readonly maxNewTokens: number;
  readonly maxStops: number;
  readonly maxMessages: number;
  /** Texts to be embedded by one request. */
  readonly maxInputs: number;
  /** What the model's files say, where a request does not. */
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
