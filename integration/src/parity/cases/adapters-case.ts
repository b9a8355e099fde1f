// Fixtures with several adapters on one base: each alone, sums, the base, a batch with an adapter for each row, merges of
// sums, one swapped for another, and what is left when one is deleted.

import { existsSync, readdirSync } from "node:fs";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, adapterRows, inferenceContext, noAdapters } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter, hotSwap } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import type { Fixture } from "@lowrank/testing";
import {
  type AdapterNames,
  logitsCheck,
  lossCheck,
  selectedChecks,
  selectionOf,
  statedLossChecks,
} from "../checks/selected-logits.ts";
import { loadParityModel } from "../fixture/load-parity-model.ts";
import { disposeInputs, inputsOf, logitsOf, paddingFilter } from "../fixture/parity-case.ts";
import { compare, type ParityCheck } from "../fixture/parity-check.ts";
import type { ParityModel } from "../parity-model.ts";

interface Loaded {
  readonly fixture: Fixture;
  readonly model: ParityModel;
  readonly handles: ReadonlyMap<string, AdapterHandle>;
  readonly namesByWord: AdapterNames;
}

/** Whether a fixture has several adapters. */
export function hasAdapters({ folder }: Fixture): boolean {
  return existsSync(`${folder}/adapters`);
}

/** Everything that the fixture names. */
export async function adaptersChecks(fixture: Fixture): Promise<readonly ParityCheck[]> {
  const model = await loadParityModel(`${fixture.folder}/base`);
  const handles = new Map<string, AdapterHandle>();
  try {
    for (const name of adapterNames(fixture))
      handles.set(name, attachAdapter(model, await readAdapterFolder(adapterFolder(fixture, name)), { name }));
    const loaded = { fixture, model, handles, namesByWord: new Map([...handles.keys()].map((name) => [name, name])) };
    return [
      ...(await selectedChecks(loaded)),
      ...(await statedLossChecks(loaded, "base_loss", noAdapters)),
      ...(await lossChecks(loaded)),
      ...(await mixedChecks(loaded)),
      ...(await mergedChecks(loaded)),
      ...(await swappedChecks(loaded)),
      ...(await deletedChecks(loaded)),
    ];
  } finally {
    for (const handle of handles.values()) handle.dispose();
    model.dispose();
  }
}

function adapterNames({ folder }: Fixture): readonly string[] {
  const entries = readdirSync(`${folder}/adapters`, { withFileTypes: true });
  const named = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  return [...named, ...(existsSync(`${folder}/adapters/adapter_config.json`) ? ["default"] : [])].sort();
}

/** PEFT saves an adapter in a folder of its name, but "default" next to the others' folders. */
function adapterFolder({ folder }: Fixture, name: string): string {
  const own = `${folder}/adapters/${name}`;
  return name === "default" && !existsSync(own) ? `${folder}/adapters` : own;
}

/** The losses that expected.json has by name. */
function lossChecks({ fixture, model, namesByWord }: Loaded): Promise<readonly ParityCheck[]> {
  const losses = Object.entries((fixture.expected.losses ?? {}) as Readonly<Record<string, number>>);
  const checks = losses.map(async ([name, expected]) => {
    const adapters = selectionOf(name, namesByWord);
    if (adapters === null) throw new Error(`losses has "${name}", which names no adapters of the case.`);
    return lossCheck({ fixture, model }, { what: `${name} loss`, adapters, expected: [expected] });
  });
  return Promise.all(checks);
}

/** PEFT calls the base "__base__" in a mixed batch. */
async function mixedChecks(loaded: Loaded): Promise<readonly ParityCheck[]> {
  const { fixture } = loaded;
  if (!fixture.tensors.has("mixed.logits")) return [];
  const given = fixture.expected.mixed_adapter_names as readonly string[];
  const names = given.map((name) => (name === "__base__" ? null : name));
  const inputs = inputsOf(fixture, { set: "mixed" });
  const actual = await logitsOf(loaded.model, inputs, inferenceContext(adapterRows(names)));
  disposeInputs(inputs);
  const expected = fixture.tensor("mixed.logits");
  const skip = paddingFilter(fixture, expected, "mixed.attention_mask");
  return [compare("mixed.logits", { actual, expected: expected.values }, { tolerance: 1e-4, skip })];
}

async function mergedChecks(loaded: Loaded): Promise<readonly ParityCheck[]> {
  const checks: ParityCheck[] = [];
  for (const key of loaded.fixture.tensors.keys()) {
    const names = /^merged_(.+)\.logits$/.exec(key)?.[1]?.split("+") ?? [];
    const handles = names.flatMap((name) => loaded.handles.get(name) ?? []);
    if (names.length === 0 || handles.length < names.length) continue;
    const merged = await mergeAdapter(loaded.model, handles, { tied: "untie" });
    checks.push(await logitsCheck(loaded, key, noAdapters));
    merged.undo();
    checks.push(await logitsCheck(loaded, "base.logits", noAdapters));
  }
  return checks;
}

/** The last adapter's file in the first one's place; then the first one's again. */
async function swappedChecks(loaded: Loaded): Promise<readonly ParityCheck[]> {
  const { fixture, handles } = loaded;
  if (!fixture.tensors.has("swapped.logits")) return [];
  const [slot = "", ...others] = [...handles.keys()];
  const adapters = activeAdapters(slot);
  const read = (name: string) => readAdapterFolder(adapterFolder(fixture, name));
  hotSwap(handles.get(slot)!, await read(others.at(-1) ?? slot));
  const swapped = await logitsCheck(loaded, "swapped.logits", adapters);
  hotSwap(handles.get(slot)!, await read(slot));
  return [swapped, await logitsCheck(loaded, `${slot}.logits`, adapters)];
}

/** Once the first adapter is gone, the others compute what they did. */
function deletedChecks(loaded: Loaded): Promise<readonly ParityCheck[]> {
  const [first = "", ...others] = [...loaded.handles.keys()];
  loaded.handles.get(first)?.dispose();
  return Promise.all(others.map((name) => logitsCheck(loaded, `${name}.logits`, activeAdapters(name))));
}
