// The models that adapters are trained on here, all of them small files of this repository, each with a batch.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Fixture, type FixtureTensor, fixturesRoot, readFixture } from "@lowrank/testing";
import { type Lists, writeLineNet } from "./line-net.ts";

/** A model's folder and what it is given. */
export interface Base {
  readonly folder: string;
  readonly batch: Fixture;
}

/** Folder of `@lowrank/models`' references: a model of transformers with its inputs in each. */
export const referencesRoot: string = join(import.meta.dirname, "../../../../packages/models/fixtures");

/**
 * "references/NAME" is a folder of `referencesRoot`, "tiny-model" the package's, "line-net" a net made under `work`; every
 * other name one of a fixture, under fixtures/peft or, with a slash, under fixtures.
 */
export async function openBase(name: string, work: string): Promise<Base> {
  if (name === "tiny-model") return tinyModel();
  if (name === "line-net")
    return { folder: join(work, "base"), batch: batchOf(await writeLineNet(join(work, "base"))) };
  if (name.startsWith("references/")) return reference(join(referencesRoot, name.slice("references/".length)));
  const folder = name.includes("/") ? join(fixturesRoot, "..", name) : join(fixturesRoot, name);
  return { folder: join(folder, "base"), batch: await readFixture(folder) };
}

function tinyModel(): Base {
  const inputIds = [
    [40, 310, 77, 9, 1200, 64, 7, 3000],
    [55, 12, 900, 31, 8, 8, 700, 41],
  ];
  const folder = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
  return { folder, batch: batchOf({ input_ids: inputIds }) };
}

async function reference(folder: string): Promise<Base> {
  // The repository's own file; packages/models/fixtures/make_references.py wrote it.
  const { inputs } = JSON.parse(await readFile(join(folder, "expected.json"), "utf8")) as { inputs: Lists };
  return { folder, batch: batchOf(inputs) };
}

/** A batch as a fixture would hold it. A language model without labels learns its own inputs. */
function batchOf({ labels, ...inputs }: Lists): Fixture {
  const lists = { ...inputs, labels: labels ?? inputs.input_ids ?? [] };
  const tensors = new Map(Object.entries(lists).map(([name, list]) => [name, tensorOf(list)]));
  return {
    folder: "",
    expected: {},
    tensors,
    tensor: (name) => tensors.get(name)!,
  };
}

function tensorOf(list: readonly unknown[]): FixtureTensor {
  const shape: number[] = [];
  for (let level: unknown = list; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values = Float32Array.from(list.flat(Number.POSITIVE_INFINITY) as number[]);
  return { dtype: values.every(Number.isInteger) ? "I32" : "F32", shape, values };
}
