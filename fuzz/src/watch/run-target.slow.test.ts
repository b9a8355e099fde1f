import { beforeAll, describe, expect, it } from "vitest";
import { runTarget, type TargetResult } from "./run-target.ts";

describe("a run of a reader with every fault", { timeout: 300_000 }, () => {
  let result: TargetResult;
  beforeAll(async () => {
    result = await runTarget("planted", { seed: 1, runs: 1000, seconds: 300 });
  }, 300_000);

  it.each([
    ["throws a TypeError", /^TypeError: .* at packages|^TypeError/],
    ["never ends", /^took more than 2000 ms$/],
    ["takes all memory", /^took \d+ MB of memory$|heap/],
    ["kills the process", /^the process ended with SIGKILL/],
    ["prints an escape", /a message with the control character/],
    ["writes a book", /a message of 50000 characters/],
    ["accepts what is wrong", /one is not more than two/],
    ["changes Object.prototype", /prototypes or globals were changed/],
  ])("finds the input that %s", (input, message) => {
    const found = result.problems.find((problem) => new TextDecoder().decode(problem.input) === input);
    expect(found?.message).toMatch(message);
  });

  it("finds nothing else, and goes on after each", () => {
    expect(result.problems).toHaveLength(8);
    expect(result.executions).toBe(10);
    expect(result.accepted).toBe(1);
  });
});
