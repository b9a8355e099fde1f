import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { threadCount } from "./thread-count.ts";

describe("threadCount", () => {
  it("is one for each processor unless it is set", async () => {
    expect(await threadCount(undefined, {})).toEqual({ threads: availableParallelism() });
    expect(await threadCount(undefined, { LOWRANK_THREADS: "3" })).toEqual({ threads: 3 });
    expect(await threadCount(5, { LOWRANK_THREADS: "3" })).toEqual({ threads: 5 });
  });

  it.each([0, -1, 1.5, Number.NaN, 1025])("refuses the option %s", async (threads) => {
    await expect(threadCount(threads, {})).rejects.toThrow(ArgumentError);
  });

  it.each(["0", "two", "1e9", "-4", "2.5"])("passes over LOWRANK_THREADS=%s with a sentence", async (text) => {
    const { threads, note } = await threadCount(undefined, { LOWRANK_THREADS: text });
    expect(threads).toBe(availableParallelism());
    expect(note).toBe(
      `LOWRANK_THREADS is "${text}", which is not a whole number from 1 to 1024; ${threads} threads are used instead.`,
    );
  });
});
