import { expect, it } from "vitest";
import { withEnvironment } from "./with-environment.ts";

it("sets what the user has not set, and for no longer than it takes", async () => {
  process.env.LOWRANK_TEST_OWN = "own";
  const seen = await withEnvironment({ LOWRANK_TEST_OWN: "ours", LOWRANK_TEST_NEW: "ours" }, async () => [
    process.env.LOWRANK_TEST_OWN,
    process.env.LOWRANK_TEST_NEW,
  ]);
  expect(seen).toEqual(["own", "ours"]);
  expect([process.env.LOWRANK_TEST_OWN, process.env.LOWRANK_TEST_NEW]).toEqual(["own", undefined]);
  delete process.env.LOWRANK_TEST_OWN;
});
