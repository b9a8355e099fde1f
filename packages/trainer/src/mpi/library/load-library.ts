// Finds the MPI library of the machine and loads it.

import { MpiUnavailableError } from "../errors.ts";
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
const stays: Readonly<Record<string, number>> = { linux: 0x1102, darwin: 0x8a };

/**
 * Loads the library that LOWRANK_MPI_LIBRARY names, or that goes with the launcher. Throws MpiUnavailableError for none, and
 * where koffi is missing.
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
  throw new MpiUnavailableError(reason, install, { cause: failures[0] });
}

/**
 * UCX, which Open MPI and MPICH load where it is installed, puts functions of its own in the place of the system's that get and return
 * memory. Where the heap cannot grow because something lies behind it – in one process of thirty V8's code does –, its `brk` does not
 * say so, and the process crashes. Without these functions UCX forgets which memory a network card knows: a little slower on
 * InfiniBand. Who wants them says so: what is set stays.
 */
function leaveMemoryAlone(): void {
  process.env.UCX_MEM_EVENTS ??= "no";
}

/** For all to see, as Open MPI's plug-ins expect it; and for good, as a thread of MPI's may outlive koffi at the end. */
function load(koffi: Koffi, file: string): KoffiLibrary {
  leaveMemoryAlone();
  const library = koffi.load(file, { global: true });
  const how = stays[process.platform];
  if (how !== undefined) koffi.load(null).func("dlopen", "void *", ["str", "int"])(file, how);
  return library;
}
