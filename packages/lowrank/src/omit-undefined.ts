// Removes options that are undefined.

/** The options without undefined values: optional fields of other packages may be absent but not undefined. */
export function omitUndefined<Options extends object>(
  options: Options,
): { readonly [Name in keyof Options]?: Exclude<Options[Name], undefined> } {
  // All remaining entries have a value, as the type says.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Options]?: Exclude<Options[Name], undefined>;
  };
}
