// Refuses unknown options: a compiler reports them, but plain JavaScript would ignore them silently.

import { failure } from "./errors.ts";
import { editDistance, itemized, printable } from "./messages.ts";

/** The names of all options; the compiler requires each. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true };

/** An unknown option, and the option that was probably meant. */
interface UnknownOption {
  readonly name: string;
  readonly nearest: string | undefined;
}

/** A function was given options that it does not have. Correct their names. */
function unknownOptionError(
  /** The function's name. */
  where: string,
  unknown: readonly UnknownOption[] /** The function's options. */,
  known: readonly string[],
) {
  const lines = unknown.map(({ name, nearest }) => {
    return nearest === undefined ? `"${printable(name)}"` : `"${printable(name)}" → "${nearest}"`;
  });
  const options = known.join(", ");
  return failure("UNKNOWN_OPTION", `${where} got unknown options:${itemized(lines)}\nIts options: ${options}.`, {
    where,
    unknown,
    known,
  });
}

/**
 * Throws UNKNOWN_OPTION for own keys of `options` that are not among the names, each with the nearest name. `otherNames` has
 * names from other libraries, which match in any spelling: "lora_alpha" and "loraAlpha" suggest "alpha".
 */
export function refuseUnknownOptions(
  where: string,
  options: object,
  names: Readonly<Record<string, true>>,
  otherNames: ReadonlyMap<string, string> = new Map(),
): void {
  const knownNames = Object.keys(names);
  const candidates = [...knownNames.map((name) => [name, name] as const), ...otherNames];
  // Without type checking a program may pass a text as options, whose letters would be the keys.
  const text: unknown = options;
  const unknown = (typeof text === "string" ? [text] : Object.keys(options))
    .filter((name) => !Object.hasOwn(names, name))
    .map((name) => ({ name, nearest: nearestName(name, candidates) }));
  if (unknown.length > 0) throw unknownOptionError(where, unknown, knownNames);
}

/**
 * Our name for the most similar spelling, ignoring case and underscores; undefined if none is similar. The first of equally similar
 * ones is used.
 */
function nearestName(name: string, candidates: readonly (readonly [spelling: string, ours: string])[]) {
  const plain = (text: string) => text.replaceAll("_", "").toLowerCase();
  const spelled = plain(name);
  const [nearest] = candidates
    .map(([spelling, ours]) => ({
      ours,
      size: plain(spelling).length,
      distance: editDistance(spelled, plain(spelling)),
    }))
    // A name where every letter differs is not similar: "r" is not "x".
    .filter(({ size, distance }) => distance < size && distance <= Math.max(1, Math.ceil(spelled.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return nearest?.ours;
}
