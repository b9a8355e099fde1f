// Names that a user gives, and the order in which engines are tried.

import { type EngineName, engineFacts, engineNames } from "../engines/facts.ts";
import { UnknownEngineError } from "../errors.ts";

/** Engines to try, best first. Those in one row do the same work equally well: a small product decides between them. */
export type EngineOrder = readonly (readonly EngineName[])[];

/** The engines to try where nobody asked for one. */
export function usualOrder(place: "node" | "browser"): EngineOrder {
  const order: EngineName[][] = [];
  for (const name of engineNames) {
    const { triedIn, equalsPrevious } = engineFacts[name];
    if (!triedIn.includes(place)) continue;
    const row = equalsPrevious ? order.at(-1) : undefined;
    if (row === undefined) order.push([name]);
    else row.push(name);
  }
  return order;
}

/** The name as a type; `askedBy` says in the error where it came from. Throws UnknownEngineError. */
export function parseEngineName(name: string, askedBy: string): EngineName {
  const found = findEngineName(name);
  if (found === undefined) throw new UnknownEngineError(name, engineNames, askedBy);
  return found;
}

/** The name as a type, or undefined if there is no such engine. */
export function findEngineName(name: string): EngineName | undefined {
  return engineNames.find((known) => known === name);
}
