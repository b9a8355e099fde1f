import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Random } from "./inputs/random.ts";
import { targets } from "./targets.ts";
import { judge } from "./watch/judge.ts";

describe.each(targets.filter(({ isList }) => !isList))(
  "the inputs of $name",
  { timeout: 120_000 },
  ({ name, load }) => {
    it("depend on the seed and their number alone", async () => {
      const { generate } = await load();
      const inputAt = (seed: number, index: number) => Buffer.from(generate(new Random(seed, name, index), index));
      const inputs = Array.from({ length: 8 }, (_, index) => inputAt(1, index).toString("hex"));
      expect(inputs).toEqual(Array.from({ length: 8 }, (_, index) => inputAt(1, index).toString("hex")));
      expect(inputs).not.toEqual(Array.from({ length: 8 }, (_, index) => inputAt(2, index).toString("hex")));
      expect(new Set(inputs).size).toBeGreaterThan(4);
    });

    it("are neither all accepted nor all refused", async () => {
      const folder = mkdtempSync(join(tmpdir(), "lowrank-fuzz-"));
      const { generate, check } = await load();
      const kinds = new Set<string>();
      for (let index = 0; index < 100 && kinds.size < 2; index += 1) {
        kinds.add((await judge(() => check(generate(new Random(1, name, index), index), folder))).kind);
      }
      rmSync(folder, { recursive: true });
      expect([...kinds].sort()).toEqual(["accepted", "refused"]);
    });
  },
);
