// Several adapters as one: read separately, then combined as their weighted sum.

import type { Adapter } from "@lowrank/adapter-format";
import { baseFingerprintKey } from "@lowrank/inject/internal";
import { adaptersOfBases, severalTokenizers } from "../errors/library-errors.ts";
import type { AdapterSource } from "../open/model-source.ts";
import type { ModelInput, Platform, SourceContext } from "../platform.ts";

/** One adapter of a weighted sum. */
interface WeightedInput {
  readonly adapter: ModelInput;
  /** Factor on its update; default 1. */
  readonly weight?: number | undefined;
}

/** An adapter, or a weighted sum of several adapters. */
export type AdapterInput = ModelInput | readonly WeightedInput[];

/** The source of an adapter or a weighted sum, which has the settings of its first adapter. Reading throws ADAPTERS_OF_BASES. */
export async function findAdapters(
  platform: Pick<Platform, "findAdapter">,
  input: AdapterInput,
  context: SourceContext,
): Promise<AdapterSource> {
  if (!isSet(input)) return platform.findAdapter(input, context);
  const sources = await Promise.all(
    input.map(async ({ adapter, weight = 1 }) => ({ weight, source: await platform.findAdapter(adapter, context) })),
  );
  const [first] = sources;
  if (first === undefined || (sources.length === 1 && first.weight === 1)) {
    return first?.source ?? Promise.reject(new RangeError("A set of adapters needs at least one adapter."));
  }
  const owners = sources.filter(({ source }) => source.tokenizer !== undefined);
  if (owners.length > 1) throw severalTokenizers(owners.map(({ source }) => source.name));
  return {
    name: sources.map(({ source, weight }) => (weight === 1 ? source.name : `${source.name}:${weight}`)).join(" + "),
    tokenizer: owners[0]?.source.tokenizer,
    setup: () => first.source.setup(),
    read: async (options, base) => {
      const { combineAdapters } = await import("@lowrank/merge"); // few visits to a page mix
      const read = await Promise.all(
        sources.map(async ({ source, weight }) => {
          return { adapter: await source.read({ ...options, mergeOnly: false }, base), weight, name: source.name };
        }),
      );
      checkBases(read);
      return combineAdapters(read, { type: "cat" }); // their sum to the last digit
    },
  };
}

function isSet(input: AdapterInput): input is readonly WeightedInput[] {
  return Array.isArray(input) && input.every((each: object) => "adapter" in each);
}

/** Attaching compares one fingerprint with the base's: that of the first adapter. */
function checkBases(read: readonly { readonly adapter: Adapter; readonly name: string }[]): void {
  const withFingerprint = read.filter(({ adapter }) => adapter.metadata.has(baseFingerprintKey));
  const bases = new Set(withFingerprint.map(({ adapter }) => adapter.metadata.get(baseFingerprintKey)));
  if (bases.size > 1) throw adaptersOfBases(withFingerprint.map(({ name }) => name));
}
