// Reads a fixture made by PEFT: a folder with base/, adapter/ and the reference's results.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Dtype, parseSafetensors } from "@lowrank/safetensors/internal";

/** Folder of all PEFT fixtures of this repository. */
export const fixturesRoot: string = fileURLToPath(new URL("../../../fixtures/peft", import.meta.url));

/** One tensor as the fixture stores it; integers become numbers too. */
export interface FixtureTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A fixture in memory. The keys are described in fixtures/peft/README.md. */
export interface Fixture {
  readonly folder: string;
  /** expected.json: inputs as lists, losses, scalings, training settings. */
  readonly expected: Readonly<Record<string, unknown>>;
  /** expected.safetensors. */
  readonly tensors: ReadonlyMap<string, FixtureTensor>;
  /** A tensor by name; throws if the fixture has none. */
  tensor(name: string): FixtureTensor;
}

/** Reads `expected.json` and `expected.safetensors` of a fixture: a name under `fixturesRoot`, or an absolute path. */
export async function readFixture(nameOrPath: string): Promise<Fixture> {
  const folder = nameOrPath.startsWith("/") ? nameOrPath : join(fixturesRoot, nameOrPath);
  const expected: unknown = JSON.parse(await readFile(join(folder, "expected.json"), "utf8"));
  const tensors = withQuestionLogits(await readTensors(join(folder, "expected.safetensors")));
  return {
    folder,
    expected: expected as Record<string, unknown>,
    tensors,
    tensor(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined)
        throw new Error(`${folder} has no tensor "${name}"; it has ${[...tensors.keys()].join(", ")}.`);
      return tensor;
    },
  };
}

/** transformers has the starts and ends of answers as two tensors [batch, time]; here they are one, "….logits" [batch, time, 2]. */
function withQuestionLogits(tensors: ReadonlyMap<string, FixtureTensor>): ReadonlyMap<string, FixtureTensor> {
  const joined = new Map(tensors);
  for (const [name, start] of tensors) {
    if (!name.endsWith("start_logits")) continue;
    const end = tensors.get(name.replace(/start_logits$/, "end_logits"));
    if (end === undefined) throw new Error(`There is a tensor "${name}", but none for where answers end.`);
    const values = Float32Array.from({ length: 2 * start.values.length }, (_, index) => {
      return (index % 2 === 0 ? start : end).values[index >> 1] ?? Number.NaN;
    });
    joined.set(name.replace(/start_logits$/, "logits"), { dtype: start.dtype, shape: [...start.shape, 2], values });
  }
  return joined;
}

/** All tensors of a safetensors file as float32 with their shapes. */
export async function readTensors(path: string): Promise<ReadonlyMap<string, FixtureTensor>> {
  const file = parseSafetensors(await readFile(path), { name: path });
  return new Map(
    Array.from(file.tensors, ([name, { dtype, shape }]) => [name, { dtype, shape, values: file.float32(name) }]),
  );
}
