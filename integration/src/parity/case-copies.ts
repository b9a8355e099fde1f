// Copies of the repository's fixtures for tests to spoil.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32Tensor, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";

/** Runs a test in a new folder, and removes it. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-parity-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A copy of a case under fixtures/peft, in a folder of the same name or of another. */
export async function copyCase(name: string, folder: string, as: string = name): Promise<string> {
  const copy = join(folder, as);
  await cp(join(fixturesRoot, name), copy, { recursive: true, dereference: true });
  return copy;
}

/** Changes expected.json. */
export async function changeExpected(
  folder: string,
  change: (expected: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const path = join(folder, "expected.json");
  const expected = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>; // a copy of our own file
  await writeFile(path, JSON.stringify(change(expected)));
}

/** Adds tensors to expected.safetensors: copies of others under new names, or single numbers. */
export function addTensors(folder: string, added: Readonly<Record<string, string | number>>): Promise<void> {
  return changeTensors(folder, (tensors) => {
    for (const [name, value] of Object.entries(added))
      tensors.set(name, typeof value === "string" ? tensors.get(value)! : float32Tensor([1], Float32Array.of(value)));
  });
}

/** Changes expected.safetensors. */
export async function changeTensors(folder: string, change: (tensors: Map<string, TensorData>) => void): Promise<void> {
  const path = join(folder, "expected.safetensors");
  const file = parseSafetensors(await readFile(path), { name: path });
  const tensors = new Map<string, TensorData>(
    [...file.tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape, data: file.bytes(name) }]),
  );
  change(tensors);
  await writeFile(path, serializeSafetensors(tensors));
}
