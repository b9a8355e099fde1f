import { expect, it } from "vitest";
import { runTarget } from "../watch/run-target.ts";
import { bombNames } from "./bombs.ts";

it("every bomb ends as it should, in 2 seconds and 1500 MB", { timeout: 300_000 }, async () => {
  const { executions, problems } = await runTarget("bombs", { seed: 1, runs: 1000, seconds: 300 });
  expect(problems.map(({ input, message }) => `${new TextDecoder().decode(input)}: ${message}`)).toEqual([]);
  expect(executions).toBe(bombNames.length);
});
