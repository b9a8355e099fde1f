// TensorFlow's library ends the whole process on a processor without AVX: so check it before loading.

import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { exportOf, importUnbundled } from "../import-unbundled.ts";

/** Throws EngineUnavailableError on an x86-64 Linux machine whose processor lacks AVX. Elsewhere it does not check. */
export async function requireTensorflowProcessor(): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const readFileSync = exportOf(await importUnbundled("node:fs"), "readFileSync");
  if (typeof readFileSync !== "function") return;
  let description: unknown;
  try {
    description = readFileSync("/proc/cpuinfo", "latin1");
  } catch {
    return; // a container may hide it; then the library decides
  }
  if (typeof description === "string" && lacksAvx(description))
    throw new EngineUnavailableError("TensorFlow's library needs a processor with AVX, which this one does not have");
}

/** Whether Linux's list of processors shows no AVX. */
export function lacksAvx(cpuinfo: string): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1];
  return flags !== undefined && !/\bavx\b/.test(flags);
}
