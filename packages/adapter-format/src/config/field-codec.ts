// Codecs: each reads one field's value from JSON and writes it back. `expected` describes valid values for the error message.

import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  OrderedDictionary,
  PythonFloat,
  sorted,
  type WritableJson,
} from "../json.ts";

/** Reads and writes the values of one field. */
export interface FieldCodec<Value> {
  /** Describes valid values in messages: "an integer from 1 to 4096". */
  readonly expected: string;
  /** The value, or undefined if the JSON is invalid. */
  read(json: JsonValue): Value | undefined;
  write(value: Value): WritableJson;
}

type Names = readonly string[];

export const flag: FieldCodec<boolean> = {
  expected: "true or false",
  read: (json) => (typeof json === "boolean" ? json : undefined),
  write: (value) => value,
};

/** Any string. */
export function text(): FieldCodec<string> {
  return { expected: "a text", read: (json) => (typeof json === "string" ? json : undefined), write: (value) => value };
}

/** One of the given strings. */
export function oneOf<Choice extends string>(choices: readonly Choice[]): FieldCodec<Choice> {
  return {
    expected: `one of ${choices.join(", ")}`,
    read: (json) => choices.find((choice) => choice === json),
    write: (value) => value,
  };
}

/** An integer within bounds, both included. */
export function integer(min: number, max: number): FieldCodec<number> {
  return {
    expected: `an integer from ${min} to ${max}`,
    read: (json) => (Number.isInteger(json) && Number(json) >= min && Number(json) <= max ? Number(json) : undefined),
    write: (value) => value,
  };
}

/** A finite number. JSON's 1e999 is infinite in JavaScript. */
export const finite: FieldCodec<number> = {
  expected: "a finite number",
  read: (json) => (typeof json === "number" && Number.isFinite(json) ? json : undefined),
  write: (value) => value,
};

/** A rate of at least 0 and less than 1. Python writes it as a float. */
export const rate: FieldCodec<number> = {
  expected: "a number from 0 to below 1",
  read: (json) => (typeof json === "number" && json >= 0 && json < 1 ? json : undefined),
  write: (value) => new PythonFloat(value),
};

/** A list of values of one kind. */
export function listOf<Value extends JsonValue>(item: FieldCodec<Value>): FieldCodec<readonly Value[]> {
  return {
    expected: `a list, each ${item.expected}`,
    read: (json) => {
      if (!Array.isArray(json)) return undefined;
      const values = json.map((entry: JsonValue) => item.read(entry));
      return values.every((value) => value !== undefined) ? values : undefined;
    },
    write: (value) => value,
  };
}

/** A dictionary with values of one kind. */
export function dictionaryOf<Value extends JsonValue>(item: FieldCodec<Value>): FieldCodec<ReadonlyMap<string, Value>> {
  return {
    expected: `an object, each value ${item.expected}`,
    read: (json) => {
      if (!isJsonObject(json)) return undefined;
      const values = new Map<string, Value>();
      for (const [key, entry] of Object.entries(json)) {
        const value = item.read(entry);
        if (value === undefined) return undefined;
        values.set(key, value);
      }
      return values;
    },
    write: (value) => Object.fromEntries(value),
  };
}

/** Values by pattern. The first pattern that matches is used, so the order is kept. Some tools write null where PEFT writes {}. */
export function byPattern<Value extends JsonValue>(item: FieldCodec<Value>): FieldCodec<ReadonlyMap<string, Value>> {
  const { expected, read } = dictionaryOf(item);
  return {
    expected,
    read: (json) => {
      const values = json === null ? new Map<string, Value>() : read(json);
      // JavaScript lists integer keys first; PEFT's files have them sorted.
      const isOrderLost = [...(values?.keys() ?? [])].some((key) => /^\d+$/.test(key));
      return values !== undefined && isOrderLost ? new Map(sorted([...values])) : values;
    },
    write: (value) => new OrderedDictionary(value),
  };
}

/** Null, or a value of the codec. */
export function optional<Value>(codec: FieldCodec<Value>): FieldCodec<Value | null> {
  return {
    expected: `${codec.expected}, or null`,
    read: (json) => (json === null ? null : codec.read(json)),
    write: (value) => (value === null ? null : codec.write(value)),
  };
}

/** A value of the first codec; if that fails, of the second. */
export function either<First, Second>(
  first: FieldCodec<First>,
  second: FieldCodec<Second>,
  isFirst: (value: First | Second) => value is First,
): FieldCodec<First | Second> {
  return {
    expected: `${first.expected} or ${second.expected}`,
    read: (json) => first.read(json) ?? second.read(json),
    write: (value) => (isFirst(value) ? first.write(value) : second.write(value as Second)),
  };
}

/** An object, kept unchanged. */
export const object: FieldCodec<JsonObject> = {
  expected: "an object",
  read: (json) => (isJsonObject(json) ? json : undefined),
  write: (value) => value,
};

const nonEmptyText: FieldCodec<string> = {
  expected: "a regular expression",
  read: (json) => (typeof json === "string" && json.length > 0 ? json : undefined),
  write: (value) => value,
};

export const names: FieldCodec<Names> = { ...listOf(nonEmptyText), expected: "a list of names" };

/** A list of names, or one string (a regular expression, or "all-linear"). */
export const namesOrPattern: FieldCodec<Names | string> = either(
  names,
  nonEmptyText,
  (value): value is Names => typeof value !== "string",
);
