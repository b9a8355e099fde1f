import type { Fixture } from "@lowrank/testing";
import type { ParityCheck } from "./parity-check.ts";
export function hasCombinations({ expected }: Fixture): boolean {
  return expected.combos !== undefined;
}
export async function weightedChecks(_fixture: Fixture): Promise<readonly ParityCheck[]> {
  throw new Error("Weighted combinations are not compared yet.");
}
