// Which adapters one forward pass uses. Chosen by the call, never by a switch on the model: a reference model is the
// same model called with none, and a block recomputed during backward sees what its forward saw.

/** One adapter of an active set; its own scaling s is multiplied by `weight`. */
export interface ActiveAdapter {
  readonly name: string;
  readonly weight: number;
}

/** None, a weighted set for the whole batch, or one adapter (or the base, `null`) for each row of the batch. */
export type AdapterSelection =
  | { readonly kind: "none" }
  | { readonly kind: "active"; readonly adapters: readonly ActiveAdapter[] }
  | { readonly kind: "rows"; readonly rows: readonly (string | null)[] };

/** The frozen base model alone. */
export const noAdapters: AdapterSelection = { kind: "none" };

/**
 * The given adapters, each with weight 1, summed. What replaces a weight has no sum: only one of the adapters may have a
 * saved module, a bias, a row of a table of its own that others of them have, too, with other numbers.
 */
export function activeAdapters(...names: readonly string[]): AdapterSelection {
  return { kind: "active", adapters: names.map((name) => ({ name, weight: 1 })) };
}

/** One adapter name for each row of the batch; `null`, or PEFT's "__base__", for the base. No adapter can have that name. */
export function adapterRows(rows: readonly (string | null)[]): AdapterSelection {
  return { kind: "rows", rows: rows.map((name) => (name === "__base__" ? null : name)) };
}

/** Every adapter name that a selection mentions, each once, in order of first mention. */
export function selectedNames(selection: AdapterSelection): readonly string[] {
  if (selection.kind === "none") return [];
  if (selection.kind === "active") return [...new Set(selection.adapters.map((adapter) => adapter.name))];
  return [...new Set(selection.rows.filter((name): name is string => name !== null))];
}
