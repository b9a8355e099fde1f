// The adapter's facts in expected.json: its modules, their ranks and scalings, how much it trains.

import { type AdapterHandle, partsOf } from "@lowrank/inject";
import type { Fixture } from "@lowrank/testing";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

/** `targeted_modules`, `rank`, `scaling` and `trainable_params`; each where the fixture has it. All must be equal. */
export function settingsChecks({ expected }: Fixture, handle: AdapterHandle): readonly ParityCheck[] {
  const adapted = modulesOf(handle);
  const checks: ParityCheck[] = [];
  if (expected.targeted_modules !== undefined)
    checks.push(sameNames(expected.targeted_modules as readonly string[], adapted));
  for (const key of ["rank", "scaling"] as const)
    for (const [path, value] of Object.entries((expected[key] ?? {}) as Readonly<Record<string, number>>))
      checks.push(exactly(adapted.get(path)?.[key], value));
  if (expected.trainable_params !== undefined) {
    const sizes = [...handle.variables.values()].map(({ size }) => size);
    checks.push(
      exactly(
        sizes.reduce((sum, size) => sum + size, 0),
        Number(expected.trainable_params),
      ),
    );
  }
  return checks.length === 0 ? [] : [worst(checks)];
}

interface AdaptedModule {
  readonly rank: number;
  readonly scaling: number;
}

/** Modules by PEFT's names: a raw parameter counts as the module that holds it. */
function modulesOf(handle: AdapterHandle): ReadonlyMap<string, AdaptedModule> {
  const { plan } = handle;
  const planned = [...partsOf(plan, "site"), ...partsOf(plan, "raw-parameter")];
  const ranks = new Map(planned.map(({ path, rank }) => [path, rank]));
  return new Map([
    ...handle.sites.map(({ site: { path }, scaling }) => [path, { rank: ranks.get(path) ?? 0, scaling }] as const),
    ...partsOf(handle, "raw-parameter").map(({ parameter: { path }, scaling }) => {
      return [path.replace(/\.[^.]+$/, ""), { rank: ranks.get(path) ?? 0, scaling }] as const;
    }),
  ]);
}

function sameNames(expected: readonly string[], actual: ReadonlyMap<string, unknown>): ParityCheck {
  const differing = [...new Set([...expected, ...actual.keys()])].filter((name) => {
    return !expected.includes(name) || !actual.has(name);
  });
  const check = exactly(differing.length, 0);
  return differing.length === 0 ? check : { ...check, note: `modules: ${differing.join(", ")}` };
}

function exactly(actual: number | undefined, expected: number): ParityCheck {
  return compare(
    "settings",
    { actual: actual === undefined ? [] : [actual], expected: [expected] },
    { tolerance: 1e-9 },
  );
}
