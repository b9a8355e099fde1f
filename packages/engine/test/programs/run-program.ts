// Runs a program of this folder in a process of its own: an engine is started once in a process, with one number of threads.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The program's standard output. Throws if the process fails or is ended by a signal, with what it wrote on stderr. */
export function runProgram(
  name: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): string {
  const program = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const { stdout, stderr, status, signal, error } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=lowrank-source", "--import", "tsx", program, ...parameters],
    { encoding: "utf8", env: { ...process.env, ...environment } },
  );
  if (status !== 0) throw new Error(`${name} ended with ${signal ?? status}: ${stderr}`, { cause: error });
  return stdout;
}
