// Parquet, by whose library a damaged file may hang, grow or leave a promise to fail: all of it has to end in one error.

import { writeFileSync } from "node:fs";
import { readDataFile } from "@lowrank/data/node";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { filesBelow } from "../inputs/seeds.ts";
import { demand, type Target } from "../target.ts";

const seeds = filesBelow("packages/data/fixtures/parquet", ".parquet");

export const parquet: Target = {
  generate: (random) => mutateBytes(random.pick(seeds), random),

  async check(input, folder) {
    const path = `${folder}/rows.parquet`;
    writeFileSync(path, input);
    const examples = await readDataFile(path, { file: "data" });
    demand(examples.length > 0, "a file without rows was accepted");
  },
};
