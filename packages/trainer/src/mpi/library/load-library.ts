// Finds the MPI library of the machine and loads it.

import { mpiUnavailableError } from "../errors.ts";
import type { Environment, Launch } from "../launch.ts";
import { importKoffi, type Koffi, type KoffiLibrary } from "./koffi.ts";

/** Where the system's loader finds Open MPI, MPICH and Intel MPI, and any that has the common interface of MPI 5.0. */
const openMpi = ["libmpi.so.40", "libmpi.40.dylib"];
const mpich = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"];
const common = ["libmpi_abi.so.1", "libmpi_abi.1.dylib"];

const install = "apt-get install openmpi-bin (or MPICH), or set LOWRANK_MPI_LIBRARY to the library";

/** A library and the name that it was found by. */
export interface LoadedLibrary {
  readonly library: KoffiLibrary;
  readonly file: string;
}

/** RTLD_NOW, RTLD_GLOBAL and RTLD_NODELETE of each system's dlfcn.h. */
const loadFlags: Readonly<Record<string, number>> = { linux: 0x1102, darwin: 0x8a };

/**
 * Loads the library that LOWRANK_MPI_LIBRARY names, or the one that belongs to the launcher. Throws MPI_UNAVAILABLE if there is
 * none, or if koffi is missing.
 */
export async function loadLibrary(environment: Environment, launch: Launch | undefined): Promise<LoadedLibrary> {
  const koffi = await importKoffi();
  const named = environment.LOWRANK_MPI_LIBRARY;
  const isMpich = launch?.launcher === "mpiexec of MPICH or Intel MPI";
  const files = named ? [named] : isMpich ? [...mpich, ...common, ...openMpi] : [...openMpi, ...common, ...mpich];
  const failures: unknown[] = [];
  for (const file of files) {
    try {
      return { library: load(koffi, file), file };
    } catch (error) {
      failures.push(error);
    }
  }
  const reason = named
    ? `LOWRANK_MPI_LIBRARY is "${named}", which cannot be loaded`
    : `no MPI was found on this machine (looked for ${files.join(", ")})`;
  throw mpiUnavailableError(reason, install, { cause: failures[0] });
}

/**
 * Turns off UCX's memory hooks. Open MPI and MPICH load UCX if it is installed, and its hooks replace the system's allocation
 * functions. If the heap cannot grow (in one process of thirty, V8's code is right after it), the hooked `brk` does not report it,
 * and the process crashes. Without hooks UCX cannot cache registered memory, which is a little slower on InfiniBand. Variables that
 * are already set stay, so a user can turn the hooks on.
 */
function disableMemoryHooks(): void {
  process.env.UCX_MEM_EVENTS ??= "no";
}

/** Loads with global symbols, which Open MPI's plug-ins need, and without unloading: MPI's threads may outlive koffi. */
function load(koffi: Koffi, file: string): KoffiLibrary {
  disableMemoryHooks();
  const library = koffi.load(file, { global: true });
  const flags = loadFlags[process.platform];
  if (flags !== undefined) koffi.load(null).func("dlopen", "void *", ["str", "int"])(file, flags);
  return library;
}
