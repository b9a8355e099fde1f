// Reads a fixture made by PEFT: a folder with base/, adapter/ and what the reference computed.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Dtype, parseSafetensors } from "@lowrank/safetensors";

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
  const tensors = await readTensors(join(folder, "expected.safetensors"));
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

/** All tensors of a safetensors file as float32 with their shapes. */
export async function readTensors(path: string): Promise<ReadonlyMap<string, FixtureTensor>> {
  const file = parseSafetensors(await readFile(path), { name: path });
  return new Map(
    Array.from(file.tensors, ([name, { dtype, shape }]) => [name, { dtype, shape, values: file.float32(name) }]),
  );
}
