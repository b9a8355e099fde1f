// One case: all comparisons that it allows, and whatever of it could not be compared.

import { basename } from "node:path";
import { type Fixture, readFixture } from "@lowrank/testing";
import { adaptersChecks, hasAdapters } from "./cases/adapters-case.ts";
import { hasStart, initChecks } from "./cases/init-case.ts";
import { roundedChecks } from "./cases/rounded-case.ts";
import { singleAdapterChecks } from "./cases/single-adapter-case.ts";
import { hasCombinations, weightedChecks } from "./cases/weighted-case.ts";
import { withFalconNote } from "./checks/falcon-biases.ts";
import { contradictions } from "./fixture/case-contents.ts";
import { unknownKeys } from "./fixture/known-keys.ts";
import { isWithin, type ParityCheck } from "./fixture/parity-check.ts";
import { type RecordedFixture, recordReads } from "./fixture/recorded-fixture.ts";

/** How a case went. */
export interface CaseResult {
  readonly name: string;
  readonly checks: readonly ParityCheck[];
  /** What the case expects and nothing was compared with, and where its files contradict each other; in words. */
  readonly problems: readonly string[];
  readonly isEqual: boolean;
}

export interface CaseOptions {
  /** How the base is kept; default "float32". */
  readonly basePrecision?: "float32" | "int8";
}

/** Kinds of fixtures; the first that fits counts. */
const kinds = [
  { isOne: hasStart, checks: initChecks },
  { isOne: hasCombinations, checks: weightedChecks },
  { isOne: hasAdapters, checks: adaptersChecks },
  { isOne: () => true, checks: singleAdapterChecks },
];

/**
 * Runs one fixture, a name under fixtures/peft or a path: base logits, adapter logits, loss, gradients, merged logits, and
 * – where it has them – the losses of its training steps and what these leave.
 * With a base in int8 what of it `cases/rounded-case` compares.
 *
 * @throws Error saying what is wrong with a case that cannot be run
 */
export async function runCase(
  nameOrPath: string,
  { basePrecision = "float32" }: CaseOptions = {},
): Promise<CaseResult> {
  const original = await readCase(nameOrPath);
  const recorded = recordReads(original);
  const isRounded = basePrecision === "int8";
  const kind = kinds.find(({ isOne }) => isOne(original))!;
  if (isRounded && kind.checks !== singleAdapterChecks)
    throw new Error("In int8 only cases of one adapter are compared.");
  const check = isRounded ? roundedChecks : kind.checks;
  const checks = withFalconNote(original, await check(recorded.fixture));
  const problems = [...contradictions(original), ...(isRounded ? [] : unreadOf(original, recorded))];
  const { name } = original.expected;
  return {
    name: typeof name === "string" ? name : basename(original.folder),
    checks,
    problems,
    isEqual: problems.length === 0 && checks.every(isWithin),
  };
}

/** The files, or an error that names the broken one. */
async function readCase(nameOrPath: string): Promise<Fixture> {
  const fixture = await readFixture(nameOrPath).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new Error(`expected.json is no JSON: ${error.message}`, { cause: error });
    throw error;
  });
  const { expected } = fixture;
  if (typeof expected !== "object" || expected === null || Array.isArray(expected))
    throw new Error(`expected.json holds ${JSON.stringify(expected).slice(0, 40)}, expected an object`);
  return fixture;
}

function unreadOf({ expected }: Fixture, recorded: RecordedFixture): readonly string[] {
  const unread = new Set(recorded.unreadKeys());
  return [
    ...recorded.unreadTensors().map((name) => `nothing is known to compare with the tensor "${name}"`),
    ...unknownKeys(expected, (key) => unread.has(key)).map((key) => `expected.json's "${key}" is not known`),
  ];
}

/** A case as one line: "gpt2  ok  base.logits 2e-6  …". */
export function describeCase({ name, checks, problems, isEqual }: CaseResult): string {
  const parts = checks.map((check) => {
    const mark = isWithin(check) ? "" : ` (more than ${check.tolerance})`;
    const note = check.note === undefined ? "" : ` (${check.note})`;
    return `${check.what} ${check.difference.toExponential(1)}${mark}${note}`;
  });
  return `${name.padEnd(16)} ${isEqual ? "ok  " : "FAIL"} ${[...problems, ...parts].join("  ")}`;
}
