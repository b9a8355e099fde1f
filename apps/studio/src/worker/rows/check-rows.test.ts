import { beforeAll, describe, expect, it } from "vitest";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import type { Row } from "../../protocol/rows.ts";
import type { WorkerState } from "../worker-state.ts";
import { checkRows } from "./check-rows.ts";

describe("checkRows", () => {
  let state: WorkerState;
  beforeAll(async () => {
    state = await tinyWorkerState();
  });
  const check = async (...pairs: readonly (readonly [string, string])[]) => {
    const rows: Row[] = pairs.map(([says, answers], index) => ({ id: String(index), says, answers }));
    return checkRows(state, rows, () => {});
  };

  it("shades the answer, but not the prompt with its arrow", async () => {
    const [row] = await check(["name[Aromi]", "Aromi is a pub."]);
    expect(row?.pieces).toEqual([
      { text: "name[Aromi] ->", counted: false },
      { text: " Aromi is a pub.", counted: true },
    ]);
    expect(row?.tokens).toBeGreaterThan(5);
    expect(row?.problem).toBeUndefined();
  });

  it("reports which column of a row is empty", async () => {
    const rows = await check(["", "Hello"], ["Hi", " "]);
    expect(rows.map(({ problem }) => problem)).toEqual([
      { column: "says", kind: "empty" },
      { column: "answers", kind: "empty" },
    ]);
  });

  it("reports for a row that is too long how many tokens it has and how many fit", async () => {
    const [row] = await check(["Hi", "word ".repeat(400)]);
    expect(row?.problem).toMatchObject({ column: "answers", kind: "too-long", max: 256 });
    expect(row?.problem?.got).toBe(row?.tokens);
  });

  it("reports the second of two equal rows as repeated", async () => {
    const rows = await check(["Hi", "Hello"], ["Hi ", "Hello"], ["Hi", "Hello!"]);
    expect(rows.map(({ problem }) => problem?.kind)).toEqual([undefined, "repeated", undefined]);
  });
});
