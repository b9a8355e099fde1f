// TensorFlow's library ends the whole process on a processor without AVX: this must be known before it is loaded.

import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { exportOf, importUnseen } from "../import-unseen.ts";

/** Throws EngineUnavailableError on an x86-64 Linux machine whose processor lacks AVX. Elsewhere nothing is known. */
export async function requireTensorflowProcessor(): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const readFileSync = exportOf(await importUnseen("node:fs"), "readFileSync");
  if (typeof readFileSync !== "function") return;
  let description: unknown;
  try {
    description = readFileSync("/proc/cpuinfo", "latin1");
  } catch {
    return; // a container may hide it; then the library decides
  }
  if (typeof description === "string" && lacksAvx(description))
    throw new EngineUnavailableError("TensorFlow's library needs a processor with AVX, which this one lacks");
}

/** Whether Linux's description of the processors says that they have no AVX. */
export function lacksAvx(cpuinfo: string): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1];
  return flags !== undefined && !/\bavx\b/.test(flags);
}
