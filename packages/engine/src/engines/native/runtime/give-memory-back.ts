// glibc takes large pieces of memory from the system one by one, and gives each back when it is freed; but the first time that
// it is given back such a piece it takes all up to that size from its own heap from then on (mallopt(3), "dynamic mmap
// threshold"), which shrinks only from its end. What a matrix passed through while it was loaded would stay with the process.

import type { Koffi } from "./koffi.ts";

/** M_MMAP_THRESHOLD of malloc.h. */
const largePieces = -3;
/** Those that steps use again and again the backend recycles itself. */
const fewestBytes = 2 ** 20;

/** Lets memory of a megabyte and more go back to the system, for the whole process; what the user has set stays. */
export function giveMemoryBack(koffi: Koffi, environment: Readonly<Record<string, string | undefined>>): void {
  const { MALLOC_MMAP_THRESHOLD_: threshold, GLIBC_TUNABLES: tunables = "" } = environment;
  const isSet = threshold !== undefined || tunables.includes("mmap_threshold");
  if (process.platform !== "linux" || isSet) return;
  try {
    koffi.load(null).func("mallopt", "int", ["int", "int"])(largePieces, fewestBytes);
  } catch {
    // Another C library than glibc, which has no such habit.
  }
}
