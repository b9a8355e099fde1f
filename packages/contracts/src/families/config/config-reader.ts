// Reads typed values from a parsed config.json. It collects all problems, and remembers which keys were read, so that the others can
// be reported.

import { describeValue } from "../../messages.ts";
import { type ConfigProblem, InvalidConfigError } from "../errors.ts";

interface Bounds {
  readonly min: number;
  readonly max: number;
}

export class ConfigReader {
  readonly problems: ConfigProblem[] = [];
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #seen = new Set<string>();
  readonly #prefix: string;

  constructor(values: ReadonlyMap<string, unknown>, prefix = "") {
    this.#values = values;
    this.#prefix = prefix;
  }

  /** The raw value; undefined if absent. */
  peek(key: string): unknown {
    this.#seen.add(key);
    return this.#values.get(key);
  }

  /** The first of several keys that is present and not null, else the first key; all count as read. */
  pick(keys: readonly [string, ...string[]]): string {
    for (const key of keys) this.#seen.add(key);
    return keys.find((key) => (this.#values.get(key) ?? null) !== null) ?? keys[0];
  }

  /**
   * An integer within bounds; null if absent or null; NaN after reporting a problem. With `element`, an element of a pair: a single
   * number is the first, and there is no second.
   */
  integer(key: string, { min, max }: Bounds, element?: 0 | 1): number | null {
    const rawValue = this.peek(key);
    const isPair = element !== undefined && Array.isArray(rawValue) && rawValue.length === 2;
    const value = (isPair ? rawValue[element] : element ? null : rawValue) ?? null;
    if (value === null) return null;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    this.invalid(key, value, `an integer from ${min} to ${max}`);
    return Number.NaN;
  }

  /** A finite number within bounds; null if absent or null; NaN after reporting a problem. */
  number(key: string, { min, max }: Bounds): number | null {
    const value = this.peek(key) ?? null;
    if (value === null) return null;
    if (typeof value === "number" && value >= min && value <= max) return value;
    this.invalid(key, value, `a number from ${min} to ${max}`);
    return Number.NaN;
  }

  /** A string; null if absent, null, or reported as a problem. */
  text(key: string): string | null {
    const value = this.peek(key) ?? null;
    if (value === null || typeof value === "string") return value;
    this.invalid(key, value, "a string");
    return null;
  }

  /** A boolean; null if absent, null, or reported as a problem. */
  flag(key: string): boolean | null {
    const value = this.peek(key) ?? null;
    if (value === null || typeof value === "boolean") return value;
    this.invalid(key, value, "true or false");
    return null;
  }

  /** Whether it is the second of two texts; null if absent, null, or reported as a problem. */
  choice(key: string, [off, on]: readonly [string, string]): boolean | null {
    const value = this.peek(key) ?? null;
    if (value === null) return null;
    if (value === off || value === on) return value === on;
    this.invalid(key, value, `"${off}" or "${on}"`);
    return null;
  }

  missing(key: string, expected: string): void {
    this.problems.push({ kind: "missing", key: this.#prefix + key, got: "nothing", expected });
  }

  invalid(key: string, value: unknown, expected: string): void {
    this.problems.push({ kind: "invalid", key: this.#prefix + key, got: describeValue(value), expected });
  }

  notHandled(key: string, value: unknown, expected: string): void {
    this.problems.push({ kind: "not-handled", key: this.#prefix + key, got: describeValue(value), expected });
  }

  /** A reader of the object under a key, with its own list of problems. */
  inside(values: ReadonlyMap<string, unknown>, key: string): ConfigReader {
    return new ConfigReader(values, `${this.#prefix}${key}.`);
  }

  /** Whether the key was read. */
  hasSeen(key: string): boolean {
    return this.#seen.has(key);
  }

  /** Keys of the file that were not read, sorted. */
  unseenKeys(): readonly string[] {
    return [...this.#values.keys()].filter((key) => !this.#seen.has(key)).sort();
  }
}

/** A reader of a parsed config.json, which must be an object. */
export function readerOf(config: unknown, file: string): ConfigReader {
  const values = jsonObject(config);
  if (values) return new ConfigReader(values);
  const got = describeValue(config);
  throw new InvalidConfigError(file, [{ kind: "invalid", key: "the whole file", got, expected: "an object" }]);
}

/** An object of a parsed JSON file as a map (safe for keys such as "__proto__"), or null for other values. */
export function jsonObject(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}
