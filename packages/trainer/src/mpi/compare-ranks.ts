// Checks, before training, that all processes have the same settings.

import { printable } from "@lowrank/contracts/internal";
import type { Communicator } from "./communicator.ts";
import { ranksDifferError } from "./errors.ts";

/**
 * Compares named facts of each process with those of the first one. If any differ, it throws RANKS_DIFFER in all processes,
 * with the names that differ in each.
 */
export async function compareRanks(
  communicator: Communicator,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  const local = new Map(Object.entries(facts).map(([name, value]) => [name, JSON.stringify(value) ?? "not there"]));
  const rootFacts = new Map<string, string>(JSON.parse(textOf(await communicator.broadcast(bytesOf([...local])))));
  const names = [...new Set([...rootFacts.keys(), ...local.keys()])];
  const differences = names
    .map((name) => ({ name, theirs: rootFacts.get(name) ?? "not there", ours: local.get(name) ?? "not there" }))
    .filter(({ theirs, ours }) => theirs !== ours)
    .map(
      ({ name, theirs, ours }) =>
        `process ${communicator.rank}: ${name} is ${short(ours)}, in process 0 ${short(theirs)}`,
    );
  const allDifferences: string[] = [];
  for (let root = 0; root < communicator.size; root += 1)
    allDifferences.push(...(JSON.parse(textOf(await communicator.broadcast(bytesOf(differences), root))) as string[]));
  if (allDifferences.length > 0) throw ranksDifferError(allDifferences);
}

function short(text: string): string {
  return printable(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
