// The messages of a language, a JSON file each, and how values get into them: {name} is the place of a value.

import type english from "./english.json";

/** English's keys are those of every language. A language without a form for one thing leaves `one` out. */
export type Messages = SameKeys<typeof english>;

type SameKeys<T> = T extends string
  ? string
  : T extends { readonly other: string }
    ? Plural
    : { readonly [Key in keyof T]: SameKeys<T[Key]> };

export interface Plural {
  readonly one?: string;
  readonly other: string;
}

export type Value = string | number;

/** Throws if a place has no value. */
export function fill(message: string, values: Readonly<Record<string, Value>>): string {
  return message.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The message "${message}" needs the value "${name}".`);
    return `${value}`;
  });
}

/** A message as a function of its values, which have these names. */
export function saying<const Names extends readonly string[]>(message: string, ...names: Names) {
  return (...values: { readonly [Place in keyof Names]: Value }): string =>
    fill(message, Object.fromEntries(names.map((name, place) => [name, values[place] as Value])));
}

/** A message about `count` things. */
export function counted(message: Plural, count: number, values: Readonly<Record<string, Value>> = {}): string {
  return fill((count === 1 ? message.one : undefined) ?? message.other, { count, ...values });
}
