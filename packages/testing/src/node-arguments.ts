// How tests start Node.js on programs of this repository.

import { fileURLToPath } from "node:url";

/** Whether tests use what `npm run build` wrote, as users do, which starts sooner than sources: `.ci/run` sets LOWRANK_BUILT after its build. */
export const isBuilt: boolean = Boolean(process.env.LOWRANK_BUILT);

/** Arguments before a program in TypeScript that always imports the packages' sources. */
export const sourceArguments: readonly string[] = ["--conditions=lowrank-source", "--import", "tsx"];

/** Arguments before a program in TypeScript, which imports the packages' sources or the built packages. */
export const nodeArguments: readonly string[] = isBuilt ? ["--import", "tsx"] : sourceArguments;

/** Arguments that start the command line. */
export const lowrankProgram: readonly string[] = isBuilt
  ? [pathOf("dist/lowrank.js")]
  : [...nodeArguments, pathOf("src/lowrank.ts")];

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../lowrank/${file}`, import.meta.url));
}
