import { describe, expect, it } from "vitest";
import { foundCases } from "./found-cases.ts";
import { targets } from "./targets.ts";
import { runTarget } from "./watch/run-target.ts";

const found = targets.filter(({ name }) => foundCases(name).length > 0).map(({ name }) => name);

describe("what the fuzzer once found", { timeout: 300_000 }, () => {
  it.each(found)("stays mended in %s", async (name) => {
    const { executions, problems } = await runTarget(name, { seed: 1, runs: 0, seconds: 300 });
    expect(problems).toEqual([]);
    expect(executions).toBe(foundCases(name).length);
  });
});
