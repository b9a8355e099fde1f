import { expect, it } from "vitest";
import { withEnvironment } from "./start-tfjs-node.ts";

const own = "LOWRANK_TEST_OWN";
const added = "LOWRANK_TEST_ADDED";

it("sets what the user has not set, and for no longer than it takes", async () => {
  process.env[own] = "own";
  const seen = await withEnvironment({ [own]: "ours", [added]: "ours" }, async () => [
    process.env[own],
    process.env[added],
  ]);
  expect(seen).toEqual(["own", "ours"]);
  expect([process.env[own], process.env[added]]).toEqual(["own", undefined]);
  delete process.env[own];
});
