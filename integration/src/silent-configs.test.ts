// Models whose config.json leaves values to transformers, five of which lowrank once read otherwise or refused.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fixturesRoot } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";
import { compareFolder } from "./silent-configs/compare-folder.ts";

const root = join(fixturesRoot, "../silent-configs");

it.each(readdirSync(root))("%s has transformers' logits and greedy texts", async (name) => {
  expect(await compareFolder(join(root, name))).toMatchObject({ kind: "equal", problem: "" });
});
