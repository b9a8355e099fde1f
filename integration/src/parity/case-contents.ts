// What expected.json says that expected.safetensors holds: the list of tensors, and the inputs once more as lists.

import type { Fixture, FixtureTensor } from "@lowrank/testing";

/** Where the two files of a case contradict each other, in words; none if they agree. */
export function contradictions({ expected, tensors }: Fixture): readonly string[] {
  return [...listProblems(expected.tensors, tensors), ...inputProblems(expected.inputs, tensors)];
}

/** `tensors`: name → [dtype, shape]. */
function listProblems(list: unknown, tensors: ReadonlyMap<string, FixtureTensor>): readonly string[] {
  return Object.entries(list ?? {}).flatMap(([name, entry]) => {
    const stored = tensors.get(name);
    if (stored === undefined) return [`expected.json lists a tensor "${name}" that expected.safetensors lacks`];
    const shape = Array.isArray(entry) ? entry[1] : undefined;
    if (JSON.stringify(shape) === JSON.stringify(stored.shape)) return [];
    return [`"${name}" has the shape ${JSON.stringify(stored.shape)}, expected.json says ${JSON.stringify(shape)}`];
  });
}

/** `inputs`: name → nested lists. */
function inputProblems(inputs: unknown, tensors: ReadonlyMap<string, FixtureTensor>): readonly string[] {
  return Object.entries(inputs ?? {}).flatMap(([name, list]) => {
    const stored = tensors.get(name)?.values;
    if (stored === undefined) return [`expected.json has inputs.${name}, expected.safetensors none`];
    const values = [list].flat(Number.POSITIVE_INFINITY).map((value) => Math.fround(Number(value)));
    const isSame = values.length === stored.length && values.every((value, index) => value === stored[index]);
    return isSame ? [] : [`inputs.${name} in expected.json is not what expected.safetensors has`];
  });
}
