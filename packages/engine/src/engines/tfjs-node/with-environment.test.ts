import { expect, it } from "vitest";
import { withEnvironment } from "./environment.ts";

const own = "LOWRANK_TEST_OWN";
const added = "LOWRANK_TEST_ADDED";

it("sets variables that the user has not set, only during the call", async () => {
  process.env[own] = "own";
  const seen = await withEnvironment({ [own]: "ours", [added]: "ours" }, async () => [
    process.env[own],
    process.env[added],
  ]);
  expect(seen).toEqual(["own", "ours"]);
  expect([process.env[own], process.env[added]]).toEqual(["own", undefined]);
  delete process.env[own];
});
