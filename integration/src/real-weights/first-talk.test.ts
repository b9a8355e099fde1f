// docs/first-talk.md shows what a terminal shows: a word changed in the program or in the page makes one of them wrong.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../../scripts/record-first-talk.mjs", import.meta.url));
const weights = findPrepared("smollm2");
if ("missing" in weights) console.info(`skipped: the recording of a first talk – ${weights.missing}`);

it.skipIf("missing" in weights)(
  "the page of a first talk shows what the program shows now",
  async () => {
    const folder = "folder" in weights ? weights.folder : "";
    await expect(promisify(execFile)("node", [script, folder, "--check"])).resolves.toBeDefined();
  },
  600_000,
);
