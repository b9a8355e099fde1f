// Logits whose names in a fixture are the active adapters: "base", "a", "a+b", "0.5*a", "-1*a+2*b".

import { type AdapterSelection, inferenceContext, noAdapters } from "@lowrank/contracts";
import type { ActiveAdapter } from "@lowrank/contracts/internal";
import type { Fixture } from "@lowrank/testing";
import { disposeInputs, inputsOf, logitsOf, numbersOf, paddingFilter } from "../fixture/parity-case.ts";
import { compare, type ParityCheck } from "../fixture/parity-check.ts";
import type { ParityModel } from "../parity-model.ts";

/** Names for a model whose adapters are attached but inactive, or removed. */
const withoutAdapters: ReadonlySet<string> = new Set(["base", "disabled", "unloaded"]);

/** A fixture's word for each adapter, and the name that it has on the model. */
export type AdapterNames = ReadonlyMap<string, string>;

/** Which adapters a text means, or null if it is none of the kind. */
export function selectionOf(text: string, namesByWord: AdapterNames): AdapterSelection | null {
  if (!namesByWord.has(text) && withoutAdapters.has(text)) return noAdapters;
  const terms = namesByWord.has(text) ? [text] : text.split("+");
  const adapters = terms.map((term) => weighted(term, namesByWord));
  const known = adapters.filter((adapter) => adapter !== null);
  return known.length === adapters.length ? { kind: "active", adapters: known } : null;
}

function weighted(term: string, namesByWord: AdapterNames): ActiveAdapter | null {
  const own = namesByWord.get(term);
  if (own !== undefined) return { name: own, weight: 1 };
  const [, weight = "", fixtureName = ""] = /^(-?\d+(?:\.\d+)?(?:e-?\d+)?)\*(.+)$/.exec(term) ?? [];
  const name = namesByWord.get(fixtureName);
  return name === undefined ? null : { name, weight: Number(weight) };
}

interface Selected {
  readonly fixture: Fixture;
  readonly model: ParityModel;
  readonly namesByWord: AdapterNames;
}

/** Every "….logits" and "….loss" of the fixture that names a selection; `isOther` leaves those to others. */
export function selectedChecks(
  { fixture, model, namesByWord }: Selected,
  isOther: (name: string) => boolean = () => false,
): Promise<readonly ParityCheck[]> {
  const checks = [...fixture.tensors.keys()].flatMap((key) => {
    const [, text, kind] = /^(.+)\.(logits|loss)$/.exec(key) ?? [];
    const adapters = text === undefined || isOther(key) ? null : selectionOf(text, namesByWord);
    if (adapters === null) return [];
    if (kind === "logits") return [logitsCheck({ fixture, model }, key, adapters)];
    return [lossCheck({ fixture, model }, { what: key, adapters, expected: fixture.tensor(key).values })];
  });
  return Promise.all(checks);
}

/** Logits with the given adapters, on the fixture's inputs. */
export async function logitsCheck(
  { fixture, model }: Pick<Selected, "fixture" | "model">,
  what: string,
  adapters: AdapterSelection,
): Promise<ParityCheck> {
  const inputs = inputsOf(fixture);
  const expected = fixture.tensor(what);
  const actual = await logitsOf(model, inputs, inferenceContext(adapters));
  disposeInputs(inputs);
  const skip = paddingFilter(fixture, expected);
  return compare(what, { actual, expected: expected.values }, { tolerance: 1e-4, skip });
}

/** The loss with the given adapters, on the fixture's labels. */
export async function lossCheck(
  { fixture, model }: Pick<Selected, "fixture" | "model">,
  wanted: { readonly what: string; readonly adapters: AdapterSelection; readonly expected: ArrayLike<number> },
): Promise<ParityCheck> {
  const { what, adapters, expected } = wanted;
  const inputs = inputsOf(fixture);
  const actual = await numbersOf(() => model.loss(inputs, inferenceContext(adapters)));
  disposeInputs(inputs);
  return compare(what, { actual, expected }, { tolerance: 1e-5 });
}

/** The loss that expected.json has under a key, if it has it. */
export async function statedLossChecks(
  { fixture, model }: Pick<Selected, "fixture" | "model">,
  key: "base_loss" | "adapter_loss" | "final_loss",
  adapters: AdapterSelection,
): Promise<readonly ParityCheck[]> {
  const stated = fixture.expected[key];
  if (stated === undefined) return [];
  return [await lossCheck({ fixture, model }, { what: key, adapters, expected: [Number(stated)] })];
}
