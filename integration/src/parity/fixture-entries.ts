// Tensors of a fixture that belong to those of the adapter: "grad.<name>", "final.<name>".

import { keyPrefix } from "@lowrank/adapter-format";
import type { AdapterHandle } from "@lowrank/inject";
import type { Fixture, FixtureTensor } from "@lowrank/testing";

/** Entries of a fixture that are named by tensors of the adapter: "grad.", "final."; looking at them is not comparing. */
export function byKey(fixture: Fixture, start: string): ReadonlyMap<string, FixtureTensor> {
  const prefix = start + keyPrefix;
  return new Map(
    [...fixture.tensors].flatMap(([name, tensor]): [string, FixtureTensor][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}

/** The same, of which every entry will be compared. */
export function comparedByKey(
  fixture: Fixture,
  start: "grad." | "final." | "kasa.grad.",
): ReadonlyMap<string, FixtureTensor> {
  return new Map([...byKey(fixture, start).keys()].map((key) => [key, fixture.tensor(start + keyPrefix + key)]));
}

/** What the fixture says of our variables, without what it says again under another name of the same tensor. */
export function ownEntries(
  entries: ReadonlyMap<string, FixtureTensor>,
  { variables }: Pick<AdapterHandle, "variables">,
): ReadonlyMap<string, FixtureTensor> {
  const own = [...entries].filter(([key]) => variables.has(key));
  const isRepeated = ({ values }: FixtureTensor) => own.some(([, other]) => haveSameValues(values, other.values));
  return new Map([...entries].filter(([key, tensor]) => variables.has(key) || !isRepeated(tensor)));
}

/** Whether two tensors of a file say the same, as those of one variable under two names do. */
export function haveSameValues(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
